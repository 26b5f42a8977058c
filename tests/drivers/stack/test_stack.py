"""A stack in a process of its own, and its followers: nothing is lost between the two, nor doubled."""

import asyncio
import json

import pytest

from drivers.driver import Health, Host, State, SystemTiming
from drivers.errors import BadFrame, DeviceFault, DriverError
from drivers.reading import Quality, Reading
from drivers.stack import wire
from drivers.stack.causes import STACK
from drivers.stack.feed import MOST_WAITING, Feed
from drivers.stack.follower import Follower
from drivers.stack.host import StackHost
from drivers.zigbee.causes import NODE_SILENT
from tests.conformance.ports import Hurried

KINDS = ("temperature", "input")
PATIENCE = 30.0  # s


def reading(value, kind="temperature"):
    return Reading("", kind, {"temperature": value}, float(value))


async def obey(key, order):
    if order.get("do") == "fail":
        raise DeviceFault("it does not", advice="try another")
    return {"key": key, **order}


class Both:
    """A host and a follower of `cold`, on a socket."""

    def __init__(self, folder):
        self.path = folder / "socket"
        self.host = StackHost(self.path, "life-1", obey)
        self.feed = self.host.feed("cold")
        self.seen = []
        self.commit = True

    async def __aenter__(self):
        self.serve()
        await self.follow()
        return self

    def serve(self):
        self._serving = asyncio.ensure_future(self.host.run())

    async def restart(self, life):
        self._serving.cancel()
        await asyncio.wait([self._serving])
        self.host._life = life
        self.serve()

    async def follow(self, timing=None):
        rows = (*STACK, NODE_SILENT)
        self.driver = Follower(
            "cold",
            Host(timing or Hurried()),
            self.path,
            "cold",
            {"interval": 5},
            KINDS,
            rows,
            "stack-unit",
        )
        await self.driver.__aenter__()
        self._following = asyncio.ensure_future(self._follow())

    async def _follow(self):
        async for each in self.driver.readings():
            self.seen.append(each)
            if self.commit:
                self.driver.committed(self.driver.health.counters["readings"])

    async def leave(self):
        self._following.cancel()
        await asyncio.wait([self._following])
        await self.driver.__aexit__(None, None, None)

    async def __aexit__(self, *_):
        await self.leave()
        self._serving.cancel()
        await asyncio.wait([self._serving])

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.01)

    def values(self):
        return [each.fields["temperature"] for each in self.seen if each.quality is Quality.OK]


async def test_readings_arrive_in_order_and_are_forgotten_once_durable(tmp_path):
    async with Both(tmp_path) as both:
        for value in range(50):
            both.feed.put(reading(value))
        await both.until(lambda: both.values() == list(range(50)))
        await both.until(lambda: len(both.feed) == 0)
        assert both.seen[0].device == "cold"
        assert both.feed.told == {"interval": 5}


async def test_what_is_not_durable_comes_again_to_another_life_of_the_agent_only(tmp_path):
    async with Both(tmp_path) as both:
        both.commit = False
        for value in range(5):
            both.feed.put(reading(value))
        await both.until(lambda: len(both.seen) == 5)
        for transport in list(both.host._followers):
            transport.abort()  # the connection breaks, and both go on
        both.feed.put(reading(5))
        await both.until(lambda: 5 in both.values())
        assert both.values() == list(range(6))  # nothing twice
        await both.leave()  # now the agent died without a flush
        both.seen.clear()
        await both.follow()
        await both.until(lambda: both.values() == list(range(6)))


async def test_serials_of_another_life_of_the_stack_count_anew(tmp_path):
    async with Both(tmp_path) as both:
        both.feed.put(reading(1))
        await both.until(lambda: both.values() == [1])
        both.host._feeds.clear()
        both.feed = both.host.feed("cold")
        await both.restart("life-2")
        both.feed.put(reading(2))
        await both.until(lambda: both.values() == [1, 2])


async def test_states_bring_their_row_and_one_mark_where_the_source_is_lost(tmp_path):
    async with Both(tmp_path) as both:
        both.feed.say(State.RUNNING)
        both.feed.put(reading(4))
        await both.until(lambda: both.driver.health.state is State.RUNNING and both.seen)
        both.feed.say(State.MISSING, "no report for 12 s", NODE_SILENT.of())
        await both.until(lambda: both.driver.health.state is State.MISSING)
        assert both.driver.health.cause == NODE_SILENT
        assert both.driver.health.detail == "no report for 12 s"
        await both.until(lambda: len(both.seen) == 2)
        assert both.seen[-1].quality is Quality.NO_ANSWER
        assert dict(both.seen[-1].fields) == {"temperature": None}


