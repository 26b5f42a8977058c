"""Seeded damage to a stream of bytes: what a bad cable does between device and driver."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator

Write = Callable[[bytes], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]

LONGEST_GARBAGE = 12  # bytes in one burst of noise


class Faults:
    """Damages everything written through `around(write)`; the same seed damages the same bytes.

    `split` writes each byte alone. `garbage` is the chance of a burst of noise before a write,
    `drop` that a byte is lost, `flip` that one of its bits turns. `delay` is the longest wait in
    seconds before each piece.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        split: bool = False,
        garbage: float = 0.0,
        drop: float = 0.0,
        flip: float = 0.0,
        delay: float = 0.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rng = random.Random(seed)
        self._split = split
        self._garbage = garbage
        self._drop = drop
        self._flip = flip
        self._delay = delay
        self._sleep = sleep
        self.damaged = 0  # bytes added, lost or changed

    def around(self, write: Write) -> Write:
        """Return a write that damages and passes on."""

        async def damaged(data: bytes) -> None:
            for piece in self._pieces(self._damage(data)):
                if self._delay:
                    await self._sleep(self._delay * self._rng.random())
                await write(piece)

        return damaged

    def _damage(self, data: bytes) -> bytes:
        damaged = bytearray()
        if self._happens(self._garbage):
            damaged += self._rng.randbytes(self._rng.randint(1, LONGEST_GARBAGE))
            self.damaged += len(damaged)
        for byte in data:
            if self._happens(self._drop):
                self.damaged += 1
            elif self._happens(self._flip):
                self.damaged += 1
                damaged.append(byte ^ 1 << self._rng.randrange(8))
            else:
                damaged.append(byte)
        return bytes(damaged)

    def _happens(self, chance: float) -> bool:
        return chance > 0.0 and self._rng.random() < chance

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        if not self._split:
            yield data
            return
        for at in range(len(data)):
            yield data[at : at + 1]
