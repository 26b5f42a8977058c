"""Whether ring and archive belong together: each carries what the other must at least hold. Pure.

The ring's newest block says how many batches the archive had; the archive's newest batch says which
records the ring must have had, and its `meta` of which size and generation it was. A ring keeps the
newest record that was sealed until a younger one takes its slot. So a healthy ring ends with that
record or behind it, and behind its end it is unwritten or holds what is older, never blank.

Two copies cannot be told from the real ones: a ring of since the newest batch, and an archive that
lacks only batches sealed since the ring's newest commit, whose records the ring still has.
"""

from __future__ import annotations

from agent.journal.ring_block import MOST_RECORDS, Pairing
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """The archive's side: its `batches`, the number behind their last record, and of the ring
    beside it `slots` and `generation`; 0 twice where it never had one that said so.
    """

    batches: int = 0
    upto: int = 0
    slots: int = 0
    generation: int = 0


@dataclass(frozen=True, slots=True)
class RingFacts:
    """The ring's side: the number behind its last record, the newest block's pairing, and whether
    blocks are blank where records may have been. None for a ring of before there were pairings.
    """

    upto: int
    pairing: Pairing | None
    blank: bool


@dataclass(frozen=True, slots=True)
class LostRecords:
    """Numbers from `first` to before `end` are given up; `fault` says what the ring looked like."""

    first: int
    end: int
    fault: str

    @property
    def reason(self) -> str:
        """What the statement says, for people."""
        return f"the journal's ring was {self.fault}; how many of these there were is unknown"

    @property
    def count(self) -> int:
        """How many numbers are given up."""
        return self.end - self.first


def ring_fault(ring: RingFacts, archive: ArchiveFacts) -> str | None:
    """Return why the ring may lack records that it held; None where it cannot."""
    generation = ring.pairing.generation if ring.pairing else 0
    if ring.upto < archive.upto or generation < archive.generation:
        return "older than its archive" if ring.upto else "blank"
    return "blank or cut in parts" if ring.pairing and ring.blank else None


def missing_batches(ring: RingFacts, archive: ArchiveFacts) -> range:
    """Return the batches that the ring knows of and the archive lacks."""
    return range(archive.batches, ring.pairing.batches if ring.pairing else archive.batches)


def next_number(end: int, lost: LostRecords | None) -> int:
    """Return the number that follows those before `end`: numbers given up there are passed over."""
    return lost.end if lost is not None and end == lost.first else end


def first_new_number(end: int, slots: int) -> int:
    """Return a number that no record had yet, where `end` follows the last record that is left.

    What was lost behind it had been in a ring of so many `slots`.
    """
    return end + slots * MOST_RECORDS
