"""The store's own thread: the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

from ledger.store import Store

T = TypeVar("T")


class StoreThread:
    """Runs work on the store, one piece at a time, in the order in which it was asked for."""

    def __init__(self, executor: ThreadPoolExecutor, store: Store) -> None:
        self._executor = executor
        self._store = store

    @classmethod
    async def open(cls, open_store: Callable[[], Store]) -> StoreThread:
        """Open the store in a new thread; its errors pass through."""
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        loop = asyncio.get_running_loop()
        with ExitStack() as on_failure:
            on_failure.callback(executor.shutdown, wait=False)
            store = await loop.run_in_executor(executor, open_store)
            on_failure.pop_all()
        return cls(executor, store)

    async def __call__(self, work: Callable[[Store], T]) -> T:
        """Return what `work` makes of the store."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, work, self._store)

    async def close(self) -> None:
        """Finish the work under way and close the store."""
        await self(lambda store: store.close())
        self._executor.shutdown()
