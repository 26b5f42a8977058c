"""What NetworkManager says of a dead way: in words, and nothing where it is not there."""

from functools import partial

import pytest

from agent.upstream.network_manager import words_of
from foundation.dbus.bus import Bus
from tests.agent.upstream.test_way_keeper import World
from tests.drivers.modem.manager_bus import ManagerBus, Typed

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


@pytest.mark.parametrize("there", [True, False])
async def test_without_it_there_is_nothing_to_say(tmp_path, there):
    path = str(tmp_path / "bus")
    if not there:
        assert await words_of("eth0", partial(Bus.open, path)) == ""
        return
    async with ManagerBus(path, None):
        assert await words_of("eth0", partial(Bus.open, path)) == ""


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
