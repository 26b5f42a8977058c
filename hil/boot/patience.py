"""Deadlines for emulated machines: a busy host makes a guest slower, not wrong."""

from __future__ import annotations

import os


def patient(seconds: float) -> float:
    """Return a deadline that is longer the more this machine has to do besides."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
