"""[privacy]: due records go by themselves, and a record says so once nothing is left of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from agent.clock.clock import Clock
from agent.journal.async_journal import AsyncJournal
from agent.journal.erasure_rule import Rule
from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from agent.machine.eraser import Eraser
from agent.records.sentences import sentence
from foundation.notify import Progress
from tests.agent.fakes import FakeSystemClock, FakeTiming, fake_clock
from tests.agent.journal.test_erasing import (
    BATCH,
    DAY,
    POSITIONS,
    left_in,
    numbers,
    opened,
    record,
    seal,
    sign_for,
)


class Started:
    """A gateway with the rule that positions stay thirty days."""

    def __init__(self, journal: AsyncJournal, timing: FakeTiming, rules: list[Rule]) -> None:
        self.timing = timing
        self.journal = journal
        clock = fake_clock(timing)
        self.recorder = Recorder(journal, clock, timing, Progress(timing.monotonic), window=1.0)
        self.eraser = Eraser(rules, journal, self.recorder, clock, timing.sleep)

    async def told(self) -> list[str]:
        found = await self.journal.records(0, 1000)
        return [sentence(each) for each in found if each.kind == "erasure"]


@asynccontextmanager
async def started(folder: Path, rules: Sequence[Rule] = (POSITIONS,)):
    """Start on what is there; the clock is vouched for."""
    timing = FakeTiming()
    journal = await AsyncJournal.open(opened, folder, erases=bool(rules))
    gateway = Started(journal, timing, list(rules))
    await gateway.recorder.open()
    task = asyncio.ensure_future(gateway.recorder.run())
    try:
        yield gateway
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await journal.close()


def vouched(gateway: Started):
    """Return the gateway's clock once NTP keeps it within 20 ms."""
    system = FakeSystemClock(gateway.timing)
    system.ntp_ms = 20
    return Clock(system, boot=3)


def fill(journal: RingJournal, days_ago: list[int], now_ms: int) -> None:
    """Seal a batch for each: half of its records are positions of so many days ago."""
    for seq, days in enumerate(days_ago):
        when = now_ms - days * DAY
        seal(journal, [record(seq * BATCH + at, wall_ms=when) for at in range(BATCH)])
    sign_for(journal, *range(len(days_ago)))


async def test_due_records_go_and_a_record_says_which_once_they_are_gone(tmp_path):
    async with started(tmp_path) as gateway:
        now = gateway.eraser._clock.now().wall_ms
        await gateway.journal.run(fill, [40, 31, 3, 0], now)
        await gateway.recorder.open()
        gateway.eraser._clock = vouched(gateway)
        assert await gateway.eraser.look()
        gone = set(range(4 * BATCH)) - set(await gateway.journal.run(numbers))
        assert len(gone) == 8
        assert left_in(tmp_path, gone) == set()
        assert await gateway.told() == [
            "8 position records erased by rule after 30 days, of numbers 0 to 14"
        ]
        (state,) = gateway.eraser.states
        assert (state.overdue, state.erased) == (0, 8)
        assert await gateway.eraser.look(), "nothing more is due, and nothing is told again"
        assert len(await gateway.told()) == 1


async def test_nothing_goes_while_nobody_vouches_for_the_time(tmp_path):
    async with started(tmp_path) as gateway:
        await gateway.journal.run(fill, [40, 31, 0], gateway.eraser._clock.now().wall_ms)
        assert gateway.eraser._clock.now().bound_ms is None
        assert not await gateway.eraser.look(), "it looks again soon"
        assert gateway.eraser.states[0].overdue is None
        assert await gateway.told() == []
        assert len(await gateway.journal.run(numbers)) == 3 * BATCH


