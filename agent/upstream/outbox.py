"""What the gateway owes the ledger: batches in the journal, by how far they got."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

from agent.clock import Clock
from agent.journal.journal import (
    BatchState,
    Confirmation,
    Journal,
    PendingBatch,
    SealedBatch,
)
from agent.journal.thread import JournalThread
from agent.light_client.verifier import Anchor, Proven

SCAN = 256
"""Open batches looked at in one go; a backlog is walked in pieces, so memory stays flat."""


class Outbox:
    """Reads and moves the states of batches; the bytes sent are always the bytes stored."""

    def __init__(self, journal: Journal, thread: JournalThread, clock: Clock) -> None:
        self._journal = journal
        self._thread = thread
        self._clock = clock
        self._sealed = asyncio.Event()

    def sealed(self) -> None:
        """Learn that there is a new batch."""
        self._sealed.set()

    async def wait(self, seconds: float | None) -> None:
        """Return when a new batch was sealed, or after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._sealed.wait()
        self._sealed.clear()

    async def unsent(self, limit: int) -> list[PendingBatch]:
        """Return the first batches that no node has, in order of seq."""
        return await self._open(BatchState.SEALED, limit)

    async def unconfirmed(self, limit: int) -> list[PendingBatch]:
        """Return the first batches that a node has and that are not proven, in order of seq."""
        return await self._open(BatchState.ACCEPTED, limit)

    async def _open(self, state: BatchState, limit: int) -> list[PendingBatch]:
        found: list[PendingBatch] = []
        after = -1
        while len(found) < limit:
            page = await self._thread.run(self._journal.pending, SCAN, after)
            found += [batch for batch in page if batch.state is state]
            if len(page) < SCAN:
                break
            after = page[-1].seq
        return found[:limit]

    async def find(self, seq: int) -> SealedBatch | None:
        """Return batch `seq`, or None when this gateway never sealed it."""
        rows = await self._thread.run(self._journal.batches, seq, seq)
        return rows[0].batch if rows else None

    async def accepted(self, seqs: Sequence[int]) -> None:
        """Note that a node has these batches durably."""
        if seqs:
            await self._thread.run(self._journal.set_accepted, seqs, self._clock.now().wall_ms)

    async def refused(self, seq: int, code: str, text: str) -> None:
        """Note that the node will never take this batch."""
        await self._thread.run(self._journal.set_refused, seq, code, text)

    async def confirmed(
        self, proven: Mapping[int, Proven], receipts: Mapping[int, bytes], anchor: Anchor
    ) -> None:
        """Note what the light client has proven, with the checkpoint it stands on."""
        rows = [
            Confirmation(seq, item.index, receipts[seq], item.size) for seq, item in proven.items()
        ]
        note = anchor.signed.to_bytes()
        now = self._clock.now().wall_ms
        await self._thread.run(self._journal.set_confirmed, rows, note, now)
