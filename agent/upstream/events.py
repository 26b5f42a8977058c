"""What happens between gateway and ledger, put into the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from agent.journal.recorder import Recorder
from agent.upstream.states import LinkState
from drivers.reading import Quality
from evidence.leaf import RecordValue

MOST_EVENTS = 64
"""Changes of links waiting for the journal; a link that flaps faster says nothing new."""


Event = tuple[str, Mapping[str, RecordValue], Quality]
"""Kind, values and quality of a record to be."""


class LedgerEvents:
    """Puts what happens between gateway and ledger into the journal; `run` is its task."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(MOST_EVENTS)

    def heard(self, node: str, state: LinkState, detail: str) -> None:
        """Take note of what became of a link, from wherever it is seen."""
        kind = "fork" if state is LinkState.FROZEN else "ledger"
        values: dict[str, RecordValue] = {"node": node, "state": str(state)}
        self.noticed(kind, values | ({"detail": detail} if detail else {}))

    def moved(self, before: str, interface: str, reason: str) -> None:
        """Take note that the ledger is reached through another network interface."""
        values = {"interface": interface, "before": before, "reason": reason}
        self.noticed("uplink", values)

    def noticed(
        self, kind: str, values: Mapping[str, RecordValue], quality: Quality = Quality.OK
    ) -> None:
        """Take note of an event of any kind."""
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait((kind, values, quality))

    async def run(self) -> None:
        """Record the events in the order in which they came."""
        while True:
            kind, values, quality = await self._waiting.get()
            await self._recorder.note(kind, values, quality=quality)
