"""What goes to a node, and in which order: alarms, statements, what is new, what an outage left.

A node takes statements in the order of seq only, and a body at any time after its statement. So
statements go ahead, and bodies follow by rank. A body under way is never broken off; a round of
them is as short as the link is slow (`Pace`), so that an alarm does not wait behind a backlog.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from agent.chain.conflict import Conflicts
from agent.journal.journal import BatchState, PendingBatch, Rank
from agent.upstream.budget import SHARE, ByteBudget, Share
from agent.upstream.day_bytes import Carried
from agent.upstream.errors import Equivocated, OrderConflict
from agent.upstream.link import Link, NodeError
from agent.upstream.outbox import Outbox
from agent.upstream.pace import LARGEST_ROUND, Pace
from evidence.wire import Code, Envelope, Header, Label, Type

_log = logging.getLogger(__name__)

_FAULTS_OF_A_BODY = (Code.MALFORMED, Code.TOO_LARGE)
"""The node has the statement, so it is the body alone that it refuses: the others go on."""

Monotonic = Callable[[], float]

Message = tuple[Header, bytes, bytes]
"""What a REGISTER says: header, statement, body."""


def statement_bytes(batch: PendingBatch) -> int:
    """Return what a statement alone takes."""
    return len(batch.statement)


def body_bytes(batch: PendingBatch) -> int:
    """Return what a body takes that follows its statement."""
    return batch.body_bytes


def whole_bytes(batch: PendingBatch) -> int:
    """Return what statement and body take."""
    return len(batch.statement) + batch.body_bytes


class Sender:
    """Sends round after round over one link, and notes what the node took.

    `holding` is set when the budget holds something back; `newest_logged` is the last of our
    statements that the node says its log holds.
    """

    def __init__(
        self,
        link: Link,
        outbox: Outbox,
        budget: ByteBudget,
        conflicts: Conflicts,
        monotonic: Monotonic,
    ) -> None:
        self.newest_logged = -1
        self._conflicts = conflicts
        self._link = link
        self._outbox = outbox
        self._budget = budget
        self._now = monotonic
        self._pace = Pace()
        self._newest_from = 0
        self._owing = True
        self._spurned: set[int] = set()
        self.holding = False

    async def begin(self) -> None:
        """Learn where the backlog ends: what is newest now is the first of the newest."""
        self._newest_from = await self._outbox.newest()
        owed = [await self._outbox.owed(rank, self._newest_from, 1) for rank in Rank]
        self._owing = any(owed)

    async def statements(self) -> bool:
        """Send the next statements, and their bodies too where all that waits makes one round.

        Returns whether any went.
        """
        batches = await self._outbox.unsent(LARGEST_ROUND)
        if not self._budget.allows(Share.STATEMENTS):
            # An alarm's statement needs those before it, which are small; nothing else goes.
            last = await self._outbox.last_urgent()
            self.holding |= bool(batches)
            batches = [batch for batch in batches if batch.seq <= last]
        if not batches:
            return False
        whole = self._pace.fitting(batches, whole_bytes)
        may_not = not self._bodies_may_go(batches)
        alone = (self._owing and not self._may_overtake(batches)) or may_not
        if len(whole) == len(batches) < LARGEST_ROUND and not alone:
            await self._statements(whole, with_body=True)
        else:
            self._owing = True
            await self._statements(self._pace.fitting(batches, statement_bytes), with_body=False)
        return True

    def _bodies_may_go(self, batches: Sequence[PendingBatch]) -> bool:
        """Tell whether bodies go along; those of an outage not over a way that is not for them."""
        left_behind = batches[0].seq < self._newest_from and not self._budget.takes_backlog
        return self._outbox.carries and not left_behind and self._budget.allows(Share.NEWEST)

    def _may_overtake(self, batches: Sequence[PendingBatch]) -> bool:
        """Tell whether these are newer than any whose body is owed, and hold up no alarm."""
        fresh = batches[0].seq > self._newest_from
        return fresh and not any(batch.urgent for batch in batches[1:])

    async def bodies(self, rank: Rank) -> bool:
        """Send the next bodies of a rank; return whether any went."""
        if not (self._owing and self._outbox.carries):
            return False  # each statement went with its body: nothing to ask the journal for
        limit = LARGEST_ROUND + len(self._spurned)
        found = await self._outbox.owed(rank, self._newest_from, limit)
        batches = [batch for batch in found if batch.seq not in self._spurned]
        if not batches:
            self._owing = rank is not Rank.BACKLOG
            return False
        if rank in SHARE and not self._budget.allows(SHARE[rank]):
            self.holding = True
            return False
        batches = self._pace.fitting(batches, body_bytes)
        answers = await self._sent(batches, self._body, body_bytes)
        await self._outbox.bodies_taken(taken(batches, answers))
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, BaseException):
                await self._judge_body(batch, answer)
        return True

    async def _statements(self, batches: Sequence[PendingBatch], *, with_body: bool) -> None:
        make, size = (self._whole, whole_bytes) if with_body else (_alone, statement_bytes)
        answers = await self._sent(batches, make, size)
        await self._note(batches, taken(batches, answers), with_body=with_body)
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, BaseException):
                await self._judge(batch, answer)

    async def _note(
        self, batches: Sequence[PendingBatch], seqs: Sequence[int], *, with_body: bool
    ) -> None:
        if with_body and self._budget.allows(Share.STATEMENTS):  # then receipts are asked for, too
            await self._outbox.taken_whole([batch for batch in batches if batch.seq in seqs])
        else:
            await self._outbox.accepted(seqs, with_body=with_body)

    async def _whole(self, batch: PendingBatch) -> Message:
        return {}, batch.statement, await self._outbox.body(batch.seq)

    async def _body(self, batch: PendingBatch) -> Message:
        """The node has the statement: its place is enough to say whose body this is."""
        header: Header = {Label.EPOCH: self._outbox.epoch, Label.SEQ: batch.seq}
        return header, b"", await self._outbox.body(batch.seq)

    async def _sent(
        self,
        batches: Sequence[PendingBatch],
        make: Callable[[PendingBatch], Awaitable[Message]],
        size: Callable[[PendingBatch], int],
    ) -> list[Envelope | BaseException]:
        """Send REGISTER messages in order, all at once; return the answers."""
        messages = [await make(batch) for batch in batches]
        started = self._now()
        requests = [
            asyncio.ensure_future(
                self._link.request(Type.REGISTER, *message, carried=self._carried(batch, message))
            )
            for batch, message in zip(batches, messages, strict=True)
        ]
        answers = await asyncio.gather(*requests, return_exceptions=True)
        self._pace.took(sum(map(size, batches)), self._now() - started)
        return answers

    def _carried(self, batch: PendingBatch, message: Message) -> Carried:
        """Return what a message is for."""
        _, _, body = message
        if batch.urgent:
            return Carried.ALARMS
        if not body:
            return Carried.PROOFS
        return Carried.LIVE if batch.seq >= self._newest_from else Carried.BACKLOG

    async def _judge(self, batch: PendingBatch, error: BaseException) -> None:
        """Raise what the first failed registration means.

        That the log holds another statement is believed when the node shows it, signed by our key.
        """
        if isinstance(error, NodeError) and error.code == Code.EQUIVOCATION:
            conflict = await asyncio.to_thread(
                self._conflicts.learn,
                self._link.node.name,
                batch.statement,
                error.statement,
                self.newest_logged,
            )
            if conflict is not None:
                await self._outbox.refused(batch.seq, error.code, str(error))
                raise Equivocated(conflict) from error
            raise OrderConflict(
                f"the node says that its log holds another batch {batch.seq} of this gateway, and "
                "does not show it",
                evidence=batch.statement,
            ) from error
        raise error

    async def _judge_body(self, batch: PendingBatch, error: BaseException) -> None:
        """Raise what the failure means, unless the body alone is to blame."""
        forgot = isinstance(error, NodeError) and error.code == Code.UNKNOWN_ENTRY
        if forgot and batch.state is BatchState.ACCEPTED:
            # Nothing of it was proven, so statement and body are sent again.
            await self._outbox.forgotten(batch.seq - 1)
            return
        if not (isinstance(error, NodeError) and error.code in _FAULTS_OF_A_BODY):
            raise error
        _log.error("the node refuses the body of batch %d: %s", batch.seq, error)
        self._spurned.add(batch.seq)


async def _alone(batch: PendingBatch) -> Message:
    return {}, batch.statement, b""


def taken(
    batches: Sequence[PendingBatch], answers: Sequence[Envelope | BaseException]
) -> list[int]:
    """Return the seqs of the batches that were answered well."""
    return [
        batch.seq
        for batch, answer in zip(batches, answers, strict=True)
        if isinstance(answer, Envelope)
    ]
