"""What a start says first: in the log, and as the first records of this run."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from agent.chain.ready_epoch import EPOCHS
from agent.config.settings import Config
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring import Opened
from agent.machine.version import VERSION
from agent.signing.identity import Boot, Identity
from evidence.leaf import Record, RecordValue

log = logging.getLogger(__name__)

INDEX_STEP = 4096  # bytes; unixShmMap in SQLite's os_unix.c


def tell(opened: Opened) -> None:
    """Say in the log what opening the journal found that is not everyday."""
    if opened.lost is not None:
        log.error(
            "%s: records from %d on may be lost; the order goes on with record %d, and a signed "
            "gap declares the numbers between",
            opened.lost.reason,
            opened.lost.first,
            opened.lost.end,
        )
    elif opened.made:
        log.info("made the journal's ring; record %d is next", opened.next_number)
    if opened.torn:
        log.warning(
            "a write of the last run was cut short: %d blocks with records from %d on are dropped; "
            "none of them was acknowledged",
            opened.torn,
            opened.next_number,
        )


def tell_of_blocks(state_dir: Path) -> None:
    """Say where a full disk could end this process: SQLite shares its index by mmap.

    It writes to every 4096th byte beforehand, and has the block around it. Of smaller blocks the
    rest is taken only when it is written to, and where none is left that is SIGBUS.
    """
    size = os.statvfs(state_dir).f_bsize
    if size < INDEX_STEP:
        log.warning(
            "%s has blocks of %d bytes: when its disk is full the agent may crash and start again; "
            "make such a disk with mkfs.ext4 -b %d",
            state_dir,
            size,
            INDEX_STEP,
        )


async def note_start(recorder: Recorder, config: Config, boot: Boot, previous: str | None) -> None:
    """Put `boot` and `config` first into this run's part of the order."""
    cause = "first start" if previous is None else "agent restart"
    values = {"version": VERSION, "cause": "machine start" if boot.new and previous else cause}
    if previous is not None:
        values["previous"] = previous
    await recorder.note("boot", values)
    await recorder.note("config", {"digest": config.digest, "devices": len(config.devices)})


async def declare_torn_tail(journal: AsyncJournal, recorder: Recorder, last: Record | None) -> None:
    """Put a `gap` into the order for what a power cut left half-written, unless there is one."""
    tail = await journal.undeclared()
    if tail is not None:
        since = {} if last is None else {"from_ms": last.wall_ms}
        await recorder.note("gap", tail.values() | since)


async def declare_loss(opened: Opened, recorder: Recorder, last: Record | None) -> None:
    """Put a `gap` into the order for what a damaged ring may have held."""
    if opened.lost is not None:
        values: dict[str, RecordValue] = {"state": "closed", "reason": opened.lost.reason}
        if last is not None:
            values["from_ms"] = last.wall_ms
        await recorder.note("gap", values)


async def declare_predecessor(state_dir: Path, identity: Identity, recorder: Recorder) -> None:
    """Put a `gap` into the order of a gateway that took another's place.

    What that one had recorded and not sent is unknown here, and no list of batches would tell.
    """
    follows = identity.follows
    if follows is None or (state_dir / EPOCHS / follows.epoch.hex()).exists():
        return
    reason = f"{follows.reason}; what the previous gateway had recorded and not sent is missing"
    await recorder.note("gap", {"state": "closed", "reason": reason})
