"""A look that may hang, as at a sick disk or bus: what takes too long stays unknown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LOOK_WITHIN = 0.2  # s


def within(seconds: float, look: Callable[[], T]) -> T | None:
    """Return what a look shows, None where it takes longer; it goes on in a thread of its own."""
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(look()), daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else None
