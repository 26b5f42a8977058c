"""A device whose goods are under watch, and what its records say of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from agent.rules.course import Terms
from agent.rules.profile import MINUTE, Profile
from agent.rules.rates import RATES
from agent.rules.valid_time import BELIEVED, FLOORS, Sample, reach_of
from drivers.kinds import KINDS
from evidence.leaf import Record

EVENTS = "shock"
"""The kind whose records tell of events: between two of them nothing is unknown."""

SOURCES = {"temperature": ("temperature", "humidity", "pressure", *RATES), EVENTS: ("peak",)}
"""Kinds of records with the values of theirs that rules may be about."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A device whose goods are under watch; `interval` in seconds, of events None."""

    device: str
    profile: Profile
    interval: float | None
    read_point: str = ""

    def terms(self, name: str) -> Terms:
        """Return what is asked of one of its values."""
        reach = None if name in SOURCES[EVENTS] else reach_of(self.interval)
        return Terms(
            self.profile.about(name),
            reach,
            ignore_start=round(self.profile.head.ignore_start_minutes * MINUTE),
            patience=round((self.interval or 0.0) * 1000),  # with its reach as long as a gap's
        )


def tells_of(record: Record, name: str) -> bool:
    """Tell whether a record says anything of the value `name`.

    A sensor may send each of its values by itself: then what says one says nothing of the others.
    A record without any value says of all of them that nobody knows.
    """
    if RATES.get(name, name) in record.values:
        return True
    return not any(each in record.values for each in SOURCES[record.kind])


def sample_of(record: Record, name: str, at: int) -> Sample:
    """Return what a record says of the value `name`, at a moment; nothing that is not believed."""
    stored = record.values.get(name)
    known = KINDS[record.kind].field(name)
    if not isinstance(stored, int) or known is None:
        return Sample(at, None)
    value = round(stored * 10.0**known.scale, -known.scale)
    if record.quality in FLOORS:
        return Sample(at, value, floor=True)
    return Sample(at, value if record.quality in BELIEVED else None)
