"""What `status` says when the journal's thread, or the disk, is held up."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from agent.desks import sections
from agent.desks.status import DiskStatus
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import Counts
from agent.journal.thread import JournalThread

KNOWN = Counts(7, 0, 2, 0, 1, 0, 0, 0, None, 6, 4096)


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
    section = sections.JournalSection(recorder, journal, None)
    assert (await section.take()).records == KNOWN.records
    stuck = asyncio.ensure_future(thread.run(slow_disk.wait))
    await asyncio.sleep(0)  # it is under way
    shown = await section.take()
    assert (shown.records, shown.waiting) == (KNOWN.records, 3)
    assert "slow to answer" in shown.error
    slow_disk.set()
    assert await stuck
    assert not (await section.take()).error
    thread.close()


async def test_a_disk_that_takes_its_time_keeps_nobody_waiting(slow_disk, monkeypatch, tmp_path):
    section = sections.DiskSection(tmp_path, None, None, None, None)
    assert isinstance(await section.space(), DiskStatus)
    monkeypatch.setattr(sections, "disk_space", lambda _: slow_disk.wait())
    assert await section.space() is None
    slow_disk.set()  # or the thread that waits for it would hold up the end of this test
