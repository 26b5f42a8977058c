"""Who answered for a shipment at which time, as the records of its hand-overs tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.observe.presence import text
from agent.shipments.shipment import CUSTODY, ENDED, KIND
from evidence.leaf import Record

BY_BINDING = "stated"
"""State of who was named when the shipment was bound: nobody signed for that."""


@dataclass(frozen=True, slots=True)
class Custodian:
    """Who answered from `since_ms` to `until_ms` (None: still so), UTC as recorded.

    An empty `who` is nobody on record. `state` is signed, unilateral, unsigned or stated; `number`
    is that of the record that says so.
    """

    who: str
    since_ms: int
    until_ms: int | None
    state: str
    place: str
    remark: str
    number: int

    def answers_at(self, moment_ms: int) -> bool:
        """Tell whether they answered at a moment, UTC ms."""
        return self.since_ms <= moment_ms and (self.until_ms is None or moment_ms < self.until_ms)


def custodians(name: str, records: Iterable[Record]) -> list[Custodian]:
    """Return who answered for the shipment called `name`, one after another."""
    found: list[Custodian] = []
    for record in records:
        if record.kind == KIND and text(record, "name") == name:
            _bound(found, record)
        elif record.kind == CUSTODY and text(record, "shipment") == name:
            _follow(found, record, text(record, "taker"), text(record, "state"))
    return found


def answering(found: Sequence[Custodian], moment_ms: int) -> Custodian | None:
    """Return who answered at a moment, UTC ms; None where it was not under way.

    Where the clock was set back in between, the later word holds.
    """
    return next((each for each in reversed(found) if each.answers_at(moment_ms)), None)


def _bound(found: list[Custodian], record: Record) -> None:
    if text(record, "state") == ENDED:
        _close(found, record)
        return
    who = text(record, "custodian")
    under_way = bool(found) and found[-1].until_ms is None
    if not under_way or (who and who != found[-1].who):
        _follow(found, record, who, BY_BINDING)


def _follow(found: list[Custodian], record: Record, who: str, state: str) -> None:
    _close(found, record)
    place, remark = text(record, "place"), text(record, "remark")
    found.append(Custodian(who, record.wall_ms, None, state, place, remark, record.number))


def _close(found: list[Custodian], record: Record) -> None:
    if found and found[-1].until_ms is None:
        found[-1] = replace(found[-1], until_ms=record.wall_ms)
