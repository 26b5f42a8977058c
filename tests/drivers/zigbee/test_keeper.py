"""A network is kept up: its stick is opened again and again, opened to nodes in time, and saved."""

import asyncio
import logging

import pytest

from drivers.driver import State
from drivers.errors import CommandTimeout, DeviceFault, DeviceMissing
from drivers.zigbee import causes
from drivers.zigbee.host import keeper as keeping
from drivers.zigbee.host.book import KnownNode
from drivers.zigbee.host.node_watch import Incoming
from drivers.zigbee.host.radio_port import StartedAnew
from tests.drivers.zigbee.conftest import until
from tests.drivers.zigbee.one_network import (
    COORDINATOR,
    HALL,
    NEW,
    PORT,
    SLEEPER_TOLD,
    STORE,
    STRANGER,
    OneNetwork,
    hall,
    network_of,
    store,
)

PAN = "78473bc403ec143f"
REPORT = "18 01 0a 00 00 29 2c 01"  # 3.00 °C


@pytest.fixture
def looks_often(monkeypatch):
    monkeypatch.setattr(keeping, "LOOK_EVERY", 0.001)


def two_nodes(folder, **given):
    return OneNetwork(folder, [hall(), store()], **given)


def frame(ieee=STORE, text=REPORT, at=1000.0):
    return Incoming(ieee, 1, 0x0402, bytes.fromhex(text), 90, None, at)


async def has_looked(network):
    """Wait until the keeper has seen to what is due by now."""
    looks, look = [], network.network.nodes.look
    network.network.nodes.look = lambda now, spawn: (looks.append(now), look(now, spawn))
    await until(lambda: len(looks) >= 2, "its looks")  # the first may have begun before


async def test_a_stick_of_the_book_is_started_with_its_nodes_and_saved(tmp_path):
    network = two_nodes(tmp_path, content=network_of(9))
    network._task = asyncio.ensure_future(network.keeper.run())
    await network.is_(State.RUNNING)
    assert network.stick.calls == [
        "open", ("network", False), ("start", [HALL, STORE]), ("network", True),
    ]  # fmt: skip
    assert network.said == {"state": "running", "detail": f"channel 15, PAN {PAN}, 2 nodes"}
    assert network.records() == [{"state": "running", "nodes": 2, "channel": 15, "pan": PAN}]
    assert network.book().network == network_of(9)
    assert network.network.nodes.called(COORDINATOR) == "coordinator"
    await network.__aexit__()
    assert network.stick.calls[-1] == "close"
    assert (network.keeper.radio, network.keeper.running) == (None, False)


async def test_a_stick_that_is_not_ours_is_hushed_and_waits_for_an_order(tmp_path):
    network = two_nodes(tmp_path, content=NEW)
    network._task = asyncio.ensure_future(network.keeper.run())
    await network.is_(State.WRONG_DEVICE)
    assert network.stick.calls == ["open", ("network", False), "hush"]
    assert network.said == {
        "state": "wrong-device", "detail": f"{PORT}: another network on the stick",
        "cause": causes.OTHER_NETWORK.id, "advice": causes.OTHER_NETWORK.next,
    }  # fmt: skip
    assert not network.keeper.running
    assert network.keeper.radio is network.stick
    await network.__aexit__()


async def test_a_stick_that_is_away_is_looked_for_ever_more_seldom(tmp_path, caplog):
    network = two_nodes(tmp_path)
    network.stick.missing = DeviceMissing("there is no stick at x", cause=causes.NO_STICK)
    with caplog.at_level(logging.WARNING):
        async with network:
            await until(lambda: len(network.clock.slept) >= 6, "its tries")
            assert network.clock.slept[:6] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
            assert network.said == {
                "state": "missing", "detail": "there is no stick at x",
                "cause": causes.NO_STICK.id, "advice": causes.NO_STICK.next,
            }  # fmt: skip
            network.stick.missing = None
            await network.is_(State.RUNNING)
            network.clock.slept.clear()
            network.stick.listener.lost(None)
            await until(lambda: network.clock.slept, "its loss")
            assert network.clock.slept[0] == 0.5  # a new trouble
    assert [each.getMessage() for each in caplog.records] == [
        "radio-1: there is no stick at x", f"radio-1: the stick at {PORT} is gone",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "words", "row"),
    [
        (None, "is gone", "zigbee.no-stick"),
        (OSError("x"), "is gone", "zigbee.no-stick"),
        (TimeoutError(), "says nothing any more", "zigbee.silent-stick"),
        (StartedAnew("power-on"), "started anew by itself (power-on)", "device.lost"),
    ],
)
async def test_why_a_stick_was_lost_is_said_of_it_and_of_each_node(tmp_path, error, words, row):
    async with two_nodes(tmp_path) as network:
        network.stick.missing = DeviceMissing("away", cause=causes.NO_STICK)
        said = []
        network.network.feed.follow({}, said.append)
        network.stick.listener.lost(error)
        network.stick.listener.lost(RuntimeError("later"))  # the first word counts
        await until(lambda: any(b"missing" in each for each in said), "its loss")
        told = next(each for each in said if b"missing" in each).decode()
        assert f'"detail":"the stick at {PORT} {words}"' in told
        assert f'"cause":"{row}"' in told
        assert network.host.feed(f"radio-1/{STORE}").said["cause"] == causes.RADIO_DOWN.id
        assert "close" in network.stick.calls


