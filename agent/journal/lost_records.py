"""Records that a damaged ring may have held, remembered until a signed statement declares them.

The ring goes on with numbers that none of them had. What a statement needs, a key and a disk that
takes it, may come much later, so a small file is durable before the ring goes on.
"""

from __future__ import annotations

import os
from pathlib import Path

from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.pairing import LostRecords
from foundation.durable import SYSTEM_DISK, Disk, advice_for, write_file


def lost_path(ring: Path) -> Path:
    """Return where the loss of a ring is remembered."""
    return ring.with_name(f"{ring.stem}.lost")


def remember(ring: Path, lost: LostRecords, disk: Disk = SYSTEM_DISK) -> None:
    """Keep it durably; WriteFailed."""
    write_file(lost_path(ring), f"{lost.first} {lost.end} {lost.fault}\n".encode(), disk=disk)


def remembered(ring: Path) -> LostRecords | None:
    """Return what was kept, if anything; JournalDamaged where it makes no sense."""
    path = lost_path(ring)
    try:
        first, end, fault = path.read_text("ascii").rstrip("\n").split(" ", 2)
        return LostRecords(int(first), int(end), fault)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JournalUnavailable(
            f"cannot read {path}: {os.strerror(error.errno or 0)}", advice=advice_for(error.errno)
        ) from error
    except ValueError as error:
        raise JournalDamaged(
            f"{path} does not say which records are lost",
            advice="begin a new epoch: tallyman keys new-epoch --reason damaged-journal",
        ) from error
