"""What a page is about, and how it is told. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from agent.renderer.catalogue import Words
from agent.renderer.lasting import lasting
from agent.renderer.markup import Html
from agent.renderer.zone import Zone, stamp
from agent.report.fared import Sums, sums_of
from agent.report.series import Series, series_of
from agent.report.ways import Way, ways_of
from agent.rules.plausibility import Doubt, doubts
from agent.rules.sources import EVENTS
from agent.rules.valid_time import Sample
from agent.shipments.dating import Dating
from agent.shipments.doors import INPUT, STATES, Contact, contact_of
from agent.shipments.incidents import Stretch, stretches
from agent.shipments.outages import Outage, outages
from agent.shipments.placed import placed
from agent.shipments.route import Fix
from agent.shipments.voices import Voices
from evidence.kinds import GAP_KIND
from evidence.leaf import Record
from evidence.report import Report

SHOWN_ROWS = 200
"""Rows of one table: behind them stands how many there are more."""

TEMPERATURE = "temperature"
DEGREES = 5  # decimals: a metre


class TakenOut(NamedTuple):
    """A shell's command that takes the bundle out of its file, and the name that it has then."""

    command: str
    name: str


@dataclass(frozen=True)
class Case:
    """A bundle as it was checked; `name` is its file's, `digest` the SHA-256 before its closing
    one, `policy` that of the policy it was held against. `taken_out` is set where the file holds a
    timestamp besides.
    """

    report: Report
    name: str
    digest: str
    policy: bytes
    words: Words
    zone: Zone
    taken_out: TakenOut | None = None

    @property
    def records(self) -> list[Record]:
        """The records shown, in the gateway's order."""
        return self.report.records

    @cached_property
    def dating(self) -> Dating:
        """When each of them was made."""
        return Dating(self.records)

    @cached_property
    def span(self) -> tuple[int, int]:
        """First and last moment that the page is about, ms of UTC; at least a second apart."""
        dated = [at for at in map(self.dating.of, self.records) if at is not None]
        start, end = min(dated, default=0), max(dated, default=0)
        return start, max(end, start + 1000)

    @cached_property
    def _told(self) -> tuple[Voices, Sums]:
        journey = list(placed(self.records))
        voices = Voices(journey)
        return voices, sums_of(journey, voices) if journey else Sums([], [], [])

    @property
    def voices(self) -> Voices:
        """What each device tells of, and how often."""
        return self._told[0]

    @property
    def sums(self) -> Sums:
        """What the devices told in all; of no record there are none."""
        return self._told[1]

    @cached_property
    def series(self) -> list[Series]:
        """What each sensor said over time."""
        return list(series_of(self.records, self.dating, self.voices, self.span))

    @cached_property
    def stretches(self) -> list[Stretch]:
        """What the rules for goods found."""
        return stretches((self.dating.dated(record), None) for record in self.records)

    @cached_property
    def outages(self) -> list[Outage]:
        """The time without data, as it was declared."""
        return outages(map(self.dating.dated, self.report.gaps))

    @cached_property
    def impacts(self) -> list[tuple[int, Record]]:
        """The impacts that somebody can date."""
        found = ((self.dating.of(each), each) for each in self.records if each.kind == EVENTS)
        return [(at, record) for at, record in found if at is not None]

    @cached_property
    def doubts(self) -> dict[str, list[Doubt]]:
        """What speaks against the temperatures of each sensor, by itself or beside another."""
        found = [each for each in self.series if each.field == TEMPERATURE]
        return {each.device: doubts(each.samples, _beside(each, found)) for each in found}

    @cached_property
    def ways(self) -> list[Way]:
        """Where the receivers were."""
        return list(ways_of(self.records, self.dating, self.voices, self.span))

    @cached_property
    def doors(self) -> dict[Contact, list[tuple[int, str]]]:
        """What each contact of a door said, in the order of time; "": from then on unknown."""
        told: dict[Contact, list[tuple[int, str]]] = {}
        boot = 0
        for record in self.records:
            at, state = self.dating.of(record), str(record.values.get("state"))
            if at is None:
                continue
            for contact, states in told.items():
                gap = record.kind == GAP_KIND and record.device == contact.device
                if gap or record.boot != boot:
                    states.append((at, ""))
            boot = record.boot
            if record.kind == INPUT and state in STATES:
                told.setdefault(contact_of(record), []).append((at, state))
        return told

    def place(self, fix: Fix) -> Html:
        """Return a position in degrees."""
        degrees = [self.words.amount(each, DEGREES, "°") for each in (fix.lat, fix.lon)]
        return self.words.listed(degrees)

    def moment(self, ms: int | None) -> Html:
        """Return a moment in words."""
        return stamp(self.zone, ms, self.words("unknown"))

    def lasting(self, ms: int | None) -> Html:
        """Return a duration in words."""
        return lasting(self.words, ms)


def _beside(series: Series, others: Sequence[Series]) -> Sequence[Sample]:
    """Return what the first of the other sensors said."""
    return next((each.samples for each in others if each is not series), ())
