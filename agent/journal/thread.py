"""The one thread in which a journal lives: disks may take their time, the event loop may not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class JournalThread:
    """Runs the blocking calls of a journal one after another, in the order of `run`."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `call` returns, or raise what it raises.

        Cancelling the caller does not stop a call under way: a commit is never left half-known.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Wait for the calls under way, then end the thread."""
        self._executor.shutdown()
