"""What a driver needs of a byte link: read, write, close, each bounded in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable


class Link(Protocol):
    """An open, exclusive stream of bytes to one device."""

    async def read(self, within: float) -> bytes:
        """Return what came, at least one byte, or nothing when `within` seconds were silent.

        Raises LinkLost when the device is gone.
        """
        ...

    async def write(self, data: bytes, within: float) -> None:
        """Hand all of `data` to the device; CommandTimeout or LinkLost when it does not take it."""
        ...

    def close(self) -> None:
        """Give the device back; never blocks, and a device that is gone raises nothing."""
        ...


@runtime_checkable
class Tunable(Protocol):
    """What a link offers besides, whose rate can be changed while it is open."""

    def tune(self, baudrate: int) -> None:
        """Go on at `baudrate`; what came at the rate before is dropped. Raises LinkLost."""
        ...


Connect = Callable[[], Awaitable[Link]]
"""Opens the link of one device; raises DeviceMissing or WrongDevice."""
