"""Group commit by an injected clock: when records become durable, and what follows from it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import JournalUnavailable, NoRoom
from agent.journal.recorder import (
    COMMIT_LIMIT,
    MAX_COMMIT,
    PROGRESS,
    PROMPT_WITHIN,
    WRITE_TIME,
    Recorder,
    Source,
)
from agent.journal.refusals import Cause
from agent.journal.ring_journal import RingJournal
from agent.journal.storage_state import StorageState
from agent.journal.thread import JournalThread
from agent.records.convert import OWN_DEVICE
from drivers.reading import Quality
from evidence.leaf import Record
from foundation.notify import Progress
from tests.agent.fakes import WALL_MS, FakeTiming, fake_clock, reading, settle


class MemoryJournal:
    """Keeps commits in a list; fails as often as it is told, before or after storing."""

    def __init__(self) -> None:
        self.commits: list[list[Record]] = []
        self.failures = 0
        self.persist_failed = False
        self.full, self.part = False, 0
        self.before = lambda: None

    def roomy(self) -> bool:
        return not self.full

    @property
    def stored(self) -> list[Record]:
        return [record for commit in self.commits for record in commit]

    def next_number(self) -> int:
        return len(self.stored)

    def commit(self, records: Sequence[Record], *, reserve: bool = False) -> None:
        self.before()
        if self.full and not reserve:
            self.commits.append(list(records[: self.part]))
            self.part = 0
            raise NoRoom("the ring is full", advice="find out why", state=StorageState.FULL)
        fails = self.failures > 0
        self.failures -= fails
        if not fails or self.persist_failed:
            known = len(self.stored) - records[0].number
            assert known >= 0
            assert self.stored[records[0].number :] == list(records[:known])
            self.commits.append(list(records[known:]))
        if fails:
            raise JournalUnavailable("no space left", advice="free space")


class Rig:
    def __init__(self, *, window: float = 1.0, room: int = 4096) -> None:
        self.thread = JournalThread()
        self.timing = FakeTiming(thread=self.thread)
        self.journal = MemoryJournal()
        self.progress = Progress(self.timing.monotonic)
        self.recorder = Recorder(
            AsyncJournal(self.journal, self.thread),
            fake_clock(self.timing),
            self.timing,
            self.progress,
            window=window,
            room=room,
        )
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.recorder.open()
        self.task = asyncio.create_task(self.recorder.run())
        await settle(self.thread)

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait({self.task})
        self.thread.close()

    @property
    def sizes(self) -> list[int]:
        return [len(commit) for commit in self.journal.commits]


@pytest.fixture
async def rig():
    rig = Rig()
    await rig.start()
    yield rig
    await rig.stop()


async def test_telemetry_of_one_window_is_one_commit_and_in_time(rig):
    for _ in range(9):
        await rig.recorder.take(reading(monotonic=rig.timing.now))
        await rig.timing.advance(0.1)
    assert rig.sizes == []
    await rig.timing.advance(0.1 - WRITE_TIME)
    assert rig.sizes == [9]
    assert [record.number for record in rig.journal.stored] == list(range(9))
    assert rig.timing.now <= 100.0 + 1.0 - WRITE_TIME + 1e-6


async def test_prompt_records_take_the_waiting_ones_along(rig):
    await rig.recorder.take(reading())
    await rig.timing.advance(0.2)
    await rig.recorder.take(reading("acc", "shock", peak=12.0))
    await rig.recorder.note("gap", {"state": "open", "reason": "no reading for 25 s"})
    assert rig.sizes == []
    await rig.timing.advance(PROMPT_WITHIN - WRITE_TIME)
    assert rig.sizes == [3]
    assert [record.kind for record in rig.journal.stored] == ["temperature", "shock", "gap"]


async def test_nothing_to_do_costs_no_commit_and_no_alarm(rig):
    await rig.timing.advance(3600.0)
    assert rig.sizes == []
    assert rig.progress.late() == []


async def test_drivers_learn_how_many_of_their_readings_are_durable(rig):
    told: list[tuple[str, int]] = []
    cold = Source(lambda count: told.append(("cold", count)))
    warm = Source(lambda count: told.append(("warm", count)))
    for source in (cold, cold, warm):
        await rig.recorder.take(reading(), source)
    await rig.recorder.note("device", {"state": "running"})
    assert told == []
    await rig.recorder.flush()
    await settle(rig.thread)
    assert sorted(told) == [("cold", 2), ("warm", 1)]
    await rig.recorder.take(reading(), cold)
    await rig.recorder.flush()
    await settle(rig.thread)
    assert told[-1] == ("cold", 3)


async def test_a_drivers_mistake_in_committed_does_not_stop_the_recorder(rig):
    seen = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))
    await rig.recorder.take(reading(), Source(lambda count: 1 // 0))
    await rig.recorder.flush()
    await rig.recorder.take(reading())
    await rig.recorder.flush()
    await settle(rig.thread)
    assert rig.recorder.state.commits == 2
    assert isinstance(seen[0]["exception"], ZeroDivisionError)


async def test_listeners_get_durable_records_in_order(rig):
    heard: list[int] = []
    listener = lambda records: heard.extend(r.number for r in records)  # noqa: E731
    rig.recorder.listen(listener)
    await rig.recorder.take(reading())
    await rig.recorder.take(reading())
    assert heard == []
    await rig.recorder.flush()
    assert heard == [0, 1]
    rig.recorder.unlisten(listener)
    await rig.recorder.take(reading())
    await rig.recorder.flush()
    assert heard == [0, 1]


async def test_a_burst_is_committed_in_bounded_parts(rig):
    for _ in range(2 * MAX_COMMIT + 5):
        await rig.recorder.take(reading())
    await rig.recorder.flush()
    assert rig.sizes == [MAX_COMMIT, MAX_COMMIT, 5]


@pytest.mark.parametrize("persisted", [False, True])
async def test_a_failing_disk_is_a_state_and_nothing_is_acknowledged_early(rig, persisted):
    told: list[int] = []
    heard: list[int] = []
    rig.recorder.listen(lambda records: heard.extend(r.number for r in records))
    rig.journal.failures, rig.journal.persist_failed = 3, persisted
    await rig.recorder.take(reading(), Source(told.append))
    await rig.timing.advance(1.0)
    state = rig.recorder.state
    assert state.failing_since is not None
    assert (state.error, state.advice, state.waiting) == ("no space left", "free space", 1)
    assert (told, heard) == ([], [])
    await rig.recorder.take(reading(), None)
    assert rig.progress.late() == []
    await rig.timing.advance(1.0 + 2.0 + 4.0)
    assert state.failing_since is None
    assert (state.error, state.waiting) == ("", 0)
    assert heard == [0, 1]
    assert told == [1]
    assert [record.number for record in rig.journal.stored] == [0, 1]


async def test_a_disk_that_refuses_the_first_commit_of_a_start_is_tried_again_by_the_task():
    rig = Rig()
    await rig.recorder.open()
    rig.journal.failures = 2
    await rig.recorder.note("device", {"state": "missing"})
    assert await rig.recorder.commit() == 1.0
    assert rig.recorder.state.error == "no space left"
    await rig.start()
    assert rig.journal.failures == 0, "the task tries it at once, and then leaves it alone"
    await rig.timing.advance(1.9)
    assert rig.journal.stored == []
    await rig.timing.advance(0.1)
    assert [record.kind for record in rig.journal.stored] == ["device"]
    await rig.stop()


async def test_drivers_wait_while_there_is_no_room_and_the_agents_own_events_do_not():
    rig = Rig(room=3)
    await rig.start()
    rig.journal.failures = 1
    for _ in range(3):
        await rig.recorder.take(reading())
    blocked = asyncio.create_task(rig.recorder.take(reading()))
    await rig.timing.advance(1.0)
    assert not blocked.done()
    await rig.recorder.note("device", {"state": "missing"})
    await rig.timing.advance(1.0)
    assert blocked.done()
    await rig.recorder.flush()
    assert [r.kind for r in rig.journal.stored] == [*["temperature"] * 3, "device", "temperature"]
    assert [r.number for r in rig.journal.stored] == list(range(5))
    await rig.stop()


async def test_a_hanging_disk_is_late_for_the_watchdog(rig):
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(records: Sequence[Record], *, reserve: bool) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()

    rig.journal.commit = hang
    rig.timing.thread = None  # nobody waits for this one
    await rig.recorder.take(reading())
    await rig.timing.advance(1.0)
    await rig.timing.advance(COMMIT_LIMIT + 1)
    assert rig.progress.late() == [PROGRESS]
    assert rig.recorder.state.committing_since is not None
    release.set()
    await settle(rig.thread)


async def test_cancelling_in_mid_commit_loses_and_repeats_nothing(tmp_path):
    timing = FakeTiming()
    journal = await AsyncJournal.open(RingJournal, tmp_path / "j", b"e" * 16)
    recorder = Recorder(journal, fake_clock(timing), timing, Progress(timing.monotonic), window=1.0)
    await recorder.open()
    for _ in range(200):
        await recorder.take(reading())
    task = asyncio.create_task(recorder.run())
    flush = asyncio.create_task(recorder.flush())
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    task = asyncio.create_task(recorder.run())
    await recorder.take(reading())
    await recorder.flush()
    await flush
    assert [r.number for r in await journal.records(0, 999)] == list(range(201))
    task.cancel()
    await asyncio.wait({task})
    await journal.close()


async def test_numbers_go_on_where_the_journal_ends():
    rig = Rig()
    rig.journal.commits = [[None] * 41]
    await rig.start()
    assert rig.recorder.next_number == 41
    await rig.stop()


async def test_the_stamp_is_of_the_reading_not_of_the_commit(rig):
    await rig.recorder.take(reading(monotonic=97.5, quality=Quality.SUSPECT))
    await rig.timing.advance(5.0)
    record = rig.journal.stored[0]
    assert (record.boot, record.monotonic_ms, record.quality) == (3, 97_500, "suspect")


async def test_who_waits_for_room_may_be_ended_and_nothing_is_refused():
    rig = Rig(room=2)
    await rig.start()
    rig.journal.failures = 10**6
    for _ in range(2):
        await rig.recorder.take(reading())
    await rig.timing.advance(2.0)
    waiting = asyncio.ensure_future(rig.recorder.take(reading()))
    await settle(rig.thread)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    assert not rig.recorder.refusals.refusing
    await rig.stop()


async def test_what_it_says_of_itself_begins_with_nothing(rig):
    state = rig.recorder.state
    assert (state.waiting, state.commits, state.commit_failures, state.failed_commits) == (0,) * 4
    assert (state.gaps, state.commit_seconds, state.slowest_commit) == (
        {"open": 0, "closed": 0},
        0.0,
        0.0,
    )
    assert (state.failing_since, state.committing_since, state.error) == (None, None, "")
    await rig.recorder.take(reading())
    assert (state.waiting, state.commits) == (1, 0)
    await rig.recorder.flush()
    assert (state.waiting, state.commits) == (0, 1)


async def test_a_commit_is_tried_again_ever_later_but_within_ten_seconds(rig):
    tries: list[float] = []
    rig.journal.before = lambda: tries.append(rig.timing.now)
    rig.journal.failures = 6
    await rig.recorder.take(reading())
    await rig.timing.advance(20.0)
    state = rig.recorder.state
    assert (state.failing_since, state.disk) == (tries[0], StorageState.FAILING)
    assert (state.failed_commits, state.commit_failures) == (5, 5)
    await rig.timing.advance(40.0)
    pauses = [after - before for before, after in itertools.pairwise(tries)]
    assert pauses == pytest.approx([1.0, 2.0, 4.0, 8.0, 10.0, 10.0])
    assert (state.failed_commits, state.commit_failures, state.commits) == (0, 6, 1)
    assert (state.failing_since, state.error, state.advice) == (None, "", "")
    assert state.disk is StorageState.OK


async def test_how_long_commits_take_is_counted_and_the_longest_kept(rig):
    async def committed(seconds: float) -> None:
        def crawl() -> None:
            rig.timing.now += seconds

        rig.journal.before = crawl
        await rig.recorder.take(reading())
        await rig.recorder.flush()

    state = rig.recorder.state
    await committed(3.0)
    assert (state.slowest_commit, state.commit_seconds, state.commits) == (3.0, 3.0, 1)
    await committed(0.5)
    assert (state.slowest_commit, state.commit_seconds, state.commits) == (3.0, 3.5, 2)
    assert state.committing_since is None
    state.slowest_commit = 0.0  # whoever has looked at it
    await committed(1.0)
    assert (state.slowest_commit, state.commit_seconds) == (1.0, 4.5)


async def test_a_window_is_never_shorter_than_that_of_alarms():
    rig = Rig(window=0.01)
    await rig.start()
    await rig.recorder.take(reading())
    await rig.timing.advance(0.049)
    assert rig.sizes == []
    await rig.timing.advance(0.002)
    assert rig.sizes == [1]
    await rig.stop()


async def test_a_full_commit_does_not_wait_for_its_window(rig):
    assert MAX_COMMIT == 1024
    for _ in range(MAX_COMMIT - 1):
        await rig.recorder.take(reading())
    await settle(rig.thread)
    assert rig.sizes == []
    await rig.recorder.take(reading())
    await settle(rig.thread)
    assert rig.sizes == [MAX_COMMIT]


async def test_where_nothing_waits_a_flush_commits_nothing_and_rest_is_no_hang(rig):
    await asyncio.wait_for(rig.recorder.flush(), 60)
    await rig.timing.advance(2 * COMMIT_LIMIT)
    assert (rig.sizes, rig.progress.late()) == ([], [])


async def test_an_event_says_whose_it_is_and_how_sure(rig):
    await rig.recorder.note("device", {"state": "missing"}, device="cold-1")
    await rig.recorder.note("clock", {"offset_ms": 5}, quality=Quality.SUSPECT)
    await rig.recorder.flush()
    first, second = rig.journal.stored
    assert (first.device, first.quality, dict(first.values)) == (
        "cold-1",
        "ok",
        {"state": "missing"},
    )
    assert (second.device, second.quality) == (OWN_DEVICE, "suspect")
    assert (first.wall_ms, first.monotonic_ms, first.boot) == (WALL_MS, 100_000, 3)


async def test_gaps_are_counted_by_their_state(rig):
    for state in ("open", "closed", "closed"):
        await rig.recorder.note("gap", {"state": state, "reason": "r"})
    assert rig.recorder.state.gaps == {"open": 1, "closed": 2}


def gap(record: Record) -> tuple[str, dict]:
    assert record.kind == "gap"
    return record.device, dict(record.values)


async def test_telemetry_that_finds_the_ring_full_is_declared_and_alarms_take_its_numbers(rig):
    rig.journal.full = True
    told: list[int] = []
    await rig.recorder.take(reading(), Source(told.append))
    await rig.recorder.take(reading("bump", "shock", peak=60.0))
    await rig.recorder.take(reading(monotonic=100.25))
    flush = asyncio.create_task(rig.recorder.flush())
    await rig.timing.advance(2.0)
    assert flush.done(), "nothing of what it waits for is left"
    assert [(each.number, each.kind) for each in rig.journal.stored] == [(0, "shock"), (1, "gap")]
    why = "the journal is full: batches cannot be stored"
    opened = {"state": "open", "from_ms": WALL_MS, "reason": why}
    assert gap(rig.journal.stored[1]) == ("cold-1", opened)
    assert (rig.recorder.refusals.count, rig.recorder.next_number, told) == (2, 2, [])
    assert rig.recorder.state.failing_since is None, "the disk is not at fault"

    rig.recorder.reconsider()
    assert rig.recorder.refusals.has(Cause.JOURNAL), "there is no more room than before"
    rig.journal.full = False
    rig.recorder.reconsider()
    await rig.recorder.take(reading())
    await rig.timing.advance(2.0)
    closed = {
        "state": "closed",
        "from_ms": WALL_MS,
        "to_ms": WALL_MS + 250,
        "duration_ms": 250,
        "count": 2,
        "reason": "there is room again",
    }
    assert gap(rig.journal.stored[2]) == ("cold-1", closed)
    assert [(each.number, each.kind) for each in rig.journal.stored[3:]] == [(3, "temperature")]
    assert rig.recorder.state.gaps == {"open": 1, "closed": 1}


async def test_where_the_ring_is_full_all_alarms_close_up(rig):
    rig.journal.full = True
    for peak in (60.0, 70.0, 80.0):
        await rig.recorder.take(reading())
        await rig.recorder.take(reading("bump", "shock", peak=peak))
    await rig.timing.advance(2.0)
    assert [(each.number, each.kind) for each in rig.journal.stored] == [
        (0, "shock"), (1, "shock"), (2, "shock"), (3, "gap"),
    ]  # fmt: skip


async def test_what_was_stored_before_the_ring_was_full_is_acknowledged(rig):
    rig.journal.full, rig.journal.part = True, 1
    told: list[int] = []
    heard: list[int] = []
    rig.recorder.listen(lambda records: heard.extend(each.number for each in records))
    for _ in range(2):
        await rig.recorder.take(reading(), Source(told.append))
    async with asyncio.timeout(30):
        while len(heard) < 2:
            await rig.timing.advance(0.5)
    assert told == [1]
    assert heard == [0, 1]
    assert [(each.number, each.kind) for each in rig.journal.stored] == [
        (0, "temperature"),
        (1, "gap"),
    ]


async def test_alarms_that_find_no_room_either_wait(rig):
    def refuse() -> None:
        raise NoRoom("the reserve is full", advice="find out why", state=StorageState.FULL)

    rig.journal.before = refuse
    await rig.recorder.take(reading("bump", "shock", peak=60.0))
    await rig.timing.advance(1.0)
    state = rig.recorder.state
    assert (state.error, state.disk, state.waiting) == (
        "the reserve is full",
        StorageState.FULL,
        1,
    )
    assert not rig.recorder.refusals.refusing
    rig.journal.before = lambda: None
    await rig.timing.advance(2.0)
    assert [each.kind for each in rig.journal.stored] == ["shock"]


async def test_where_memory_is_full_telemetry_is_refused_until_a_place_is_free():
    rig = Rig(room=1)
    await rig.start()
    rig.journal.failures = 10**6
    await rig.recorder.take(reading())
    await rig.timing.advance(1.0)
    waiting = asyncio.create_task(rig.recorder.take(reading()))
    await rig.timing.advance(20.0)
    assert waiting.done()
    assert rig.recorder.refusals.has(Cause.MEMORY)
    rig.journal.failures = 0
    await rig.timing.advance(12.0)
    assert not rig.recorder.refusals.refusing
    assert [each.kind for each in rig.journal.stored] == ["temperature", "gap", "gap"]
    assert gap(rig.journal.stored[2])[1]["count"] == 1
    await rig.stop()


async def test_alarms_and_the_agent_s_own_events_have_a_thousand_places_each(rig):
    rig.journal.failures = 10**6

    async def place(put) -> int:
        count = 0
        while True:
            task = asyncio.create_task(put())
            await asyncio.sleep(0)
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
                return count
            count += 1

    assert await place(lambda: rig.recorder.note("device", {"state": "missing"})) == 1024
    assert await place(lambda: rig.recorder.take(reading("bump", "shock", peak=60.0))) == 1024
    await rig.recorder.take(reading())  # nor do they take readings theirs


async def test_a_disk_that_refuses_for_long_is_no_hang(rig):
    rig.journal.failures = 10**6
    await rig.recorder.take(reading())
    await rig.timing.advance(5.0)
    rig.timing.now += COMMIT_LIMIT + 1
    assert rig.progress.late() == [], "it waits for its next try"
