"""Which records are a shipment's: its own, and those of its sensors while they go along. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.observe.presence import text
from agent.shipments.shipment import CUSTODY, ENDED, KIND, shipment_of
from evidence.kinds import ATTACHMENT_KIND, GAP_KIND
from evidence.leaf import Record

ABOARD, STANDING, READINESS = "shipment-sensor", "shipment-condition", "shipment-check"
OF_SENSORS = frozenset({ABOARD, STANDING})
"""Kinds that tell of a sensor when it is bound, for the shipment that they name."""

OWN = frozenset({CUSTODY, READINESS}) | OF_SENSORS
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
    owner: str = ""

    def holds(self, number: int) -> bool:
        """Tell whether a record of that number falls into it."""
        return self.first <= number and (self.last is None or number <= self.last)


def all_legs(records: Iterable[Record]) -> dict[str, tuple[Leg, ...]]:
    """Return the bindings of each shipment by its name, from the records in their order."""
    found = defaultdict[str, list[Leg]](list)
    for record in records:
        if record.kind != KIND:
            continue
        bound, legs = shipment_of(record), found[text(record, "name")]
        ended = text(record, "state") == ENDED
        if legs and legs[-1].last is None:
            legs[-1] = replace(legs[-1], last=record.number if ended else record.number - 1)
        if not ended:
            devices = frozenset(bound.devices)
            legs.append(Leg(record.number, None, devices, bound.notice, bound.owner))
    return {name: tuple(legs) for name, legs in found.items() if legs}


def legs_of(name: str, records: Iterable[Record]) -> tuple[Leg, ...]:
    """Return the bindings of one shipment; empty where no record tells of it."""
    return all_legs(records).get(name, ())


def belongs(record: Record, name: str, legs: Sequence[Leg]) -> bool:
    """Tell whether a record is one of a shipment that was bound in these legs."""
    if record.kind == ATTACHMENT_KIND and is_own(record, name):
        return True
    leg = next((leg for leg in legs if leg.holds(record.number)), None)
    if leg is None:
        return False
    if is_own(record, name) or (record.device == GATEWAY and record.kind in OF_GATEWAY):
        return True
    of_notice = bool(leg.notice) and record.values.get("notice") == leg.notice
    return of_notice or (record.device in leg.devices and record.kind not in OF_SENSORS)


def is_own(record: Record, name: str) -> bool:
    """Tell whether a record is about the shipment itself or is one of its papers."""
    if record.kind == KIND:
        return record.values.get("name") == name
    if record.kind == ATTACHMENT_KIND:
        return record.values.get("about") == name
    return record.kind in OWN and record.values.get("shipment") == name
