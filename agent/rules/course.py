"""The rules of one device on one of its values: a fold over samples. Pure.

Only samples move it; what it comes to at another moment is asked for and forgotten. So whoever
folds the same records in comes to the same states, whenever he starts and however often he looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.rules.rule import Rule
from agent.rules.standing import Standing, passed
from agent.rules.valid_time import Sample, Span, spans
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of a value: the rules, for how long it holds, and what is not looked at.

    All times in ms; `reach` is None of what tells of events. `ignore_start` counts from the first
    sample; from the moment `until` on nothing is looked at. A rule is unknown once the value is for
    `patience` on end.
    """

    rules: tuple[Rule, ...]
    reach: int | None
    ignore_start: int = 0
    until: int | None = None
    patience: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """What was seen: the first moment, the newest sample, and the rules' standings before it."""

    began: int | None = None
    last: Sample | None = None
    standings: tuple[Standing, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A rule changed its standing."""

    rule: Rule
    standing: Standing


def taken(terms: Terms, course: Course, sample: Sample) -> tuple[Course, list[Step]]:
    """Return the course with one more sample; one from the past counts as of now.

    Of two values for one moment the later holds: the first has no time.
    """
    if course.last is None:
        blank = tuple(Standing() for _ in terms.rules)
        return Course(sample.at, sample, course.standings or blank), []
    at = max(sample.at, course.last.at)
    if at == course.last.at and terms.reach is not None:
        return replace(course, last=sample._replace(at=at)), []
    course, steps = at_moment(terms, course, at)
    opened = tuple(replace(each, closed=False) for each in course.standings)
    return replace(course, last=sample._replace(at=at), standings=opened), steps


def at_moment(terms: Terms, course: Course, now: int) -> tuple[Course, list[Step]]:
    """Return what the course comes to at `now`, and each change on the way there."""
    if course.last is None or course.began is None:
        return course, []
    start = course.began + terms.ignore_start
    seen = spans(course.last, max(now, course.last.at), terms.reach)
    clipped = list(_clipped(seen, start, terms.until))
    steps: list[Step] = []
    standings = [
        _followed(terms, rule, standing, clipped, steps)
        for rule, standing in zip(terms.rules, course.standings, strict=True)
    ]
    return replace(course, standings=tuple(standings)), steps


def begun_anew(course: Course, index: int) -> Course:
    """Return the course with one rule as if nothing had been seen: a person ended its state.

    What lasts shows in the next sample.
    """
    standings = list(course.standings)
    standings[index] = Standing(closed=True)
    return replace(course, standings=tuple(standings))


def _followed(
    terms: Terms, rule: Rule, standing: Standing, seen: Sequence[Span], steps: list[Step]
) -> Standing:
    for span in seen:
        for now in passed(rule, standing, span, terms.patience):
            if (now.state, now.since) != (standing.state, standing.since):
                steps.append(Step(rule, now))
            standing = now
    return standing


def _clipped(seen: Iterator[Span], start: int, until: int | None) -> Iterator[Span]:
    """Yield the part of each span that is looked at."""
    for span in seen:
        begin = max(span.start, start)
        end = span.end if until is None else min(span.end, until)
        if begin < end or begin == end == span.start == span.end:
            yield span._replace(start=begin, end=end)
