"""Whether a piece of telemetry is taken: where there is room for it, and nothing refuses it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from agent.journal.refusals import Cause, Refusals
from agent.journal.room import Room
from drivers.driver import Timing

log = logging.getLogger(__name__)

PATIENCE = 10.0  # s that a reading waits for room while the disk refuses; then it is refused


class Admission:
    """Lets telemetry into `room`, which has so many `places`; `failing`: the disk refuses now."""

    def __init__(
        self, places: int, refusals: Refusals, timing: Timing, failing: Callable[[], bool]
    ) -> None:
        self.room = Room(places)
        self._refusals = refusals
        self._timing = timing
        self._failing = failing

    def at_once(self) -> bool:
        """Take room where all is well; tell whether it is."""
        return not self._refusals.refusing and self.room.take()

    async def granted(self) -> bool:
        """Take room, if need be later; False where the reading is to be refused."""
        while not self._refusals.refusing:
            if await self._patiently():
                return self._let_in()
            if self._failing():
                self.refuse(Cause.MEMORY)
        return False

    def refuse(self, cause: Cause) -> None:
        """Let none in from now on."""
        if self._refusals.begin(cause):
            log.error("telemetry is refused: %s", cause)

    def _let_in(self) -> bool:
        """Give the room back where telemetry came to be refused while a reading waited for it."""
        if self._refusals.refusing:
            self.room.give()
        return not self._refusals.refusing

    async def _patiently(self) -> bool:
        """Wait for room, but no longer than PATIENCE; tell whether it was had."""
        if self.room.take():
            return True
        had = asyncio.ensure_future(self.room.wait())
        sleep = asyncio.ensure_future(self._timing.sleep(PATIENCE))
        try:
            await asyncio.wait({had, sleep}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if not had.cancel():
                self.room.give()
            raise
        finally:
            sleep.cancel()
        return not had.cancel()
