"""One conversation with one node: greet, register what is sealed, fetch what proves it.

Every step may be repeated: the node knows a batch by (iss, epoch, seq) and the digest of what was
signed, and answers a repeat as it answered the first time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agent.clock import Clock
from agent.errors import Alarm
from agent.evidence.errors import MalformedError
from agent.evidence.merkle import HASH_BYTES
from agent.evidence.shape import as_array, as_bytes, as_uint
from agent.evidence.statement import parse_statement
from agent.evidence.wire import MAX_RECEIPTS, Code, Envelope, Header, Label, Type
from agent.journal.journal import PendingBatch
from agent.light_client.client import LightClient, Offer
from agent.upstream.link import Link, NodeError
from agent.upstream.outbox import Outbox

WINDOW = 16
"""Batches under way at once: hides the round trip, and bounds what is sent twice."""

RECEIPT_POLL_S = 1.0
"""A sequencer makes a checkpoint every second while entries wait (docs/PROTOCOL.md, "Frames")."""


class OrderConflict(Alarm):
    """The node's log holds another history of this gateway than its journal.

    `evidence` is the statement in question, as far as there is one.
    """

    advice = (
        "was an old card image restored, or does a second gateway hold this key? Stop the copy; "
        "a restored gateway needs a new epoch"
    )


class Session:
    """Serves the outbox over one open link until the link or the node fails."""

    def __init__(
        self, link: Link, outbox: Outbox, light_client: LightClient, epoch: bytes, clock: Clock
    ) -> None:
        self._link = link
        self._outbox = outbox
        self._client = light_client
        self._epoch = epoch
        self._clock = clock

    async def greet(self) -> None:
        """Compare the node's view of our order with the journal; OrderConflict where they differ.

        What the node holds already is not sent again.
        """
        header: Header = {Label.EPOCH: self._epoch, Label.SIZE: self._client.size}
        answer = await self._link.request(Type.HELLO, header)
        origin = answer.get(Label.ORIGIN)
        if origin != self._client.policy.log.name:
            raise MalformedError("origin", f"the node serves the log {origin!r:.80}, not ours")
        if Label.SEQ in answer.header:
            await self._compare(answer)

    async def _compare(self, answer: Envelope) -> None:
        newest = as_uint(answer.get(Label.SEQ), "seq")
        digest = as_bytes(answer.get(Label.DIGEST), "digest", HASH_BYTES)
        ours = await self._outbox.find(newest)
        if ours is None:
            raise OrderConflict(
                f"the log holds batch {newest} of this gateway, the journal does not", evidence=b""
            )
        if parse_statement(ours.statement).digest != digest:
            raise OrderConflict(
                f"the log holds another batch {newest} of this gateway", evidence=ours.statement
            )
        while batches := await self._outbox.unsent(WINDOW):
            known = [batch.seq for batch in batches if batch.seq <= newest]
            await self._outbox.accepted(known)
            if len(known) < len(batches):
                return

    async def serve(self) -> None:
        """Send and confirm for ever; ends by an error of the link, the node or a proof."""
        while True:
            try:
                sent = await self._register(await self._outbox.unsent(WINDOW))
                waiting = await self._confirm()
            except NodeError as error:
                if error.code != Code.BUSY:
                    raise
                await asyncio.sleep(error.retry_after)
                continue
            if not sent:
                await self._outbox.wait(RECEIPT_POLL_S if waiting else None)

    async def _register(self, batches: Sequence[PendingBatch]) -> bool:
        """Send batches in order, all at once; tell whether there were any."""
        requests = [
            asyncio.ensure_future(
                self._link.request(Type.REGISTER, {}, batch.statement, batch.body)
            )
            for batch in batches
        ]
        answers = await asyncio.gather(*requests, return_exceptions=True)
        taken = [
            batch.seq
            for batch, answer in zip(batches, answers, strict=True)
            if isinstance(answer, Envelope)
        ]
        await self._outbox.accepted(taken)
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, BaseException):
                await self._judge(batch, answer)
        return bool(batches)

    async def _judge(self, batch: PendingBatch, error: BaseException) -> None:
        """Raise what the first failed registration means."""
        if isinstance(error, NodeError) and error.code == Code.EQUIVOCATION:
            await self._outbox.refused(batch.seq, error.code, str(error))
            raise OrderConflict(
                f"the log holds another batch {batch.seq} of this gateway",
                evidence=batch.statement,
            ) from error
        raise error

    async def _confirm(self) -> bool:
        """Fetch receipts of accepted batches and check them; tell whether any are still waiting."""
        batches = await self._outbox.unconfirmed(MAX_RECEIPTS)
        if not batches:
            return False
        header: Header = {
            Label.EPOCH: self._epoch,
            Label.SEQS: tuple(batch.seq for batch in batches),
            Label.SIZE: self._client.size,
        }
        try:
            answer = await self._link.request(Type.STATUS, header)
        except NodeError as error:
            if error.code != Code.UNKNOWN_ENTRY:
                raise
            # The node forgot what it had accepted; nothing of it was proven, so it is sent again.
            return await self._register(batches[:WINDOW])
        if answer.type is not Type.PENDING:
            await self._check(batches, parse_offer(answer))
        return True

    async def _check(self, batches: Sequence[PendingBatch], offer: Offer) -> None:
        statements = {batch.seq: parse_statement(batch.statement) for batch in batches}
        if not offer.receipts.keys() <= statements.keys():
            raise MalformedError("receipts", "the node sends receipts nobody asked for")
        stamp = self._clock.now()
        now = None if stamp.bound_ms is None else stamp.wall_ms // 1000
        proven = await asyncio.to_thread(self._client.confirm, statements, offer, now)
        assert self._client.trusted is not None
        await self._outbox.confirmed(proven, offer.receipts, self._client.trusted)


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
