"""Carrying an archive to every log that a gateway knows nodes of, and what proves it there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import zmq.asyncio

from agent.config.ledger import LedgerNode
from agent.salvage.archive import Archive
from agent.salvage.receipts import fetch_receipts
from agent.salvage.send import Sent, send
from agent.signing.curve_key import CurveKey
from agent.upstream.link import Link, LinkDown, NodeAddress
from evidence.policy import Policy


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of an archive at a log's node: its epochs with the receipts that came, and what
    was taken. `away` is why no node of the log could be reached.
    """

    log: str
    archive: Archive
    sent: tuple[Sent, ...] = ()
    away: LinkDown | None = None

    @property
    def proven(self) -> int:
        """How many batches have a receipt of this log."""
        return sum(sent.proven for sent in self.sent)


async def carry_over(link: Link, archive: Archive, log: str, policy: Policy | None) -> Carried:
    """Register all batches, and fetch receipts where a policy is there to check them by."""
    sent = [await send(link, life) for life in archive.lives]
    if policy is None:
        return Carried(log, archive, tuple(sent))
    lives, notes = list(archive.lives), dict.fromkeys(archive.notes)
    for at, life in enumerate(archive.lives):
        proofs = await fetch_receipts(link, life, sent[at].taken, policy)
        lives[at] = replace(life, batches=tuple(map(proofs.beside, life.batches)))
        sent[at] = replace(sent[at], proven=len(proofs.receipts))
        notes |= dict.fromkeys(proofs.notes)
    return Carried(log, Archive(tuple(lives), tuple(notes)), tuple(sent))


async def carry(
    nodes: Sequence[LedgerNode], key: CurveKey, archive: Archive, pinned: Sequence[Policy]
) -> list[Carried]:
    """Send every epoch to each log that there are nodes of; witnesses take no batches."""
    logs: dict[str, list[NodeAddress]] = {}
    for node in nodes:
        if not node.witness:
            address = NodeAddress(node.name, node.endpoint, node.server_key)
            logs.setdefault(node.log, []).append(address)
    context = zmq.asyncio.Context()

    def link(address: NodeAddress) -> Link:
        return Link(context, address, key, os.urandom, lambda _: None)

    try:
        return [
            await carry_to(log, map(link, addresses), archive, pinned)
            for log, addresses in logs.items()
        ]
    finally:
        context.destroy(linger=0)


async def carry_to(
    log: str, links: Iterable[Link], archive: Archive, pinned: Sequence[Policy]
) -> Carried:
    """Send every epoch over the first of a log's links that works."""
    policy = next((each for each in pinned if log in ("", each.log.name)), None)
    carried = Carried(log, archive)
    for each in links:
        try:
            async with each as link:
                return await carry_over(link, archive, log, policy)
        except LinkDown as error:
            carried = Carried(log, archive, away=error)
    return carried
