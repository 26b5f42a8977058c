"""A gateway's forwarding half over a scripted node that answers as an honest ledger would."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Container
from dataclasses import dataclass, field, replace

from agent.chain.conflict import Conflicts
from agent.chain.gaps import Gaps
from agent.clock.belief import Stamp
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import BatchState
from agent.journal.ring_journal import RingJournal
from agent.light_client.client import LightClient
from agent.light_client.trusted_store import TrustedStore
from agent.upstream.budget import ByteBudget
from agent.upstream.forwarder import Forwarder
from agent.upstream.link import Link, NodeAddress
from agent.upstream.log_books import OneLog
from agent.upstream.outbox import Outbox
from agent.upstream.patience import Patience
from agent.upstream.session import Session
from agent.upstream.states import LinkState
from drivers.driver import SystemTiming
from evidence.statement import parse_statement
from evidence.wire import Code, Envelope, Label, Type
from tests.agent.log_world import EPOCH, NOW, ORIGIN, LogWorld, record


class SteadyClock:
    """The wall clock stands still, the monotonic one runs."""

    def __init__(self):
        self.bound_ms = 500
        self.wall_ms = NOW * 1000

    def now(self):
        source = "gnss" if self.bound_ms is not None else "none"
        return Stamp(1, round(time.monotonic() * 1000), self.wall_ms, source, self.bound_ms)


@dataclass
class HonestNode:
    """Answers from a `LogWorld`; a test replaces one answer by a lie.

    `arrivals` are the registrations it took: seq, and whether a body came along.
    """

    world: LogWorld
    logged: list[bytes] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    arrivals: list[tuple[int, bool]] = field(default_factory=list)

    def __call__(self, envelope: Envelope) -> Envelope | None:
        return getattr(self, envelope.type.name.lower())(envelope)

    def hello(self, envelope):
        header = {Label.ORIGIN: ORIGIN}
        if self.logged:
            newest = parse_statement(self.logged[-1])
            header |= {Label.SEQ: newest.claims.seq, Label.DIGEST: newest.digest}
        return envelope.answer(Type.HELLO, header)

    def register(self, envelope):
        if not envelope.statement:
            return self.body_alone(envelope)
        seq = parse_statement(envelope.statement).claims.seq
        if envelope.statement not in self.logged:
            if seq != len(self.logged):
                return envelope.error(Code.GAP, "a hole", {Label.SEQ: len(self.logged)})
            self.logged.append(envelope.statement)
            self.world.entries.append(envelope.statement)
        if envelope.body:
            self.bodies[seq] = envelope.body
        self.arrivals.append((seq, bool(envelope.body)))
        return envelope.answer(Type.ACCEPTED, {Label.INDEX: seq + 1, Label.SEQ: seq})

    def body_alone(self, envelope):
        seq = envelope.header[Label.SEQ]
        if envelope.header[Label.EPOCH] != EPOCH or seq >= len(self.logged):
            return envelope.error(Code.UNKNOWN_ENTRY, "no such statement", {Label.SEQ: seq})
        self.bodies[seq] = envelope.body
        self.arrivals.append((seq, True))
        return envelope.answer(Type.ACCEPTED, {Label.INDEX: seq + 1, Label.SEQ: seq})

    def status(self, envelope):
        seqs, old = envelope.header[Label.SEQS], envelope.header[Label.SIZE]
        size = len(self.world.entries)
        receipts = tuple((seq, self.world.receipt(seq)) for seq in seqs)
        header = {Label.RECEIPTS: receipts, Label.NOTE: self.world.note(), Label.SIZE: size}
        if 0 < old < size:
            header |= {Label.OLD_SIZE: old, Label.PATH: tuple(self.world.consistency(old))}
        return envelope.answer(Type.RECEIPT, header)

    def custody(self, envelope):
        seqs = [seq for seq in envelope.header[Label.SEQS] if seq in self.bodies]
        receipts = tuple((seq, self.world.custody(seq, self.bodies[seq])) for seq in seqs)
        return envelope.answer(Type.CUSTODY, {Label.RECEIPTS: receipts})


class Gateway:
    """Journal, outbox, light client and forwarder of one gateway, over the scripted node."""

    def __init__(self, world, folder, context, key):
        self.world, self.context, self.key = world, context, key
        self.folder = folder
        self.clock = SteadyClock()
        self.heard: list[tuple[str, LinkState, str]] = []
        self.answer_timeout = 20.0  # a node on a loaded machine must not seem silent
        self.budget = ByteBudget(0, folder, self.clock)

    async def open(self, *nodes, timing=None):
        timing = timing or SystemTiming()
        self.journal = await AsyncJournal.open(RingJournal, self.folder / "journal.sqlite", EPOCH)
        gaps = Gaps(self.folder, EPOCH)
        self.outbox = Outbox(self.journal, OneLog(gaps), gaps, self.clock)
        store = TrustedStore(self.folder)
        self.client = LightClient(self.world.policy, store, 14 * 86400)
        addresses = [
            NodeAddress(f"node-{i}", node.endpoint, node.public.decode())
            for i, node in enumerate(nodes)
        ]
        conflicts = Conflicts(self.folder, EPOCH, lambda: self.world.gateway.public)
        self.forwarder = Forwarder(
            addresses,
            lambda node, on_state: Link(
                self.context,
                node,
                self.key,
                os.urandom,
                on_state,
                self.answer_timeout,
                self.budget.spend,
            ),
            lambda link, tell: Session(
                link, self.outbox, self.client, self.clock, self.budget, conflicts, tell
            ),
            self.client,
            conflicts,
            self.clock,
            random.Random(1),
            lambda *event: self.heard.append(event),
            patience={
                each.name: Patience(timing.monotonic, random.Random(1)) for each in addresses
            },
            sleep=timing.sleep,
        )
        self.task = asyncio.create_task(self.forwarder.run())

    async def seal(self, count=1, urgent: Container[int] = (), padding=0):
        """Seal batches of three records; the node's world logs them when they are registered.

        `padding` bytes that do not shrink make a body larger.
        """
        for _ in range(count):
            head = self.world.batches[-1] if self.world.batches else None
            first = head.first + head.count if head else 0
            records = [record(first + i) for i in range(3)]
            if padding:
                values = {"waveform": os.urandom(padding)}
                records[0] = records[0]._replace(kind="shock", values=values)
            batch = self.world.seal(records)
            self.world.entries.remove(batch.statement)
            await self.journal.commit(records)
            batch = replace(batch, urgent=batch.seq in urgent)
            await self.journal.run(RingJournal.seal, batch)
            self.outbox.sealed()

    async def states(self):
        rows = await self.journal.batches(0, 1000)
        return [row.state for row in rows]

    async def until(self, condition, seconds=60.0):
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.02)

    async def confirmed(self, count):
        async def done():
            states = await self.states()
            return len(states) == count and set(states) == {BatchState.CONFIRMED}

        await self.until(done)

    async def delivered(self, count):
        """Wait until every batch is confirmed and every body taken."""
        await self.confirmed(count)

        async def done():
            return (await self.journal.counts()).bodies_owed == 0

        await self.until(done)

    async def close(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.journal.close()
