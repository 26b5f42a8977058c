"""What `status` says when the journal's thread, or the disk, is held up."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import fields
from types import SimpleNamespace

import pytest

from agent.desks import sections
from agent.desks.status import DiskStatus
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import Counts, JournalUnavailable
from agent.journal.thread import JournalThread

KNOWN = Counts(7, 0, 2, 0, 1, 0, 0, 0, None, 6, 4096)


class SteadyClock:
    """Stands still."""

    wall_ms = 1_790_000_000_000

    def now(self):
        return SimpleNamespace(monotonic_ms=5000)

    def stamp(self, monotonic):
        return SimpleNamespace(wall_ms=self.wall_ms - 5000 + round(monotonic * 1000))


@pytest.fixture
def slow_disk(monkeypatch):
    """What the disk does not answer before it is `set`."""
    monkeypatch.setattr(sections, "PATIENCE", 0.05)
    released = threading.Event()
    yield released
    released.set()


async def test_a_journal_that_takes_its_time_keeps_nobody_waiting(slow_disk):
    thread = JournalThread()
    recorder = SimpleNamespace(
        state=SimpleNamespace(waiting=3, error="", advice="", failing_since=None)
    )
    journal = AsyncJournal(SimpleNamespace(counts=lambda: KNOWN), thread)
    clock = SteadyClock()
    section = sections.JournalSection(recorder, journal, clock)
    first = await section.take()
    assert (first.records, first.as_of_ms) == (KNOWN.records, None)
    assert first.unsent_records == KNOWN.unsent_records + 3, "what waits in memory no node has"
    stuck = asyncio.ensure_future(thread.run(slow_disk.wait))
    await asyncio.sleep(0)  # it is under way
    shown = await section.take()
    assert (shown.records, shown.waiting) == (KNOWN.records, 3)
    assert shown.as_of_ms == clock.wall_ms, "the numbers say of when they are"
    assert "slow to answer" in shown.error
    slow_disk.set()
    assert await stuck
    assert not (await section.take()).error
    thread.close()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (("", ""), ("it is torn", "see the log")),
        (("no space", "make room"), ("no space", "make room")),
    ],
)
async def test_a_journal_that_cannot_be_read_says_why_or_why_it_cannot_be_written(state, said):
    def torn():
        raise JournalUnavailable("it is torn", advice="see the log")

    error, advice = state
    state = SimpleNamespace(waiting=3, error=error, advice=advice, failing_since=4.0)
    thread = JournalThread()
    journal = AsyncJournal(SimpleNamespace(counts=torn), thread)
    section = sections.JournalSection(SimpleNamespace(state=state), journal, SteadyClock())
    shown = await section.take()
    assert (shown.error, shown.advice) == said
    assert (shown.records, shown.failing_since_ms) == (None, SteadyClock.wall_ms - 1000)
    thread.close()


async def test_a_journal_that_was_never_read_is_unknown(slow_disk):
    thread = JournalThread()
    recorder = SimpleNamespace(
        state=SimpleNamespace(waiting=3, error="", advice="", failing_since=None)
    )
    journal = AsyncJournal(SimpleNamespace(counts=lambda: KNOWN), thread)
    section = sections.JournalSection(recorder, journal, SteadyClock())
    stuck = asyncio.ensure_future(thread.run(slow_disk.wait))
    await asyncio.sleep(0)
    shown = await section.take()
    counts = [getattr(shown, field.name) for field in fields(KNOWN)]
    assert counts == [None] * len(counts), "nothing of it is zero"
    assert (shown.waiting, shown.as_of_ms) == (3, None)
    slow_disk.set()
    assert await stuck
    thread.close()


async def test_a_disk_that_takes_its_time_keeps_nobody_waiting(slow_disk, monkeypatch, tmp_path):
    section = sections.DiskSection(tmp_path, None, None, None, None)
    assert isinstance(await section.space(), DiskStatus)
    monkeypatch.setattr(sections, "disk_space", lambda _: slow_disk.wait())
    assert await section.space() is None
    slow_disk.set()  # or the thread that waits for it would hold up the end of this test
