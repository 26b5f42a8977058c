"""One conversation with one node: greet, register what is sealed, fetch what proves it.

Every step may be repeated: the node knows a batch by (iss, epoch, seq) and the digest of what was
signed, and answers a repeat as it answered the first time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from agent.chain.conflict import Conflicts
from agent.clock.clock import Clock
from agent.journal.journal import JournalUnavailable, PendingBatch, Rank
from agent.light_client.client import LightClient, Offer
from agent.upstream.budget import ByteBudget, Share
from agent.upstream.custodian import Custodian
from agent.upstream.day_bytes import Carried
from agent.upstream.errors import OrderConflict
from agent.upstream.link import Link, NodeError
from agent.upstream.outbox import Outbox
from agent.upstream.pace import LARGEST_ROUND, ReceiptPoll
from agent.upstream.sender import Sender
from agent.upstream.states import Step
from evidence.errors import MalformedError
from evidence.merkle import HASH_BYTES
from evidence.shape import as_array, as_bytes, as_uint
from evidence.statement import parse_statement
from evidence.wire import MAX_RECEIPTS, Code, Envelope, Header, Label, Type

RECEIPT_BYTES = 1024
"""A receipt from a log of 10^8 entries, for the time that its way may take."""

IDLE_S = 120.0
"""After so long without a word the node is asked for one; while anything is sent, its answers tell
that it lives. A ZeroMQ heartbeat costs a busy gateway 180 kB a day, and waits behind a body."""


class Session:
    """Serves the outbox over one open link until the link or the node fails.

    `tell` hears of each step that went well, and in a few words what goes on; `step` is the present
    one.
    """

    def __init__(
        self,
        link: Link,
        outbox: Outbox,
        light_client: LightClient,
        clock: Clock,
        budget: ByteBudget,
        conflicts: Conflicts,
        tell: Callable[[Step, str | None], None],
    ) -> None:
        self.step = Step.GREET
        self._link = link
        self._outbox = outbox
        self._client = light_client
        self._clock = clock
        self._budget = budget
        self._tell = tell
        self._poll = ReceiptPoll()
        self._sender = Sender(link, outbox, budget, conflicts, self._now)
        self._custodian = Custodian(link, outbox, lambda: light_client.policy, self._now)

    async def greet(self) -> None:
        """Compare the node's view of our order with the journal; OrderConflict where they differ.

        What the node holds already is not sent again.
        """
        header: Header = {Label.EPOCH: self._outbox.epoch, Label.SIZE: self._client.size}
        answer = await self._link.request(Type.HELLO, header, carried=Carried.UPKEEP)
        origin = answer.get(Label.ORIGIN)
        if origin != self._client.policy.log.name:
            raise MalformedError("origin", f"the node serves the log {origin!r:.80}, not ours")
        if Label.SEQ in answer.header:
            await self._compare(answer)
        else:
            await self._outbox.forgotten(-1)

    async def _compare(self, answer: Envelope) -> None:
        newest = as_uint(answer.get(Label.SEQ), "seq")
        digest = as_bytes(answer.get(Label.DIGEST), "digest", HASH_BYTES)
        ours = await self._outbox.find(newest)
        if ours is None or parse_statement(ours).digest != digest:
            await self._contradict(newest)
        await self._outbox.forgotten(newest)
        while batches := await self._outbox.unsent(LARGEST_ROUND):
            known = [batch.seq for batch in batches if batch.seq <= newest]
            # Whether it has their bodies, it does not say: they are sent again, and kept once.
            await self._outbox.accepted(known, with_body=False)
            if len(known) < len(batches):
                return

    async def _contradict(self, newest: int) -> None:
        """Raise OrderConflict: the node's newest statement of ours is not in the journal.

        What is sealed is sent all the same: the node must show the statement that stands in its
        place, which is proof, and keeps ours, so that nobody can say we hid it.
        """
        self._sender.newest_logged = newest
        with suppress(NodeError):
            while await self._sender.statements():
                pass
        text = f"the log holds a batch {newest} of this gateway that the journal does not"
        raise OrderConflict(text, evidence=b"")

    async def serve(self) -> None:
        """Send and confirm for ever; ends by an error of the link, the node or a proof."""
        try:
            await self._serve()
        finally:
            with suppress(JournalUnavailable):  # the next session tries again
                await self._outbox.settle()

    async def _serve(self) -> None:
        await self._sender.begin()
        while True:
            try:
                if self._budget.due:
                    await asyncio.to_thread(self._budget.save)
                if not await self._step():
                    await self._rest()
            except NodeError as error:
                if error.code != Code.BUSY:
                    raise
                await asyncio.sleep(error.retry_after)

    async def _step(self) -> bool:
        """Do what comes first; tell whether there was anything to do."""
        self._sender.holding, self.step = False, Step.SEND
        if await self._send_bodies(Rank.URGENT):
            return True
        if await self._sender.statements():
            self._poll.accepted(self._now())
            self._tell(Step.SEND, "sending statements")
            return True
        if self._receipts_left() == 0:
            self.step = Step.PROVE
            await self._confirm()
            return True
        if await self._send_bodies(Rank.NEWEST) or await self._send_bodies(Rank.BACKLOG):
            return True
        self.step = Step.KEEP
        if self._left(self._custodian.left()) == 0 and await self._custodian.ask():
            return True
        if self._outbox.left() == 0:
            await self._outbox.settle()
        return False

    async def _send_bodies(self, rank: Rank) -> bool:
        sent = await self._sender.bodies(rank)
        if sent:
            self._tell(Step.SEND, _DOING[rank])
        return sent

    async def _rest(self) -> None:
        """Wait for something to do; when nothing comes for long, see whether the node is there."""
        left = self._receipts_left()
        resting = "" if left is None else "waiting for receipts"
        held = self._budget.why_held
        for step in (Step.SEND, Step.KEEP) if left else (Step.SEND, Step.PROVE, Step.KEEP):
            self._tell(step, held if self._sender.holding else resting)
        pauses = (left, self._left(self._custodian.left()), self._outbox.left(), IDLE_S)
        pause = min(pause for pause in pauses if pause is not None)
        sealed = await self._outbox.wait(pause)
        idle = left is None and pause == IDLE_S and not sealed
        if idle and self._budget.allows(Share.STATEMENTS):
            # The smallest answer there is; what it says is not used.
            await self._link.request(Type.KEYS, {}, carried=Carried.UPKEEP)

    def _receipts_left(self) -> float | None:
        """Return the seconds until receipts are asked for; None: not at all now."""
        return self._left(self._poll.left(self._now()))

    def _left(self, pause: float | None) -> float | None:
        """Return `pause`, or None while the budget lets no question go."""
        return pause if self._budget.allows(Share.STATEMENTS) else None

    def _now(self) -> float:
        return self._clock.now().monotonic_ms / 1000

    async def _confirm(self) -> None:
        """Fetch receipts of accepted batches and check them."""
        batches = await self._outbox.unconfirmed(MAX_RECEIPTS)
        if not batches:
            self._poll.nothing_waits()
            return
        header: Header = {
            Label.EPOCH: self._outbox.epoch,
            Label.SEQS: tuple(batch.seq for batch in batches),
            Label.SIZE: self._client.size,
        }
        try:
            expect = RECEIPT_BYTES * len(batches)
            answer = await self._link.request(Type.STATUS, header, expect=expect)
        except NodeError as error:
            if error.code != Code.UNKNOWN_ENTRY:
                raise
            # The node forgot what it had accepted; nothing of it was proven, so it is sent again.
            await self._outbox.forgotten(batches[0].seq - 1)
            return
        if answer.type is Type.PENDING:
            await self._outbox.settle()
            self._poll.came_in_vain(self._now())
            return
        await self._check(batches, parse_offer(answer))

    async def _check(self, batches: Sequence[PendingBatch], offer: Offer) -> None:
        statements = {batch.seq: batch for batch in batches}
        if not offer.receipts.keys() <= statements.keys():
            raise MalformedError("receipts", "the node sends receipts nobody asked for")
        stamp = self._clock.now()
        now = None if stamp.bound_ms is None else stamp.wall_ms // 1000
        proven = await asyncio.to_thread(self._client.confirm, statements, offer, now)
        assert self._client.trusted is not None
        await self._outbox.confirmed(proven, offer.receipts, self._client.trusted)
        if len(proven) < len(batches):
            await self._outbox.settle()
        if proven:
            self._tell(Step.PROVE, None)
            self._poll.got(self._now())
        else:
            self._poll.came_in_vain(self._now())


_DOING = {
    Rank.URGENT: "sending alarms",
    Rank.NEWEST: "sending the newest",
    Rank.BACKLOG: "sending the backlog",
}


def parse_offer(answer: Envelope) -> Offer:
    """Read a RECEIPT answer; MalformedError for anything else."""
    if answer.type is not Type.RECEIPT:
        raise MalformedError("wire", f"{answer.type.name} is no answer to STATUS")
    receipts: dict[int, bytes] = {}
    for item in as_array(answer.get(Label.RECEIPTS), "receipts"):
        seq, receipt = as_array(item, "receipt", 2)
        receipts[as_uint(seq, "seq")] = as_bytes(receipt, "receipt")
    path = None
    if Label.PATH in answer.header:
        path = tuple(as_bytes(item, "hash") for item in as_array(answer.get(Label.PATH), "path"))
    return Offer(receipts, as_bytes(answer.get(Label.NOTE), "note"), path)
