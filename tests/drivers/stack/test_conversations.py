"""Conversations on the socket itself: who may speak on it, in which order, and for how long."""

import asyncio
import contextlib
import json
import os
import stat

import pytest

from drivers.driver import Host, State
from drivers.errors import DeviceFault, DriverError
from drivers.reading import Quality, Reading
from drivers.stack import follower, host, wire
from drivers.stack.causes import STACK
from drivers.stack.follower import Follower
from drivers.stack.host import StackHost
from tests.conformance.ports import Hurried

PATIENCE = 30.0  # s


def reading(value):
    return Reading("", "temperature", {"temperature": value}, 1.0)


class Serving:
    """A host on a socket; an order waits until `may_answer` is set, and is then told of in full."""

    def __init__(self, folder):
        self.path = folder / "run" / "socket"
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.given_up = 0
        self.host = StackHost(self.path, "life-1", self.obey)
        self.feed = self.host.feed("cold")
        self._callers = []

    async def obey(self, key, order):
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if order.get("do") == "fail":
            raise DeviceFault("it does not", advice="try another")
        return {"key": key, **order}

    async def __aenter__(self):
        self._serving = asyncio.ensure_future(self.host.run())
        await asyncio.sleep(0)
        await until(self.path.exists)
        return self

    async def __aexit__(self, *_):
        self._serving.cancel()
        await asyncio.wait([self._serving])
        for each in self._callers:
            await each.leaves()

    async def caller(self):
        self._callers.append(Caller(*await asyncio.open_unix_connection(self.path)))
        return self._callers[-1]


class Caller:
    """One who speaks to a host line by line."""

    def __init__(self, reader, writer):
        self._reader, self.writer = reader, writer

    def says(self, **message):
        self.writer.write(wire.line(message))

    async def hears(self):
        """The next line, or None where the other side has closed."""
        async with asyncio.timeout(PATIENCE):
            said = await self._reader.readline()
        return json.loads(said) if said else None

    async def leaves(self):
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0)


OPENING = {"state": "opening", "detail": ""}


async def test_a_conversation_word_for_word(tmp_path):
    async with Serving(tmp_path) as serving:
        caller = await serving.caller()
        assert await caller.hears() == {"life": "life-1"}
        serving.feed.put(reading(1.0))
        caller.says(follow="cold", told={"interval": 5})
        assert await caller.hears() == OPENING
        assert (await caller.hears())["serial"] == 1
        assert serving.feed.told == {"interval": 5}
        caller.says(ask=7, order={"do": "list"})
        assert await caller.hears() == {"answer": 7, "result": {"key": "cold", "do": "list"}}
        caller.says(ask=8, order={"do": "fail"})
        refusal = {"answer": 8, "error": "it does not", "advice": "try another"}
        assert await caller.hears() == refusal
        caller.says(ask=9, order="list")
        answer = await caller.hears()
        assert (answer["answer"], answer["error"]) == (9, "an order is a table")
        caller.says(durable=1)
        caller.says(hello=1)  # of a later agent
        await until(lambda: len(serving.feed) == 0)
        await caller.leaves()
        await until(lambda: not serving.feed.followed)


async def test_readings_go_on_while_an_order_is_done(tmp_path):
    async with Serving(tmp_path) as serving:
        serving.may_answer.clear()
        caller = await serving.caller()
        caller.says(follow="cold", told="nothing that is a table")
        caller.says(ask=1, order={})
        assert [await caller.hears() for _ in range(2)] == [{"life": "life-1"}, OPENING]
        assert serving.feed.told == {}
        serving.feed.put(reading(1.0))
        assert (await caller.hears())["serial"] == 1
        serving.may_answer.set()
        assert await caller.hears() == {"answer": 1, "result": {"key": "cold"}}
        await caller.leaves()


async def test_an_order_of_who_left_is_given_up(tmp_path):
    async with Serving(tmp_path) as serving:
        serving.may_answer.clear()
        caller = await serving.caller()
        caller.says(follow="cold")
        caller.says(ask=1, order={})
        await until(lambda: serving.feed.followed)
        for _ in range(20):
            await asyncio.sleep(0)
        await caller.leaves()
        await until(lambda: serving.given_up == 1)


@pytest.mark.parametrize(
    "said",
    [
        [{"durable": 1}],
        [{"follow": "cold"}, {"follow": "cold"}],
        [{"follow": 7}],
        [{"follow": "cold"}, {"durable": -1}],
    ],
    ids=["before it follows", "twice", "nothing", "no number"],
)
async def test_who_speaks_out_of_turn_is_let_go(tmp_path, said, caplog):
    async with Serving(tmp_path) as serving:
        caller = await serving.caller()
        for each in said:
            caller.says(**each)
        while await caller.hears() is not None:
            pass
        await until(lambda: not serving.feed.followed)
        assert "a follower was let go" in caplog.text
        await caller.leaves()


