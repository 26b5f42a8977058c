"""A way on the ground as SVG within a page: a line, its ends and marks, a scale, north. Pure.

North is up. The line is drawn as on a plane that touches the earth in the middle of the way, which
is right to a percent for some hundred kilometres.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.renderer.catalogue import Words
from agent.renderer.ink import LOOKS, path, picture
from agent.renderer.markup import Html, element
from agent.renderer.scale import ROUND

WIDTH, HEIGHT = 360, 260
MARGIN = 24
FINE = 2  # steps for one unit of the picture
KM_A_DEGREE = 111.195  # of latitude: 6371 km mean radius (IUGG), times π / 180
LEAST_KM = 0.2  # what is drawn of a vehicle that stood
MOST_POINTS = 1500  # of the line: 9 kB at most
SCALE_SHARE = 0.35  # of the width that the scale takes at most
TURN = 360.0

Place = tuple[float, float]
"""Degrees north and east."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A named point; `kind` is its class: mark, end or name."""

    place: Place
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class RouteMap:
    """A way: runs of places between which the position was known, and marks beside it."""

    label: str
    runs: Sequence[Sequence[Place]]
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Plane:
    """Turns places into steps; `km` are those of the picture's inner width."""

    lat: float
    lon: float
    scale: float  # steps for a kilometre

    def at(self, place: Place) -> tuple[int, int]:
        """Return the steps from the left and from the top."""
        east = (place[1] - self.lon + TURN / 2) % TURN - TURN / 2
        x = east * math.cos(math.radians(self.lat)) * KM_A_DEGREE * self.scale
        y = (self.lat - place[0]) * KM_A_DEGREE * self.scale
        return round(WIDTH * FINE / 2 + x), round(HEIGHT * FINE / 2 + y)


def drawn(way: RouteMap, words: Words) -> Html:
    """Return the picture."""
    plane = plane_of(way)
    runs = thinned([[plane.at(place) for place in run] for run in way.runs])
    across = [(before[-1], after[0]) for before, after in pairwise(runs)]
    return picture(
        WIDTH,
        HEIGHT,
        way.label,
        path("frame", f"M1 1h{WIDTH - 2}v{HEIGHT - 2}h-{WIDTH - 2}z"),
        element(
            "g",
            path("across", "".join(map(_line, across))),
            path("data", "".join(map(_line, runs))),
            transform=f"scale({1 / FINE})",
        ),
        *(_mark(plane, mark) for mark in way.marks),
        *_scale_bar(plane, words),
        *_north(words),
        data_scale=round(plane.scale, 6),
    )


def plane_of(way: RouteMap) -> Plane:
    """Return the plane on which all of the way is within the picture's margins."""
    places = [place for run in way.runs for place in run]
    first = places[0][1]
    easts = [(lon - first + TURN / 2) % TURN - TURN / 2 for _, lon in places]
    lats = [lat for lat, _ in places]
    lat, lon = (min(lats) + max(lats)) / 2, first + (min(easts) + max(easts)) / 2
    high = (max(lats) - min(lats)) * KM_A_DEGREE
    wide = (max(easts) - min(easts)) * math.cos(math.radians(lat)) * KM_A_DEGREE
    room_x, room_y = ((side - 2 * MARGIN) * FINE for side in (WIDTH, HEIGHT))
    return Plane(lat, lon, min(room_x / max(wide, LEAST_KM), room_y / max(high, LEAST_KM)))


def thinned(runs: Sequence[Sequence[tuple[int, int]]]) -> list[list[tuple[int, int]]]:
    """Return the runs without points that fall on the one before, on a grid as coarse as needed."""
    grid = 1
    while True:
        found = [_on_grid(run, grid) for run in runs]
        if sum(map(len, found)) <= max(MOST_POINTS, 2 * len(runs)):
            return found
        grid *= 2


def _on_grid(run: Sequence[tuple[int, int]], grid: int) -> list[tuple[int, int]]:
    kept = [run[0]]
    for point in run[1:-1]:
        if abs(point[0] - kept[-1][0]) >= grid or abs(point[1] - kept[-1][1]) >= grid:
            kept.append(point)
    return [*kept, run[-1]] if len(run) > 1 else kept


def _line(run: Sequence[tuple[int, int]]) -> str:
    hops = (f"l{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(run))
    return f"M{run[0][0]} {run[0][1]}" + ("".join(hops) or "h0")


def _mark(plane: Plane, mark: Mark) -> Html:
    x, y = (step / FINE for step in plane.at(mark.place))
    left = x > WIDTH * 2 / 3
    beside = -6 if left else 6
    above = 12 if mark.kind == "name" else -5  # a place's name must not lie on a mark's
    return element(
        "g",
        element(
            "circle", class_=mark.kind, cx=x, cy=y, r=2 if mark.kind == "name" else 4,
            **LOOKS[mark.kind],
        ),
        element(
            "text", mark.name, x=x + beside, y=y + above,
            text_anchor="end" if left else "start",
        ),
    )  # fmt: skip


def _scale_bar(plane: Plane, words: Words) -> Iterator[Html]:
    """Yield a bar of a round length, as long as fits into its share of the width."""
    most = WIDTH * SCALE_SHARE * FINE / plane.scale
    power = 10.0 ** math.floor(math.log10(most))
    km = max(each * power for each in ROUND if each * power <= most)
    length = round(km * plane.scale / FINE, 1)
    y = HEIGHT - 10
    yield path("bar", f"M10 {y - 4}v4h{length}v-4")
    told = words.plain(km * 1000, 0) + " m" if km < 1 else words.plain(km, 0) + " km"
    yield element("text", told, x=14, y=y - 5)


def _north(words: Words) -> Iterator[Html]:
    x = WIDTH - 16
    yield path("end", f"M{x} 8l5 14l-5-4l-5 4z")
    yield element("text", words("map.north"), x=x, y=34, text_anchor="middle")
