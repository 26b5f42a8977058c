"""How each shipment fared, leg by leg: from one binding or change of hands to the next. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.renderer.document import section
from agent.renderer.markup import Html, element, joined, said
from agent.renderer.table import listed, table
from agent.report.case import Case
from agent.report.doors import contact_name
from agent.report.way_words import distance
from agent.rules.rule import State
from agent.shipments.fared import Fared, LegFared, Summary
from agent.shipments.measured import Measured
from agent.shipments.shipment import KIND
from agent.shipments.summary import summarized

HEADS = ("leg", "when", "way", "measured", "incidents")
DECIMALS = 2


def shipments(case: Case) -> Html:
    """Return each shipment that the records tell of."""
    names = [str(each.values.get("name", "")) for each in case.records if each.kind == KIND]
    found = (summarized(name, case.records) for name in dict.fromkeys(names))
    return joined(_shipment(case, each) for each in found if each.legs)


def _shipment(case: Case, summary: Summary) -> Html:
    words = case.words
    heads = [words(f"legs.{name}") for name in HEADS]
    rows = [_leg(case, leg) for leg in summary.legs]
    if len(rows) > 1:
        ends = case.moment(summary.start_ms), _end(case, summary.end_ms)
        when = _when(case, *ends, summary.fared)
        rows.append([words("legs.all"), when, *_fared(case, summary.fared)])
    return section(
        words("legs.title", name=said(summary.shipment)),
        listed(_about(case, summary)),
        table(words("legs.table"), heads, rows),
    )


def _about(case: Case, summary: Summary) -> Iterator[Html]:
    words = case.words
    if summary.owner:
        yield words("legs.owner", owner=said(summary.owner))
    if summary.notice:
        yield words("legs.notice", notice=said(summary.notice))


def _leg(case: Case, leg: LegFared) -> list[Html]:
    words = case.words
    custodian = said(leg.custodian) if leg.custodian else words("custody.untold")
    vehicle = said(leg.vehicle) if leg.vehicle else words("custody.untold")
    about = words("legs.who", vehicle=vehicle, custodian=custodian)
    ends = case.moment(leg.start_ms), _end(case, leg.end_ms)
    return [about, _when(case, *ends, leg.fared), *_fared(case, leg.fared)]


def _end(case: Case, end_ms: int | None) -> Html:
    return case.words("legs.under-way") if end_ms is None else case.moment(end_ms)


def _when(case: Case, start: Html, end: Html, fared: Fared) -> Html:
    words = case.words
    told = [words("legs.span", start=start, end=end), case.lasting(fared.length_ms)]
    if fared.stops:
        told.append(words("legs.stops", n=fared.stops, unbridged=fared.unbridged))
    return joined(told, element("br"))


def _fared(case: Case, fared: Fared) -> list[Html]:
    return [
        listed(_way(case, fared)),
        listed(_measured(case, each) for each in fared.measured),
        listed(_incidents(case, fared)),
    ]


def _way(case: Case, fared: Fared) -> Iterator[Html]:
    for way in fared.travelled:
        yield distance(case, way)
    for door in fared.doors:
        told = {
            "door": contact_name(case, door.device, door.port),
            "open": case.lasting(door.open_ms),
            "unknown": case.lasting(door.unknown_ms),
        }
        yield case.words("legs.door", n=door.openings, **told)


def _measured(case: Case, each: Measured) -> Html:
    words = case.words
    if each.lowest is None:
        return words(
            "short.no-value", device=said(each.device), field=words.known("field", each.field)
        )
    low, high, mean, mkt = (
        words("unknown") if value is None else words.amount(value, DECIMALS, each.unit)
        for value in (each.lowest, each.highest, each.mean, each.mkt)
    )
    if each.at_least:
        high = words("climate.at-least", highest=high)
    key = "legs.value" if each.mkt is None else "legs.temperature"
    field = words.known("field", each.field)
    told = words(key, device=said(each.device), field=field, low=low, high=high, mean=mean, mkt=mkt)
    return joined((told, words("legs.unknown", time=case.lasting(each.unknown_ms))))


def _incidents(case: Case, fared: Fared) -> Iterator[Html]:
    """Yield what happened; that nobody watched for it, or that it may be hidden, is not none."""
    words = case.words
    if fared.limits_watched or fared.stretches:
        yield from _beyond(case, fared)
    else:
        yield words("legs.no-limits")
    if fared.shocks_watched or fared.shocks:
        yield from _counted(case, "legs.shocks", len(fared.shocks))
    else:
        yield words("legs.no-shocks")
    yield from _counted(case, "legs.gaps", len(fared.outages))
    if case.report.hidden:
        yield words("legs.hidden")
    if fared.silent:
        yield words("legs.silent", devices=words.listed([said(each) for each in fared.silent]))


def _beyond(case: Case, fared: Fared) -> Iterator[Html]:
    """Yield how often a limit was passed; none is told only where limits are known to be kept."""
    found = {state: [each for each in fared.stretches if each.state == state] for state in State}
    unknown = dict.fromkeys(each.device for each in found[State.UNKNOWN])
    none_known = fared.limits_watched and not unknown
    for key, state in (("short.alarms", State.ALARM), ("short.excursions", State.EXCURSION)):
        if found[state] or none_known:
            yield from _counted(case, key, len(found[state]))
    if unknown:
        yield case.words("legs.limits-unknown", devices=case.words.listed([*map(said, unknown)]))


def _counted(case: Case, key: str, count: int) -> Iterator[Html]:
    """Yield how many there were; none is told only where nothing is hidden."""
    if count or not case.report.hidden:
        yield case.words(key, n=count)
