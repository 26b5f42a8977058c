"""Which records are a shipment's: its own, and those of its sensors while they go along. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.shipments.shipment import CUSTODY, ENDED, KIND, shipment_of
from evidence.leaf import Record
from evidence.verify import ATTACHMENT_KIND, GAP_KIND

ABOARD, READINESS = "shipment-sensor", "shipment-check"
OWN = frozenset({CUSTODY, ABOARD, READINESS})
"""Kinds whose field `shipment` names it."""

GATEWAY = "gateway"
OF_GATEWAY = frozenset({GAP_KIND, "boot", "shutdown", "clock"})
"""Kinds in which the gateway tells when it could not record, and how right its clock was."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One binding of a shipment: records `first` to `last` (None: still so) of `devices`."""

    first: int
    last: int | None
    devices: frozenset[str]
    notice: str

    def holds(self, number: int) -> bool:
        """Tell whether a record of that number falls into it."""
        return self.first <= number and (self.last is None or number <= self.last)


def legs_of(name: str, records: Iterable[Record]) -> tuple[Leg, ...]:
    """Return the bindings of a shipment, from the `shipment` records in their order."""
    legs: list[Leg] = []
    for record in records:
        if record.kind != KIND or record.values.get("name") != name:
            continue
        ended = record.values.get("state") == ENDED
        if legs and legs[-1].last is None:
            legs[-1] = replace(legs[-1], last=record.number if ended else record.number - 1)
        if not ended:
            bound = shipment_of(record)
            legs.append(Leg(record.number, None, frozenset(bound.devices), bound.notice))
    return tuple(legs)


def belongs(record: Record, name: str, legs: Sequence[Leg]) -> bool:
    """Tell whether a record is one of a shipment that was bound in these legs."""
    values = record.values
    if is_own(record, name):
        return True
    leg = next((leg for leg in legs if leg.holds(record.number)), None)
    if leg is None:
        return False
    if record.device == GATEWAY and record.kind in OF_GATEWAY:
        return True
    of_notice = bool(leg.notice) and values.get("notice") == leg.notice
    return record.device in leg.devices or of_notice


def is_own(record: Record, name: str) -> bool:
    """Tell whether a record is about the shipment itself or is one of its papers."""
    if record.kind == KIND:
        return record.values.get("name") == name
    if record.kind == ATTACHMENT_KIND:
        return record.values.get("about") == name
    return record.kind in OWN and record.values.get("shipment") == name
