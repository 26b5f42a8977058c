"""The store's own thread: the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

from ledger.store.store import Store

T = TypeVar("T")

FINISH_S = 0.5
"""How long a node that is asked to end lets its store go on; it promises to end in a second."""


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
        """Finish the work under way, or give up what waits for another machine; close the store."""
        closing = asyncio.ensure_future(self(lambda store: store.close()))
        while not (await asyncio.wait({closing}, timeout=FINISH_S))[0]:
            await asyncio.to_thread(self._store.interrupt)
        await closing
        self._executor.shutdown()