async def test_who_reads_nothing_is_let_go_at_four_mebibytes(tmp_path):
    assert host.MOST_BEHIND == 4 * 1024 * 1024
    async with Serving(tmp_path) as serving:
        caller = await serving.caller()
        caller.writer.transport.pause_reading()
        caller.says(follow="cold")
        await until(lambda: serving.feed.followed)
        sent = 0
        while serving.feed.followed:
            serving.feed.say(State.MISSING, f"{sent:065536}")
            sent += 65536
            await asyncio.sleep(0)
            assert sent < 8 * 1024 * 1024
        assert sent > 4 * 1024 * 1024
        caller.writer.transport.abort()


def _umask():
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


async def test_the_socket_is_the_owner_s_and_the_group_s_and_goes_with_its_process(tmp_path):
    before = _umask()
    async with Serving(tmp_path) as serving:
        assert stat.S_IMODE(serving.path.stat().st_mode) == 0o660
        assert _umask() == before, "what else this process makes is as it was"
        caller = await serving.caller()
        await caller.hears()
    assert not serving.path.exists()
    assert await caller.hears() is None
    await caller.leaves()


async def test_a_socket_that_was_left_over_is_replaced_and_nothing_else_is(tmp_path):
    async with Serving(tmp_path) as first, Serving(tmp_path) as second:
        caller = await second.caller()
        assert await caller.hears() == {"life": "life-1"}
        caller.says(follow="cold")
        await until(lambda: second.feed.followed)
        assert not first.feed.followed
        await caller.leaves()
    (tmp_path / "other").mkdir()
    kept = Serving(tmp_path / "other")
    kept.path.parent.mkdir()
    kept.path.write_text("somebody's")
    with pytest.raises(OSError, match="Address already in use"):
        await kept.host.run()
    assert kept.path.read_text() == "somebody's"


class Following:
    """A follower of `cold` whose readings are `seen`; the test says what is durable."""

    def __init__(self, path):
        self.driver = Follower(
            "cold", Host(Hurried()), path, "cold", {}, ("temperature", "input"), STACK, "unit"
        )
        self.seen = []

    async def __aenter__(self):
        await self.driver.__aenter__()
        self._following = asyncio.ensure_future(self._follow())
        return self

    async def _follow(self):
        async for each in self.driver.readings():
            self.seen.append(each)

    async def __aexit__(self, *_):
        self._following.cancel()
        await asyncio.wait([self._following])
        await self.driver.__aexit__(None, None, None)


async def test_what_is_durable_is_told_up_to_the_newest_and_marks_are_none_of_the_stack_s(tmp_path):
    async with Serving(tmp_path) as serving, Following(serving.path) as following:
        serving.feed.say(State.RUNNING)
        for value in (1.0, 2.0):
            serving.feed.put(reading(value))
        await until(lambda: len(following.seen) == 2)
        serving.feed.say(State.MISSING, "no report")  # makes a mark, the third reading
        await until(lambda: len(following.seen) == 3)
        serving.feed.put(reading(3.0))
        await until(lambda: len(following.seen) == 4)
        assert [each.quality is Quality.OK for each in following.seen] == [True, True, False, True]
        for count, waiting in ((0, 3), (1, 2), (3, 1), (4, 0)):
            following.driver.committed(count)
            await until(lambda waiting=waiting: len(serving.feed) == waiting)
            for _ in range(20):
                await asyncio.sleep(0)
            assert len(serving.feed) == waiting, "and no more"
        assert following.driver.health.counters["committed"] == 4


async def test_an_order_has_five_minutes(tmp_path, monkeypatch):
    assert follower.ORDER_WITHIN == 300.0
    async with Serving(tmp_path) as serving, Following(serving.path) as following:
        await until(lambda: serving.feed.followed)
        serving.may_answer.clear()
        with monkeypatch.context() as patched:
            patched.setattr(follower, "ORDER_WITHIN", 0.01)
            with pytest.raises(DriverError, match=r"^unit did not do it within 0\.01 s$"):
                await following.driver.ordered({"do": "list"})
        serving.may_answer.set()
        assert await following.driver.ordered({}) == {"key": "cold"}  # its own answer


async def test_a_process_that_says_nothing_is_mute_after_five_seconds(tmp_path, monkeypatch):
    assert follower.OPEN_WITHIN == 5.0
    monkeypatch.setattr(follower, "OPEN_WITHIN", 0.01)

    async def says_nothing(reader, writer):
        await reader.read()
        writer.close()

    path = tmp_path / "mute"
    async with await asyncio.start_unix_server(says_nothing, path), Following(path) as following:
        await until(lambda: following.driver.health.cause is not None)
        assert following.driver.health.cause.id == "stack.mute"
        assert following.driver.health.detail == f"unit says nothing at {path}"


async def test_an_order_whose_process_ends_is_not_waited_for(tmp_path):
    async with Serving(tmp_path) as serving, Following(serving.path) as following:
        await until(lambda: serving.feed.followed)
        serving.may_answer.clear()
        asking = asyncio.ensure_future(following.driver.ordered({}))
        for _ in range(50):
            await asyncio.sleep(0)
        await serving.__aexit__()
        with pytest.raises(DriverError, match=r"^unit ended before it had answered$"):
            await asyncio.wait_for(asking, PATIENCE)
