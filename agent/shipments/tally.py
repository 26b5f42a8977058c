"""What shipments came to since the agent started: counts for metrics, a shipment each.

How goods came in, what went wrong, how much of it devices saw rather than hands, and how far it
went, which is what a footprint is worked out from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from agent.observe.presence import text, whole
from agent.rules.rule import State
from agent.rules.sources import EVENTS
from agent.shipments.route import POSITION, Route
from agent.shipments.shipment import ENDED, KIND, Shipment
from evidence.kinds import GAP_KIND
from evidence.leaf import Record
from foundation.dataclass import dataclass

RECEIPT = "dock-check"
DECIDED = ("accepted", "rejected")
"""Decisions by which a check counts; a cancelled one is none."""

MOST_ENDED = 16
"""Shipments that ended, the newest: whoever collects numbers looks twice a minute."""


class Incident(StrEnum):
    """What goes wrong with goods, or with watching them."""

    EXCURSION = "excursion"
    ALARM = "alarm"
    SHOCK = "shock"
    GAP = "gap"


class Seen(StrEnum):
    """How pieces of a delivery became known; the fields of a receipt."""

    READ = "read"
    BY_HAND = "by_hand"
    BELIEVED = "believed"


SETTLED_EVERY = 1000
"""Positions whose hops are kept apart: a way of weeks must not fill the memory."""


class Way:
    """How far one receiver went: metres along its positions, and straight across where none was."""

    def __init__(self, route: Route, begun: int) -> None:
        self._route = route
        self._at = begun
        self._unsettled = 0
        self.device = route.device
        self.fixes = 0
        self.along = self.across = 0.0

    def take(self, record: Record) -> None:
        """Take one more `position` record of this run."""
        self._at = record.monotonic_ms
        self._route.take(record, self._at)
        self._unsettled += 1
        if self._unsettled >= SETTLED_EVERY:
            self.settle()

    def settle(self) -> None:
        """Add up what came since."""
        passed = self._route.finish(self._at)
        self._route = self._route.cut(self._at)
        self._unsettled = 0
        self.fixes += passed.fixes
        self.along += passed.distance
        self.across += passed.across


@dataclass(slots=True)
class Tally:
    """The counts of one shipment. `expected` is what the newest receipt says, None before one."""

    incidents: Counter[Incident] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    pieces: Counter[Seen] = field(default_factory=Counter)
    differences: int = 0
    expected: int | None = None
    ways: dict[str, Way] = field(default_factory=dict)

    def receive(self, record: Record) -> None:
        """Count one receipt of its goods."""
        self.checks[text(record, "decision")] += 1
        self.differences += whole(record, "differences") or 0
        self.expected = whole(record, "expected")
        for seen in Seen:
            if (count := whole(record, seen)) is not None:
                self.pieces[seen] += count


def incident_of(record: Record) -> Incident | None:
    """Return what a record says went wrong; None where nothing began."""
    kind, state = record.kind, text(record, "state")
    if kind == EVENTS:
        return Incident.SHOCK
    if kind == Incident.ALARM:
        return Incident.ALARM
    if kind == Incident.EXCURSION and state == State.EXCURSION:
        return Incident.EXCURSION
    return Incident.GAP if kind == GAP_KIND and state == "open" else None


@dataclass(frozen=True, slots=True)
class Told:
    """A shipment, its counts, and which incidents its devices can tell of at all."""

    shipment: Shipment
    tally: Tally
    watched: frozenset[Incident]


class Tallies:
    """Follows the records; `shipments` yields those that there are.

    `watched` says of each device which incidents it can tell of, and `reach` for how many ms a
    position of a receiver holds.
    """

    def __init__(
        self,
        shipments: Callable[[], Iterable[Shipment]],
        watched: Mapping[str, frozenset[Incident]],
        reach: Mapping[str, int],
    ) -> None:
        self._shipments = shipments
        self._watched = watched
        self._reach = reach
        self._kept: dict[str, Told] = {}  # by name: a name that comes again begins anew

    def committed(self, records: Sequence[Record]) -> None:
        """Learn that records are durable."""
        for record in records:
            if record.kind == POSITION:
                self._move(record)
            elif record.kind == RECEIPT:
                self._receive(record)
            elif record.kind == KIND and text(record, "state") == ENDED:
                self._forget(text(record, "name"))
            elif (incident := incident_of(record)) is not None:
                for told in self._carrying(record.device):
                    told.tally.incidents[incident] += 1

    def told(self) -> list[Told]:
        """Return all shipments under way, and those that ended last."""
        for shipment in self._shipments():
            if shipment.ended_ms is None or shipment.name in self._kept:
                self._of(shipment)
        for told in self._kept.values():
            for way in told.tally.ways.values():
                way.settle()
        return list(self._kept.values())

    def _of(self, shipment: Shipment) -> Told:
        before = self._kept.get(shipment.name)
        watched = [self._watched.get(device, frozenset()) for device in shipment.devices]
        if before is None or before.shipment.started_ms != shipment.started_ms:
            self._kept.pop(shipment.name, None)
            before = None
        tally = Tally() if before is None else before.tally
        self._kept[shipment.name] = Told(shipment, tally, frozenset().union(*watched))
        return self._kept[shipment.name]

    def _carrying(self, device: str) -> Iterator[Told]:
        for shipment in self._shipments():
            if shipment.ended_ms is None and device in shipment.devices:
                yield self._of(shipment)

    def _move(self, record: Record) -> None:
        for told in self._carrying(record.device):
            ways, begun = told.tally.ways, record.monotonic_ms
            if record.device not in ways:
                reach = self._reach.get(record.device, 0)
                ways[record.device] = Way(Route(record.device, begun, reach), begun)
            ways[record.device].take(record)

    def _receive(self, record: Record) -> None:
        notice, decision = text(record, "notice"), text(record, "decision")
        if not notice or decision not in DECIDED or text(record, "purpose"):
            return
        for shipment in self._shipments():
            if shipment.notice == notice and shipment.ended_ms is None:
                self._of(shipment).tally.receive(record)

    def _forget(self, ending: str) -> None:
        """Let go of what ended long ago; `ending` does so now, and stands last from here on."""
        if ending in self._kept:
            self._kept[ending] = self._kept.pop(ending)
        known = {each.name: each for each in self._shipments()}
        for name in [name for name in self._kept if name not in known]:
            del self._kept[name]
        ended = [name for name in self._kept if known[name].ended_ms is not None]
        for name in ended[:-MOST_ENDED]:
            del self._kept[name]
