"""A moment at which something is due, which may come closer while it is waited for."""

from __future__ import annotations

from agent.journal.flag import Flag
from drivers.driver import Timer, Timing


class Due:
    """The earliest of the moments asked for since it was last cleared.

    It is one timer: each task and each turn of the event loop costs system calls, every second.
    There is none before it is first waited for: until then there may be no loop.
    """

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._at: float | None = None
        self._timer: Timer | None = None
        self._come = Flag()
        self._awaited = False

    @property
    def asked(self) -> bool:
        """Whether any moment was asked for since it was last cleared."""
        return self._at is not None

    def within(self, seconds: float) -> None:
        """Let it be due in so many seconds at the latest."""
        at = self._timing.monotonic() + seconds
        if self._at is not None and self._at <= at:
            return
        self._at = at
        if self._awaited:
            self._start(seconds)

    def _start(self, seconds: float) -> None:
        self._stop()
        if seconds > 0:
            self._timer = self._timing.call_later(seconds, self._come.set)
        else:
            self._come.set()

    def clear(self) -> None:
        """Let nothing be due until it is asked for again."""
        self._at = None
        self._stop()
        self._come.clear()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def wait(self) -> None:
        """Return once it is due."""
        if not self._awaited:
            self._awaited = True
            if self._at is not None:
                self._start(self._at - self._timing.monotonic())
        await self._come.wait()
