"""A plot of one value over time, as SVG within a page: its course, limits and unknown time. Pure.

The picture is 360 wide, as a phone is, so that its letters can be read there; what is drawn has two
columns for each of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.renderer.catalogue import Words
from agent.renderer.columns import Frame, Run, bands, line
from agent.renderer.ink import LOOKS, path, picture
from agent.renderer.markup import Html, element, joined
from agent.renderer.scale import (
    DAY,
    MINUTE,
    decimals_of,
    time_lines,
    time_step,
    value_lines,
    with_room,
)
from agent.renderer.zone import Zone, offset_words

WIDTH, HEIGHT = 360, 172
LEFT, TOP, WIDE, HIGH = 36, 16, 318, 120  # the frame
FINE = 2  # columns and steps for one unit of the picture
STRIP_TOP, STRIP_HIGH = -22, 14  # of excursions and alarms, above the frame, in steps
ROOM = 0.06  # of the range above and below the values
NARROW = 0.5  # the same, of values that do not differ

EDGE = 8  # from the frame's end, where a name in the middle would be cut off

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Limit:
    """A value beyond which a rule looks, with the words beside its line."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn; times in ms of UTC, `start` before `end`. `label` says all of it in words."""

    label: str
    unit: str
    start: int
    end: int
    runs: Sequence[Run]
    unknown: Sequence[Span] = ()
    limits: Sequence[Limit] = ()
    excursions: Sequence[Span] = ()
    alarms: Sequence[Span] = ()


def drawn(plot: Plot, zone: Zone, words: Words) -> Html:
    """Return the picture; `data-` attributes tell programs what its frame spans."""
    frame = frame_of(plot)
    fine = (
        path("unknown", bands(frame, plot.unknown, 0, frame.steps)),
        *_times(frame, zone),
        *_limits(frame, plot.limits),
        path("excursion", bands(frame, plot.excursions, STRIP_TOP, STRIP_HIGH)),
        path("alarm", bands(frame, plot.alarms, STRIP_TOP, STRIP_HIGH)),
        path("data", line(frame, plot.runs)),
    )
    moved = f"translate({LEFT} {TOP}) scale({1 / FINE})"
    return picture(
        WIDTH,
        HEIGHT,
        plot.label,
        element("g", *fine, transform=moved),
        path("frame", f"M{LEFT} {TOP}h{WIDE}v{HIGH}h-{WIDE}z"),
        *_values(frame, plot, words),
        *_time_names(frame, zone),
        data_start=frame.start,
        data_end=frame.end,
        data_low=frame.low,
        data_high=frame.high,
    )


def frame_of(plot: Plot) -> Frame:
    """Return the frame: all values and limits are within."""
    values = [value for run in plot.runs for _, value in run]
    values += [limit.value for limit in plot.limits]
    least, most = min(values, default=0.0), max(values, default=0.0)
    low, high = (round(each, 6) for each in with_room(least, most, ROOM, NARROW))
    return Frame(plot.start, plot.end, low, high, WIDE * FINE, HIGH * FINE)


def _limits(frame: Frame, limits: Sequence[Limit]) -> Iterator[Html]:
    """Yield a line for each limit; its name is beside the frame's end."""
    for limit in limits:
        y = frame.step(limit.value)
        yield path("limit", f"M0 {y}H{frame.columns}")


def _values(frame: Frame, plot: Plot, words: Words) -> Iterator[Html]:
    """Yield the numbers at the left, where there is a value at all, and the limits' names."""
    yield element("text", plot.unit, x=2, y=TOP - 5)
    if not plot.runs and not plot.limits:
        return
    lines = value_lines(frame.low, frame.high)
    decimals = decimals_of(lines)
    for value in lines:
        y = _y(frame, value)
        shown = words.plain(value, decimals)
        yield element("text", shown, x=LEFT - 4, y=y + 3, text_anchor="end")
    for limit in plot.limits:
        y = _y(frame, limit.value) - 3
        right = LEFT + WIDE - 3
        look = LOOKS["limit-name"]
        yield element(
            "text", limit.name, class_="limit-name", x=right, y=y, text_anchor="end", **look
        )


def _y(frame: Frame, value: float) -> float:
    return TOP + frame.step(value) / FINE


def _x(frame: Frame, moment: int) -> float:
    return LEFT + frame.column(moment) / FINE


def _times(frame: Frame, zone: Zone) -> Iterator[Html]:
    """Yield a line for each round time, and for each change of the offset from UTC."""
    ticks = "".join(
        f"M{frame.column(at)} 0v{frame.steps}" for at in time_lines(zone, frame.start, frame.end)
    )
    yield path("tick", ticks)
    for change in zone.changes(frame.start, frame.end):
        yield path("offset", f"M{frame.column(change.at)} 0v{frame.steps}")


def _time_names(frame: Frame, zone: Zone) -> Iterator[Html]:
    """Yield the times below, the day where it is another, and what a change of offset does."""
    step, day = time_step(frame.start, frame.end), ""
    below = TOP + HIGH + 12
    for at in time_lines(zone, frame.start, frame.end):
        local = zone.local(at)
        if local is None:
            continue
        x, date = _x(frame, at), f"{local:%m-%d}"
        clock = "" if step >= DAY else f"{local:%H:%M:%S}" if step < MINUTE else f"{local:%H:%M}"
        anchor = "middle"
        if x > LEFT + WIDE - EDGE:
            anchor, x = "end", WIDTH
        if clock:
            yield element("text", clock, x=x, y=below, text_anchor=anchor)
        if date != day:
            yield element("text", date, x=x, y=below + 12 * bool(clock), text_anchor=anchor)
            day = date
    for change in zone.changes(frame.start, frame.end):
        told = f"{offset_words(change.before)} → {offset_words(change.after)}"
        x = _x(frame, change.at)
        yield element("text", told, x=x, y=HEIGHT - 2, text_anchor="middle")


def runs_of(points: Sequence[tuple[int, float]], unknown: Sequence[Span]) -> list[Run]:
    """Return points in the order of time as runs, parted where unknown time lies between two."""
    runs: list[list[tuple[int, float]]] = []
    starts = sorted(start for start, end in unknown if end > start)
    index = 0
    for point in points:
        parted = False
        while index < len(starts) and starts[index] < point[0]:
            index, parted = index + 1, True
        if parted or not runs:
            runs.append([])
        runs[-1].append(point)
    return list(runs)


def key(names: Sequence[tuple[str, str]]) -> Html:
    """Return what the colours mean: pairs of a class and its meaning."""
    signs = [element("span", element("i", class_=name), told) for name, told in names]
    return element("p", joined(signs), class_="key")