async def test_a_loss_while_something_is_asked_is_why_that_failed(tmp_path, looks_often):
    async with two_nodes(tmp_path) as network:
        said = []
        network.network.feed.follow({}, said.append)

        async def permit(_seconds, _via):
            network.stick.listener.lost(None)
            network.stick.missing = DeviceMissing("away", cause=causes.NO_STICK)
            raise CommandTimeout("opening the network: no answer")

        network.stick.permit = permit
        network.network.joins.open(60, None, network.clock.now)
        await until(lambda: any(b"missing" in each for each in said), "its loss")
        assert b"is gone" in next(each for each in said if b"missing" in each)


async def test_a_window_is_told_to_the_routers_in_time_and_closed(tmp_path, looks_often):
    async with two_nodes(tmp_path) as network:
        await network.order("permit", seconds=300, via="hall")
        network.stick.calls.clear()
        network.clock.now += 100.0
        await until(lambda: "open for 200 s" in network.said["detail"], "the time that is left")
        network.clock.now += 144.0  # ten before the end of the 254 that can be told
        await until(lambda: network.stick.calls, "the rest")
        assert network.stick.calls == [("permit", 56, HALL)]
        network.clock.now += 56.0
        await until(lambda: network.happened()[-1][0] == "closed", "its end")
        assert network.stick.calls == [("permit", 56, HALL), ("permit", 0, None), "anyone"]
        assert network.said["detail"] == f"channel 15, PAN {PAN}, 2 nodes"


async def test_a_window_goes_on_on_a_stick_that_is_back(tmp_path, looks_often):
    async with two_nodes(tmp_path) as network:
        await network.order("permit", seconds=60)
        network.stick.calls.clear()
        network.stick.listener.lost(None)
        await until(lambda: ("permit", 60, None) in network.stick.calls, "its opening")


async def test_a_code_is_forgotten_by_a_stick_that_starts_anew(tmp_path, looks_often):
    code = "83FED3407A939723A5C639B26916D505C3B5"
    async with two_nodes(tmp_path) as network:
        await network.order("permit", seconds=60, node=STRANGER, code=code)
        network.stick.calls.clear()
        network.stick.listener.lost(None)
        await until(lambda: ("permit", 0, None) in network.stick.calls, "its closing")
        assert ("permit", 60, None) not in network.stick.calls
        assert not network.stick.listener.may_join(STRANGER, 0x3000)


async def test_the_frame_counter_is_written_down_once_an_hour(tmp_path, looks_often):
    async with two_nodes(tmp_path) as network:
        network.stick.content = network_of(5000)
        network.clock.now += 3599.0
        await has_looked(network)
        assert network.book().network == network_of(7)
        network.clock.now += 1.0
        await until(lambda: network.book().network == network_of(5000), "the counter")
        assert network.stick.calls.count(("network", True)) == 1


async def test_a_stick_that_has_lost_its_network_is_not_believed(tmp_path, looks_often):
    async with two_nodes(tmp_path) as network:
        network.stick.content = None
        network.clock.now += 3600.0
        await network.is_(State.WRONG_DEVICE)
        lost = f"radio-1: {PORT}: no network on the stick, but one in the book"
        assert network.host.feed(f"radio-1/{HALL}").said["detail"] == lost
        assert network.book().network == network_of(7)


async def test_a_damaged_book_is_told_and_waits_for_an_order(tmp_path):
    network = two_nodes(tmp_path)
    network.file.path.write_bytes(b"")
    async with network:
        assert network.said["state"] == State.FAULTY
        assert network.said["detail"].startswith("the network's book cannot be read: ")
        assert await network.order("adopt", yes=True) == {"pan": PAN, "channel": 15}
        await network.is_(State.RUNNING)


def joining(**told):
    return KnownNode(STRANGER, 0x3000, SLEEPER_TOLD, maker="ACME", model="TH-2", **told)


