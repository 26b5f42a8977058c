"""What is in front of an emulated UHF reader: tags, each on some of the antennas."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from hil.emulators.settings import made

PREFIX = 614141  # GS1 company prefix of GS1's own examples
RSSI = -55.0  # dBm, of a tag of which nothing else is said
TID_HEAD = "E2801160"  # a Gen2 chip of Impinj's, Monza R6


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, the antennas that hear it, and when: `enter` to `leave` seconds after the start.

    One of a `group` is there only while the group was brought.
    """

    epc: bytes
    antennas: tuple[int, ...] = (1,)
    rssi: float = RSSI  # dBm
    enter: float = 0.0
    leave: float = math.inf
    tid: bytes = b""
    pc: int = 0x3000
    group: str = ""
    bits: int = 0  # of the EPC that count; 0: all

    def present(self, at: float) -> bool:
        """Whether it is in the field `at` seconds after the start."""
        return self.enter <= at < self.leave


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer of a tag."""

    tag: Tag
    antenna: int
    rssi: float
    phase: int  # 4096ths of a circle
    channel: int


def tag(table: Mapping[str, Any]) -> Tag:
    """Return a tag from a table with `epc` and `tid` in hexadecimal, `antenna` or `antennas`."""
    return made("a tag", _tag, table)


def _tag(
    *,
    epc: bytes,
    tid: bytes | None = None,
    antenna: int = 1,
    antennas: Iterable[int] | None = None,
    pc: int | None = None,
    rssi: float = RSSI,
    enter: float = 0.0,
    leave: float = math.inf,
    group: str = "",
    bits: int = 0,
) -> Tag:
    """Return a tag with the TID and the PC that its EPC suggests, where none is given."""
    serial = int.from_bytes(epc[-8:])
    return Tag(
        epc=epc,
        antennas=(antenna,) if antennas is None else tuple(antennas),
        rssi=rssi,
        enter=enter,
        leave=leave,
        tid=bytes.fromhex(f"{TID_HEAD}{serial:016X}") if tid is None else tid,
        pc=(len(epc) + 1) // 2 << 11 if pc is None else pc,
        group=group,
        bits=bits,
    )


def some_tags(count: int, antennas: int, rng: random.Random) -> list[Tag]:
    """Return `count` SGTIN-96 tags, one after another over the antennas."""
    return [
        tag(
            {
                "epc": f"{sgtin96(812345 + number // 1000, number):024X}",
                "antenna": number % antennas + 1,
                "rssi": rng.uniform(-68.0, -40.0),
            }
        )
        for number in range(count)
    ]


def sgtin96(item: int, serial: int) -> int:
    """Return header, filter 3, partition 5, a company prefix of seven digits, item and serial."""
    head = (0x30 << 6 | 3 << 3 | 5) << 24 | PREFIX
    return (head << 20 | item) << 38 | serial


class Field:
    """Tags that answer: in turn, with the chance `read_rate` and a strength that varies."""

    def __init__(
        self, tags: Iterable[Tag], *, read_rate: float, noise: float, rng: random.Random
    ) -> None:
        self.tags = list(tags)
        self._read_rate = read_rate
        self._noise = noise
        self._rng = rng
        self._groups: dict[str, frozenset[int]] = {one.group: frozenset() for one in self.tags}
        self._turn = cycle([(one, antenna) for one in self.tags for antenna in one.antennas])
        self._pairs = sum(len(one.antennas) for one in self.tags)

    def bring(self, group: str, antennas: Iterable[int]) -> None:
        """Put a group before these antennas only; none take it away. ValueError for no such one."""
        if not group or group not in self._groups:
            raise ValueError(f"there is no group {group!r}")
        self._groups[group] = frozenset(antennas)

    def _there(self, one: Tag, antenna: int, at: float) -> bool:
        return one.present(at) and (not one.group or antenna in self._groups[one.group])

    def rounds(self, tries: int, at: float, antennas: frozenset[int]) -> Iterator[Heard]:
        """Ask the next `tries` tags that are present on `antennas`, and yield what answers."""
        looked = 0
        while tries > 0 and looked < self._pairs + tries and self._pairs:
            looked += 1
            one, antenna = next(self._turn)
            if antenna not in antennas or not self._there(one, antenna, at):
                continue
            tries -= 1
            if self._rng.random() < self._read_rate:
                yield self._heard(one, antenna)

    def _heard(self, one: Tag, antenna: int) -> Heard:
        strength = max(-90.0, min(-10.0, self._rng.gauss(one.rssi, self._noise)))
        return Heard(one, antenna, strength, self._rng.randrange(4096), self._rng.randint(1, 50))
