"""Impacts on the goods: a table, and the course of the hardest. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from agent.records.convert import natural
from agent.renderer.document import section
from agent.renderer.markup import NOTHING, Html, element, joined, said
from agent.renderer.table import table
from agent.renderer.waveform import Waveform, drawn
from agent.report.beside import around, witnesses
from agent.report.case import SHOWN_ROWS, Case
from agent.rules.sources import EVENTS
from agent.rules.valid_time import FLOORS
from evidence.leaf import Record

DRAWN = 8
"""Courses that are drawn: those of the hardest."""

SAMPLE = struct.Struct(">hhh")  # docs/protocol/kinds.json, `shock`, `step`
MOST_SAMPLES = 4096
SLOWEST, FASTEST = 1.0, 1e6  # samples a second of any accelerometer

HEADS = ("device", "at", "peak", "duration", "delta_v", "axes", "fall", "witnesses")


def shocks(case: Case) -> Html:
    """Return the impacts, in the order of time; nothing where no record tells of one."""
    found = [record for record in case.records if record.kind == EVENTS]
    if not found:
        return NOTHING
    words = case.words
    more = len(found) - SHOWN_ROWS
    shown = sorted(hardest(found)[:SHOWN_ROWS], key=lambda record: record.number)
    heads = [words(f"shocks.{name}") for name in HEADS]
    return section(
        words("shocks.title"),
        element("p", words("shocks.text")),
        table(words("shocks.table"), heads, (_row(case, record) for record in shown)),
        element("p", words("shocks.more", n=more)) if more > 0 else NOTHING,
        element("div", *_courses(case, found), class_="plots"),
    )


def hardest(found: list[Record]) -> list[Record]:
    """Return impacts from the hardest down; those whose peak is not known come first."""
    return sorted(found, key=_hardness, reverse=True)


def _hardness(record: Record) -> float:
    peak = record.values.get("peak")
    return peak if isinstance(peak, int) else float("inf")


def _row(case: Case, record: Record) -> list[Html]:
    words = case.words
    axes = [measured(case, record, f"peak_{axis}", "g", 1) for axis in "xyz"]
    return [
        said(record.device),
        case.moment(case.dating.of(record)),
        peak(case, record),
        measured(case, record, "duration", "ms", 1),
        measured(case, record, "delta_v", "m/s", 2),
        words.listed(axes),
        measured(case, record, "fall", "m", 2),
        witnesses(case, around(case, record)),
    ]


def peak(case: Case, record: Record) -> Html:
    """Return the largest acceleration, and whether the true one is larger."""
    told = measured(case, record, "peak", "g", 1)
    if record.quality in FLOORS:
        return case.words("shocks.at-least", peak=told)
    if record.quality != "ok":
        return joined((told, f" ({record.quality})"))
    return told


def measured(case: Case, record: Record, name: str, unit: str, decimals: int) -> Html:
    """Return one value of a record with its unit; in words where it is not there."""
    value = natural(record).get(name)
    if not isinstance(value, int | float):
        return case.words("unknown")
    return case.words.amount(value, decimals, unit)


def _courses(case: Case, found: list[Record]) -> Iterator[Html]:
    courses = ((record, waveform_of(record)) for record in hardest(found))
    drawable = [(record, each) for record, each in courses if each is not None][:DRAWN]
    for record, waveform in sorted(drawable, key=lambda pair: pair[0].number):
        at = case.moment(case.dating.of(record))
        told = case.words("shocks.course", device=said(record.device), at=at)
        yield element("figure", drawn(waveform, case.words), element("figcaption", told))


def waveform_of(record: Record) -> Waveform | None:
    """Return the samples of an impact in g; None where a record does not say how to read them."""
    values = natural(record)
    data, step, rate = record.values.get("waveform"), values.get("digit"), values.get("rate")
    if not isinstance(data, bytes) or len(data) % SAMPLE.size or len(data) < 2 * SAMPLE.size:
        return None
    if not isinstance(step, float) or not isinstance(rate, float):
        return None
    if step <= 0 or not SLOWEST <= rate <= FASTEST:
        return None
    samples = [
        (x * step, y * step, z * step)
        for x, y, z in SAMPLE.iter_unpack(data[: MOST_SAMPLES * SAMPLE.size])
    ]
    return Waveform(f"{record.device}: {record.number}", samples, rate)
