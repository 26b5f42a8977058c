"""What is wrong with a shipment's papers before it leaves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from agent.observe.calibration import Calibration
from agent.shipments.papers import Paper, Papers
from agent.shipments.shipment import Shipment

CALIBRATION, TEST_REPORT = "calibration", "test-report"
PASSED = "passed"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Fault(NamedTuple):
    """What keeps a shipment from being ready: missing, over, early, wrong or unknown."""

    what: str
    text: str


def faults(
    shipment: Shipment,
    papers: Papers,
    calibrations: Sequence[Calibration],
    now_ms: int,
    *,
    sure: bool,
) -> list[Fault]:
    """Return what keeps a shipment from leaving; `now_ms` is UTC, `sure`: somebody vouches for it.

    Every paper that was asked for must be there, for the shipment or one that it was split from,
    and hold until the delivery is due. Certificates of
    sensors that go along must hold, and must be there where `calibration` is asked for.
    """
    found = [] if sure else [_NO_CLOCK]
    end_ms = _last_moment(shipment.due)
    for of_type in shipment.papers:
        if of_type != CALIBRATION:
            paper = _newest(papers, shipment, of_type)
            found += _wrong(of_type, paper, shipment.model, now_ms, end_ms)
    for device in shipment.devices:
        own = [each for each in calibrations if each.device == device]
        wanted = CALIBRATION in shipment.papers
        found += _uncalibrated(device, own, papers, now_ms, end_ms, wanted=wanted)
    return found


_NO_CLOCK = Fault("unknown", "nobody vouches for the gateway's clock, by which dates are checked")


def _newest(papers: Papers, shipment: Shipment, of_type: str) -> Paper | None:
    """Return a shipment's own paper, else that of the newest one it comes from."""
    names = (shipment.name, *reversed(shipment.parents))
    found = (papers.get(name, of_type) for name in names)
    return next((paper for paper in found if paper is not None), None)


def _wrong(
    of_type: str, paper: Paper | None, model: str, now_ms: int, end_ms: int | None
) -> Iterator[Fault]:
    if paper is None:
        yield Fault("missing", f"{of_type}: none is on record")
        return
    name = f"{of_type} {paper.name}"
    yield from _untimely(name, paper.valid_from_ms, paper.valid_until_ms, now_ms, end_ms)
    if of_type != TEST_REPORT:
        return
    if model and paper.model != model:
        about = f"about model {paper.model}" if paper.model else "about no model by name"
        yield Fault("wrong", f"{name} is {about}, the goods are {model}")
    if paper.result and paper.result != PASSED:
        yield Fault("wrong", f"{name} says {paper.result}")


def _uncalibrated(
    device: str,
    own: Sequence[Calibration],
    papers: Papers,
    now_ms: int,
    end_ms: int | None,
    *,
    wanted: bool,
) -> Iterator[Fault]:
    paper = papers.get(device, CALIBRATION)
    if paper is None and not own and wanted:
        yield Fault("missing", f"calibration of {device}: none is on record")
    if paper is not None:
        name = f"calibration {paper.name} of {device}"
        yield from _untimely(name, paper.valid_from_ms, paper.valid_until_ms, now_ms, end_ms)
    for each in own:
        name = f"calibration {each.certificate} of {device}"
        yield from _untimely(name, None, each.valid_until_ms, now_ms, end_ms)


def _untimely(
    name: str, start_ms: int | None, until_ms: int | None, now_ms: int, end_ms: int | None
) -> Iterator[Fault]:
    """Yield why a paper does not hold from now until the delivery is due."""
    if start_ms is not None and now_ms < start_ms:
        yield Fault("early", f"{name} holds from {_day(start_ms)} on")
    if until_ms is not None and now_ms >= until_ms:
        yield Fault("over", f"{name} ended {_day(until_ms)}")
    elif until_ms is not None and end_ms is not None and until_ms < end_ms:
        yield Fault("over", f"{name} ends {_day(until_ms)}, before the delivery is due")


def _day(moment_ms: int) -> str:
    """Return a moment as a day, UTC."""
    try:
        return (_EPOCH + timedelta(milliseconds=moment_ms)).date().isoformat()
    except OverflowError:
        return f"{moment_ms} ms since 1970"


def _last_moment(due: str) -> int | None:
    """Return the end of a day in ISO 8601, UTC; None where it is none."""
    try:
        end = datetime.combine(date.fromisoformat(due), datetime.max.time(), UTC)
    except ValueError:
        return None
    return (end - _EPOCH) // timedelta(milliseconds=1)
