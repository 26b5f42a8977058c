"""What a power cut left half-written is declared by one `gap` record, whatever fails next."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from agent.assembly.core import declare_torn_tail
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import JournalUnavailable
from agent.journal.recorder import Recorder
from agent.journal.ring_block import BLOCK_BYTES, SECTOR_BYTES
from agent.journal.ring_journal import RingJournal
from agent.journal.torn_tail import TornTail, remember, remembered
from evidence.leaf import Record
from foundation.durable import Disk
from foundation.notify import Progress
from tests.agent.fakes import FakeTiming, fake_clock
from tests.agent.journal.test_ring_journal import EPOCH, RING, records


class CutDisk(Disk):
    """Keeps just the first `sectors` of the next write, then power is gone."""

    def __init__(self, sectors: int) -> None:
        self.sectors = sectors

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        os.pwrite(fd, data[: self.sectors * SECTOR_BYTES], offset)
        raise OSError(errno.EIO, "power is gone")


class FailingDisk(Disk):
    """Fails at the nth call of any kind."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def write(self, fd, data):
        self._count()
        return super().write(fd, data)

    def pwrite(self, fd, data, offset):
        self._count()
        return super().pwrite(fd, data, offset)

    def fsync(self, fd):
        self._count()
        super().fsync(fd)

    def fdatasync(self, fd):
        self._count()
        super().fdatasync(fd)

    def replace(self, source, target):
        self._count()
        super().replace(source, target)


def opened(folder: Path, disk: Disk | None = None) -> RingJournal:
    return RingJournal(folder / "journal.sqlite", EPOCH, RING, disk=disk or Disk())


def torn(folder: Path, sectors: int = 3) -> None:
    """Leave a journal of five records; the next commit, of more blocks than are packed, was cut."""
    journal = opened(folder)
    journal.commit(records(0, 5))
    journal._ring._file.disk = CutDisk(sectors)
    with pytest.raises(JournalUnavailable):
        journal.commit(records(5, 400))
    journal.close()


async def started(folder: Path, *, forget: bool) -> list[Record]:
    """Start as the agent does; return the gaps in the journal then."""
    timing, journal = FakeTiming(), await AsyncJournal.open(opened, folder)
    recorder = Recorder(journal, fake_clock(timing), timing, Progress(timing.monotonic), window=1.0)
    await recorder.open()
    await declare_torn_tail(journal, recorder, await journal.last())
    await journal.commit([entry.record for entry in recorder._waiting])
    if forget:
        await journal.declared()
    found = await journal.records(0, 1000)
    await journal.close()
    return [record for record in found if record.kind == "gap"]


@pytest.mark.parametrize("sectors", range(1, 8))
async def test_it_is_declared_once_with_reason_and_extent(tmp_path, sectors):
    torn(tmp_path, sectors)
    (gap,) = await started(tmp_path, forget=True)
    assert gap.number == 5
    assert gap.values["state"] == "closed"
    assert gap.values["blocks"] >= 1
    assert gap.values["from_ms"] == records(4, 1)[0].wall_ms
    assert "power went during a write" in gap.values["reason"]
    assert await started(tmp_path, forget=True) == [gap]
    assert not (tmp_path / "journal.torn").exists()


async def test_a_power_cut_before_the_record_is_durable_leaves_it_to_be_declared(tmp_path):
    torn(tmp_path)
    opened(tmp_path).close()  # the blocks are cut now, and nothing but the file tells of them
    journal = opened(tmp_path)
    assert journal.opened.torn == 0
    journal.close()
    (gap,) = await started(tmp_path, forget=False)
    assert (tmp_path / "journal.torn").exists()
    assert await started(tmp_path, forget=True) == [gap], "found in the journal, not made again"
    assert not (tmp_path / "journal.torn").exists()


@pytest.mark.parametrize("nth", range(1, 16))
async def test_whatever_call_fails_at_opening_it_is_still_declared_once(tmp_path, nth):
    torn(tmp_path)
    with suppress(JournalUnavailable):
        opened(tmp_path, FailingDisk(nth)).close()
    (gap,) = await started(tmp_path, forget=True)
    assert gap.values["blocks"] >= 1
    assert await started(tmp_path, forget=True) == [gap]


def test_two_cuts_before_any_record_are_one_gap(tmp_path):
    path = tmp_path / "journal.torn"
    remember(path, TornTail(2, 7))
    remember(path, TornTail(1, 9))
    assert remembered(path) == TornTail(3, 7)
    path.write_text("rubbish")
    assert remembered(path) is None


def test_nothing_torn_is_nothing_declared(tmp_path):
    journal = opened(tmp_path)
    journal.commit(records(0, 5))
    journal.close()
    journal = opened(tmp_path)
    assert journal.undeclared() is None
    journal.close()


def test_a_killed_process_tears_nothing(tmp_path):
    code = (
        "import os, sys; from pathlib import Path\n"
        "from tests.agent.journal.test_torn_tail import opened, records\n"
        "opened(Path(sys.argv[1])).commit(records(0, 5)); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert BLOCK_BYTES == 4096
    journal = opened(tmp_path)
    assert (journal.undeclared(), journal.count()) == (None, 5)
    journal.close()