async def test_a_node_that_joins_is_in_the_book_before_it_is_on_record(tmp_path):
    async with two_nodes(tmp_path, configured={STRANGER}) as network:
        stick = network.stick
        stick.told[STRANGER] = joining()
        await network.order("permit", seconds=60)
        assert stick.listener.may_join(STRANGER, 0x3000)
        stick.listener.parent(STRANGER, 0x1000)
        stick.listener.interviewed(STRANGER)
        kept = network.book().nodes[STRANGER]
        assert (kept.address, kept.parent, kept.maker) == (0x3000, HALL, "ACME")
        ((_, told),) = network.host.feed(f"radio-1/{STRANGER}")._waiting
        assert told.fields == {
            "state": "joined", "ieee": STRANGER, "parent": HALL, "parent_ms": 0.0, "lqi": None,
            "rssi": None, "maker": "ACME", "model": "TH-2",
        }  # fmt: skip
        await until(lambda: ("configure", STRANGER, 300.0) in stick.calls, "its set-up")
        await until(lambda: network.book().nodes[STRANGER].told_interval == 300.0, "its interval")
        stick.listener.interviewed(STRANGER)  # zigpy says so again
        assert len(network.host.feed(f"radio-1/{STRANGER}")) == 1
        stick.told[STRANGER] = joining(endpoints={"1": {}})
        stick.listener.interviewed(STRANGER)
        told = [each for _, each in network.host.feed(f"radio-1/{STRANGER}")._waiting]
        assert [each.fields["state"] for each in told] == ["joined", "rejoined"]


async def test_a_node_that_cannot_be_written_down_has_not_joined(tmp_path):
    async with two_nodes(tmp_path) as network:
        network.stick.told = {STRANGER: joining(), STORE: store(endpoints={"1": {}})}
        network.block_writes()
        for ieee in (STRANGER, STORE):
            network.stick.listener.interviewed(ieee)
            detail = f"node {ieee} has not joined: the book was not written"
            assert network.happened()[-1] == ("damaged", detail)
        assert not network.records("zigbee-node")
        assert [row["ieee"] for row in await network.order("list")] == [HALL, STORE]
        written = [detail for _, detail in network.happened() if "was not written: " in detail]
        assert len(written) == 1  # it is said once


async def test_who_may_not_join_is_on_record_with_its_router(tmp_path):
    async with two_nodes(tmp_path) as network:
        listener = network.stick.listener
        listener.parent(STRANGER, 0x1000)
        assert not listener.may_join(STRANGER, 0x3000)
        assert listener.may_join(STORE, 0x2000)  # who is of the book may come back
        listener.denied("00158d000000000a")
        assert network.records("zigbee-stranger") == [
            {"ieee": STRANGER, "router": HALL, "tries": 1, "action": "it was told to leave"},
            {"ieee": "00158d000000000a", "router": "unknown", "tries": 1,
             "action": "the stick did not let it in"},
        ]  # fmt: skip
        listener.denied(STRANGER)
        network.clock.now += 60.0
        listener.denied(STRANGER)
        assert [each["tries"] for each in network.records("zigbee-stranger")] == [1, 1, 2]


async def test_what_changes_of_a_node_is_in_the_book(tmp_path):
    async with two_nodes(tmp_path) as network:
        listener = network.stick.listener
        listener.moved(STORE, 0x2222)
        assert network.book().nodes[STORE].address == 0x2222
        listener.parent(STORE, 0)
        assert network.book().nodes[STORE].parent == COORDINATOR
        (told,) = network.records("zigbee-node")
        assert (told["state"], told["detail"]) == ("moved", "its parent is coordinator now")
        listener.parent(STORE, 0)  # the same again
        listener.parent(STORE, 0x7777)  # nobody knows whose address that is
        assert len(network.records("zigbee-node")) == 1
        listener.left(STORE)
        assert network.records("zigbee-node")[-1]["state"] == "left"
        assert network.host.feed(f"radio-1/{STORE}").said["cause"] == causes.LEFT.id


async def test_a_frame_of_nobody_is_on_record_every_ten_minutes(tmp_path):
    async with two_nodes(tmp_path) as network:
        for at in (1000.0, 1599.0, 1600.0):
            network.clock.now = at
            network.stick.listener.unknown(0x77)
        detail = "a frame from address 0077, which no node of the book has: it is asked"
        assert network.happened()[1:] == [("unknown-sender", detail)] * 2


async def test_readings_that_nobody_fetches_are_told_once_an_hour(tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.stack.feed.MOST_WAITING", 3)
    async with two_nodes(tmp_path, configured={STORE}) as network:
        listener, kept = network.stick.listener, network.network
        for at in range(5):
            listener.frame(frame(text=f"18 {at:02x} 0a 00 00 29 2c 01"))
        kept.note_dropped()
        told = ("dropped", "2 readings, as the agent fetched none for long")
        assert network.happened()[-1] == told
        listener.frame(frame(text="18 09 0a 00 00 29 2c 01"))
        network.clock.now += 3599.0
        kept.note_dropped()
        assert network.happened()[-1] == told, "and nothing since"
        network.clock.now += 1.0
        kept.note_dropped()
        assert network.happened()[-1] == (told[0], told[1].replace("2 readings", "1 readings"))
        network.clock.now += 3600.0
        kept.note_dropped()  # none since
        assert network.happened()[-1][1].startswith("1 readings")


async def test_what_fails_while_the_network_is_brought_up_is_said(tmp_path):
    one = OneNetwork(tmp_path, [hall()])

    async def start(nodes):
        raise DeviceFault("starting the network: busy")

    one.stick.start = start
    async with one:
        await one.is_("faulty")
        assert one.said["detail"] == "starting the network: busy"
        assert not one.keeper.running
