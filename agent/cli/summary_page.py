"""How a shipment fared, as lines for a console of 80 columns. Unknown is never none here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.cli.amounts import age
from agent.cli.times import format_time
from agent.cli.verdict_facts import gap_text
from agent.rules.rule import State
from agent.shipments.doors import Door
from agent.shipments.fared import Fared, LegFared, Summary
from agent.shipments.incidents import Shock, Stretch
from agent.shipments.measured import Measured
from agent.shipments.route import Fix, Travelled
from foundation.console import folded
from foundation.counting import counted

LABEL = 12  # width of the left column, as of `tallyman shipment`
KILOMETRE = 1000.0
MOST_LISTED = 20
"""Incidents of a kind that are printed; --json has them all."""

Row = tuple[str, str]


def page(summary: Summary, lacks: str, *, utc: bool) -> Iterator[str]:
    """Yield the lines of a summary; `lacks` says what keeps it from telling all."""
    yield f"{summary.shipment}: {_from_to(summary.start_ms, summary.end_ms, utc=utc)}"
    none = "none on the records here" if lacks else "none"
    yield from _folded(_whole(summary, lacks, none, utc=utc))
    if len(summary.legs) == 1:
        return
    for number, leg in enumerate(summary.legs, start=1):
        yield f"leg {number}: {_from_to(leg.start_ms, leg.end_ms, utc=utc)}"
        yield from _folded(_of_leg(leg, none, utc=utc))


def in_short(summary: Summary) -> str:
    """Return how a shipment fared in one sentence, for who receives the goods."""
    if not summary.legs:
        return f"{summary.shipment}: how it fared is unknown, its start is not shown"
    fared = summary.fared
    told = [f"{each.device} {_measured(each)}" for each in fared.measured]
    told += [f"{name} unknown" for name in fared.silent]
    if fared.travelled:
        told.append(_way(fared.travelled[0]))
    return f"{summary.shipment} took {_length(fared)}: {', '.join(told) or 'nothing was measured'}"


def clock_words(doubtful: int) -> str:
    """Say of how many records nobody but the gateway says when they were made."""
    return f"nobody vouched for the time of {counted(doubtful, 'record')}: it may be another"


def _folded(rows: Iterator[Row]) -> Iterator[str]:
    for label, text in rows:
        yield from folded(f"  {label:{LABEL}}{text}", 2 + LABEL)


def _from_to(start_ms: int | None, end_ms: int | None, *, utc: bool) -> str:
    start = "unknown" if start_ms is None else format_time(start_ms, utc=utc)
    return f"{start} to {'now' if end_ms is None else format_time(end_ms, utc=utc)}"


def _whole(summary: Summary, lacks: str, none: str, *, utc: bool) -> Iterator[Row]:
    if summary.owner:
        yield "owner", summary.owner
    if summary.notice:
        yield "goods", f"notice {summary.notice}"
    if summary.parents:
        yield "from", f"{', '.join(summary.parents)}; how it fared there is told under that name"
    if len(summary.legs) == 1:
        yield from _bound(summary.legs[0])
    yield from _fared(summary.fared, none, utc=utc)
    if summary.doubtful:
        yield "clock", clock_words(summary.doubtful)
    if lacks:
        yield "lacks", lacks


def _of_leg(leg: LegFared, none: str, *, utc: bool) -> Iterator[Row]:
    yield from _bound(leg)
    yield from _fared(leg.fared, none, utc=utc)


def _bound(leg: LegFared) -> Iterator[Row]:
    if leg.vehicle:
        yield "vehicle", leg.vehicle
    yield "custody", leg.custodian or "nobody on record answers for it"


def _fared(fared: Fared, none: str, *, utc: bool) -> Iterator[Row]:
    yield "took", _length(fared)
    for each in fared.measured:
        yield f"{each.device} ", _measured(each)
    for name in fared.silent:
        yield f"{name} ", "unknown: it went along and told no value"
    yield from _stretches(fared, none, utc=utc)
    yield from _shocks(fared, none, utc=utc)
    for travelled in fared.travelled:
        yield "way", _way(travelled)
    for door in fared.doors:
        name = door.device if door.port is None else f"{door.device} {door.port}"
        yield f"{name} ", _door(door)
    yield from _some("gap", [gap_text(each, utc=utc) for each in fared.outages])


def _length(fared: Fared) -> str:
    text = age(fared.length_ms)
    if fared.stops:
        text += f"; the gateway was off {counted(fared.stops, 'time')}"
    if fared.unbridged:
        text += f", {counted(fared.unbridged, 'time')} for nobody knows how long, not counted here"
    return text


def _measured(each: Measured) -> str:
    if each.lowest is None or each.highest is None or each.mean is None:
        return f"{each.field} unknown all the time"
    more = " or more" if each.at_least else ""
    text = f"{each.field} {each.lowest:g} to {each.highest:g}{more} {each.unit}"
    text += f", mean {each.mean:.2f}"
    if each.mkt is not None:
        text += f", MKT {each.mkt:.2f}"
    if each.unknown_ms:
        text += f"; unknown for {age(each.unknown_ms)} of {age(each.valid_ms + each.unknown_ms)}"
    return text


def _stretches(fared: Fared, none: str, *, utc: bool) -> Iterator[Row]:
    """Yield what the rules found; `none` is what to say where they were watched and found none."""
    if not fared.stretches:
        watched = fared.limits_watched
        yield "limits", none if watched else "unknown: no profile of limits is on record"
    told = dict.fromkeys(_stretch(each, utc=utc) for each in fared.stretches)
    yield from _some("limits", list(told))  # a lost sensor's rules are told in the same words


def _stretch(each: Stretch, *, utc: bool) -> str:
    state = each.state.upper() if each.state == State.ALARM else each.state
    since = "from before" if each.carried else format_time(each.start_ms, utc=utc)
    text = f"{state} of {each.device}, {each.limit}, {since}"
    text += ", not over" if each.end_ms is None else f", for {age(each.end_ms - each.start_ms)}"
    if each.lowest is not None and each.highest is not None and each.state != State.UNKNOWN:
        text += f", {each.lowest:g} to {each.highest:g}"
    if each.reports:
        text += f"; it named: {each.reports}"
    if each.ended_by:
        text += f"; ended by {each.ended_by}"
    return text + _where(each.where)


def _shocks(fared: Fared, none: str, *, utc: bool) -> Iterator[Row]:
    if not fared.shocks:
        watched = fared.shocks_watched
        yield "shocks", none if watched else "unknown: no sensor of shocks is on record"
    yield from _some("shock", [_shock(each, utc=utc) for each in fared.shocks])


def _shock(each: Shock, *, utc: bool) -> str:
    if not each.believed:
        return f"not to be believed ({each.quality}), {format_time(each.wall_ms, utc=utc)}"
    peak = "of unknown size" if each.peak is None else f"{each.peak:g} g"
    text = peak + (" or more" if each.at_least else "")
    if each.duration is not None:
        text += f" for {each.duration:g} ms"
    return f"{text}, {format_time(each.wall_ms, utc=utc)}{_where(each.where)}"


def _where(fix: Fix | None) -> str:
    return "" if fix is None else f", last seen at {fix.lat:.4f}, {fix.lon:.4f}"


def _way(each: Travelled) -> str:
    if not each.fixes:
        return f"unknown: {each.device} had no position"
    text = f"{each.distance / KILOMETRE:.1f} km by {each.device}"
    if each.across:
        text += f", and {each.across / KILOMETRE:.1f} km or more where it saw none"
    if each.unknown_ms:
        text += f"; place unknown for {age(each.unknown_ms)}"
    return text


def _door(each: Door) -> str:
    text = f"open for {age(each.open_ms)}, {counted(each.openings, 'opening')}"
    return text + (f"; unknown for {age(each.unknown_ms)}" if each.unknown_ms else "")


def _some(label: str, texts: Sequence[str]) -> Iterator[Row]:
    for text in texts[:MOST_LISTED]:
        yield label, text
    if len(texts) > MOST_LISTED:
        yield "", f"and {len(texts) - MOST_LISTED} more: --json has them all"
