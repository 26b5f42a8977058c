"""Ranks causes by what was named and what their tests found. Pure.

What a driver or part named itself comes first, as it was there when it happened. What a test finds
from outside stands beside it. A row that nobody can tell of stays possible: unknown is no no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, Generic, TypeVar

from foundation.cause import UNKNOWN, Answer, Cause, Cost, Finding

F = TypeVar("F")


class Likelihood(IntEnum):
    """How likely a cause is, the likeliest first."""

    LIKELY = 0
    POSSIBLE = 1
    UNKNOWN = 2

    @property
    def word(self) -> str:
        """As people and programs read it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Named:
    """A cause that a driver or part named by itself; `advice` is the step as it said it."""

    cause: str
    evidence: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Case(Generic[F]):
    """What is asked of a table of rows.

    `probe` allows tests that cost bytes or air time. `well` is the evidence that all is in order,
    empty where that is not known. `names` fill in what differs by device.
    """

    target: str
    rows: Sequence[Cause[F]]
    facts: F
    named: Sequence[Named] = ()
    well: str = ""
    names: Mapping[str, object] = field(default_factory=dict)
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A row as it was judged, with the evidence for and against."""

    target: str
    row: Cause[Any]
    likelihood: Likelihood
    pro: tuple[str, ...]
    contra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The causes, the likeliest first, and what was ruled out."""

    causes: tuple[Judged, ...] = ()
    ruled_out: tuple[Judged, ...] = ()


def judge(case: Case[F]) -> Verdict:
    """Return what is likely, possible, unknown, and ruled out."""
    reached = _reached(case)
    causes: list[Judged] = []
    ruled_out: list[Judged] = []
    for row in case.rows:
        finding = _weighed(row, _tested(row, case), case, reached)
        found = _judged(case, row, finding)
        (ruled_out if finding.answer is Answer.NO else causes).append(found)
    return Verdict(ranked(causes), tuple(ruled_out))


def _tested(row: Cause[F], case: Case[F]) -> Finding:
    dear = row.cost in (Cost.RADIO, Cost.BYTES)
    return UNKNOWN if dear and not case.probe else row.test(case.facts)


def ranked(causes: Iterable[Judged]) -> tuple[Judged, ...]:
    """Return the likeliest first, then what nothing speaks against, then in the table's order."""
    return tuple(sorted(causes, key=lambda each: (each.likelihood, bool(each.contra))))


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """Return several verdicts as one, all ranked together."""
    causes = [each for verdict in verdicts for each in verdict.causes]
    ruled_out = [each for verdict in verdicts for each in verdict.ruled_out]
    return Verdict(ranked(causes), tuple(ruled_out))


def _reached(case: Case[F]) -> int:
    """Return how far the part had come by what it named."""
    named = {each.cause for each in case.named}
    return max((row.stage for row in case.rows if row.id in named), default=0)


def _weighed(row: Cause[F], found: Finding, case: Case[F], reached: int) -> Finding:
    """Return a test's finding in the light of what was named."""
    told = tuple(each.evidence for each in case.named if each.cause == row.id)
    if told:
        return Finding(Answer.YES, (*told, *found.pro), found.contra)
    if found.answer is not Answer.UNKNOWN or found.pro:
        if found.answer is Answer.YES and 0 < row.stage < reached:
            return Finding(Answer.UNKNOWN, found.pro, ("it had come further than that",))
        return found
    if case.well:
        return Finding(Answer.NO, (), (*found.contra, case.well))
    if 0 < row.stage < reached:
        return Finding(Answer.NO, (), (*found.contra, "it had come further than that"))
    return found


def _judged(case: Case[F], row: Cause[F], finding: Finding) -> Judged:
    if finding.answer is Answer.YES:
        likelihood = Likelihood.LIKELY
    elif finding.pro:
        likelihood = Likelihood.POSSIBLE
    else:
        likelihood = Likelihood.UNKNOWN
    return Judged(case.target, _filled(case, row), likelihood, finding.pro, finding.contra)


def _filled(case: Case[F], row: Cause[F]) -> Cause[F]:
    """Return the row with its names; the step as the part said it, where it did."""
    full = row.shown(**case.names)
    advice = next((each.advice for each in case.named if each.cause == row.id and each.advice), "")
    return replace(full, next=advice) if advice else full
