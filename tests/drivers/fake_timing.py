"""A driver's clock in tests: nobody waits."""

from __future__ import annotations

import asyncio


class FakeTiming:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        due = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, due)
