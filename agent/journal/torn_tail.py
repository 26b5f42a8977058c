"""The rest of a write that a power cut ended, remembered until a `gap` record declares it.

The ring clears such blocks when it opens, long before a record can be made of them. So a small file
is durable first, and goes when the record is. Should it stay, by a power cut in between, the record
is found in the journal and not made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agent.records.convert import OWN_DEVICE
from evidence.leaf import Record, RecordValue
from foundation.dataclass import dataclass
from foundation.durable import SYSTEM_DISK, Disk, write_file

GAP = "gap"
BLOCKS = "blocks"
"""The field that only a torn tail's `gap` record has."""


@dataclass(frozen=True, slots=True)
class TornTail:
    """`blocks` of 4 KiB that held records from number `first` on; none was acknowledged."""

    blocks: int
    first: int

    def values(self) -> dict[str, RecordValue]:
        """Return the fields of the `gap` record that declares it."""
        return {
            "state": "closed",
            BLOCKS: self.blocks,
            "reason": "power went during a write: what was read last and not acknowledged is lost",
        }


def remember(path: Path, tail: TornTail, disk: Disk = SYSTEM_DISK) -> None:
    """Keep `tail`, durably, beside one that is not declared yet; WriteFailed."""
    before = remembered(path)
    if before is not None:
        tail = TornTail(before.blocks + tail.blocks, min(before.first, tail.first))
    write_file(path, f"{tail.blocks} {tail.first}\n".encode(), disk=disk)


def remembered(path: Path) -> TornTail | None:
    """Return what was kept; None where there is nothing, or nothing that makes sense."""
    try:
        blocks, first = path.read_text("ascii").split()
        return TornTail(int(blocks), int(first))
    except (OSError, ValueError):
        return None


def is_declared(records: Sequence[Record]) -> bool:
    """Tell whether the records from `TornTail.first` on declare it."""
    return any(
        record.kind == GAP and record.device == OWN_DEVICE and BLOCKS in record.values
        for record in records
    )
