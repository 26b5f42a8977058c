"""Asking a node to sign for the bodies it took: only then may they go from the gateway's archive.

Asked in bulk, behind everything else: nothing waits for it but the room that retention makes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping

from agent.upstream.link import Link, NodeError
from agent.upstream.outbox import Outbox
from evidence.custody import Kept, parse_custody
from evidence.errors import MalformedError
from evidence.policy import Policy
from evidence.shape import as_array, as_bytes, as_uint
from evidence.statement import parse_statement
from evidence.wire import MAX_RECEIPTS, Code, Envelope, Header, Label, Type

CUSTODY_S = 900.0
"""Time between two rounds: at a batch a minute one request asks for fifteen."""

CUSTODY_BYTES = 320
"""A custody receipt, for the time that its way may take."""

_NOT_HERE = (Code.WRONG_ROLE, Code.MALFORMED)
"""What a node says that keeps no bodies, or that is too old for the question."""


class Custodian:
    """Asks over one link, the first time at once. `policy` is the one in force.

    `after` is where the round goes on: what a node leaves out is asked for in the next round.
    """

    def __init__(
        self,
        link: Link,
        outbox: Outbox,
        policy: Callable[[], Policy],
        monotonic: Callable[[], float],
    ) -> None:
        self._link = link
        self._outbox = outbox
        self._policy = policy
        self._now = monotonic
        self._keeps = True
        self._due = monotonic()
        self._after = -1

    def left(self) -> float | None:
        """Return the seconds until the next question; None where the node does not keep bodies."""
        return max(0.0, self._due - self._now()) if self._keeps else None

    async def ask(self) -> bool:
        """Ask for some receipts; False when the round is over or the node keeps no bodies.

        EvidenceError for a receipt that is not for our body, by the policy's key.
        """
        seqs = await self._outbox.custody_owed(self._after, MAX_RECEIPTS)
        if not seqs:
            self._after, self._due = -1, self._now() + CUSTODY_S
            return False
        header: Header = {Label.EPOCH: self._outbox.epoch, Label.SEQS: tuple(seqs)}
        try:
            expect = CUSTODY_BYTES * len(seqs)
            answer = await self._link.request(Type.CUSTODY, header, expect=expect)
        except NodeError as error:
            if error.code not in _NOT_HERE:
                raise
            self._keeps = False
            return False
        self._after = seqs[-1]
        receipts = parse_custodies(answer)
        if not receipts.keys() <= set(seqs):
            raise MalformedError("receipts", "the node sends receipts nobody asked for")
        await self._check(receipts)
        await self._outbox.in_custody(receipts)
        return True

    async def _check(self, receipts: Mapping[int, bytes]) -> None:
        policy = self._policy()
        for seq, receipt in receipts.items():
            statement, body = await self._outbox.stored(seq)
            await asyncio.to_thread(check_custody, receipt, policy, statement, body)


def check_custody(receipt: bytes, policy: Policy, statement: bytes, body: bytes) -> None:
    """Return None when `receipt` lets this body go, else EvidenceError."""
    ours = Kept(parse_statement(statement).digest, hashlib.sha256(body).digest())
    parse_custody(receipt).check(policy, ours)


def parse_custodies(answer: Envelope) -> dict[int, bytes]:
    """Read a CUSTODY answer; MalformedError for anything else."""
    if answer.type is not Type.CUSTODY:
        raise MalformedError("wire", f"{answer.type.name} is no answer to CUSTODY")
    receipts: dict[int, bytes] = {}
    for item in as_array(answer.get(Label.RECEIPTS), "receipts"):
        seq, receipt = as_array(item, "receipt", 2)
        receipts[as_uint(seq, "seq")] = as_bytes(receipt, "receipt")
    return receipts
