"""What a profile makes of a whole series of values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

from agent.rules.course import Course, Step, Terms, at_moment, taken
from agent.rules.mkt import highest_mkt
from agent.rules.profile import FIELDS, HOUR, MINUTE, Profile
from agent.rules.rates import RATES, rates
from agent.rules.rule import Rule, State
from agent.rules.valid_time import REACH, Sample, Span, spans
from agent.rules.zones import zone_times

TEMPERATURE = FIELDS[0]
ALIKE = 0.1  # by which two intervals of one setting differ at most: loggers' clocks are cheap
KEPT = 0.25  # share of the intervals from which on one is a logger's setting, not an accident
SLOWEST = HOUR  # EN 12830 lets no recorder take longer between two values


@dataclass(frozen=True, slots=True)
class Stretch:
    """A rule's state between two moments, ms."""

    rule: Rule
    state: State
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """All times in ms; `mkt`, `lowest` and `highest` are None where no value is known.

    `interval` is that of the values, given or found; None of a single one.
    """

    stretches: tuple[Stretch, ...]
    zones: Mapping[str, int]
    mkt: float | None
    lowest: float | None
    highest: float | None
    unknown: int
    interval: int | None


def judged(
    profile: Profile, field: str, samples: Sequence[Sample], interval: int | None = None
) -> Verdict:
    """Return what the profile makes of samples in the order of time, at least one.

    Without an `interval` (ms) it is the longest one that the series keeps. The last value holds
    as long as the one before it did. Rules about how fast the value changes are among the
    stretches; `field` may also be such a rate, and the samples are still those of the value.
    """
    interval = interval or usual_interval(samples)
    reach = round(REACH * (interval or 0))
    end = samples[-1].at + _last_hold(samples, reach)
    looked_at = _looked_at(profile, samples, end)
    series = {field: samples} if field not in RATES else {}
    for rate in (name for name, of in RATES.items() if field in (name, of)):
        series[rate] = list(rates(samples, reach))
    known = list(_all_spans(series[field], end, reach))
    values = [each.value for each in series[field] if each.value is not None]
    mkt = profile.mkt if field == TEMPERATURE else None
    return Verdict(
        stretches=tuple(
            stretch
            for name, found in series.items()
            for stretch in _stretches(profile.about(name), found, looked_at, end, reach)
        ),
        zones=zone_times(profile.about(field), known),
        mkt=None if mkt is None else highest_mkt(known, mkt.window, mkt.activation_energy),
        lowest=min(values, default=None),
        highest=max(values, default=None),
        unknown=sum(each.end - each.start for each in known if each.value is None),
        interval=interval,
    )


def usual_interval(samples: Sequence[Sample]) -> int | None:
    """Return the longest interval that a quarter of the series keeps, in ms; else the median.

    One that is seldom, or longer than an hour, is a gap. None where there is no second moment.
    """
    gaps = sorted(b.at - a.at for a, b in pairwise(samples) if b.at > a.at)
    if not gaps:
        return None
    low = high = len(gaps)
    for gap in dict.fromkeys(reversed(gaps)):
        while gaps[high - 1] > gap:
            high -= 1
        while low and gaps[low - 1] >= gap * (1.0 - ALIKE):
            low -= 1
        if high - low >= max(KEPT * len(gaps), 2):
            return min(gaps[(low + high) // 2], SLOWEST)
    return min(median_low(gaps), SLOWEST)


def _last_hold(samples: Sequence[Sample], reach: int) -> int:
    """Return for how long the last value holds, ms: nothing comes after it."""
    last = samples[-1].at
    before = next((each.at for each in reversed(samples) if each.at < last), last)
    return min(last - before, reach)


def _all_spans(samples: Sequence[Sample], end: int, reach: int) -> Iterator[Span]:
    untils = [each.at for each in samples[1:]] + [end] * bool(samples)
    for sample, until in zip(samples, untils, strict=True):
        yield from spans(sample, until, reach)


def _looked_at(profile: Profile, samples: Sequence[Sample], end: int) -> tuple[int, int]:
    """Return the first and the last moment that rules look at."""
    head = profile.head
    start = samples[0].at + round(head.ignore_start_minutes * MINUTE)
    return start, end - round(head.ignore_end_minutes * MINUTE)


def _stretches(
    rules: tuple[Rule, ...],
    samples: Sequence[Sample],
    looked_at: tuple[int, int],
    end: int,
    reach: int,
) -> Iterator[Stretch]:
    """Yield the states of each rule, in the rules' order."""
    if not samples or not rules:
        return
    start, stop = looked_at
    terms = Terms(rules, reach, ignore_start=max(0, start - samples[0].at), until=stop)
    steps = _steps(terms, samples, end)
    for rule in rules:
        yield from _joined([step for step in steps if step.rule is rule], stop)


def _steps(terms: Terms, samples: Sequence[Sample], end: int) -> list[Step]:
    course, steps = Course(), list[Step]()
    for sample in samples:
        course, found = taken(terms, course, sample)
        steps += found
    return steps + at_moment(terms, course, end)[1]


def _joined(steps: Sequence[Step], stop: int) -> Iterator[Stretch]:
    """Yield the time between the steps; what lasted for no time is left out, but for the last.

    There is none in a series that is no longer than what the profile ignores.
    """
    ends = [step.standing.since for step in steps[1:]] + [stop] * bool(steps)
    for step, end in zip(steps, ends, strict=True):
        state, since = step.standing.state, step.standing.since
        if state is not None and (since < end or step is steps[-1]):
            yield Stretch(step.rule, state, since, max(since, end))
