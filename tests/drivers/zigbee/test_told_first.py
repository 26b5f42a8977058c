"""What comes from a network is told before zigpy has it, and who may not join is sent away."""

import asyncio

import pytest

from drivers.zigbee.host.node_watch import Incoming
from tests.drivers.zigbee.one_network import COORDINATOR, STORE, STRANGER, hall, store

TEMPERATURE = 0x0402
REPORT = bytes.fromhex("18c80a000029ea06")
CUT = REPORT[:4]  # within its attribute
LEAVE, ANNOUNCE = 0x0034, 0x0013


ENDPOINT = {"profile": 260, "device": 770, "inputs": [TEMPERATURE], "outputs": []}


@pytest.fixture
async def running(on_no_stick):
    return await on_no_stick.started(hall(), store(endpoints={"1": ENDPOINT}))


async def test_a_frame_of_an_application_is_told_as_it_came(running, monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 12.5)
    running.hear(0x2000, 3, 1, TEMPERATURE, REPORT, lqi=156, rssi=-70)
    running.hear(0x2000, 3, 1, TEMPERATURE, CUT, lqi=0, rssi=None)  # zigpy would drop this
    running.hear(0x2000, 3, 1, TEMPERATURE, REPORT, lqi=None, rssi=0)
    assert running.told.all == [
        ("frame", Incoming(STORE, 3, TEMPERATURE, REPORT, 156, -70, 12.5)),
        ("frame", Incoming(STORE, 3, TEMPERATURE, CUT, 0, None, 12.5)),
        ("frame", Incoming(STORE, 3, TEMPERATURE, REPORT, None, 0, 12.5)),
    ]


async def test_zigpy_has_the_frame_too(running):
    running.hear(0x2000, 1, 1, TEMPERATURE, REPORT)
    cluster = running.device(STORE).endpoints[1].in_clusters[TEMPERATURE]
    assert cluster.get("measured_value") == 1770  # 17.70 °C


async def test_a_frame_of_nobody_known_is_told_by_its_address(running):
    running.hear(0x7777, 1, 1, TEMPERATURE, REPORT)
    assert running.told.all == [("unknown", 0x7777)]


async def test_what_the_devices_say_among_themselves_is_not_told(running):
    running.hear(0x2000, 0, 0, 0x8005, bytes.fromhex("0100"))
    assert running.told.all == []


def announcement(ieee, address):
    """A node's device announcement (Zigbee §2.4.3.1.11): it mostly sleeps."""
    name = bytes.fromhex(ieee)[::-1]
    return b"\x81" + address.to_bytes(2, "little") + name + b"\x80"


async def announced(running, ieee, address):
    running.hear(address, 0, 0, ANNOUNCE, announcement(ieee, address))
    await asyncio.sleep(0)


async def test_a_node_that_may_join_is_interviewed_and_has_its_address(running):
    await announced(running, STRANGER, 0x3000)
    assert running.told.all == [("may_join", STRANGER, 0x3000), ("moved", STRANGER, 0x3000)]
    assert running.device(STRANGER).initializing
    await announced(running, STORE, 0x2001)  # it came back under another address
    assert running.told.all[2:] == [
        ("may_join", STORE, 0x2001), ("interviewed", STORE), ("moved", STORE, 0x2001),
    ]  # fmt: skip
    assert running.radio.name_of(0x2001) == STORE


async def test_a_node_that_may_not_join_is_told_to_leave_with_its_children(running):
    running.told.strangers = [STRANGER]
    running.app.answers = {LEAVE: ["00"]}
    await announced(running, STRANGER, 0x3000)
    for _ in range(10):
        await asyncio.sleep(0)
    assert running.told.all == [("may_join", STRANGER, 0x3000)]
    assert running.app.sent[0] == (LEAVE, "01 09 00 00 00 00 8d 15 00 40")
    assert running.device(STRANGER) is None


async def test_who_does_not_hear_that_it_must_leave_is_told_for_eight_seconds(running, passes):
    running.told.strangers = [STRANGER]
    await announced(running, STRANGER, 0x3000)
    await passes(7.9)
    assert running.device(STRANGER) is not None
    await passes(0.2)
    assert running.device(STRANGER) is None


async def test_who_may_join_after_all_while_it_is_sent_away_stays(running, passes):
    running.told.strangers = [STRANGER]
    await announced(running, STRANGER, 0x3000)
    await passes(1.0)
    welcome = running.app.add_device(running.device(STRANGER).ieee, 0x3000)
    await passes(8.0)
    assert running.device(STRANGER) is welcome


async def test_the_coordinator_does_not_join_itself(running):
    await announced(running, COORDINATOR, 0)
    assert running.told.all == []


async def test_who_left_who_told_all_of_itself_and_what_was_lost(running):
    app, error = running.app, OSError("pulled")
    app.handle_leave(0x2000, running.device(STORE).ieee)
    app.device_initialized(running.device(STORE))
    app.device_initialized(running.device(COORDINATOR))  # which is no node
    app.connection_lost(error)
    app.connection_lost(None)
    assert running.told.all == [
        ("left", STORE), ("interviewed", STORE), ("lost", error), ("lost", None),
    ]  # fmt: skip


async def test_zigpy_hears_of_it_too(running):
    heard = []

    class Listener:
        def device_left(self, device):
            heard.append("left")

        def device_initialized(self, device):
            heard.append("initialized")

        def connection_lost(self, error):
            heard.append("lost")

    running.app.add_listener(Listener())
    running.app.handle_leave(0x2000, running.device(STORE).ieee)
    running.app.device_initialized(running.device(STORE))
    running.app.connection_lost(None)
    assert heard == ["left", "initialized", "lost"]


async def test_what_a_library_must_say_for_itself(zigpy_here):
    from drivers.zigbee.host.told_first import ToldFirst

    for asked in (ToldFirst.only(None, None, None), ToldFirst.anyone(None)):
        with pytest.raises(NotImplementedError):
            await asked
    assert await ToldFirst.hush(None) is None
