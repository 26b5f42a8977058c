"""What a snapshot says when the journal's thread is held up by the disk."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from agent.desks import snapshot
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import Counts
from agent.journal.thread import JournalThread

KNOWN = Counts(7, 0, 2, 0, 1, 0, 0, 0, None, 6, 4096)


@pytest.fixture
def slow_disk(monkeypatch, tmp_path):
    """A snapshot over a thread that is stuck in a write until `released`."""
    monkeypatch.setattr(snapshot, "PATIENCE", 0.05)
    released, thread = threading.Event(), JournalThread()
    recorder = SimpleNamespace(
        state=SimpleNamespace(waiting=3, error="", advice="", failing_since=None)
    )
    taken = snapshot.Snapshot(
        SimpleNamespace(gateway=SimpleNamespace(state_dir=tmp_path)),
        None,
        SimpleNamespace(now=lambda: SimpleNamespace(monotonic_ms=0)),
        recorder,
        AsyncJournal(SimpleNamespace(counts=lambda: KNOWN), thread),
        (),
        None,
        nodes=tuple,
        uplink=lambda: None,
        trust=lambda: None,
        key=lambda: None,
        storage=None,
        wear=None,
    )
    yield taken, thread, released
    released.set()
    thread.close()


async def test_a_disk_that_takes_its_time_keeps_nobody_waiting(slow_disk, monkeypatch):
    taken, thread, released = slow_disk
    assert (await taken._journal_status()).records == KNOWN.records
    assert isinstance(await taken._disk_status(), snapshot.DiskStatus)
    stuck = asyncio.ensure_future(thread.run(released.wait))
    await asyncio.sleep(0)  # it is under way
    monkeypatch.setattr(snapshot, "disk_space", lambda _: released.wait())
    journal = await taken._journal_status()
    assert (journal.records, journal.waiting) == (KNOWN.records, 3)
    assert "takes its time" in journal.error
    assert await taken._disk_status() is None
    released.set()
    assert await stuck
    assert not (await taken._journal_status()).error
