"""When nodes are looked at and asked, in which order, and how two checkpoints are joined."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest

from agent.upstream.comparer import Comparer, shown
from agent.upstream.link import LinkDown, NodeAddress
from agent.upstream.patience import Patience
from agent.upstream.states import LinkState
from evidence.wire import Envelope, Label, Type
from tests.agent.fakes import FakeTiming, settle

HASH, OTHER = b"h" * 32, b"i" * 32


class Client:
    """A light client that notes what it is shown; `joins` is what each settling comes to."""

    def __init__(self) -> None:
        self.frozen, self.trusted, self.origin = None, "trusted", "log.example"
        self.unjoined, self.wants_policy = 0, False
        self.policy = SimpleNamespace(digest=b"digest", log="log")
        self.asked, self.joins, self.settled = [], [], []
        self.changed, self.updates, self.looked = False, [], []

    def questions(self):
        return self.asked

    def settle(self, question, *paths):
        self.settled.append((question, *paths))
        return self.joins.pop(0)

    def update_policy(self, data, now):
        self.updates.append((data, now))
        return self.changed

    def look_at(self, note):
        self.looked.append(note)


class Rig:
    """Nodes that answer alike, but for those that are `away`; `requests` are with their time."""

    def __init__(self, names="ab", *, every=1000.0, tick=20.0) -> None:
        self.timing, self.client = FakeTiming(), Client()
        self.requests, self.away, self.bound = [], {}, None
        self.allowed, self.told_updates, self.shows = True, (), Type.CHECKPOINT
        addresses = [NodeAddress(name, f"tcp://{name}:1", "x") for name in names]
        self.comparer = Comparer(
            addresses,
            self.link,
            self.client,
            SimpleNamespace(now=self.now),
            SimpleNamespace(allows=lambda _: self.allowed),
            every,
            announce=lambda *_: None,
            patience={
                each.name: Patience(self.timing.monotonic, random.Random(1)) for each in addresses
            },
            tick=tick,
            sleep=self.timing.sleep,
        )

    def now(self):
        at = round(1000 * self.timing.now)
        return SimpleNamespace(monotonic_ms=at, wall_ms=1_800_000_000_999, bound_ms=self.bound)

    @asynccontextmanager
    async def link(self, node, _heard):
        async def request(type_, header):
            self.requests.append((self.timing.now, node.name, type_, header))
            if node.name in self.away:
                raise LinkDown("gone")
            answers = {
                Type.UPDATES: {Label.UPDATES: self.told_updates},
                Type.CHECKPOINT: {Label.NOTE: b"note of " + node.name.encode()},
                Type.CONSISTENCY: {Label.PATH: (HASH,)},
                Type.INCLUSION: {Label.PATH: (OTHER, HASH)},
                Type.EVIDENCE: {},
            }
            answered = self.shows if type_ is Type.CHECKPOINT else type_
            return Envelope(answered, bytes(8), answers[type_])

        state = self.away.get(node.name, LinkState.OK)
        yield SimpleNamespace(node=node, request=request, state=state)

    async def runs(self, seconds: float) -> None:
        task = asyncio.create_task(self.comparer.run())
        await self.timing.advance(seconds)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    def times(self, type_: Type, node: str = "a") -> list[float]:
        return [at for at, name, asked, _ in self.requests if (name, asked) == (node, type_)]

    def asked(self, type_: Type) -> list[tuple[str, dict]]:
        return [(name, header) for _, name, asked, header in self.requests if asked is type_]


@pytest.fixture(autouse=True)
def threads_at_once(monkeypatch):
    """What is checked in a thread is checked at once: time moves only when all is done."""

    async def at_once(work, *args):
        return work(*args)

    monkeypatch.setattr(asyncio, "to_thread", at_once)


@pytest.mark.parametrize(
    ("every", "looks"), [(1000.0, [160.0, 1160.0]), (40.0, [140.0, 180.0, 220.0])]
)
async def test_nodes_are_looked_at_after_a_minute_and_then_as_often_as_said(every, looks):
    rig = Rig(every=every)
    await rig.runs(looks[-1] - 100.0 + 5.0)
    for name in "ab":
        assert rig.times(Type.CHECKPOINT, name) == rig.times(Type.UPDATES, name) == looks
    assert rig.client.looked == [b"note of a", b"note of b"] * len(looks)
    assert [(view.at, view.shown) for view in rig.comparer.views] == [(looks[-1], True)] * 2
    assert rig.asked(Type.UPDATES)[0] == ("a", {Label.DIGEST: b"digest"})
    assert rig.asked(Type.CHECKPOINT)[0] == ("a", {Label.ORIGIN: "log.example"})


@pytest.mark.parametrize("what", ["a question", "a policy"])
async def test_what_is_open_is_asked_at_once_then_ever_more_seldom(what):
    rig = Rig(every=40.0, tick=5.0)
    rig.client.unjoined, rig.client.wants_policy = int(what == "a question"), what == "a policy"
    await rig.runs(125.0)
    assert rig.times(Type.UPDATES) == [100.0, 110.0, 130.0, 140.0, 170.0, 180.0, 210.0, 220.0]
    assert rig.times(Type.CHECKPOINT) == [140.0, 180.0, 220.0]


async def test_what_opens_later_is_asked_soon_again():
    rig = Rig(every=1000.0, tick=5.0)
    rig.client.unjoined = 1
    await rig.runs(32.0)
    assert rig.times(Type.UPDATES) == [100.0, 110.0, 130.0]
    rig.client.unjoined = 0
    await rig.runs(6.0)
    rig.client.unjoined = 1
    rig.requests.clear()
    await rig.runs(18.0)
    first, second, *_ = rig.times(Type.UPDATES)
    assert first <= 143.0 + 5.0
    assert second == first + 10.0


async def test_one_node_alone_has_nobody_to_be_compared_with():
    rig = Rig("a", every=40.0)
    await rig.runs(50.0)
    assert rig.times(Type.UPDATES) == [140.0]
    assert rig.times(Type.CHECKPOINT) == []
    assert rig.comparer.views[0].at is None


@pytest.mark.parametrize("missing", ["budget", "trust"])
async def test_nothing_is_asked_while_bytes_are_held_back_or_nothing_is_trusted_yet(missing):
    rig = Rig(every=40.0)
    rig.client.unjoined = 1
    rig.allowed = missing != "budget"
    if missing == "trust":
        rig.client.trusted = None
    await rig.runs(100.0)
    assert rig.requests == []


async def test_a_policy_that_one_node_knew_of_is_not_asked_of_the_others():
    rig = Rig(every=40.0)
    rig.client.changed, rig.told_updates, rig.bound = True, (b"one", b"two"), 500
    await rig.runs(45.0)
    assert rig.client.updates == [(b"one", 1_800_000_000), (b"two", 1_800_000_000)]
    assert [name for name, _ in rig.asked(Type.UPDATES)] == ["a"]
    rig.bound, rig.client.updates = None, []
    await rig.runs(40.0)
    assert rig.client.updates[0] == (b"one", None), "nobody vouches for the time"


async def test_a_node_that_has_no_checkpoint_yet_shows_none():
    rig = Rig(every=40.0)
    rig.shows = Type.PENDING
    await rig.runs(45.0)
    assert [view.shown for view in rig.comparer.views] == [False, False]
    assert rig.client.looked == []


async def test_who_said_no_is_left_alone_for_a_while():
    rig = Rig(every=40.0)
    rig.away = {"b": LinkState.REPLACED}
    await rig.runs(125.0)
    assert rig.times(Type.CHECKPOINT, "a") == [140.0, 180.0, 220.0]
    assert {at for at, name, *_ in rig.requests if name == "b"} == {140.0}
    assert [view.shown for view in rig.comparer.views] == [True, False]


def question(older: int, newer: int):
    def at(size):
        return SimpleNamespace(checkpoint=SimpleNamespace(size=size))

    return SimpleNamespace(older=at(older), newer=at(newer))


async def joined(older: int, newer: int, *joins: bool):
    """Return whom a question was put to, with which sizes, and what was settled by the answers."""
    rig = Rig()
    asked = question(older, newer)
    rig.client.asked, rig.client.joins, rig.client.unjoined = [asked], list(joins), 1
    task = asyncio.create_task(rig.comparer.run())
    await settle()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    put = [(name, type_, header) for _, name, type_, header in rig.requests]
    settled = [paths for of, *paths in rig.client.settled if of is asked]
    return [each for each in put if each[1] is not Type.UPDATES], settled


async def test_how_two_checkpoints_join_is_asked_of_the_first_that_can_tell():
    sizes = {Label.OLD_SIZE: 3, Label.SIZE: 5}
    first, second = (("a", Type.CONSISTENCY, sizes), ("b", Type.CONSISTENCY, sizes))
    assert await joined(3, 5, True) == ([first], [[(HASH,)]])
    assert await joined(3, 5, False, True) == ([first, second], [[(HASH,)]] * 2)
    assert await joined(3, 5, False, False) == ([first, second], [[(HASH,)]] * 2)


async def test_a_path_that_leaves_its_start_out_is_held_against_another():
    first = ("a", Type.CONSISTENCY, {Label.OLD_SIZE: 4, Label.SIZE: 5})
    more = ("a", Type.INCLUSION, {Label.INDEX: 4, Label.SIZE: 5})
    assert await joined(4, 5, True) == ([first], [[(HASH,)]])
    assert await joined(4, 5, False, True) == ([first, more], [[(HASH,)], [(HASH,), (OTHER, HASH)]])


async def test_checkpoints_of_one_size_need_no_path():
    assert await joined(5, 5, True) == ([], [[()]])


async def test_a_fork_is_shown_to_each_node_until_all_have_heard_it(monkeypatch):
    monkeypatch.setattr("agent.upstream.comparer.read_fork", lambda data, log: (data, log))
    monkeypatch.setattr("agent.upstream.comparer.shown", lambda fork: {Label.NOTES: fork})
    rig = Rig()
    rig.client.frozen, rig.client.evidence = "two histories", lambda: [b"one", b"two"]
    rig.away = {"b": LinkState.UNREACHABLE}
    task = asyncio.create_task(rig.comparer.run())
    await rig.timing.advance(25.0)
    assert not task.done()
    rig.away = {}
    await rig.timing.advance(40.0)
    assert task.done()
    assert rig.times(Type.EVIDENCE, "a") == [100.0, 100.0]
    assert rig.times(Type.EVIDENCE, "b") == [100.0, 120.0, 140.0, 140.0]
    both = [{Label.NOTES: (data, "log")} for data in (b"one", b"two")]
    assert [header for name, header in rig.asked(Type.EVIDENCE) if name == "a"] == both


@pytest.mark.parametrize("beginning", [None, HASH])
def test_a_fork_is_shown_by_both_notes_and_where_there_is_one_by_its_beginning(beginning):
    older, newer = (SimpleNamespace(to_bytes=lambda text=text: text) for text in (b"old", b"new"))
    fork = SimpleNamespace(older=older, newer=newer, beginning=beginning, path=(OTHER,))
    more = {} if beginning is None else {Label.ROOT: HASH, Label.PATH: (OTHER,)}
    assert shown(fork) == {Label.NOTES: (b"old", b"new")} | more
