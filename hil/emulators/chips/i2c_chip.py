"""What a chip on an emulated I2C bus is: bytes written to it, bytes read from it, or no answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hil.emulators.choices import chosen

Clock = Callable[[], float]
"""Returns seconds; only differences count."""

Fault = Callable[[], None]
"""Causes a fault once."""


class Nack(Exception):
    """The chip does not acknowledge: not its command, or not ready yet."""


class I2cChip(ABC):
    """A chip as its bus sees it. One call is one message, from START to STOP or repeated START."""

    model: str
    """What a person calls it, with the article: "an LM75"."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Take the bytes of a write message; raises Nack."""

    @abstractmethod
    def read(self, count: int) -> bytes:
        """Return `count` bytes for a read message; raises Nack."""

    @abstractmethod
    def power_on(self) -> None:
        """Forget everything, as after a loss of supply."""

    def shock(self, peak: float, milliseconds: float, axis: str = "z") -> None:
        """Hit the chip now with `peak` g; ValueError when it does not feel shocks."""
        raise ValueError(f"{self.model} does not feel shocks")

    def warm(self, kelvin: float, seconds: float) -> None:
        """Let warmer air come to the chip for a while; ValueError when it feels none."""
        raise ValueError(f"{self.model} cannot be warmed here")

    def faults(self) -> dict[str, Fault]:
        """Return what can go wrong, by name; a chip adds its own to what any of them has."""
        return {"reset": self.power_on}  # a dip of the supply

    def fault(self, kind: str) -> None:
        """Cause a fault once; ValueError names the kinds there are."""
        chosen(self.faults(), kind, f"{self.model} has no fault")()


@dataclass(frozen=True, slots=True)
class ChipKind:
    """An entry of the table of chips.

    `address` is the chip's as it comes. `make` returns one from a seed, a clock and the settings of
    a rig's table (keyword-only arguments). `driver` is the kind of device that an agent configures
    for it, `options` what this driver must be told to know the chip. `about` says what the settings
    mean.
    """

    name: str
    about: str
    address: int
    make: Callable[..., I2cChip]
    driver: str
    options: Mapping[str, str] = field(default_factory=dict)
