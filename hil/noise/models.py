"""What a bad line or a slow UART does to a burst of sentences."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

Damage = Callable[[bytes, random.Random], bytes]


class Model(NamedTuple):
    """`share` is its part of all epochs."""

    name: str
    share: float
    damage: Damage


def flips(chance: float) -> Damage:
    """Turn one bit in each byte with that chance: a line too long, or badly grounded."""

    def flip(data: bytes, rng: random.Random) -> bytes:
        return bytes(
            byte ^ 1 << rng.randrange(8) if rng.random() < chance else byte for byte in data
        )

    return flip


def overrun(longest: int) -> Damage:
    """Lose one run of up to `longest` bytes: nobody emptied the UART in time."""

    def lose(data: bytes, rng: random.Random) -> bytes:
        begin, length = rng.randrange(len(data)), rng.randint(1, longest)
        return data[:begin] + data[begin + length :]

    return lose


MODELS: Mapping[str, Model] = MappingProxyType(
    {
        model.name: model
        for model in (
            Model("bits flip, 1 of 1,000 bytes", 1 / 7, flips(1e-3)),
            Model("bits flip, 3 of 1,000 bytes", 1 / 7, flips(3e-3)),
            Model("1 to 200 bytes lost each second", 2.5 / 7, overrun(200)),
            Model("1 to 30 bytes lost each second", 2.5 / 7, overrun(30)),
        )
    }
)
