"""Read points: which antenna looks where, and what it takes to believe a tag there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from agent.observe.smoothing import missed_rounds
from foundation.dataclass import dataclass

ANTENNA_LIST = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}:[0-9]{1,3}(-[0-9]{1,3})?"
ANTENNAS = rf"{ANTENNA_LIST}( *, *{ANTENNA_LIST})*"
STOCK_ENTRY = r"([0-9]{14}|[0-9]{1,13}\*)"
STOCK = rf"{STOCK_ENTRY}( *, *{STOCK_ENTRY})*"
_ENTRY = re.compile(r"[0-9]+\*?")
_PART = re.compile(r"([^:\s,]+):([0-9]+)(?:-([0-9]+))?")


class PointKind(StrEnum):
    """What stands at a read point."""

    GATE = "gate"  # goods pass: a door, a portal, the tail of a truck
    SHELF = "shelf"  # goods rest: a shelf, a cargo space, a room


class Side(StrEnum):
    """One side of a portal."""

    OUTER = "outer"
    INNER = "inner"


ROUND = {PointKind.GATE: 0.25, PointKind.SHELF: 60.0}
"""Seconds from one inventory round to the next: a portal reads on and on, a shelf on schedule."""

READS = {PointKind.GATE: 2, PointKind.SHELF: 1}
"""Reads that make a tag present. A tag carried past a door is read once; one on a shelf may wait
a minute for its second read, and should not."""

Antenna = tuple[str, int]
"""Device and antenna port."""


@dataclass(frozen=True, slots=True)
class ReadPoint:
    """One read point with its rules, complete; times in seconds, RSSI in dBm.

    `beams` names light beams (`device`, or `device:port` of its inputs) by the side where they are.
    `apart` is the least time that goods need from here to any other read point; 0: nobody said.
    `stock` names the articles that belong here. `single`: boxes pass one by one, so what is scanned
    and what is read are of one box.
    """

    name: str
    kind: PointKind
    antennas: tuple[Antenna, ...]
    sides: Mapping[Antenna, Side]
    beams: Mapping[str, Side]
    round: float
    missed: int
    reads: int
    rssi_floor: float
    apart: float
    raw: bool
    single: bool = False
    stock: tuple[str, ...] = ()

    @property
    def two_sided(self) -> bool:
        """Whether a direction can be told here."""
        return bool(self.sides or self.beams)


def antennas(text: str) -> tuple[Antenna, ...]:
    """Return what `reader:1-4, other:7` names; a text that ANTENNAS does not match gives none."""
    found: list[Antenna] = []
    for device, first, last in _PART.findall(text):
        found += ((device, port) for port in range(int(first), int(last or first) + 1))
    return tuple(found)


def read_point(values: Mapping[str, Any]) -> ReadPoint:
    """Make a read point of checked configuration values; a 0 becomes what fits the kind."""
    kind = PointKind(values["kind"])
    round_s = values["round"] or ROUND[kind]
    outer, inner = antennas(values["outer"]), antennas(values["inner"])
    sides = dict.fromkeys(outer, Side.OUTER) | dict.fromkeys(inner, Side.INNER)
    beams = {values["beam_outer"]: Side.OUTER, values["beam_inner"]: Side.INNER}
    beams.pop("", None)
    return ReadPoint(
        name=values["name"],
        kind=kind,
        antennas=tuple(dict.fromkeys((*antennas(values["antennas"]), *sides))),
        sides=sides,
        beams=beams,
        round=round_s,
        missed=values["missed_rounds"] or missed_rounds(round_s),
        reads=values["reads"] or READS[kind],
        rssi_floor=values["rssi_floor"],
        apart=values["apart"],
        raw=values["raw"],
        single=values["single"],
        stock=tuple(_ENTRY.findall(values["stock"])),
    )


class PointMap:
    """Finds the read point of an antenna: by the antenna, else by the device's own `read_point`."""

    def __init__(self, points: Sequence[ReadPoint], device_points: Mapping[str, str]) -> None:
        self._by_antenna = {antenna: point for point in points for antenna in point.antennas}
        self.by_name = {point.name: point for point in points}
        self._by_device = {
            device: self.by_name[name]
            for device, name in device_points.items()
            if name in self.by_name
        }

    def at(self, device: str, antenna: int, said: str = "") -> ReadPoint | None:
        """Return where that antenna looks, or None when nobody said.

        `said` is the read point that the reader's own configuration names.
        """
        by_antenna = self._by_antenna.get((device, antenna))
        return by_antenna or self.by_name.get(said) or self._by_device.get(device)

    def of_device(self, device: str) -> ReadPoint | None:
        """Return the read point of a device without antennas, a scanner say."""
        return self._by_device.get(device)


def shared(points: Iterable[ReadPoint]) -> list[tuple[Antenna, str, str]]:
    """Return the antennas that two read points claim, with the names of both."""
    owners: dict[Antenna, str] = {}
    claims = [(antenna, point.name) for point in points for antenna in point.antennas]
    return [
        (antenna, owners[antenna], name)
        for antenna, name in claims
        if owners.setdefault(antenna, name) != name
    ]
