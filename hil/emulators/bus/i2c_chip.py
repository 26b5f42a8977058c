"""What a chip on an emulated I2C bus is: bytes written to it, bytes read from it, or no answer."""

from __future__ import annotations

from typing import Protocol


class Nack(Exception):
    """The chip does not acknowledge: not its command, or not ready yet."""


class Chip(Protocol):
    """A chip as its bus sees it. One call is one message, from START to STOP or repeated START."""

    def write(self, data: bytes) -> None:
        """Take the bytes of a write message; raises Nack."""
        ...

    def read(self, count: int) -> bytes:
        """Return `count` bytes for a read message; raises Nack."""
        ...

    def power_on(self) -> None:
        """Forget everything, as after a loss of supply."""
        ...

    def fault(self, kind: str) -> None:
        """Cause the chip's own fault `kind` once; ValueError names the kinds it knows."""
        ...
