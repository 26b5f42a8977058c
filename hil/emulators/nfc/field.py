"""The air between a reader and ISO 14443 type A cards: bits, collisions, a card that leaves.

Bits are data bits in the order of the air, least significant first, without parity.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hil.emulators.choices import chosen

CARRIER = 13.56e6  # Hz
BIT = 128 / CARRIER  # s at 106 kbit/s
FRAME_DELAY = 1236 / CARRIER  # s from the end of a command to the answer, ISO 14443-3 §6.2.1.1
BYTE = 8  # bits
ANTICOLLISION_BITS = 40  # longer answers are data
TORN_AFTER = 28  # bits

Bits = list[int]


def bits_of(data: bytes, last: int = 0) -> Bits:
    """Return the bits of `data`, of whose last byte only `last` bits count (0: all)."""
    bits = [byte >> at & 1 for byte in data for at in range(BYTE)]
    return bits[: len(bits) - BYTE + last] if last else bits


def bytes_of(bits: Sequence[int]) -> bytes:
    """Return bits as bytes; the last may be incomplete."""
    return bytes(
        sum(bit << at for at, bit in enumerate(bits[start : start + BYTE]))
        for start in range(0, len(bits), BYTE)
    )


def crc_a(data: bytes) -> bytes:
    """Return CRC_A as it follows `data` (ISO 14443-3 annex B): low byte first."""
    crc = 0x6363
    for byte in data:
        crc ^= byte
        for _ in range(BYTE):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a card sends, `delay` seconds after the command's end."""

    bits: Bits
    delay: float = FRAME_DELAY


class Card(Protocol):
    """A card as the field sees it."""

    def power(self) -> None:
        """Come up in the field: all state is lost."""
        ...

    def hear(self, bits: Bits, *, encrypted: bool) -> Answer | None:
        """Take a frame of the reader; None when the card keeps silent."""
        ...

    def authenticate(self, command: int, block: int, key: bytes, uid: bytes) -> bool:
        """Whether the reader's key opens the block; the three passes of MIFARE Classic."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """What the reader's antenna got: the bits, and the index of the first that collided."""

    bits: Bits
    collision: int | None
    delay: float


class Place:
    """A card and when it lies in the field: `enter` to `leave`, in seconds since the start."""

    def __init__(self, card: Card, enter: float = 0.0, leave: float = math.inf) -> None:
        self.card = card
        self.held = True  # put down by hand, as `plug` and `unplug` do
        self._enter, self._leave = enter, leave
        self._powered = False
        self._tear = False
        self._flip = False

    def plug(self) -> None:
        """Put the card into the field."""
        self.held = True

    def unplug(self) -> None:
        """Take it away."""
        self.held = False

    def fault(self, kind: str) -> None:
        """`tear`: it is taken away in the middle of its next long answer; `flip`: a bit turns."""
        chosen({"tear": self._tear_next, "flip": self._flip_next}, kind, "a card has no fault")()

    def _tear_next(self) -> None:
        self._tear = True

    def _flip_next(self) -> None:
        self._flip = True

    def supply(self, at: float, *, field: bool) -> bool:
        """Whether the card has power now; it starts anew whenever it comes back."""
        present = field and self.held and self._enter <= at < self._leave
        if present and not self._powered:
            self.card.power()
        self._powered = present
        return present

    def hear(self, bits: Bits, *, encrypted: bool) -> Answer | None:
        """Return the card's answer, cut or damaged if a fault was asked for."""
        answer = self.card.hear(bits, encrypted=encrypted)
        if answer is None:
            return None
        if self._tear and len(answer.bits) > ANTICOLLISION_BITS:
            answer = Answer(answer.bits[:TORN_AFTER], answer.delay)
            self._tear = self.held = False
        if self._flip and len(answer.bits) > ANTICOLLISION_BITS:
            self._flip = False
            answer = Answer([answer.bits[0] ^ 1, *answer.bits[1:]], answer.delay)
        return answer


class Field:
    """All cards near one antenna."""

    def __init__(
        self, places: Sequence[Place], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.places = places
        self.on = False
        self._clock = clock
        self._began = clock()

    def switch(self, *, on: bool) -> None:
        """Turn the carrier on or off; without it the cards forget."""
        self.on = on
        self._powered()

    def _powered(self) -> list[Place]:
        at = self._clock() - self._began
        return [place for place in self.places if place.supply(at, field=self.on)]

    def exchange(self, bits: Bits, *, encrypted: bool = False) -> Received | None:
        """Send a frame to all cards; return their answers as they mix, or None."""
        heard = [place.hear(bits, encrypted=encrypted) for place in self._powered()]
        answers = [answer for answer in heard if answer is not None and answer.bits]
        return mixed(answers) if answers else None

    def authenticate(self, command: int, block: int, key: bytes, uid: bytes) -> bool:
        """Whether a card in the field took the key."""
        return any(place.card.authenticate(command, block, key, uid) for place in self._powered())


def mixed(answers: Sequence[Answer]) -> Received:
    """Return several answers as one: where two bits differ, both halves of it are modulated."""
    length = max(len(answer.bits) for answer in answers)
    bits: Bits = []
    collision = None
    for at in range(length):
        sent = {answer.bits[at] for answer in answers if at < len(answer.bits)}
        if len(sent) > 1 and collision is None:
            collision = at
        bits.append(max(sent))
    return Received(bits, collision, max(answer.delay for answer in answers))
