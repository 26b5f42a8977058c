"""A moment at which something is due, which may come closer while it is waited for."""

from __future__ import annotations

import asyncio

from drivers.driver import Timing


class Due:
    """The earliest of the moments asked for since it was last cleared."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._at: float | None = None
        self._asked = asyncio.Event()
        self._nap: asyncio.Future[None] | None = None

    def within(self, seconds: float) -> None:
        """Let it be due in so many seconds at the latest."""
        at = self._timing.monotonic() + seconds
        if self._at is None or at < self._at:
            self._at = at
            self._asked.set()
            _end(self._nap)

    def clear(self) -> None:
        """Let nothing be due until it is asked for again."""
        self._at = None

    async def wait(self) -> None:
        """Return once it is due."""
        while True:
            self._asked.clear()
            if self._at is None:
                await self._asked.wait()
                continue
            wait = self._at - self._timing.monotonic()
            if wait <= 0:
                return
            await self._sleep_or_sooner(wait)

    async def _sleep_or_sooner(self, seconds: float) -> None:
        # One future, as each task and each turn of the loop costs system calls, every second.
        nap: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sleep = asyncio.ensure_future(self._ring(nap, seconds))
        self._nap = nap
        try:
            await nap
        finally:
            self._nap = None
            sleep.cancel()

    async def _ring(self, nap: asyncio.Future[None], seconds: float) -> None:
        await self._timing.sleep(seconds)
        _end(nap)


def _end(nap: asyncio.Future[None] | None) -> None:
    if nap is not None and not nap.done():
        nap.set_result(None)
