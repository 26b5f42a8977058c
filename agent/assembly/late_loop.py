"""An event loop from where it is needed on.

asyncio is a tenth of a start, and what a start makes durable first waits for nothing but the disk,
as nobody else is there yet. So the first part of the agent's life runs without a loop, and its
module is not even loaded (`agent.cli.lean_start`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, None, T]) -> T:
    """Do what `asyncio.run` does; the loop is made where `main` first awaits `loop_runs`.

    Until then whatever `main` awaits must be done at once.
    """
    try:
        main.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    return asyncio.run(main)


@coroutine
def loop_runs() -> Generator[None]:
    """Return once an event loop runs; where one does, others have their turn first."""
    yield
