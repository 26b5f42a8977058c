"""How far a log got with the gateway's batches and declared gaps: what it has, what it has proven.

One log alone is followed in the journal itself. Of several each has progress of its own over the
batches that all share, and a batch is confirmed by as many as the policy asks for. All of this
blocks, as the journal does, which `AsyncJournal.run` hands over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from agent.chain.gaps import Gaps
from agent.journal.journal import BatchState, Confirmation, PendingBatch, Rank
from agent.journal.ring_journal import RingJournal
from agent.journal.vouching import Vouchers
from evidence.log_set import check_other_log
from evidence.receipt import parse_receipt


class LogBooks(Protocol):
    """The books of one log. `alone`: no other log's proof may come before this one's."""

    alone: bool

    def pending(self, journal: RingJournal, state: BatchState, limit: int) -> list[PendingBatch]:
        """Return the first batches in `state`, and declared gaps in the place of lost ones."""
        ...

    def last_urgent(self, journal: RingJournal) -> int:
        """Return the seq of the last urgent batch whose statement the log has not; -1: none."""
        ...

    def owed(
        self, journal: RingJournal, rank: Rank, newest_from: int, limit: int
    ) -> list[PendingBatch]:
        """Return the first batches of a rank whose body is to follow their statement."""
        ...

    def accept(
        self, journal: RingJournal, seqs: Sequence[int], at_ms: int, *, with_body: bool
    ) -> None:
        """Note that the log has these statements durably, and bodies where they went along."""
        ...

    def forget(self, journal: RingJournal, after: int, *, with_bodies: bool) -> None:
        """Note that the log lost what it had accepted behind `after`.

        `with_bodies`: their bodies had gone there, too.
        """
        ...

    def confirm(
        self, journal: RingJournal, rows: Sequence[Confirmation], note: bytes, at_ms: int
    ) -> None:
        """Note what the light client has proven by the checkpoint `note`.

        It may be written with the next batch only, or when the journal is told to flush.
        """
        ...


class OneLog:
    """See `LogBooks`; where the policy names one log."""

    alone = True

    def __init__(self, gaps: Gaps) -> None:
        self._gaps = gaps

    def pending(self, journal: RingJournal, state: BatchState, limit: int) -> list[PendingBatch]:
        """See `LogBooks.pending`."""
        batches, gaps = journal.pending(state, limit), self._gaps.pending(state)
        return sorted([*batches, *gaps], key=lambda batch: batch.seq)[:limit] if gaps else batches

    def last_urgent(self, journal: RingJournal) -> int:
        """See `LogBooks.last_urgent`."""
        return journal.last_urgent()

    def owed(
        self, journal: RingJournal, rank: Rank, newest_from: int, limit: int
    ) -> list[PendingBatch]:
        """See `LogBooks.owed`."""
        return journal.bodies_owed(rank, newest_from, limit)

    def accept(
        self, journal: RingJournal, seqs: Sequence[int], at_ms: int, *, with_body: bool
    ) -> None:
        """See `LogBooks.accept`."""
        journal.set_accepted(seqs, at_ms, with_body=with_body)
        self._gaps.set_accepted(seqs)

    def forget(self, journal: RingJournal, after: int, *, with_bodies: bool) -> None:
        """See `LogBooks.forget`."""
        del with_bodies  # whatever it had of them, it is asked to take anew
        journal.set_forgotten(after)
        lost = [gap.seq for gap in self._gaps if gap.seq > after and gap.accepted]
        self._gaps.set_accepted(lost, accepted=False)

    def confirm(
        self, journal: RingJournal, rows: Sequence[Confirmation], note: bytes, at_ms: int
    ) -> None:
        """See `LogBooks.confirm`; a gap's file is durable at once, so its checkpoint must be."""
        deferred = not any(row.seq in self._gaps for row in rows)
        journal.set_confirmed(rows, note, at_ms, deferred=deferred)
        self._gaps.set_confirmed(rows)


class OneOfSeveral:
    """See `LogBooks`; of the log `origin` among others, of which `threshold` confirm a batch.

    `trusted` names those not frozen. `stopped` tells that any log has proven another history of
    this epoch: then nothing is sent.
    """

    alone = False

    def __init__(
        self,
        origin: str,
        threshold: int,
        gaps: Gaps,
        trusted: Callable[[], Collection[str]],
        stopped: Callable[[], bool],
    ) -> None:
        self._origin = origin
        self._threshold = threshold
        self._gaps = gaps
        self._trusted = trusted
        self._stopped = stopped

    def pending(self, journal: RingJournal, state: BatchState, limit: int) -> list[PendingBatch]:
        """See `LogBooks.pending`."""
        waiting = state is BatchState.SEALED
        if waiting and self._stopped():
            return []
        vouchers = self._vouchers(journal)
        look = vouchers.unsent if waiting else vouchers.unproven
        upto = vouchers.sent(self._origin)
        gaps = [
            PendingBatch(gap.seq, state, True, gap.statement, 0)  # noqa: FBT003  urgent
            for gap in self._gaps
            if (gap.seq > upto) is waiting and not vouchers.vouched(self._origin, gap.seq)
        ]
        batches = [*look(self._origin, limit), *gaps]
        return sorted(batches, key=lambda batch: batch.seq)[:limit]

    def last_urgent(self, journal: RingJournal) -> int:
        """See `LogBooks.last_urgent`."""
        return self._vouchers(journal).last_urgent(self._origin)

    def owed(
        self, journal: RingJournal, rank: Rank, newest_from: int, limit: int
    ) -> list[PendingBatch]:
        """See `LogBooks.owed`; those whose statement this log has."""
        upto = self._vouchers(journal).sent(self._origin)
        found = journal.bodies_owed(rank, newest_from, limit)
        return [batch for batch in found if batch.seq <= upto]

    def accept(
        self, journal: RingJournal, seqs: Sequence[int], at_ms: int, *, with_body: bool
    ) -> None:
        """See `LogBooks.accept`."""
        self._vouchers(journal).accepted(self._origin, seqs, at_ms, with_body=with_body)
        self._gaps.set_accepted(seqs)

    def forget(self, journal: RingJournal, after: int, *, with_bodies: bool) -> None:
        """See `LogBooks.forget`."""
        self._vouchers(journal).forgotten(self._origin, after, with_bodies=with_bodies)

    def confirm(
        self, journal: RingJournal, rows: Sequence[Confirmation], note: bytes, at_ms: int
    ) -> None:
        """Keep the receipts; MalformedError where they are another log's under a second name."""
        vouchers = self._vouchers(journal)
        for row in rows:
            self._check_other(vouchers, row)
        vouchers.count(self._trusted(), at_ms)
        vouchers.vouch(self._origin, rows, note, at_ms)
        self._gaps.set_confirmed([row for row in rows if vouchers.enough(row.seq)])

    def _check_other(self, vouchers: Vouchers, row: Confirmation) -> None:
        known = [parse_receipt(proof.receipt) for proof in vouchers.proofs(row.seq)]
        others = {receipt.before for receipt in known if receipt.origin != self._origin}
        check_other_log(parse_receipt(row.receipt).before, others)

    def _vouchers(self, journal: RingJournal) -> Vouchers:
        return journal.vouchers(self._threshold)
