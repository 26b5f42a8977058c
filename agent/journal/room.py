"""Room for records that are not durable yet: a place is taken for each, and given back."""

from __future__ import annotations

import asyncio
from collections import deque


class Room:
    """So many places; who finds none waits, and those who wait come first, in their order.

    A semaphore that can also be asked without awaiting it: a coroutine for each reading costs as
    much as its stamp.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def full(self) -> bool:
        """Whether a place has to be waited for."""
        return self._free == 0

    def take(self) -> bool:
        """Take a place if there is one; tell whether there was."""
        if self._free == 0:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Return with a place taken."""
        if self.take():
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(given)
        try:
            await given
        except asyncio.CancelledError:
            if not given.cancelled():  # it was given just before
                self.give()
            raise

    def give(self) -> None:
        """Give a place back: to who has waited longest, if anybody does."""
        while self._waiting:
            given = self._waiting.popleft()
            if not given.done():
                given.set_result(None)
                return
        self._free += 1
