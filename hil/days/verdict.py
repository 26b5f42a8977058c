"""What the product says of a day: its bundle, verified, and what the report finds against it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from agent.renderer.catalogue import words_of
from agent.renderer.zone import Zone
from agent.report.case import Case
from agent.report.contradictions import contradictions
from agent.report.page import RELIABLE
from evidence.verify import verify_bundle
from hil.budgets.proof import Consortium, bundle_of
from hil.days.gateway import Recorded, recorded
from hil.days.signals import STARTED
from hil.days.trip import DAY, Trip
from hil.site.processes import ProcessFailed

DIFFERENT = "dock-difference"
AFTERWARDS = 86_400  # s from the day's beginning to the checkpoint


class Word(NamedTuple):
    """One thing that is told: what, of whom, and when, in seconds of the day."""

    what: str
    who: str
    at: float

    def __str__(self) -> str:
        return f"{self.what} of {self.who} at minute {self.at / 60:.0f}"


def told(trip: Trip, folder: Path) -> list[Word]:
    """Live through a day in an empty folder; return what the product then says against it."""
    return list(_told(recorded(trip, folder)))


def _told(day: Recorded) -> Iterator[Word]:
    consortium = Consortium(round(STARTED.timestamp()) + AFTERWARDS, day.gateway, day.key)
    data = bundle_of(consortium, day.batches)
    report = verify_bundle(data, consortium.policy)
    if report.outcome not in RELIABLE:
        raise ProcessFailed(f"the day's bundle does not verify: {report.findings}")
    case = Case(report, "day.bundle", "", consortium.policy.digest, words_of("en"), Zone(UTC))
    for each in contradictions(case):
        yield Word(each.what, each.who, _of_day(each.at))
    for record in case.records:
        if record.kind == DIFFERENT:
            yield Word(DIFFERENT, str(record.values.get("text")), _of_day(record.wall_ms))


def _of_day(at: int | None) -> float:
    return DAY if at is None else at / 1000 - STARTED.timestamp()
