"""One node of an emulated Zigbee network: what it measures, whose it is, whom it believes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hil.emulators.choices import listed
from hil.emulators.settings import made

Network = tuple[bytes, bytes, int, int]
"""Key, extended PAN, PAN and channel: a node hears nobody with others."""

BASIC, POWER, IDENTIFY, SWITCH, ZONE, SHELF = 0x0000, 0x0001, 0x0003, 0x0006, 0x0500, 0xFCE1
TEXT, BOOLEAN, BITMAP16, UINT8, UINT16, INT16, ENUM8, ENUM16, IEEE = (
    0x42, 0x10, 0x19, 0x20, 0x21, 0x29, 0x30, 0x31, 0xF0
)  # fmt: skip
FORMATS = {
    BOOLEAN: "<B",
    BITMAP16: "<H",
    UINT8: "<B",
    UINT16: "<H",
    INT16: "<h",
    ENUM8: "<B",
    ENUM16: "<H",
}
CONTACT = 0x0015  # zone type: a door or window
MAIN, REDUCED = 1, 2  # logical types: router, end device


class Measure(NamedTuple):
    """Where a quantity is told: `scale` times its value is sent."""

    cluster: int
    attribute: int
    type: int
    scale: float
    first: float


MEASURES = {
    "temperature": Measure(0x0402, 0x0000, INT16, 100, 4.0),
    "humidity": Measure(0x0405, 0x0000, UINT16, 100, 60.0),
    "pressure": Measure(0x0403, 0x0000, INT16, 1, 1013.0),
    "battery": Measure(POWER, 0x0020, UINT8, 10, 3.0),
    "percent": Measure(POWER, 0x0021, UINT8, 2, 100.0),
    "contact": Measure(ZONE, 0x0002, BITMAP16, 1, 0),
    "switch": Measure(SWITCH, 0x0000, BOOLEAN, 1, 0),
}


class Node:
    """A node with its state on the air.

    `ieee` as people write it, sixteen digits. `measures` are words of MEASURES, or `shelf`. A
    `router` routes for others; one that is `stubborn` lets nodes in for ever. An end device polls
    its parent every `poll` seconds, reports every `every` seconds (0: as it is told to), and looks
    for another parent if it `moves`. With a `short_descriptor` its interview never ends. One that
    does not tell its setup reports as it was told, and knows no question for it. One with a
    `link_key`, that of its install code, joins where the coordinator was given it.
    """

    def __init__(
        self,
        *,
        ieee: bytes,
        measures: tuple[str, ...] = ("temperature",),
        router: bool = False,
        stubborn: bool = False,
        parent: str = "",
        every: float = 0.0,
        poll: float = 0.1,
        moves: bool = True,
        short_descriptor: bool = False,
        tells_setup: bool = True,
        link_key: bytes = b"",
        maker: str = "ACME",
        model: str = "TH-1",
        lqi: int = 180,
    ) -> None:
        for word in measures:
            if word not in MEASURES and word != "shelf":
                raise ValueError(f"no node measures {word!r}, only {listed([*MEASURES, 'shelf'])}")
        self.name = ieee.hex()
        self.ieee = ieee[::-1]  # as it goes over the air
        self.measures = measures
        self.router, self.stubborn, self.moves = router, stubborn, moves
        self.parent = parent
        self.every, self.poll = every, poll
        self.short_descriptor = short_descriptor
        self.tells_setup = tells_setup
        self.link_key = link_key
        self.maker, self.model, self.lqi = maker, model, lqi
        self.address = 0
        self.network: Network | None = None
        self.counter = 0  # the highest frame counter of the coordinator that it heard
        self.alive = True
        self.linked = True
        self.open_until = 0.0
        self.bound: set[int] = set()
        self.reporting: dict[tuple[int, int], tuple[int, int, bytes]] = {}
        self.attributes = self._born_with()
        self._tsn = 0

    def _born_with(self) -> dict[tuple[int, int], tuple[int, bytes]]:
        found = {
            (BASIC, 0x0004): (TEXT, _text(self.maker)),
            (BASIC, 0x0005): (TEXT, _text(self.model)),
        }
        if "contact" in self.measures:
            found[ZONE, 0x0000] = (ENUM8, b"\0")
            found[ZONE, 0x0001] = (ENUM16, struct.pack("<H", CONTACT))
            found[ZONE, 0x0010] = (IEEE, bytes(8))
        for word in self.measures:
            if word in MEASURES:
                measure = MEASURES[word]
                key = measure.cluster, measure.attribute
                found[key] = (measure.type, _number(measure, measure.first))
        return found

    @property
    def clusters(self) -> list[int]:
        """The numbers of its clusters."""
        told = {cluster for cluster, _ in self.attributes}
        shelf = {SHELF} if "shelf" in self.measures else set()
        return sorted(told | shelf | {BASIC, IDENTIFY})

    def set(self, word: str, value: float) -> tuple[int, int]:
        """Measure a value; return where it is told. ValueError for what it does not measure."""
        if word not in self.measures or word not in MEASURES:
            raise ValueError(f"{self.name} measures no {word!r}, only {listed(self.measures)}")
        measure = MEASURES[word]
        key = measure.cluster, measure.attribute
        self.attributes[key] = (measure.type, _number(measure, value))
        return key

    def tick(self) -> int:
        """Return the next transaction number."""
        self._tsn = (self._tsn + 1) % 256
        return self._tsn

    def report(self, cluster: int, attributes: Iterable[int]) -> bytes:
        """Return the ZCL frame that reports attributes of a cluster."""
        body = b"".join(
            struct.pack("<HB", number, self.attributes[cluster, number][0])
            + self.attributes[cluster, number][1]
            for number in attributes
        )
        return bytes([0x18, self.tick(), 0x0A]) + body

    def hears(self, network: Network | None, counter: int) -> bool:
        """Whether it believes a frame of that network and number, which it then has heard."""
        if network is None or network != self.network or counter <= self.counter:
            return False
        self.counter = counter
        return True


def node(table: Mapping[str, Any]) -> Node:
    """Return a node from a table of settings; SettingError says which does not fit."""
    return made("a Zigbee node", Node, table)


def _number(measure: Measure, value: float) -> bytes:
    return struct.pack(FORMATS[measure.type], round(value * measure.scale))


def _text(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()
