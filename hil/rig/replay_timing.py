"""Time in a replay, which ends where a driver would wait for its device to come back."""

from __future__ import annotations

import asyncio

from drivers.driver import SystemTiming


class EndOfCapture(Exception):
    """The driver lost its device and waits to reopen it: the capture is at its end."""


class ReplayTiming(SystemTiming):
    """The machine's clock; a driver that wants to wait has come to the end.

    One that waits for other reasons as well learns from `finish` that the end came.
    """

    def __init__(self, *, ended: bool = True) -> None:
        self._ended = asyncio.Event()
        if ended:
            self._ended.set()

    def finish(self) -> None:
        """Say that the capture is at its end."""
        self._ended.set()

    async def sleep(self, seconds: float) -> None:
        """End the replay instead of waiting."""
        await self._ended.wait()
        raise EndOfCapture


class StoppedTiming(ReplayTiming):
    """Time that passes only by `skip`: however slowly the capture is read, it is one moment."""

    def __init__(self, *, ended: bool = True) -> None:
        super().__init__(ended=ended)
        self._now = super().monotonic()

    def monotonic(self) -> float:
        """Seconds of a clock that is turned."""
        return self._now

    def skip(self, seconds: float) -> None:
        """Let so many seconds have passed, in which the device said nothing."""
        self._now += seconds
