"""What must hold of a journal after a power cut, given what it had acknowledged before."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from agent.journal.journal import BatchRow, BatchState
from agent.journal.places import FILE_NAME
from agent.journal.ring import RingFull
from agent.journal.ring_journal import RingJournal
from foundation.errors import AgentError
from hil.power_cut.workload import ACKS, EPOCH, ERASED_KIND, RING_BYTES, leaf, record

SEEN_BYTES = 24
"""Of a record's text; shorter ones may be there by chance."""


@dataclass(slots=True)
class Acknowledged:
    """Each is the number behind the last one that was acknowledged."""

    records: int = 0
    batches: int = 0
    accepted: int = 0
    confirmed: int = 0
    erased: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`torn` blocks were cut and declared; `wrong` says what does not hold, empty when all does."""

    torn: int
    wrong: str


def check(folder: Path, seed: int, told: Acknowledged) -> Verdict:
    """Open what the cut left, as the agent would, twice, and compare; then go on writing."""
    torn = 0
    if wrong := _left_over(folder, seed, told.erased):
        return Verdict(torn, wrong)
    try:
        for attempt in range(2):
            journal = RingJournal(folder / FILE_NAME, EPOCH, RING_BYTES)
            try:
                torn += journal.opened.torn
                wrong = _again(journal, told) if attempt else _compare(journal, seed, told)
                if wrong:
                    return Verdict(torn, wrong)
                told.records = journal.count()
                with suppress(RingFull):  # sealing comes first, then
                    journal.commit([record(seed, told.records)])
                    told.records += 1
            finally:
                journal.close()
    except AgentError as error:
        return Verdict(torn, f"the journal does not open: {error}")
    return Verdict(torn, "")


def _left_over(folder: Path, seed: int, erased: int) -> str:
    """Tell of a record below `erased` that is gone by a rule, and of which a file has a piece."""
    data = b"".join(path.read_bytes() for path in folder.iterdir() if path.name != ACKS)
    for number in range(erased):
        made = record(seed, number)
        text = made.values["text"]
        assert isinstance(text, bytes)
        if made.kind == ERASED_KIND and len(text) >= SEEN_BYTES and text[:SEEN_BYTES] in data:
            return f"record {number} was erased, and a file still has a piece of it"
    return ""


def _again(journal: RingJournal, told: Acknowledged) -> str:
    if journal.opened.torn:
        return "a torn tail was declared twice"
    if journal.count() != told.records:
        return f"{told.records} records were {journal.count()} at the second opening"
    return ""


def _compare(journal: RingJournal, seed: int, told: Acknowledged) -> str:
    count = journal.count()
    if count < told.records:
        return f"records {count} to {told.records - 1} were acknowledged and are lost"
    leaves = journal.leaves(0, count + 1)
    gone = _erased(journal, seed)
    if leaves != [leaf(seed, number) for number in range(count) if number not in gone]:
        return "the records are not those that were committed, once each and in order"
    batches = journal.batches(0, 1 << 30)
    if [row.batch.seq for row in batches] != list(range(len(batches))):
        return "the batches have a hole"
    return _compare_states(batches, told)


def _erased(journal: RingJournal, seed: int) -> set[int]:
    """Return the records that a rule took: all of its kind in batches that were cut."""
    cut = [row.batch for row in journal.batches(0, 1 << 30) if row.batch.cut]
    numbers = chain.from_iterable(range(each.first, each.first + each.count) for each in cut)
    return {number for number in numbers if record(seed, number).kind == ERASED_KIND}


def _compare_states(batches: Sequence[BatchRow], told: Acknowledged) -> str:
    if len(batches) < told.batches:
        return f"batch {told.batches - 1} was acknowledged and is lost"
    if any(row.state is BatchState.SEALED for row in batches[: told.accepted]):
        return f"that batch {told.accepted - 1} was accepted is forgotten"
    if any(row.state is not BatchState.CONFIRMED for row in batches[: told.confirmed]):
        return f"that batch {told.confirmed - 1} was confirmed is forgotten"
    return ""
