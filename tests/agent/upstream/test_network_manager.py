"""What NetworkManager says of a dead way: in words, and nothing where it is not there."""

import asyncio
from functools import partial

import pytest

from agent.upstream import network_manager
from agent.upstream.network_manager import in_words, words_of
from foundation.dbus.bus import Bus
from tests.agent.upstream.test_way_keeper import World
from tests.drivers.modem.manager_bus import ManagerBus, Typed
from tests.foundation.stand import Stand

DEVICE = "org.freedesktop.NetworkManager.Device"


def devices(state, reason):
    radio = {
        "Interface": "cdc-wdm0",
        "IpInterface": "wwan0",
        "State": state,
        "StateReason": Typed("(uu)", (state, reason)),
    }
    cable = {"Interface": "eth0", "IpInterface": "eth0", "State": 100}
    return {"/a": {DEVICE: cable}, "/b": {DEVICE: radio}, "/c": {"org.x.Other": {"Y": 1}}}


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (120, 29, "failed, the access point's name (APN) failed"),
        (120, 31, "failed, the network refuses the card"),
        (20, 40, "unavailable, the cable or carrier"),
        (30, 39, "disconnected, somebody asked for it"),
        (100, 0, "connected"),
        (77, 999, ""),
    ],
)
async def test_its_state_and_reason_in_words(tmp_path, state, reason, words):
    path = str(tmp_path / "bus")
    async with ManagerBus(path, devices(state, reason)):
        assert await words_of("wwan0", partial(Bus.open, path)) == words
        assert await words_of("eth0", partial(Bus.open, path)) == "connected"
        assert await words_of("wlan7", partial(Bus.open, path)) == ""


# By the names and numbers of NetworkManager's D-Bus API 1.42.
STATES = {
    ("UNKNOWN", 0): "",
    ("UNMANAGED", 10): "unmanaged",
    ("UNAVAILABLE", 20): "unavailable",
    ("DISCONNECTED", 30): "disconnected",
    ("PREPARE", 40): "preparing",
    ("CONFIG", 50): "connecting",
    ("NEED_AUTH", 60): "waits for a password",
    ("IP_CONFIG", 70): "asks for an address",
    ("IP_CHECK", 80): "checks its address",
    ("SECONDARIES", 90): "waits for another connection",
    ("ACTIVATED", 100): "connected",
    ("DEACTIVATING", 110): "disconnecting",
    ("FAILED", 120): "failed",
}
REASONS = {
    ("NONE", 0): "",
    ("UNKNOWN", 1): "",
    ("NOW_MANAGED", 2): "",
    ("NOW_UNMANAGED", 3): "it was told to leave it alone",
    ("CONFIG_FAILED", 4): "its configuration failed",
    ("IP_CONFIG_UNAVAILABLE", 5): "it got no address",
    ("IP_CONFIG_EXPIRED", 6): "its address expired",
    ("NO_SECRETS", 7): "a password is missing",
    ("SUPPLICANT_TIMEOUT", 11): "the Wi-Fi did not answer",
    ("PPP_START_FAILED", 12): "PPP did not start",
    ("PPP_DISCONNECT", 13): "PPP was disconnected",
    ("PPP_FAILED", 14): "PPP failed",
    ("DHCP_START_FAILED", 15): "DHCP did not start",
    ("DHCP_ERROR", 16): "DHCP failed",
    ("DHCP_FAILED", 17): "DHCP failed",
    ("MODEM_BUSY", 23): "the line is busy",
    ("MODEM_NO_CARRIER", 25): "no carrier",
    ("MODEM_DIAL_TIMEOUT", 26): "dialling took too long",
    ("MODEM_DIAL_FAILED", 27): "dialling failed",
    ("MODEM_INIT_FAILED", 28): "the modem could not be set up",
    ("GSM_APN_FAILED", 29): "the access point's name (APN) failed",
    ("GSM_REGISTRATION_NOT_SEARCHING", 30): "the modem does not search",
    ("GSM_REGISTRATION_DENIED", 31): "the network refuses the card",
    ("GSM_REGISTRATION_TIMEOUT", 32): "the modem did not register in time",
    ("GSM_REGISTRATION_FAILED", 33): "the modem did not register",
    ("GSM_PIN_CHECK_FAILED", 34): "the PIN is wrong",
    ("REMOVED", 36): "the device was removed",
    ("SLEEPING", 37): "it sleeps",
    ("CONNECTION_REMOVED", 38): "its connection was deleted",
    ("USER_REQUESTED", 39): "somebody asked for it",
    ("CARRIER", 40): "the cable or carrier",
    ("MODEM_NOT_FOUND", 43): "the modem was not found",
    ("GSM_SIM_NOT_INSERTED", 45): "no SIM card",
    ("GSM_SIM_PIN_REQUIRED", 46): "the SIM card asks for its PIN",
    ("GSM_SIM_PUK_REQUIRED", 47): "the SIM card asks for its PUK",
    ("GSM_SIM_WRONG", 48): "the SIM card is a wrong one",
    ("NEW_ACTIVATION", 60): "",
}


def said(**device) -> str:
    return in_words({"/a": {DEVICE: {"Interface": "eth0", **device}}}, "eth0")


@pytest.mark.parametrize(("named", "words"), STATES.items())
def test_every_state_of_a_device_has_its_words(named, words):
    assert said(State=named[1]) == words


@pytest.mark.parametrize(("named", "words"), REASONS.items())
def test_every_reason_that_helps_has_its_words(named, words):
    assert said(State=0, StateReason=(0, named[1])) == words


def test_of_a_device_that_says_nothing_nothing_is_said():
    assert said() == ""
    assert in_words({}, "eth0") == ""


@pytest.mark.parametrize("there", [True, False])
async def test_without_it_there_is_nothing_to_say(tmp_path, there):
    path = str(tmp_path / "bus")
    if not there:
        assert await words_of("eth0", partial(Bus.open, path)) == ""
        return
    async with ManagerBus(path, None):
        assert await words_of("eth0", partial(Bus.open, path)) == ""


async def test_it_has_a_second_as_probes_wait_for_it(monkeypatch):
    waits = []

    async def silent():
        await asyncio.Event().wait()

    def timeout(seconds):
        waits.append(seconds)
        return asyncio.timeout(0)

    monkeypatch.setattr(network_manager, "asyncio", Stand(asyncio, timeout=timeout))
    assert await words_of("eth0", silent) == ""
    assert waits == [1.0]


async def test_it_is_asked_only_while_a_way_leads_nowhere():
    asked = []

    async def explain(interface):
        asked.append(interface)
        return "unavailable"

    world = World()
    world.keeper._explain = explain
    await world.runs(60)
    assert (asked, world.keeper.explained) == ([], ["", ""])
    world.dead = {"eth0"}
    await world.runs(60)
    assert world.keeper.explained == ["unavailable", ""]
    assert set(asked) == {"eth0"}
    world.dead = set()
    await world.runs(60)
    assert world.keeper.explained == ["", ""]
