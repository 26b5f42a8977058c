"""Where recorded data is: on this gateway, with a node that signed for it, or nowhere proven.

A node's word is worth its custody receipt (docs/PROTOCOL.md, "Custody"), which is checked anew each
time: a batch without one that holds is told as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from agent.journal.retention import BodyRow
from evidence.custody import Kept, parse_custody
from evidence.errors import EvidenceError
from evidence.log_set import LogSet
from evidence.statement import parse_statement


class Custody(StrEnum):
    """What shows that a node has the bodies."""

    SIGNED = "signed"
    FALSE = "false"  # a receipt that does not hold
    MISSING = "missing"  # a node took them and has not signed
    ALONE = "alone"  # no node took them yet


@dataclass(frozen=True, slots=True)
class Place:
    """Batches `first` to `last` that lie alike; `here`: their bodies are on this gateway.

    `erased` records of theirs went by a rule; the others are here. `by` is the log that signed for
    them, or why its receipt does not hold; `signed_at` the latest of their receipts, UTC seconds.
    """

    first: int
    last: int
    records: range
    here: bool
    custody: Custody
    by: str = ""
    signed_at: int = 0
    erased: int = 0

    @property
    def proven(self) -> bool:
        """Tell whether nothing is missing: a receipt holds, or no node was given the bodies."""
        return self.custody in (Custody.SIGNED, Custody.ALONE)


def places(rows: Iterable[BodyRow], logs: LogSet) -> Iterator[Place]:
    """Yield where the bodies of `rows`, in the order of their seqs, are; like ones together."""
    last: Place | None = None
    for row in rows:
        place = _place(row, logs)
        if last is not None and _alike(last, place):
            last = replace(
                last,
                last=place.last,
                records=range(last.records.start, place.records.stop),
                signed_at=max(last.signed_at, place.signed_at),
                erased=last.erased + place.erased,
            )
            continue
        if last is not None:
            yield last
        last = place
    if last is not None:
        yield last


def _alike(one: Place, other: Place) -> bool:
    same = (one.here, one.custody, one.by) == (other.here, other.custody, other.by)
    same = same and bool(one.erased) == bool(other.erased)
    return same and (other.first, other.records.start) == (one.last + 1, one.records.stop)


def _place(row: BodyRow, logs: LogSet) -> Place:
    records = range(row.first, row.first + row.count)
    place = Place(row.seq, row.seq, records, row.here, Custody.ALONE, erased=row.erased)
    if row.receipt is None:
        return replace(place, custody=Custody.MISSING) if row.taken else place
    try:
        custody = parse_custody(row.receipt)
        # The body may have gone; which one it was, the receipt itself says under the node's key.
        ours = Kept(parse_statement(row.statement).digest, custody.kept.body)
        custody.check(logs.log(custody.origin), ours)
    except EvidenceError as error:
        return replace(place, custody=Custody.FALSE, by=str(error))
    by, signed_at = custody.origin, custody.issued_at
    return replace(place, custody=Custody.SIGNED, by=by, signed_at=signed_at)
