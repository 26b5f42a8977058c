"""What the gateway owes one log of several: its own progress over the batches that all share.

Statements go to each log. A body goes to one: `carries` tells whether to this one now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from agent.chain.gaps import Gaps
from agent.clock.clock import Clock
from agent.journal.journal import BatchState, Confirmation, PendingBatch, Rank
from agent.journal.ring_journal import RingJournal
from agent.journal.thread import JournalThread
from agent.journal.vouching import Vouchers
from agent.light_client.verifier import Anchor
from agent.upstream.outbox import Outbox
from evidence.log_set import check_other_log
from evidence.receipt import parse_receipt


class LogOutbox(Outbox):
    """The outbox of the log `origin`; `trusted` names the logs that are not frozen.

    `stopped` tells that any log has proven another history of this epoch: then nothing is sent.
    """

    def __init__(
        self,
        origin: str,
        vouchers: Vouchers,
        journal: RingJournal,
        thread: JournalThread,
        clock: Clock,
        gaps: Gaps,
        *,
        carries: Callable[[], bool],
        trusted: Callable[[], Collection[str]],
        stopped: Callable[[], bool],
        on_confirmed: Callable[[Anchor], None],
    ) -> None:
        super().__init__(journal, thread, clock, gaps, on_confirmed)
        self._origin = origin
        self._vouchers = vouchers
        self._carries = carries
        self._trusted = trusted
        self._stopped = stopped

    @property
    def carries(self) -> bool:
        """See `Outbox.carries`."""
        return self._carries()

    def _pending(self, state: BatchState, limit: int) -> list[PendingBatch]:
        waiting = state is BatchState.SEALED
        if waiting and self._stopped():
            return []
        look = self._vouchers.unsent if waiting else self._vouchers.unproven
        upto = self._vouchers.sent(self._origin)
        gaps = [
            PendingBatch(gap.seq, state, True, gap.statement, 0)  # noqa: FBT003  urgent
            for gap in self._gaps
            if (gap.seq > upto) is waiting and not self._vouchers.vouched(self._origin, gap.seq)
        ]
        batches = [*look(self._origin, limit), *gaps]
        return sorted(batches, key=lambda batch: batch.seq)[:limit]

    async def last_urgent(self) -> int:
        """See `Outbox.last_urgent`."""
        return await self._thread.run(self._vouchers.last_urgent, self._origin)

    async def owed(self, rank: Rank, newest_from: int, limit: int) -> list[PendingBatch]:
        """See `Outbox.owed`; those whose statement this log has."""
        found = await super().owed(rank, newest_from, limit)
        upto = await self._thread.run(self._vouchers.sent, self._origin)
        return [batch for batch in found if batch.seq <= upto]

    async def custody_owed(self, after: int, limit: int) -> list[int]:
        """See `Outbox.custody_owed`; the others are asked by the log that bodies go to."""
        return await super().custody_owed(after, limit) if self.carries else []

    async def taken_whole(self, batches: Sequence[PendingBatch]) -> None:
        """See `Outbox.taken_whole`; written at once, as another log's proof may come first."""
        await self.accepted([batch.seq for batch in batches], with_body=True)

    def _accepted(self, seqs: Sequence[int], at_ms: int, with_body: bool) -> None:  # noqa: FBT001  passed by position to a thread
        self._vouchers.accepted(self._origin, seqs, at_ms, with_body=with_body)
        self._gaps.set_accepted(seqs)

    def _forgotten(self, after: int) -> None:
        self._vouchers.forgotten(self._origin, after, with_bodies=self.carries)

    def _confirmed(self, rows: Sequence[Confirmation], note: bytes, at_ms: int) -> None:
        """Keep the receipts; MalformedError where they are another log's under a second name."""
        for row in rows:
            self._check_other(row)
        self._vouchers.count(self._trusted(), at_ms)
        self._vouchers.vouch(self._origin, rows, note, at_ms)
        self._gaps.set_confirmed([row for row in rows if self._vouchers.enough(row.seq)])

    def _check_other(self, row: Confirmation) -> None:
        known = [parse_receipt(proof.receipt) for proof in self._vouchers.proofs(row.seq)]
        others = {receipt.before for receipt in known if receipt.origin != self._origin}
        check_other_log(parse_receipt(row.receipt).before, others)
