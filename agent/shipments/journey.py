"""A shipment's records in their order, cut into legs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.observe.presence import text, whole
from agent.rules.conditions import ALARM, EXCURSION, OVERRIDE
from agent.rules.sources import EVENTS, OF_GOODS
from agent.rules.valid_time import BELIEVED, FLOORS
from agent.shipments.doors import Contact
from agent.shipments.leg_fold import LegFold
from agent.shipments.legs import ABOARD, STANDING
from agent.shipments.placed import Placed
from agent.shipments.route import POSITION, Fix, fix_of
from agent.shipments.shipment import CUSTODY, ENDED, KIND, Shipment, shipment_of
from agent.shipments.voices import Aboard, Voices, aboard_of
from drivers.kinds import KINDS
from evidence.kinds import GAP_KIND
from evidence.leaf import Record

INCIDENTS = frozenset({EVENTS, EXCURSION, ALARM, OVERRIDE, GAP_KIND, STANDING})
"""Kinds of records that tell of what happened."""

OF_SHOCK_SENSORS = frozenset({EVENTS, "acceleration"})
"""Kinds that only a sensor of shocks makes."""


@dataclass(slots=True)
class LegPassed:
    """One leg with all that passed in it; `end` is the record that ends it, None: under way."""

    begun: Record
    bound: Shipment
    custodian: str
    fold: LegFold
    end: Record | None = None
    until: int = 0
    stops: int = 0
    unbridged: int = 0
    aboard: dict[str, Aboard] = field(default_factory=dict)
    heard: set[tuple[str, str]] = field(default_factory=set)
    """Devices and kinds of their records that are believed."""

    @property
    def shocks_watched(self) -> bool:
        """Tell whether something aboard is known to tell of shocks."""
        kinds = {kind for each in self.aboard.values() for kind in each.kinds}
        kinds |= {kind for _, kind in self.heard}
        return not kinds.isdisjoint(OF_SHOCK_SENSORS)

    @property
    def limits_watched(self) -> bool:
        """Tell whether a profile of limits is known to hold for what the goods feel."""
        watched = (each.kinds for each in self.aboard.values() if each.profile)
        return any(not OF_GOODS.isdisjoint(kinds) for kinds in watched)

    @property
    def silent(self) -> frozenset[str]:
        """The sensors that told no value, but for those that tell only of what happens."""
        heard = {device for device, kind in self.heard if kind in KINDS}
        of_events = {name for name, each in self.aboard.items() if each.interval_ms is None}
        return frozenset(self.bound.devices) - heard - of_events


class Journey:
    """A fold over the records of one shipment."""

    def __init__(self, voices: Voices) -> None:
        self.legs: list[LegPassed] = []
        self.incidents: list[tuple[Record, Fix | None]] = []
        """Records that tell of one, each with the last position before it."""
        self.voices = voices
        self._under_way: LegPassed | None = None
        self._fix: Fix | None = None

    def take(self, each: Placed) -> None:
        """Take one more record."""
        record, at = each.record, each.at
        leg = self._under_way
        if leg is not None and each.off_since is not None:
            leg.stops += 1
            leg.unbridged += not each.bridged
            leg.fold.stop(each.off_since, bridged=each.bridged)
        if record.kind == KIND:
            self._bind(record, at)
        elif leg is not None and record.kind == CUSTODY:
            self._begin(record, leg.bound, text(record, "taker"), at)
        elif leg is not None:
            self._pass(leg, record, at)

    def finish(self, at: int) -> None:
        """Have the leg under way be known up to a moment."""
        if self._under_way is not None:
            self._under_way.until = at

    def _bind(self, record: Record, at: int) -> None:
        if text(record, "state") == ENDED:
            self._end(record, at)
            self._under_way = None
            return
        bound = shipment_of(record)
        before = self._under_way.custodian if self._under_way is not None else ""
        self._begin(record, bound, bound.custodian or before, at)

    def _begin(self, record: Record, bound: Shipment, custodian: str, at: int) -> None:
        before = self._under_way
        self._end(record, at)
        if before is None:
            leg = LegPassed(record, bound, custodian, LegFold(at, self.voices, bound.devices))
        else:
            leg = LegPassed(record, bound, custodian, before.fold.cut(at, bound.devices))
            kept = before.aboard.keys() & set(bound.devices)
            leg.aboard = {name: before.aboard[name] for name in kept}
        self.legs.append(leg)
        self._under_way = leg

    def _end(self, record: Record, at: int) -> None:
        if self._under_way is not None:
            self._under_way.end, self._under_way.until = record, at

    def _pass(self, leg: LegPassed, record: Record, at: int) -> None:
        if record.kind == ABOARD:
            declared = aboard_of(record)
            leg.aboard[record.device] = declared
            leg.fold.stand(Contact(record.device, declared.port), declared.state, at)
            return
        if record.kind == GAP_KIND:
            since = whole(record, "from_ms")
            silent_ms = 0 if since is None else max(0, record.wall_ms - since)
            leg.fold.silence(record.device, at - silent_ms)
        if record.kind in INCIDENTS:
            self.incidents.append((record, self._fix))
        if record.quality in BELIEVED or record.quality in FLOORS:
            leg.heard.add((record.device, record.kind))
        leg.fold.take(record, at)
        if record.kind == POSITION:
            self._fix = fix_of(record) or self._fix


def journey(records: Sequence[Placed]) -> Journey:
    """Return the journey that a shipment's records tell of."""
    found = Journey(Voices(records))
    for each in records:
        found.take(each)
    if records:
        found.finish(records[-1].at)
    return found
