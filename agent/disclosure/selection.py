"""Which records a bundle shows: by device, kind, number, time or shipment. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.shipments.legs import GATEWAY, Leg, belongs, is_own
from evidence.kinds import ATTACHMENT_KIND, GAP_KIND
from evidence.leaf import Record
from foundation.counting import plural

VIEWS = frozenset({"place"})
"""Kinds that show others coarsely; who chooses these alone wants the others kept back."""

COMPANIONS = frozenset({GAP_KIND, ATTACHMENT_KIND})
"""Go along with what is chosen by kind: where data is missing, and what vouches for a device."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is shown. Empty sets and None choose everything; all that is given must hold.

    Times are wall milliseconds, as the gateway believed them; both ends are included. Of shipments
    the records of those legs are shown; `owner` is whose they are, where that is what was asked.
    """

    devices: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    first: int = 0
    last: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    shipments: Mapping[str, Sequence[Leg]] = field(default_factory=dict)
    owner: str = ""

    def shows(self, record: Record) -> bool:
        """Tell whether a record is shown."""
        if not self._within(record):
            return False
        if self.shipments and not self._of_shipments(record):
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
            self._shipments_in_words(),
            f"of {', '.join(sorted(self.devices))}" if self.devices else "",
            f"kinds {', '.join(sorted(self.kinds))}" if self.kinds else "",
        ]
        return "; ".join(part for part in parts if part)

    def _shipments_in_words(self) -> str:
        if self.owner:
            return f"shipments of {self.owner}"
        names = ", ".join(self.shipments)
        return f"{plural(len(self.shipments), 'shipment')} {names}" if names else ""

    def _within(self, record: Record) -> bool:
        number, wall_ms = record.number, record.wall_ms
        numbered = self.first <= number and (self.last is None or number <= self.last)
        after = self.since_ms is None or wall_ms >= self.since_ms
        return numbered and after and (self.until_ms is None or wall_ms <= self.until_ms)

    def _of_shipments(self, record: Record) -> bool:
        return any(belongs(record, name, legs) for name, legs in self.shipments.items())

    def _papers_of_chosen(self, record: Record) -> bool:
        """Tell whether it is a shipment's own record or paper, which no device bears."""
        if self.kinds and self.kinds <= VIEWS:
            return False
        return record.device == GATEWAY and any(is_own(record, name) for name in self.shipments)