@pytest.mark.parametrize("step", ["erase", "wipe", "flush"])
async def test_power_that_goes_in_between_leaves_it_to_the_next_start(tmp_path, step, monkeypatch):
    """Behind the erasing, behind the wiping, and behind the record."""
    async with started(tmp_path) as gateway:
        now = gateway.eraser._clock.now().wall_ms
        await gateway.journal.run(fill, [40, 31, 3, 0], now)
        await gateway.recorder.open()
        gateway.eraser._clock = vouched(gateway)
        gone = JournalUnavailable("power is gone")

        def fail(*_args):
            raise gone

        name = {"erase": "wipe", "wipe": "untold", "flush": "set_told"}[step]
        if step == "wipe":
            monkeypatch.setattr("agent.machine.eraser._unrecorded", fail)
        else:
            monkeypatch.setattr(RingJournal, name, fail)
        assert not await gateway.eraser.look()
        assert "power is gone" in gateway.eraser.error
        monkeypatch.undo()
    async with started(tmp_path) as gateway:
        gateway.eraser._clock = vouched(gateway)
        assert await gateway.eraser.look()
        assert gateway.eraser.error == ""
        assert len(await gateway.told()) == 1
        gone = set(range(4 * BATCH)) - set(await gateway.journal.run(numbers))
        assert left_in(tmp_path, gone) == set()


async def test_the_record_is_found_among_others_however_many_are_read_at_once(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("agent.machine.eraser.PAGE", 1)
    async with started(tmp_path) as gateway:
        now = gateway.eraser._clock.now().wall_ms
        await gateway.journal.run(fill, [40, 31, 3, 0], now)
        await gateway.recorder.open()
        gateway.eraser._clock = vouched(gateway)

        def fail(*_args):
            raise JournalUnavailable("power is gone")

        with monkeypatch.context() as patched:
            patched.setattr(RingJournal, "set_told", fail)
            await gateway.recorder.note("device", {"state": "running"})
            assert not await gateway.eraser.look()
        await gateway.recorder.note("device", {"state": "missing"})
        await gateway.recorder.flush()
        assert await gateway.eraser.look()
        assert len(await gateway.told()) == 1


@pytest.mark.parametrize("step", ["wipe", "set_told"])
async def test_a_rule_that_is_removed_leaves_nothing_half_done(tmp_path, step, monkeypatch):
    async with started(tmp_path) as gateway:
        now = gateway.eraser._clock.now().wall_ms
        await gateway.journal.run(fill, [40, 31, 3, 0], now)
        await gateway.recorder.open()
        gateway.eraser._clock = vouched(gateway)

        def fail(*_args):
            raise JournalUnavailable("power is gone")

        monkeypatch.setattr(RingJournal, step, fail)
        assert not await gateway.eraser.look()
        monkeypatch.undo()
    async with started(tmp_path, rules=()) as gateway:
        assert gateway.journal.erases, "so the agent starts what finishes it"
        await gateway.eraser.look()
        assert len(await gateway.told()) == 1
        gone = set(range(4 * BATCH)) - set(await gateway.journal.run(numbers))
        assert len(gone) == 8
        assert left_in(tmp_path, gone) == set()
    async with started(tmp_path, rules=()) as gateway:
        assert not gateway.journal.erases


async def test_a_damaged_batch_in_the_way_is_told_of_and_does_not_end_the_erasing(
    tmp_path, monkeypatch
):
    async with started(tmp_path) as gateway:
        now = gateway.eraser._clock.now().wall_ms
        await gateway.journal.run(fill, [40, 31, 3, 0], now)
        await gateway.recorder.open()
        gateway.eraser._clock = vouched(gateway)

        def damaged(*_args):
            raise JournalDamaged("batch 4 cannot be read")

        monkeypatch.setattr("agent.machine.eraser._unrecorded", damaged)
        assert await gateway.eraser.look() is False
        assert gateway.eraser.error == "batch 4 cannot be read"
        monkeypatch.undo()
        assert await gateway.eraser.look()
        assert (gateway.eraser.error, len(await gateway.told())) == ("", 1)


async def test_it_looks_four_times_a_day_and_soon_again_where_the_disk_refused(tmp_path):
    async with started(tmp_path) as gateway:
        looks = []

        async def look() -> bool:
            looks.append(gateway.timing.now)
            return len(looks) != 2

        gateway.eraser.look = look
        assert gateway.eraser.error == ""
        task = asyncio.ensure_future(gateway.eraser.run())
        await gateway.timing.advance(6 * 3600.0 + 60.0 + 1)
        task.cancel()
        assert looks == [100.0, 100.0 + 6 * 3600.0, 100.0 + 6 * 3600.0 + 60.0]
