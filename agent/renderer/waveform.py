"""The course of one impact along three axes, as SVG within a page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.renderer.catalogue import Words
from agent.renderer.columns import Frame, line
from agent.renderer.ink import path, picture
from agent.renderer.markup import Html, element
from agent.renderer.scale import decimals_of, value_lines, with_room

WIDTH, HEIGHT = 360, 140
LEFT, TOP, WIDE, HIGH = 36, 16, 318, 96  # the frame
FINE = 2  # columns and steps for one unit of the picture
ROOM, NARROW = 0.05, 0.5  # above and below the samples: a share, or g where they do not differ
MICROSECONDS = 1_000_000

AXES = ("x", "y", "z")
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Waveform:
    """Samples in g, `rate` of them a second, at least two; `label` says what it is."""

    label: str
    samples: Sequence[Vector]
    rate: float


def drawn(waveform: Waveform, words: Words) -> Html:
    """Return the picture: time in ms from the first sample on, acceleration in g."""
    frame = frame_of(waveform)
    paths = (
        path(f"data {axis}", line(frame, [_points(waveform, number)]))
        for number, axis in enumerate(AXES)
    )
    return picture(
        WIDTH,
        HEIGHT,
        waveform.label,
        element("g", *paths, transform=f"translate({LEFT} {TOP}) scale({1 / FINE})"),
        path("frame", f"M{LEFT} {TOP}h{WIDE}v{HIGH}h-{WIDE}z"),
        element("text", "g", x=2, y=TOP - 5),
        *_values(frame, words),
        *_times(frame, words),
        data_end=frame.end,
        data_low=frame.low,
        data_high=frame.high,
    )


def frame_of(waveform: Waveform) -> Frame:
    """Return the frame: all samples and zero are within; time in µs."""
    values = [0.0, *(value for sample in waveform.samples for value in sample)]
    low, high = (round(e, 4) for e in with_room(min(values), max(values), ROOM, NARROW))
    end = _moment(waveform, len(waveform.samples) - 1)
    return Frame(0, end, low, high, WIDE * FINE, HIGH * FINE)


def _moment(waveform: Waveform, number: int) -> int:
    return round(number * MICROSECONDS / waveform.rate)


def _points(waveform: Waveform, axis: int) -> list[tuple[int, float]]:
    return [
        (_moment(waveform, number), sample[axis]) for number, sample in enumerate(waveform.samples)
    ]


def _values(frame: Frame, words: Words) -> Iterator[Html]:
    lines = value_lines(frame.low, frame.high)
    for value in lines:
        y = TOP + frame.step(value) / FINE + 3
        shown = words.plain(value, decimals_of(lines))
        yield element("text", shown, x=LEFT - 4, y=y, text_anchor="end")


def _times(frame: Frame, words: Words) -> Iterator[Html]:
    lines = value_lines(0.0, frame.end / 1000)
    for value in lines:
        x = LEFT + frame.column(round(value * 1000)) / FINE
        shown = words.plain(value, decimals_of(lines))
        yield element("text", shown, x=x, y=TOP + HIGH + 12, text_anchor="middle")
    yield element("text", "ms", x=WIDTH, y=HEIGHT - 4, text_anchor="end")
