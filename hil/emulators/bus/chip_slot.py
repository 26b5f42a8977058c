"""A place on an emulated I2C bus, and all that can happen to the chip there."""

from __future__ import annotations

import errno
import random
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from hil.emulators.chips.i2c_chip import Fault, I2cChip
from hil.emulators.choices import chosen

ENDS = {"nack": errno.EREMOTEIO, "error": errno.EIO}
"""Faults that end a transfer, each with its errno of a Raspberry Pi's controller (i2c-bcm2835)."""


NOTHING: Mapping[str, Any] = MappingProxyType({})


class BusFault(Exception):
    """The transfer ends with this errno."""

    def __init__(self, number: int) -> None:
        super().__init__(errno.errorcode[number])
        self.number = number


class ChipSlot:
    """The chip at `address`, whether it is plugged, and what is wrong with its wires.

    `faults` are shares of the transfers that suffer one: `nack`, `error` or one of the chip's own.
    """

    def __init__(
        self,
        name: str,
        chip: I2cChip,
        rng: random.Random,
        *,
        address: int,
        faults: Mapping[str, Any] = NOTHING,
    ) -> None:
        self.name = name
        self.chip = chip
        self.address = address
        self.plugged = True
        self.claimed = False  # by a kernel driver: I2C_SLAVE answers EBUSY
        self._rng = rng
        self._rates = dict(faults)
        self._once: str | None = None
        for kind in faults:
            chosen(dict.fromkeys((*ENDS, *chip.faults())), kind, f"no transfer of {name} suffers")

    def plug(self) -> None:
        """Give the chip its supply again; it starts from reset."""
        if not self.plugged:
            self.chip.power_on()
        self.plugged = True

    def unplug(self) -> None:
        """Take the chip off the bus: nobody acknowledges its address."""
        self.plugged = False

    def faults(self) -> dict[str, Fault]:
        """`nack`, `error`: the next transfer fails so. `busy`, `free`: a kernel driver takes the
        address, and leaves it. The others are the chip's own.
        """
        ends = {kind: partial(self._end_next, kind) for kind in ENDS}
        return self.chip.faults() | ends | {"busy": self._claim, "free": self._release}

    def fault(self, kind: str) -> None:
        """Cause a fault; ValueError names the kinds there are."""
        chosen(self.faults(), kind, f"{self.name} has no fault")()

    def _end_next(self, kind: str) -> None:
        self._once = kind

    def _claim(self) -> None:
        self.claimed = True

    def _release(self) -> None:
        self.claimed = False

    def shock(self, peak: float, milliseconds: float, axis: str = "z") -> None:
        """Hit the chip now; ValueError when it does not feel shocks."""
        self.chip.shock(peak, milliseconds, axis)

    def warm(self, kelvin: float, seconds: float) -> None:
        """Let warmer air come to the chip for a while; ValueError when it feels none."""
        self.chip.warm(kelvin, seconds)

    def begin(self) -> None:
        """Raise what goes wrong with the transfer that starts now."""
        kind, self._once = self._once, None
        for name, rate in self._rates.items():
            if kind is None and self._rng.random() < rate:
                kind = name
        if not self.plugged:
            raise BusFault(errno.EREMOTEIO)
        if kind in ENDS:
            raise BusFault(ENDS[kind])
        if kind is not None:
            self.chip.fault(kind)