async def test_orders_are_answered_or_refused_with_advice(tmp_path):
    async with Both(tmp_path) as both:
        await both.until(lambda: both.feed.followed)
        assert await both.driver.ordered({"do": "list"}) == {"key": "cold", "do": "list"}
        with pytest.raises(DriverError, match="it does not") as raised:
            await both.driver.ordered({"do": "fail"})
        assert raised.value.advice == "try another"


async def test_without_its_process_it_says_how_to_see_why(tmp_path):
    async with Both(tmp_path) as both:
        await both.until(lambda: both.feed.followed)
        await both.restart("life-1")
        both._serving.cancel()
        await both.until(lambda: both.driver.health.state is State.MISSING)
        await both.until(lambda: "does not answer" in both.driver.health.detail)
        assert both.driver.health.advice == "see whether it runs: systemctl status stack-unit"
        with pytest.raises(DriverError):
            await both.driver.ordered({"do": "list"})


class Slow(SystemTiming):
    """Waits of a minute where a driver would wait at all."""

    async def sleep(self, seconds):
        await asyncio.sleep(60.0)


async def test_an_order_does_not_wait_for_the_next_attempt_to_open(tmp_path):
    both = Both(tmp_path)
    await both.follow(Slow())
    await both.until(lambda: both.driver.health.state is State.MISSING)
    both.serve()
    await both.until(both.path.exists)
    async with asyncio.timeout(PATIENCE):
        assert await both.driver.ordered({"do": "list"}) == {"key": "cold", "do": "list"}
    await both.__aexit__()


async def test_an_order_without_a_process_is_refused_at_once_by_what_was_seen(tmp_path):
    both = Both(tmp_path)
    await both.follow(Slow())
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(DriverError, match="does not answer"):
            await both.driver.ordered({"do": "list"})
        both.path.write_text("")
        with pytest.raises(DriverError, match="does not answer"):
            await both.driver.ordered({"do": "list"})
    await both.leave()


async def test_rubbish_on_the_socket_ends_that_connection_only(tmp_path):
    async with Both(tmp_path) as both:
        await both.until(lambda: both.feed.followed)
        for rubbish in (b"\0\xff\n", b"[]\n", b'{"durable": 1}\n', b'{"ask": 1}\n', b"x" * 70000):
            reader, writer = await asyncio.open_unix_connection(both.path)
            writer.write(rubbish)
            writer.write_eof()
            async with asyncio.timeout(PATIENCE):
                await reader.read()  # until the other side closes
                writer.close()
                await writer.wait_closed()
        both.feed.put(reading(1))
        await both.until(lambda: both.values() == [1])


def test_a_feed_that_nobody_fetches_lets_the_oldest_go_and_counts_them():
    assert MOST_WAITING == 4096
    feed = Feed("cold")
    for value in range(MOST_WAITING + 3):
        feed.put(reading(value))
    sent = []
    feed.follow({}, sent.append)
    told = [json.loads(line) for line in sent[1:]]
    assert (len(told), told[0]["serial"], feed.dropped) == (MOST_WAITING, 4, 3)


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"kind": "t", "fields": [], "monotonic": 1.0},
        {"kind": "t", "fields": {}, "monotonic": True},
        {"kind": "t", "fields": {}, "monotonic": float("inf")},
        {"kind": "t", "fields": {}, "monotonic": 1.0, "quality": "fine"},
        {"kind": "t", "fields": {"a": True}, "monotonic": 1.0},
        {"kind": "t", "fields": {"a": {"hex": "zz"}}, "monotonic": 1.0},
        {"kind": "t", "fields": {"a": [1]}, "monotonic": 1.0},
    ],
)
def test_what_is_no_reading_is_refused(said):
    with pytest.raises(BadFrame):
        wire.to_reading(said, "cold")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("zigbee-frame", {"raw": b"\0\xff", "cluster": "0402", "problem": None}),
        ("temperature", {"temperature": -1.5, "humidity": 60}),
        ("zigbee-radio", {"detail": "−18 °C"}),
    ],
)
def test_a_reading_comes_out_as_it_went_in(kind, fields):
    given = Reading("cold", kind, fields, 7.25)
    there = wire.parse(wire.line({"reading": wire.from_reading(given)}))
    assert wire.to_reading(there["reading"], "cold") == given


