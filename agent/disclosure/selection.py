"""Which records a bundle shows: by device, kind, number, time or shipment. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.dock.shipment import ENDED, KIND, shipment_of
from evidence.leaf import Record
from evidence.verify import ATTACHMENT_KIND, GAP_KIND

VIEWS = frozenset({"place"})
"""Kinds that show others coarsely; who chooses these alone wants the others kept back."""

COMPANIONS = frozenset({GAP_KIND, ATTACHMENT_KIND})
"""Go along with what is chosen by kind: where data is missing, and what vouches for a device."""


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


@dataclass(frozen=True, slots=True)
class Selection:
    """What is shown. Empty sets and None choose everything; all that is given must hold.

    Times are wall milliseconds, as the gateway believed them; both ends are included.
    """

    devices: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    first: int = 0
    last: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    shipment: str = ""
    legs: tuple[Leg, ...] = ()

    def shows(self, record: Record) -> bool:
        """Tell whether a record is shown."""
        if not self._within(record):
            return False
        if self.shipment and not self._of_shipment(record):
            return False
        if self.devices and record.device not in self.devices:
            return self._papers_of_chosen(record)
        if not self.kinds or record.kind in self.kinds:
            return True
        return record.kind in COMPANIONS and not self.kinds <= VIEWS

    def everywhere(self) -> Selection:
        """Return the selection for an earlier epoch, whose numbers are others."""
        return replace(self, first=0, last=None)

    def words(self) -> str:
        """Return what is chosen, for people; empty where everything is."""
        parts = [
            f"shipment {self.shipment}" if self.shipment else "",
            f"of {', '.join(sorted(self.devices))}" if self.devices else "",
            f"kinds {', '.join(sorted(self.kinds))}" if self.kinds else "",
        ]
        return "; ".join(part for part in parts if part)

    def _within(self, record: Record) -> bool:
        if record.number < self.first or (self.last is not None and record.number > self.last):
            return False
        after = self.since_ms is None or record.wall_ms >= self.since_ms
        return after and (self.until_ms is None or record.wall_ms <= self.until_ms)

    def _of_shipment(self, record: Record) -> bool:
        values = record.values
        if record.kind == KIND:
            return values.get("name") == self.shipment
        if record.kind == ATTACHMENT_KIND and values.get("about") == self.shipment:
            return True
        leg = next((leg for leg in self.legs if leg.holds(record.number)), None)
        if leg is None:
            return False
        of_notice = bool(leg.notice) and values.get("notice") == leg.notice
        return record.device in leg.devices or of_notice

    def _papers_of_chosen(self, record: Record) -> bool:
        """Tell whether it is a shipment's own record or paper, which no device bears."""
        if not self.shipment or (self.kinds and self.kinds <= VIEWS):
            return False
        return record.kind in (KIND, ATTACHMENT_KIND)


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
