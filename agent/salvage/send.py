"""Carrying a dead gateway's signed batches to a node, as they are.

The node believes the old gateway's signature, not who brings it. It knows what it has already, so
sending again, after a cut or by somebody else, adds nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from agent.salvage.life import Batch, Life
from agent.upstream.link import Link, NodeError
from evidence.wire import Code, Header, Label, Type

ROUND = 32
"""Messages under way: hides the round trip on a slow link."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a node took of an epoch; `stopped` says why it took no more, or is empty.

    `proven` of those have a receipt that the policy proves.
    """

    taken: int
    stopped: str = ""
    proven: int = 0


async def send(link: Link, life: Life) -> Sent:
    """Register every batch of an epoch, in order; LinkDown where the node is away."""
    taken = 0
    for at in range(0, len(life.batches), ROUND):
        batches = life.batches[at : at + ROUND]
        requests = [asyncio.ensure_future(_register(link, life, batch)) for batch in batches]
        answers = await asyncio.gather(*requests, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, NodeError):
                return Sent(taken, _why(answer))
            if isinstance(answer, BaseException):
                raise answer
            taken += 1
    return Sent(taken)


async def _register(link: Link, life: Life, batch: Batch) -> None:
    header: Header = {Label.ISSUER: life.issuer}
    while True:
        try:
            await link.request(Type.REGISTER, header, batch.statement, batch.body)
        except NodeError as error:
            if error.code != Code.BUSY:
                raise
            await asyncio.sleep(error.retry_after)
        else:
            return


def _why(error: NodeError) -> str:
    wanted = error.header.get(Label.SEQ)
    if error.code == Code.GAP:
        return f"the node has no batch {wanted}, and this medium has none that can be read"
    return str(error)