async def test_the_main_kind_is_the_first_that_is_heard(tmp_path):
    async with Both(tmp_path) as both:
        for kind, fields in (("input", {"level": 1}), ("temperature", {"temperature": 2.0}),
                             ("input", {"level": 3}), ("zigbee-node", {"lqi": 4})):  # fmt: skip
            both.feed.put(Reading("", kind, fields, 1.0))
        await both.until(lambda: len(both.seen) == 4)
        assert both.driver.newest.fields == {"temperature": 2.0}


class Words(Health):
    """A health that remembers what was said of `its word`, which passes soon."""

    def __init__(self):
        super().__init__()
        self.words = []

    def enter(self, state, now, detail="", cause=None):
        self.words += [(state, detail, cause)] if detail == "its word" else []
        super().enter(state, now, detail, cause)


class Spoken:
    """A process that the test writes down: each connection is told the same and then ends."""

    def __init__(self, folder, *said):
        self.path, self.said, self.heard = folder / "socket", said, []

    async def __aenter__(self):
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        driver = Follower("cold", Host(Hurried()), self.path, "cold", {}, KINDS, STACK, "unit")
        driver.health = Words()
        self.driver = await driver.__aenter__()
        self.seen = []
        self._following = asyncio.ensure_future(self._follow())
        return self

    async def _serve(self, reader, writer):
        writer.write(b"".join(self.said))
        self.heard.append(await reader.readline())
        writer.close()

    async def _follow(self):
        async for each in self.driver.readings():
            self.seen.append(each)

    async def __aexit__(self, *_):
        self._following.cancel()
        await asyncio.wait([self._following])
        await self.driver.__aexit__(None, None, None)
        self._server.close()

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.01)


LIFE = wire.line({"life": "a"})
RUNS = wire.line({"state": "running", "detail": "well"})


async def test_a_process_that_ends_the_conversation_is_told_from_one_that_is_away(tmp_path):
    async with Spoken(tmp_path, LIFE, RUNS) as spoken:
        await spoken.until(lambda: "ended the conversation" in spoken.driver.health.detail)
        assert spoken.driver.health.cause.id == "stack.ended"
        assert json.loads(spoken.heard[0]) == {"follow": "cold", "told": {}}


async def test_a_line_without_an_end_is_none_of_its_messages(tmp_path):
    async with Spoken(tmp_path, LIFE, RUNS, b"x" * (3 * wire.LONGEST)) as spoken:
        await spoken.until(lambda: "sent a line without an end" in spoken.driver.health.detail)
        assert spoken.driver.health.cause.id == "stack.no-words"
        assert spoken.driver.health.state is State.FAULTY


async def test_lines_that_say_nothing_are_counted_and_passed_over(tmp_path):
    good = {"serial": 1, "reading": wire.from_reading(reading(4))}
    said = (b"rubbish\n", wire.line({"state": "dancing"}), wire.line({"reading": 1, "serial": 1}),
            wire.line({"reading": {}, "serial": -1}), wire.line({"answer": "x"}),
            wire.line({"answer": 7, "result": 1}), wire.line({"hello": 1}))  # fmt: skip
    async with Spoken(tmp_path, LIFE, *said, wire.line(good), wire.line(good)) as spoken:
        await spoken.until(lambda: spoken.seen)
        assert spoken.driver.health.counters["bad lines"] >= 5
        assert spoken.seen[0].fields == {"temperature": 4}
        assert spoken.driver.health.counters["readings"] <= 2  # once, and a mark of its end


@pytest.mark.parametrize(
    ("said", "cause", "advice"),
    [
        ({}, None, ""),
        ({"cause": "zigbee.node-silent", "advice": "x"}, "stack.said", "x"),
        ({"cause": "stack.ended"}, "stack.ended", "see why: journalctl -u {service}"),
        ({"cause": "stack.ended", "advice": "look there"}, "stack.ended", "look there"),
        ({"advice": "look there"}, "stack.said", "look there"),
        ({"cause": "other.row"}, "stack.said", "see its log: journalctl -u unit"),
    ],
)
async def test_a_state_s_row_is_one_that_is_known_with_the_stack_s_own_advice(
    tmp_path, said, cause, advice
):
    state = wire.line({"state": "faulty", "detail": "its word", **said})
    async with Spoken(tmp_path, LIFE, state) as spoken:
        await spoken.until(lambda: spoken.driver.health.words)
        state, _, row = spoken.driver.health.words[0]
    assert state is State.FAULTY
    assert (row and row.id) == cause
    assert row is None or row.next == advice
