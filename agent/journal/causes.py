"""Why records are not durable, or why the journal cannot be used."""

from __future__ import annotations

from collections.abc import Mapping

from agent.journal.storage_state import StorageState
from foundation.cause import NO_START, Cause, Finding, no, perhaps, yes
from foundation.dataclass import dataclass

NOT_DURABLE = "records are not durable"

LITTLE = 16  # MiB; the ring and a day's batches take as much


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What can be seen of the state folder from outside; None: unknown.

    `free` and `total` are MiB. `ring` tells whether the ring's file is there, `used` whether this
    gateway has kept anything yet.
    """

    folder: str
    there: bool | None = None
    free: int | None = None
    total: int | None = None
    read_only: bool | None = None
    ring: bool | None = None
    used: bool | None = None
    allowed: bool | None = None


StoreCause = Cause[StoreFacts]


def _full(facts: StoreFacts) -> Finding:
    if facts.free is None:
        return perhaps()
    space = f"{facts.free} of {facts.total} MiB are free"
    if facts.free == 0:
        return yes(space)
    return perhaps(space) if facts.free < LITTLE else no(space)


def _read_only(facts: StoreFacts) -> Finding:
    if facts.read_only is None:
        return perhaps()
    if facts.read_only:
        return yes(f"the disk of {facts.folder} is mounted read-only")
    return no(f"the disk of {facts.folder} is mounted for writing")


def _ring_gone(facts: StoreFacts) -> Finding:
    if facts.ring is None or facts.used is None:
        return perhaps()
    if not facts.used:
        return no("this gateway has kept nothing yet")
    return no("the ring's file is there") if facts.ring else yes("the ring's file is not there")


def _no_folder(facts: StoreFacts) -> Finding:
    if facts.there is None:
        return perhaps()
    return no(f"{facts.folder} is there") if facts.there else yes(f"there is no {facts.folder}")


def _rights(facts: StoreFacts) -> Finding:
    if facts.allowed is None:
        return perhaps()
    if facts.allowed:
        return no(f"the agent's user may write in {facts.folder}")
    return yes(f"the rights of {facts.folder} deny it to the agent's user")


FULL = StoreCause(
    "store.full",
    symptom=NOT_DURABLE,
    sentence="no space is left on the disk",
    next="free space on this disk: df -h and du -x show what fills it",
    command="df -h {folder}",
    unproven="what filled it",
    test=_full,
)
LIMIT = StoreCause(
    "store.limit",
    symptom="telemetry is refused, alarms are kept",
    sentence="the archive has all the bytes it may have, and nothing in it may go",
    next="reconnect the gateway to its ledger nodes, or raise [storage] archive_bytes",
    command="tallyman why queue",
    unproven="when the nodes will have taken what waits",
)
READ_ONLY = StoreCause(
    "store.read-only",
    symptom=NOT_DURABLE,
    sentence="the disk takes no writes, often after errors",
    next="look at dmesg, then repair or replace the card",
    command="dmesg | tail -n 30",
    unproven="whether the card is broken or its file system was damaged by a power cut",
    test=_read_only,
)
FAILING = StoreCause(
    "store.failing",
    symptom=NOT_DURABLE,
    sentence="the disk answers with input/output errors",
    next="look at dmesg and replace the card soon",
    command="dmesg | tail -n 30",
    unproven="whether card, reader or supply is at fault",
)
SLOW = StoreCause(
    "store.slow",
    symptom="readings become durable late",
    sentence="the disk takes longer for a commit than it may",
    next="the card is worn or busy: iotop shows what writes; else replace it",
    command="sudo iotop -o -b -n 3",
    unproven="whether the card is worn or another program keeps it busy",
)
DAMAGED = StoreCause(
    "store.damaged",
    symptom=NO_START,
    sentence="the journal is damaged, or its parts are of different times or gateways",
    next="restore it from a backup of the state folder; where there is none, "
    "begin a new epoch: tallyman keys new-epoch --reason lost-journal",
    command="journalctl -u tallyman -n 20",
    unproven="whether the card or a person did it",
)
RING_GONE = StoreCause(
    "store.ring-gone",
    symptom=NO_START,
    sentence="the journal's ring is gone",
    next="restore it from a backup of the state folder; where there is none, "
    "begin a new epoch: tallyman keys new-epoch --reason lost-journal",
    command="journalctl -u tallyman -n 20",
    unproven="who removed it",
    test=_ring_gone,
)
NO_FOLDER = StoreCause(
    "store.no-folder",
    symptom=NO_START,
    sentence="the state folder is not there: its disk is not mounted, or nothing was started yet",
    next="mount the disk, or correct [gateway] state_dir; a first start makes the folder",
    command="findmnt {folder}",
    unproven="which of the two it is",
    test=_no_folder,
)
RIGHTS = StoreCause(
    "store.rights",
    symptom=NO_START,
    sentence="the agent's user may not write in the state folder",
    next="give it back: sudo chown -R tallyman: {folder}",
    command="sudo chown -R tallyman: {folder}",
    unproven="who changed the rights",
    test=_rights,
)

OF_STATE: Mapping[StorageState, StoreCause] = {
    StorageState.SLOW: SLOW,
    StorageState.LIMIT: LIMIT,
    StorageState.FULL: FULL,
    StorageState.READ_ONLY: READ_ONLY,
    StorageState.FAILING: FAILING,
}

CAUSES = (NO_FOLDER, FULL, READ_ONLY, RING_GONE, DAMAGED, RIGHTS, FAILING, SLOW, LIMIT)
