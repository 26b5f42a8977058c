"""How a shipment fared, leg by leg and in all: numbers that anybody works out again. Pure.

The records are those that `tallyman verify` shows or the journal holds, in their order; those of
other shipments and sensors count for nothing. Every number comes from whole numbers or an exact
sum, so the same records give the same summary to the last bit, here and elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent.rules.sources import EVENTS
from agent.shipments.dating import Dating
from agent.shipments.doors import Contact, Door, doors_in_all
from agent.shipments.fared import Fared, LegFared, Summary
from agent.shipments.incidents import Shock, Stretch, shock_of, stretches
from agent.shipments.journey import Journey, LegPassed, journey
from agent.shipments.legs import belongs, legs_of
from agent.shipments.measured import Measured, Tally
from agent.shipments.outages import Outage, outages
from agent.shipments.placed import placed
from agent.shipments.route import Travelled, travelled_in_all
from agent.shipments.voices import Quantity, Voices
from drivers.kinds import KINDS
from evidence.kinds import GAP_KIND
from evidence.leaf import Record


def summarized(name: str, records: Iterable[Record]) -> Summary:
    """Return the summary of the shipment called `name`; `records` may hold any others as well."""
    everything = list(records)
    legs = legs_of(name, everything)
    chosen = [each for each in everything if belongs(each, name, legs)]
    dating = Dating(chosen)
    found = journey(list(placed(map(dating.dated, chosen))))
    return _told(name, found, sum(map(dating.doubtful, chosen)))


@dataclass(frozen=True, slots=True)
class _Incidents:
    """What happened, in the order of the records that begin it."""

    stretches: Sequence[Stretch]
    shocks: Sequence[Shock]
    outages: Sequence[Outage]

    def within(self, leg: LegPassed) -> _Incidents:
        """Return what began in one leg, or went on in it: what is not over is not none."""

        def began(each: Stretch | Shock | Outage) -> bool:
            after = leg.end is not None and each.number >= leg.end.number
            return each.number >= leg.begun.number and not after

        def lasted(each: Stretch | Outage) -> bool:
            before = each.number < leg.begun.number and each.device in leg.bound.devices
            return began(each) or (before and _goes_on(each, leg.begun.wall_ms))

        return _Incidents(
            [each for each in self.stretches if lasted(each)],
            [each for each in self.shocks if began(each)],
            [each for each in self.outages if lasted(each)],
        )


def _goes_on(each: Stretch | Outage, moment: int) -> bool:
    return each.end_ms is None or each.end_ms > moment


@dataclass(slots=True)
class _Passed:
    """What a leg, or several, add up to."""

    length_ms: int = 0
    stops: int = 0
    unbridged: int = 0
    tallies: defaultdict[Quantity, Tally] = field(default_factory=lambda: defaultdict(Tally))
    travelled: defaultdict[str, list[Travelled]] = field(default_factory=lambda: defaultdict(list))
    doors: defaultdict[Contact, list[Door]] = field(default_factory=lambda: defaultdict(list))
    shocks_watched: bool = True
    limits_watched: bool = True
    silent: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)

    def take(self, leg: LegPassed) -> None:
        """Add one more leg."""
        fold, end = leg.fold, leg.until
        self.length_ms += end - fold.start
        self.stops += leg.stops
        self.unbridged += leg.unbridged
        for key, series in fold.series.items():
            self.tallies[key].add(series.finish(end))
        for device, route in fold.routes.items():
            self.travelled[device].append(route.finish(end))
        for contact, watch in fold.doors.items():
            self.doors[contact].append(watch.finish(end))
        self.shocks_watched &= leg.shocks_watched
        self.limits_watched &= leg.limits_watched
        self.silent |= leg.silent
        self.heard |= frozenset(leg.bound.devices) - leg.silent


def _told(name: str, found: Journey, doubtful: int) -> Summary:
    incidents = _incidents(found)
    first, newest = (found.legs[0], found.legs[-1]) if found.legs else (None, None)
    return Summary(
        shipment=name,
        notice="" if newest is None else newest.bound.notice,
        owner="" if newest is None else newest.bound.owner,
        parents=() if newest is None else newest.bound.parents,
        start_ms=None if first is None else first.begun.wall_ms,
        end_ms=None if newest is None or newest.end is None else newest.end.wall_ms,
        doubtful=doubtful,
        legs=tuple(
            _leg(leg, _fared(found.voices, [leg], incidents.within(leg))) for leg in found.legs
        ),
        fared=_fared(found.voices, found.legs, incidents),
    )


def _leg(leg: LegPassed, fared: Fared) -> LegFared:
    return LegFared(
        first=leg.begun.number,
        last=None if leg.end is None else leg.end.number,
        start_ms=leg.begun.wall_ms,
        end_ms=None if leg.end is None else leg.end.wall_ms,
        vehicle=leg.bound.vehicle,
        destination=leg.bound.destination,
        custodian=leg.custodian,
        devices=leg.bound.devices,
        fared=fared,
    )


def _incidents(found: Journey) -> _Incidents:
    shocks = [shock_of(*each) for each in found.incidents if each[0].kind == EVENTS]
    gaps = (record for record, _ in found.incidents if record.kind == GAP_KIND)
    return _Incidents(stretches(found.incidents), shocks, outages(gaps))


def _fared(voices: Voices, legs: Sequence[LegPassed], incidents: _Incidents) -> Fared:
    all_of = _Passed()
    for leg in legs:
        all_of.take(leg)
    return Fared(
        length_ms=all_of.length_ms,
        stops=all_of.stops,
        unbridged=all_of.unbridged,
        measured=tuple(_measured(voices, *each) for each in sorted(all_of.tallies.items())),
        travelled=tuple(travelled_in_all(each) for _, each in sorted(all_of.travelled.items())),
        doors=tuple(map(doors_in_all, all_of.doors.values())),
        shocks=tuple(incidents.shocks),
        shocks_watched=bool(legs) and all_of.shocks_watched,
        stretches=tuple(incidents.stretches),
        limits_watched=bool(legs) and all_of.limits_watched,
        outages=tuple(incidents.outages),
        silent=tuple(sorted(all_of.silent - all_of.heard)),
    )


def _measured(voices: Voices, quantity: Quantity, tally: Tally) -> Measured:
    device, kind, name = quantity
    of = KINDS[kind].field(name)
    assert of is not None, "only known fields are measured"
    interval_ms = voices.interval(device, kind)
    return tally.told(device, of, interval_ms, declared=device in voices.declared)
