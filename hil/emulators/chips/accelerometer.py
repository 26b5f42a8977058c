"""What accelerometers at register level share: a register pointer, and samples that time brings."""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from collections import deque
from collections.abc import Mapping

from hil.emulators.chips.i2c_chip import Clock, I2cChip
from hil.emulators.chips.motion import Motion, Shock

REGISTERS = 0x40
FIFO_DEPTH = 32
LONGEST_QUIET = 0.5  # s of samples made after a long rest; earlier ones have left the FIFO

Sample = tuple[int, int, int]


class Accelerometer(I2cChip):
    """One accelerometer; `noise` is in g rms per axis, `identity` what it says it is."""

    at_reset: Mapping[int, int]
    """What registers hold that are not zero then."""

    identity_at: int
    read_only: frozenset[int]

    def __init__(
        self, motion: Motion, rng: random.Random, clock: Clock, *, noise: float, identity: int
    ) -> None:
        self._motion = motion
        self._rng = rng
        self._clock = clock
        self._start = clock()
        self._noise = noise
        self._identity = identity
        self.power_on()

    def power_on(self) -> None:
        """Take the state after reset: no samples, FIFO in bypass."""
        self._registers = bytearray(REGISTERS)
        for register, value in self.at_reset.items():
            self._registers[register] = value
        self._registers[self.identity_at] = self._identity
        self._pointer = 0
        self._fifo: deque[Sample] = deque()
        self._next_sample = math.inf

    def shock(self, peak: float, milliseconds: float, axis: str = "z") -> None:
        """See I2cChip."""
        self._motion.hit(Shock(self._now(), peak, milliseconds, axis))

    def write(self, data: bytes) -> None:
        """Point where the first byte says; the others go to registers from there on."""
        self._advance()
        if not data:
            return
        self._point(data[0])
        for value in data[1:]:
            if self._pointer not in self.read_only:
                self._set(self._pointer, value)
            self._move()

    def read(self, count: int) -> bytes:
        """Return registers from the pointer on."""
        self._advance()
        answer = bytearray()
        for _ in range(count):
            answer.append(self._get(self._pointer))
            self._move()
        return bytes(answer)

    def _point(self, first: int) -> None:
        self._pointer = first % REGISTERS

    def _move(self) -> None:
        """Go on to the next register."""
        self._pointer = (self._pointer + 1) % REGISTERS

    @abstractmethod
    def _set(self, register: int, value: int) -> None:
        """Take what is written to a register."""

    @abstractmethod
    def _get(self, register: int) -> int:
        """Return what is read of a register; a read may change the chip's state."""

    @abstractmethod
    def _advance(self) -> None:
        """Make the samples that are due."""

    def _now(self) -> float:
        return self._clock() - self._start

    def _felt(self, when: float) -> list[float]:
        """Return x, y and z in g, with their noise."""
        return [value + self._rng.gauss(0.0, self._noise) for value in self._motion.at(when)]
