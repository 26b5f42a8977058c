"""Where the vehicle was: a line with a scale, and the places that have a name. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from agent.renderer.document import section
from agent.renderer.markup import NOTHING, Html, element, joined, said
from agent.renderer.route_map import Mark, RouteMap, drawn
from agent.renderer.table import listed, table
from agent.report.case import SHOWN_ROWS, Case
from agent.report.way_words import distance
from agent.report.ways import Way
from agent.rules.rule import State
from evidence.leaf import Record

COARSE = "place"
THOUSANDTHS = 1000.0  # of a place's degrees (agent/observe/kinds.py)
MOST_MARKS = 12  # more cannot be read

HEADS = ("hour", "place", "size")


def route(case: Case) -> Html:
    """Return the way of each receiver, or the coarse places; nothing where none is shown."""
    words = case.words
    cells = [record for record in case.records if record.kind == COARSE]
    if not case.ways and not cells:
        return NOTHING
    heads = [words(f"route.{name}") for name in HEADS]
    more = len(cells) - SHOWN_ROWS
    return section(
        words("route.title"),
        element("p", words("route.text" if case.ways else "route.coarse")),
        *(_figure(case, way) for way in case.ways),
        table(words("route.places"), heads, (_cell(case, each) for each in cells[:SHOWN_ROWS])),
        element("p", words("more", n=more)) if more > 0 else NOTHING,
    )


def _figure(case: Case, way: Way) -> Html:
    words = case.words
    first, last = way.runs[0][0], way.runs[-1][-1]
    marks = [
        Mark((first.lat, first.lon), words("map.start"), "end"),
        Mark((last.lat, last.lon), words("map.end"), "end"),
        *islice(_alarms(case, way), MOST_MARKS),
        *islice(_names(case), MOST_MARKS),
    ]
    told = [
        _ends(case, way),
        words("route.fixes", n=len(way.fixes)),
        *(distance(case, each) for each in case.sums.travelled if each.device == way.device),
    ]
    label = f"{way.device}: {words.entries['route.title']}"
    runs = [[(fix.lat, fix.lon) for fix in run] for run in way.runs]
    picture = drawn(RouteMap(label, runs, marks), words)
    return element("figure", picture, element("figcaption", listed(told)), data_device=way.device)


def _ends(case: Case, way: Way) -> Html:
    (start, first), (end, last) = way.fixes[0], way.fixes[-1]
    return case.words(
        "route.ends",
        device=said(way.device),
        start=case.moment(start),
        first=case.place(first),
        end=case.moment(end),
        last=case.place(last),
    )


def _alarms(case: Case, way: Way) -> Iterator[Mark]:
    """Yield where the vehicle was when an alarm began."""
    for each in case.stretches:
        found = way.before(each.start_ms) if each.state == State.ALARM else None
        if found is not None:
            yield Mark((found[1].lat, found[1].lon), each.rule, "mark")


def _names(case: Case) -> Iterator[Mark]:
    """Yield the places that have a name, each once."""
    named = {
        str(record.values["name"]): record
        for record in case.records
        if record.kind == COARSE and "name" in record.values
    }
    for name, record in named.items():
        lat, lon = (record.values.get(key) for key in ("lat", "lon"))
        if isinstance(lat, int) and isinstance(lon, int):
            yield Mark((lat / THOUSANDTHS, lon / THOUSANDTHS), name, "name")


def _cell(case: Case, record: Record) -> list[Html]:
    words, values = case.words, record.values
    hour, lat, lon, size = (_whole(record, name) for name in ("hour_ms", "lat", "lon", "size"))
    degrees = [
        words("unknown") if each is None else words.amount(each / THOUSANDTHS, 3, "°")
        for each in (lat, lon)
    ]
    name = said(str(values["name"])) if "name" in values else NOTHING
    return [
        case.moment(hour),
        joined((name, " " if name else "", words.listed(degrees))),
        words("unknown") if size is None else words.amount(size, 0, "km"),
    ]


def _whole(record: Record, name: str) -> int | None:
    value = record.values.get(name)
    return value if isinstance(value, int) else None
