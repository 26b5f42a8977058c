"""Damage to a stream of bytes, of every kind that firmware, lines and attackers do."""

from __future__ import annotations

import random
from collections.abc import Callable

MOST_WOUNDS = 4
LONGEST_PIECE = 24  # bytes that are cut out, doubled or put in
EXTREMES = (
    b"\x00\x00",
    b"\xff\xff",
    b"\x7f\xff",
    b"\x80\x00",
    b"\x00\x01",
)  # of lengths and counts

Wound = Callable[[bytearray, random.Random], None]


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return `data` with one to MOST_WOUNDS wounds."""
    hurt = bytearray(data)
    for _ in range(rng.randint(1, MOST_WOUNDS)):
        if hurt:
            rng.choice(WOUNDS)(hurt, rng)
    return bytes(hurt)


def _piece(data: bytearray, rng: random.Random) -> slice:
    begin = rng.randrange(len(data))
    return slice(begin, begin + rng.randint(1, LONGEST_PIECE))


def flip(data: bytearray, rng: random.Random) -> None:
    """Turn a bit."""
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def change(data: bytearray, rng: random.Random) -> None:
    """Put any byte in the place of one."""
    data[rng.randrange(len(data))] = rng.randrange(256)


def cut_out(data: bytearray, rng: random.Random) -> None:
    """Lose some bytes."""
    del data[_piece(data, rng)]


def put_in(data: bytearray, rng: random.Random) -> None:
    """Add noise."""
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.randint(1, LONGEST_PIECE))


def double(data: bytearray, rng: random.Random) -> None:
    """Repeat some bytes."""
    part = _piece(data, rng)
    data[part] = data[part] * 2


def cut_off(data: bytearray, rng: random.Random) -> None:
    """Lose the end."""
    del data[rng.randrange(len(data)) :]


def exaggerate(data: bytearray, rng: random.Random) -> None:
    """Put an extreme number where a length or a count may be."""
    at = rng.randrange(len(data))
    data[at : at + 2] = rng.choice(EXTREMES)


WOUNDS: tuple[Wound, ...] = (flip, change, cut_out, put_in, double, cut_off, exaggerate)
