"""What time it is, for whoever is handed this; tests hand in another one."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

CLOCK_MARGIN_S = 300
"""A gateway's key is valid from so long before it is admitted, and until so long behind what it
sent: the witnesses' clocks, whose median decides, may differ by what the light client tolerates."""


class Clock(Protocol):
    """Wall time stamps what is signed; the monotonic clock measures durations."""

    def wall(self) -> int:
        """Return UTC seconds."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""


class SystemClock:
    """The machine's clocks."""

    def wall(self) -> int:
        """Return UTC seconds."""
        return int(time.clock_gettime(time.CLOCK_REALTIME))

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`."""
        await asyncio.sleep(seconds)
