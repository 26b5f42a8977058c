"""How far long work is, for whoever wants to hear it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""(done, all of it), in the same unit."""


def unheard(done: int, whole: int) -> None:
    """Tell nobody."""
