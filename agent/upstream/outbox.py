"""What the gateway owes the ledger: batches in the journal, by how far they got."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from agent.chain.gaps import Gaps
from agent.clock.clock import Clock
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import (
    BatchState,
    Confirmation,
    PendingBatch,
    Rank,
)
from agent.light_client.verifier import Anchor, Proven
from agent.upstream.log_books import LogBooks
from agent.upstream.traffic import ProvingTimes

MOST_HELD = 64
"""Batches whose acceptance waits to be written with their proof: what one question asks about."""

NEXT_SEAL_S = 15.0
"""A proof waits so long to be written with the next batch: at 20 readings a second one of 256 comes
every 12.8 s. Then it is written alone."""


class Outbox:
    """Reads and moves the states of batches; the bytes sent are always the bytes stored.

    While proofs come, what a node took whole is noted together with its proof, a second later: a
    transaction a batch less. A power cut between the two loses nothing, as the node's HELLO tells.
    The proof itself is written with the next batch, or after NEXT_SEAL_S: another transaction less.
    After a power cut it is asked for again.

    `carries` tells whether bodies go this way; where there are several logs, they go to one.
    `on_confirmed` is called with the checkpoint that batches were proven by. The outbox alone moves
    the states of batches, so it knows when there is nothing to ask the journal's thread for.
    """

    def __init__(
        self,
        journal: AsyncJournal,
        books: LogBooks,
        gaps: Gaps,
        clock: Clock,
        *,
        carries: Callable[[], bool] = lambda: True,
        on_confirmed: Callable[[Anchor], None] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._books = books
        self._gaps = gaps
        self._clock = clock
        self._carries = carries
        self._on_confirmed = on_confirmed
        self._sealed = asyncio.Event()
        self._changes = 0  # of what waits for a node
        self._unsent: set[int] | None = None  # None: not known
        self._unproven: set[int] | None = None  # None, too
        self._held: dict[int, tuple[PendingBatch, int]] = {}  # taken whole, and when; not written
        self._proof_due: float | None = None  # when a proof is to be written that waits for a batch
        self.times = ProvingTimes()

    @property
    def epoch(self) -> bytes:
        """The epoch of the batches."""
        return self._journal.epoch

    @property
    def carries(self) -> bool:
        """Whether bodies go this way now."""
        return self._carries()

    def sealed(self) -> None:
        """Learn that there is a new batch; what waited to be written with it has been."""
        self._proof_due = None
        self._changed()
        self._sealed.set()

    async def wait(self, seconds: float) -> bool:
        """Return when a new batch was sealed, or after `seconds`; tell whether there is one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._sealed.wait()
        sealed = self._sealed.is_set()
        self._sealed.clear()
        return sealed

    async def unsent(self, limit: int) -> list[PendingBatch]:
        """Return the first batches whose statement no node has, in order of seq."""
        if self._unsent is not None and not self._unsent:
            return []
        changes, held = self._changes, self._held
        sealed = await self._journal.run(self._books.pending, BatchState.SEALED, limit + len(held))
        found = [batch for batch in sealed if batch.seq not in held][:limit]
        if len(found) < limit and changes == self._changes:
            self._unsent = {batch.seq for batch in found}
        return found

    def _changed(self) -> None:
        """Note that more waits for a node than was known."""
        self._changes += 1
        self._unsent = None

    async def unconfirmed(self, limit: int) -> list[PendingBatch]:
        """Return the first batches that a node has and that are not proven, in order of seq."""
        if self._unproven is not None and not self._unproven:
            return []
        if self._unproven == self._held.keys():
            return [self._held[seq][0] for seq in sorted(self._held)][:limit]
        await self.settle()
        found = await self._journal.run(self._books.pending, BatchState.ACCEPTED, limit)
        self._unproven = {batch.seq for batch in found} if len(found) < limit else None
        return found

    async def last_urgent(self) -> int:
        """Return the seq of the last urgent batch whose statement no node has; -1: none."""
        return await self._journal.run(self._books.last_urgent)

    async def owed(self, rank: Rank, newest_from: int, limit: int) -> list[PendingBatch]:
        """Return the first batches of a rank whose body is to follow their statement."""
        return await self._journal.run(self._books.owed, rank, newest_from, limit)

    async def newest(self) -> int:
        """Return the seq of the newest batch; 0 when there is none."""
        head = await self._journal.head()
        return head.seq if head else 0

    async def body(self, seq: int) -> bytes:
        """Return the body of batch `seq`; a gap has none."""
        if seq in self._gaps:
            return b""
        newest = self._journal.newest()
        if newest is not None and newest.seq == seq:
            return newest.body
        row = await self._journal.batch(seq)
        return row.batch.body

    async def find(self, seq: int) -> bytes | None:
        """Return statement `seq`, or None when this gateway never signed it."""
        rows = await self._journal.batches(seq, seq)
        return rows[0].batch.statement if rows else self._gaps.statement(seq)

    async def accepted(self, seqs: Sequence[int], *, with_body: bool) -> None:
        """Note that a node has these statements durably, and their bodies where they went along."""
        if seqs:
            self._taken(seqs)
            await self._accept(seqs, self._clock.now().wall_ms, with_body=with_body)
            if self._unproven is not None:
                self._unproven.update(seqs)

    async def taken_whole(self, batches: Sequence[PendingBatch]) -> None:
        """Note that a node has these statements with their bodies; durable with their proof."""
        seqs = [batch.seq for batch in batches]
        if not self._may_hold(seqs):
            await self.settle()
            await self.accepted(seqs, with_body=True)
            return
        self._taken(seqs)
        now = self._clock.now().wall_ms
        self._held |= {batch.seq: (batch, now) for batch in batches}
        self._unproven = set(self._held)

    def _taken(self, seqs: Sequence[int]) -> None:
        """Note that these statements wait for a node no longer."""
        if self._unsent is not None:
            self._unsent.difference_update(seqs)
        now = self._now()
        for seq in seqs:
            self.times.taken(seq, now)

    def _may_hold(self, seqs: Sequence[int]) -> bool:
        """Tell whether the next proof is of these, and nothing else has to be written before."""
        flowing = self._unproven == self._held.keys()
        few = len(self._held) + len(seqs) <= MOST_HELD
        return self._books.alone and flowing and few and not any(s in self._gaps for s in seqs)

    def left(self) -> float | None:
        """Return the seconds until `settle` is due for a proof; None where none waits."""
        return None if self._proof_due is None else max(0.0, self._proof_due - self._now())

    def _now(self) -> float:
        return self._clock.now().monotonic_ms / 1000

    async def settle(self) -> None:
        """Write what is held: its proof, or the batch to write a proof with, does not come soon."""
        if self._held:
            at_ms = min(now for _, now in self._held.values())
            await self._accept(list(self._held), at_ms, with_body=True)
            self._held.clear()
        if self._proof_due is not None:
            await self._journal.flush()
            self._proof_due = None

    async def _accept(self, seqs: Sequence[int], at_ms: int, *, with_body: bool) -> None:
        await self._journal.run(self._books.accept, seqs, at_ms, with_body=with_body)

    async def bodies_taken(self, seqs: Sequence[int]) -> None:
        """Note that a node has these bodies durably."""
        if seqs:
            await self._journal.set_body_taken(seqs, self._clock.now().wall_ms)

    async def custody_owed(self, after: int, limit: int) -> list[int]:
        """Return the first confirmed batches behind `after` whose body no node signed for yet.

        Empty where bodies go another way: they are asked for there.
        """
        return await self._journal.custody_owed(after, limit) if self.carries else []

    async def stored(self, seq: int) -> tuple[bytes, bytes]:
        """Return statement and body of batch `seq`."""
        row = await self._journal.batch(seq)
        return row.batch.statement, row.batch.body

    async def in_custody(self, receipts: Mapping[int, bytes]) -> None:
        """Note custody receipts that were checked, by seq."""
        if receipts:
            await self._journal.set_custody(receipts)

    async def forgotten(self, after: int) -> None:
        """Note that the node lost what it had accepted behind `after`."""
        await self.settle()
        await self._journal.run(self._books.forget, after, with_bodies=self.carries)
        self.times.forget(after)
        self._changed()
        self._unproven = None

    async def refused(self, seq: int, code: str, text: str) -> None:
        """Note that the node will never take this batch."""
        await self._journal.set_refused(seq, code, text)

    async def confirmed(
        self, proven: Mapping[int, Proven], receipts: Mapping[int, bytes], anchor: Anchor
    ) -> None:
        """Note what the light client has proven, with the checkpoint it stands on."""
        rows = [
            Confirmation(seq, item.index, receipts[seq], item.size, self._taken_ms(seq))
            for seq, item in proven.items()
        ]
        note, now_ms = anchor.signed.to_bytes(), self._clock.now().wall_ms
        await self._journal.run(self._books.confirm, rows, note, now_ms)
        if self._proof_due is None:
            self._proof_due = self._now() + NEXT_SEAL_S
        if self._unproven is not None:
            self._unproven.difference_update(proven)
        for seq in proven:
            self._held.pop(seq, None)
            self.times.proved(seq, self._now())
        self._on_confirmed(anchor)

    def _taken_ms(self, seq: int) -> int | None:
        return self._held[seq][1] if seq in self._held else None
