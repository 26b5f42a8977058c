"""The states of the disk: how they are known, what is recorded, refused and declared, and healing."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from pathlib import Path

import pytest

from agent.journal.admission import PATIENCE
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import ArchiveFull, JournalUnavailable, NoRoom
from agent.journal.recorder import Recorder, Source
from agent.journal.refusals import Cause
from agent.journal.storage_state import StorageState, of_errno, of_sqlite
from agent.journal.thread import JournalThread
from agent.machine.storage import CALM, ROOM_EVERY, SEAL_RETRY, Storage, probe
from foundation.durable import WriteFailed
from foundation.notify import Progress
from tests.agent.fakes import FakeTiming, fake_clock, reading, settle


class SickJournal:
    """Keeps records in a list; raises `error`, and NoRoom for telemetry while `full`."""

    def __init__(self) -> None:
        self.stored = []
        self.error: JournalUnavailable | None = None
        self.full = self.stuck = False
        self.looks = 0
        self.part = 0
        self.before = lambda: None

    def next_number(self) -> int:
        return len(self.stored)

    def roomy(self) -> bool:
        return not self.full

    def make_room(self) -> bool:
        self.looks += 1
        return not self.stuck

    def commit(self, records, *, reserve: bool = False) -> None:
        self.before()
        if self.error is not None:
            raise self.error
        if self.full and not reserve:
            self.stored += records[: self.part]
            self.part = 0
            raise NoRoom("the ring is full", state=StorageState.FULL)
        assert [r.number for r in records] == list(
            range(len(self.stored), len(self.stored) + len(records))
        )
        self.stored += records


class Rig:
    def __init__(self, folder: Path, room: int = 4) -> None:
        self.thread = JournalThread()
        self.timing = FakeTiming(thread=self.thread)
        self.journal = SickJournal()
        journal = AsyncJournal(self.journal, self.thread)
        self.recorder = Recorder(
            journal,
            fake_clock(self.timing),
            self.timing,
            Progress(self.timing.monotonic),
            window=1.0,
            room=room,
        )
        self.storage = Storage(
            self.recorder,
            journal,
            self.timing,
            folder,
            slow_commit=2.0,
            look_every=1.0,
        )
        self.tasks = []

    def start(self, *coroutines) -> None:
        for coroutine in (self.recorder.run(), self.storage.run(), *coroutines):
            self.tasks.append(asyncio.ensure_future(coroutine))

    def kinds(self, kind: str) -> list[dict]:
        return [dict(r.values) for r in self.journal.stored if r.kind == kind]

    def numbers(self) -> list[int]:
        return [record.number for record in self.journal.stored]


@pytest.fixture
async def rig(tmp_path):
    rig = Rig(tmp_path)
    rig.start()
    yield rig
    for task in rig.tasks:
        task.cancel()
    await asyncio.gather(*rig.tasks, return_exceptions=True)
    rig.thread.close()


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (errno.ENOSPC, StorageState.FULL),
        (errno.EDQUOT, StorageState.FULL),
        (errno.EROFS, StorageState.READ_ONLY),
        (errno.EIO, StorageState.FAILING),
        (None, StorageState.FAILING),
    ],
)
async def test_each_error_is_a_state_with_a_record_of_its_beginning_and_end(rig, number, state):
    rig.journal.error = JournalUnavailable("no", advice="do this", state=of_errno(number))
    await rig.recorder.take(reading())
    await rig.timing.advance(3.0)
    assert (rig.storage.now.state, rig.storage.now.advice) == (state, "do this")
    assert rig.journal.stored == []
    rig.journal.error = None
    await rig.timing.advance(12.0)
    assert rig.storage.now.state is StorageState.OK
    begun, ended = rig.kinds("storage")
    assert (begun["state"], begun["detail"]) == (str(state), "no")
    assert ended["state"] == "ok"
    assert 1000 < ended["duration_ms"] < 15_000
    assert rig.numbers() == list(range(len(rig.journal.stored)))


def test_sqlite_tells_states_too():
    assert of_sqlite(sqlite3.SQLITE_FULL) is StorageState.FULL
    assert of_sqlite(sqlite3.SQLITE_READONLY_DBMOVED) is StorageState.READ_ONLY
    assert of_sqlite(sqlite3.SQLITE_IOERR_WRITE) is StorageState.FAILING


def test_a_write_of_our_own_finds_the_cause(tmp_path, monkeypatch):
    assert probe(tmp_path) is StorageState.FAILING, "the disk takes files: it is not full"
    assert list(tmp_path.iterdir()) == []

    def refuse(path, data):
        raise WriteFailed("no") from OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("agent.machine.storage.write_file", refuse)
    assert probe(tmp_path) is StorageState.FULL

    def takes_it_and_turns_read_only(path, data):
        assert (path, len(data)) == (tmp_path / "probe", 64 * 1024), "SQLite's side file is half"
        raise OSError(errno.EROFS, "read-only file system")

    monkeypatch.setattr("agent.machine.storage.write_file", takes_it_and_turns_read_only)
    assert probe(tmp_path) is StorageState.READ_ONLY


async def test_no_room_refuses_telemetry_and_keeps_alarms(rig):
    acknowledged = []
    source = Source(acknowledged.append)
    await rig.recorder.take(reading(temperature=1.0), source)
    await rig.timing.advance(2.0)
    rig.journal.full = True
    for _ in range(3):
        await rig.recorder.take(reading(temperature=2.0), source)
    await rig.recorder.take(reading("bump", "shock", peak=60.0))
    await rig.recorder.take(reading("other"))
    await rig.timing.advance(2.0)
    assert rig.recorder.refusals.refusing
    for _ in range(50):
        await rig.recorder.take(reading(temperature=3.0), source)  # never waits
    await rig.timing.advance(2.0)
    assert len(rig.kinds("shock")) == 1
    assert len(rig.kinds("temperature")) == 1
    assert {gap["state"] for gap in rig.kinds("gap")} == {"open"}
    rig.journal.full = False
    rig.storage.sealed()
    await rig.recorder.take(reading(temperature=4.0), source)
    await rig.timing.advance(2.0)
    closed = [gap for gap in rig.kinds("gap") if gap["state"] == "closed"]
    assert sorted(gap["count"] for gap in closed) == [1, 53]
    assert len(rig.kinds("temperature")) == 2
    assert acknowledged[-1] == 2
    assert rig.numbers() == list(range(len(rig.journal.stored)))


async def test_a_driver_whose_readings_are_refused_lets_others_run(rig):
    rig.recorder.refuse(Cause.ARCHIVE)
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    rig.tasks.append(asyncio.ensure_future(other()))
    for _ in range(100):
        await rig.recorder.take(reading())
    assert turns >= 99


async def test_what_was_stored_before_the_room_ran_out_is_acknowledged_and_kept(rig):
    acknowledged = []
    rig.journal.full, rig.journal.part = True, 2
    source = Source(acknowledged.append)
    for _ in range(4):
        await rig.recorder.take(reading(), source)
    await rig.timing.advance(2.0)
    assert len(rig.kinds("temperature")) == 2
    assert acknowledged == [2]
    assert rig.recorder.refusals.count == 2
    assert rig.numbers() == list(range(len(rig.journal.stored)))


async def test_a_failing_disk_holds_drivers_back_then_telemetry_is_refused(rig):
    rig.journal.error = JournalUnavailable("no", state=StorageState.FAILING)
    for _ in range(4):
        await rig.recorder.take(reading())
    await rig.timing.advance(2.0)
    fifth = asyncio.ensure_future(rig.recorder.take(reading()))
    await rig.timing.advance(PATIENCE - 1.0)
    assert not fifth.done(), "back-pressure comes first"
    await rig.recorder.take(reading("bump", "shock", peak=60.0))  # an alarm has room of its own
    await rig.timing.advance(2.0)
    assert fifth.done()
    assert rig.recorder.refusals.has(Cause.MEMORY)
    rig.journal.error = None
    await rig.timing.advance(15.0)
    assert len(rig.kinds("temperature")) == 4, "what waited is all there"
    assert len(rig.kinds("shock")) == 1
    (opened, closed) = rig.kinds("gap")
    assert (opened["state"], closed["state"], closed["count"]) == ("open", "closed", 1)
    assert "memory" in opened["reason"]
    assert rig.numbers() == list(range(len(rig.journal.stored)))


async def test_a_reading_that_gives_up_waiting_leaves_its_room(rig):
    rig.journal.error = JournalUnavailable("no")
    for _ in range(4):
        await rig.recorder.take(reading())
    await rig.timing.advance(2.0)
    waiting = asyncio.ensure_future(rig.recorder.take(reading()))
    await settle(rig.thread)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled(), "who waits may be ended, and does not go on to refuse"
    assert not rig.recorder.refusals.refusing
    rig.journal.error = None
    await rig.timing.advance(12.0)
    for _ in range(4):
        await asyncio.wait_for(rig.recorder.take(reading()), 60)


async def test_a_full_archive_refuses_telemetry_until_something_may_go(rig):
    calls = []

    async def seal():
        calls.append(rig.timing.now)
        if rig.journal.stuck:
            raise ArchiveFull("full", advice="raise it", state=StorageState.LIMIT)
        await asyncio.Event().wait()

    rig.journal.stuck = True
    rig.tasks.append(asyncio.ensure_future(rig.storage.keep_sealing(seal)))
    await rig.timing.advance(2.0)
    assert rig.storage.now.state is StorageState.LIMIT
    await rig.recorder.take(reading())
    assert rig.recorder.refusals.count == 1
    rig.storage.sealed()  # a batch of alarms, in the bytes of their own
    await rig.timing.advance(2.0)
    assert rig.storage.now.state is StorageState.LIMIT
    rig.journal.stuck = False
    await rig.timing.advance(ROOM_EVERY + 2.0)
    assert rig.storage.now.state is StorageState.OK
    assert not rig.recorder.refusals.refusing
    assert [state["state"] for state in rig.kinds("storage")] == ["limit-reached", "ok"]


async def test_a_full_archive_is_looked_through_once_in_ten_seconds(rig):
    async def seal():
        raise ArchiveFull("full", advice="raise it", state=StorageState.LIMIT)

    rig.journal.stuck = True
    rig.tasks.append(asyncio.ensure_future(rig.storage.keep_sealing(seal)))
    await rig.timing.advance(ROOM_EVERY + 2.0)
    before = rig.journal.looks
    await rig.timing.advance(6 * ROOM_EVERY)
    assert 5 <= rig.journal.looks - before <= 6


async def test_sealing_is_tried_again_and_its_failure_is_a_state(rig):
    outcomes = [JournalUnavailable("database or disk is full", state=StorageState.FULL)] * 2
    sealed = asyncio.Event()

    async def seal():
        if outcomes:
            raise outcomes.pop()
        rig.storage.sealed()
        sealed.set()
        await asyncio.Event().wait()

    rig.tasks.append(asyncio.ensure_future(rig.storage.keep_sealing(seal)))
    await rig.timing.advance(2.0)
    assert rig.storage.now.state is StorageState.FULL
    assert "free space" in rig.storage.now.advice
    await rig.timing.advance(2 * SEAL_RETRY)
    assert sealed.is_set()
    await rig.timing.advance(2.0)
    assert rig.storage.now.state is StorageState.OK


async def test_a_slow_card_is_told_until_it_is_calm(rig):
    def crawl():
        rig.timing.now += 3.0

    rig.journal.before = crawl
    await rig.recorder.take(reading())
    await rig.timing.advance(2.0)
    rig.journal.before = lambda: None
    await rig.timing.advance(2.0)
    assert rig.storage.now.state is StorageState.SLOW
    assert "a commit took 3.0 s" in rig.storage.now.error
    await rig.timing.advance(CALM + 5.0)
    assert rig.storage.now.state is StorageState.OK


async def test_the_space_for_a_start_is_looked_after_once_a_minute_while_all_is_well(
    rig, tmp_path, monkeypatch
):
    folders = []
    monkeypatch.setattr("agent.machine.storage.keep", folders.append)
    storage = Storage(rig.recorder, rig.storage._journal, rig.timing, tmp_path, slow_commit=2.0)
    await storage.look()
    assert folders == [tmp_path]
    rig.timing.now += 59.9
    await storage.look()
    assert len(folders) == 1
    rig.timing.now += 0.1
    await storage.look()
    assert len(folders) == 2
    rig.recorder.state.failing_since = rig.timing.now
    rig.timing.now += 100.0
    await storage.look()
    assert len(folders) == 2, "what is scarce is not taken"


async def test_it_looks_each_five_seconds_where_nothing_else_is_said(rig, tmp_path):
    storage = Storage(rig.recorder, rig.storage._journal, rig.timing, tmp_path, slow_commit=2.0)
    looks = []

    async def look() -> None:
        looks.append(rig.timing.now)

    storage.look = look
    rig.tasks.append(asyncio.ensure_future(storage.run()))
    await rig.timing.advance(12.0)
    assert looks == [100.0, 105.0, 110.0]


async def test_a_commit_may_take_what_is_allowed_and_a_minute_later_the_disk_is_calm(rig):
    def crawl(seconds):
        def before():
            rig.timing.now += seconds

        return before

    for took, state in ((2.0, StorageState.OK), (2.1, StorageState.SLOW)):
        rig.journal.before = crawl(took)
        await rig.recorder.take(reading())
        await rig.recorder.flush()
        rig.journal.before = lambda: None
        await rig.timing.advance(1.0)
        assert rig.storage.now.state is state
    assert rig.storage.now.error == "a commit took 2.1 s; 2 s are allowed"
    began = rig.timing.now
    await rig.timing.advance(CALM - 2.0)
    assert rig.storage.now.state is StorageState.SLOW
    await rig.timing.advance(4.0)
    assert rig.storage.now.state is StorageState.OK
    assert rig.storage.since > began
    slow, well = rig.kinds("storage")
    assert (slow["state"], slow["detail"], well["state"]) == (
        "slow",
        "a commit took 2.1 s; 2 s are allowed",
        "ok",
    )
    assert "detail" not in well
    assert well["duration_ms"] == pytest.approx(1000 * CALM, abs=3000)


async def test_a_commit_that_hangs_is_slow_before_it_ends(rig):
    rig.recorder.state.committing_since = rig.timing.now
    await rig.timing.advance(2.0)
    assert rig.storage.now.state is StorageState.OK
    await rig.timing.advance(1.0)
    assert rig.storage.now.error == "a commit took 3.0 s; 2 s are allowed"
