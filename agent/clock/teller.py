"""Telling the agent how good the kernel's clock is, through a file in /run.

adjtimex(2) reads what it could also change, so the unit of the agent forbids it. A small process
that may do nothing else (systemd/tallyman-clock.service) asks in its place. Should it die, its
last word grows old, and the agent takes the clock for unsynchronised: that errs on the safe side.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from agent.clock.kernel import KernelClock
from agent.clock.told import EVERY_S, TOLD


def tell(path: Path, bound: int | None, now: float) -> None:
    """Replace the file at once by what is known at monotonic `now`; it lies in memory."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(f"{'-' if bound is None else bound} {now}\n", "ascii")
    temporary.replace(path)


def main() -> None:
    """Tell every EVERY_S, until ended."""
    os.umask(0o022)
    clock = KernelClock()
    while True:
        tell(TOLD, clock.kernel_bound_ms(), clock.monotonic())
        time.sleep(EVERY_S)
