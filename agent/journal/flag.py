"""A flag that one task waits for, and that may be raised before there is an event loop."""

from __future__ import annotations

import asyncio


class Flag:
    """asyncio's `Event` for one who waits; a start makes it and raises it without a loop."""

    def __init__(self) -> None:
        self._raised = False
        self._awaited: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Raise it."""
        self._raised = True
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)

    def clear(self) -> None:
        """Lower it."""
        self._raised = False

    async def wait(self) -> None:
        """Return once it was raised."""
        if not self._raised:
            self._awaited = asyncio.get_running_loop().create_future()
            await self._awaited
