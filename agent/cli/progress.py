"""How far long work is, on one line of a terminal: share, rate, and how long it still takes.

The line stands on stderr while the work goes on, and is gone behind it. In a pipe there is none.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Self, TextIO

from agent.cli.amounts import age, grouped, size
from foundation.console import WIDTH, cut
from foundation.printing import rewrite

SCAN_BYTES = 1 << 16  # a read of so many goes through a medium from end to end; others jump
QUIET = 1.0  # s; what is done by then needs no line
REFRESH = 0.2  # s
BYTES = "bytes"

Pread = Callable[[int, int, int], bytes]
"""As `os.pread`."""


class ProgressLine:
    """Shows what it is called with: (done, all of it), in `unit`; see `foundation.progress`.

    Work that begins again from less, as a second pass over a card does, is timed anew.
    """

    def __init__(
        self,
        what: str,
        unit: str = BYTES,
        stream: TextIO | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._unit = unit
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._now = monotonic
        self._opened = self._shown = self._began = monotonic()
        self._first = self._last = 0
        self._drawn = False

    def __call__(self, done: int, whole: int) -> None:
        """Take note, and show it now and then."""
        if not self._terminal:
            return
        moment = self._now()
        if done < self._last:
            self._began, self._first = moment, done
        self._last = done
        if moment - self._opened < QUIET or moment - self._shown < REFRESH:
            return
        self._shown, self._drawn = moment, True
        rewrite(f"{cut(self._line(done, whole, moment)):{WIDTH}}", self._stream)

    def _line(self, done: int, whole: int, moment: float) -> str:
        rate = (done - self._first) / max(moment - self._began, 1e-3)
        share = min(100, 100 * done // max(whole, 1))
        line = f"{self._what} {share} %, {self._amount(rate)}/s"
        if rate > 0 and whole > done:
            line += f", {age(round(1000 * (whole - done) / rate))} left"
        return line

    def _amount(self, number: float) -> str:
        if self._unit == BYTES:
            return size(round(number))
        return f"{grouped(round(number))} {self._unit}"

    def of_reads(self, pread: Pread = os.pread) -> Pread:
        """Return a `pread` that shows how far a scan of its file is."""
        if not self._terminal:
            return pread
        sizes: dict[int, int] = {}

        def read(fd: int, count: int, offset: int) -> bytes:
            if fd not in sizes or not offset:
                sizes[fd] = os.lseek(fd, 0, os.SEEK_END)
            if count >= SCAN_BYTES:
                self(offset, sizes[fd])
            return pread(fd, count, offset)

        return read

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Take the line away."""
        if self._drawn:
            rewrite(f"{'':{WIDTH}}", self._stream)
            rewrite("", self._stream)
