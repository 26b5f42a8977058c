"""A device whose goods are under watch, and what its records say of them. Pure."""

from __future__ import annotations

from agent.rules.course import Terms
from agent.rules.profile import MINUTE, Profile
from agent.rules.rates import RATES
from agent.rules.sources import BATTERY, EVENTS, FAULTS, SOURCES
from agent.rules.valid_time import BELIEVED, FLOORS, Sample, reach_of
from drivers.kinds import KINDS
from drivers.reading import Quality
from evidence.leaf import Record
from foundation.dataclass import dataclass

_BETWEEN = ", "  # the names of faults in a record


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
    if name == FAULTS or RATES.get(name, name) in record.values:
        return True
    return not any(each in record.values for each in SOURCES[record.kind])


def sample_of(record: Record, name: str, at: int) -> Sample:
    """Return what a record says of the value `name`, at a moment; nothing that is not believed."""
    if name == FAULTS:
        return Sample(at, _faults(record))
    stored = record.values.get(name)
    known = KINDS[record.kind].field(name)
    if not isinstance(stored, int) or known is None:
        return Sample(at, None)
    value = round(stored * 10.0**known.scale, -known.scale)
    if record.quality in FLOORS:
        return Sample(at, value, floor=True)
    return Sample(at, value if record.quality in BELIEVED else None)


def reports(record: Record) -> str:
    """Return the faults that a battery's record names and that can be believed; empty for none.

    They count where something else in the reading makes no sense, too.
    """
    said = record.values.get(FAULTS) if record.kind == BATTERY else None
    whole = record.quality in BELIEVED or record.quality == Quality.OUT_OF_RANGE
    return said if isinstance(said, str) and whole else ""


def faults_in(text: str) -> set[str]:
    """Return the names of the faults in what a battery reports."""
    return set(text.split(_BETWEEN))


def all_faults(first: str, then: str) -> str:
    """Return what was reported first and what came to it, each fault once."""
    return _BETWEEN.join(dict.fromkeys((first + _BETWEEN + then).split(_BETWEEN)))


def _faults(record: Record) -> float | None:
    """Return how many faults a battery reports; None where nobody knows."""
    if said := reports(record):
        return float(len(said.split(_BETWEEN)))
    return 0.0 if record.values and record.quality in BELIEVED else None
