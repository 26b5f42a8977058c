"""Group commit by an injected clock: when records become durable, and what follows from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import JournalUnavailable
from agent.journal.recorder import (
    COMMIT_LIMIT,
    MAX_COMMIT,
    PROGRESS,
    PROMPT_WITHIN,
    WRITE_TIME,
    Recorder,
    Source,
)
from agent.journal.ring_journal import RingJournal
from agent.journal.thread import JournalThread
from drivers.reading import Quality
from evidence.leaf import Record
from foundation.notify import Progress
from tests.agent.fakes import FakeTiming, fake_clock, reading, settle


class MemoryJournal:
    """Keeps commits in a list; fails as often as it is told, before or after storing."""

    def __init__(self) -> None:
        self.commits: list[list[Record]] = []
        self.failures = 0
        self.persist_failed = False

    @property
    def stored(self) -> list[Record]:
        return [record for commit in self.commits for record in commit]

    def next_number(self) -> int:
        return len(self.stored)

    def commit(self, records: Sequence[Record], *, reserve: bool = False) -> None:
        del reserve
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
