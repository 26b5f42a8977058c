"""Shipments on their way, as they were bound from one moment to another. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from agent.observe.presence import text
from agent.report.case import Case
from agent.shipments.shipment import ENDED, KIND, Shipment, shipment_of
from evidence.leaf import Record

RECEIVED = ("dock-check", "delivery")


@dataclass(slots=True)
class Voyage:
    """A shipment as it was bound from one moment to another, ms of UTC; None: to the end."""

    bound: Shipment
    start: int
    end: int | None = None

    def under_way(self, at: int) -> bool:
        """Tell whether it was on its way at a moment."""
        return self.start <= at and (self.end is None or at < self.end)


def voyages(case: Case) -> list[Voyage]:
    """Return what was bound to what, each until it is bound anew, received or ended."""
    found: list[Voyage] = []
    for record in case.records:
        at = case.dating.of(record)
        if at is None or record.kind not in (KIND, *RECEIVED):
            continue
        for each in found:
            if each.end is None and _ends(each.bound, record):
                each.end = at
        if record.kind == KIND and text(record, "state") != ENDED:
            found.append(Voyage(shipment_of(record), at))
    return found


def _ends(bound: Shipment, record: Record) -> bool:
    """Whether a record is about the shipment, so that it is no more as it was bound."""
    if record.kind == KIND:
        return text(record, "name") == bound.name
    return bool(bound.notice) and text(record, "notice") == bound.notice
