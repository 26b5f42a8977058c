"""The three interfaces of a gateway, each with a fake in its place.

A newcomer's way in: whoever has another device writes a `Driver`, whoever has another way to the
ledger writes what `Uplink` here is, whoever has another ledger answers the messages of
docs/PROTOCOL.md as `Ledger` here does. Nothing else of the gateway has to know.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.batcher import Batcher, Limits
from agent.chain.conflict import Conflicts
from agent.chain.gaps import Gaps
from agent.clock.clock import Clock
from agent.config.devices import Device
from agent.intake.collector import Collector
from agent.intake.declared import Declared
from agent.intake.health_board import HealthBoard
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import BatchState
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from agent.light_client.client import LightClient
from agent.light_client.trusted_store import TrustedStore
from agent.observe.silence import Silence
from agent.signing.file_key import FileKey
from agent.upstream.budget import ByteBudget
from agent.upstream.forwarder import Forwarder
from agent.upstream.link import NodeAddress, NodeError
from agent.upstream.log_books import OneLog
from agent.upstream.outbox import Outbox
from agent.upstream.patience import Patience
from agent.upstream.session import Session
from agent.upstream.states import LinkState
from drivers.driver import Health, State, SystemTiming
from drivers.reading import Quality, Reading
from evidence.wire import REQUEST_ID_BYTES, Envelope, Type, labels
from foundation.notify import Progress
from tests.agent.fakes import FakeSystemClock
from tests.agent.log_world import EPOCH, LogWorld
from tests.agent.upstream.gateway import HonestNode

READINGS = 6
BATCH = 3


class Running:
    """Time that runs; the wall clock is one that nobody vouches for."""

    monotonic = staticmethod(time.monotonic)

    def __init__(self):
        self.now = time.monotonic()


class Thermometer:
    """A device: a `drivers.driver.Driver` that reads 4.31 °C, six times, and is then quiet."""

    name = "cargo"

    def __init__(self):
        self.health = Health()
        self.durable = 0

    async def readings(self):
        self.health.enter(State.RUNNING, 0.0)
        for _ in range(READINGS):
            fields = {"temperature": 4.31}
            yield Reading(self.name, "temperature", fields, time.monotonic(), Quality.OK)
        await asyncio.Event().wait()

    async def read_once(self):
        raise NotImplementedError("nobody asks in this test")

    def committed(self, count):
        self.durable = count

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.health.enter(State.CLOSED, 0.0)


class Uplink:
    """A way to a node: hands an envelope over, and brings back the answer to it."""

    def __init__(self, node, ledger, on_state):
        self.node = node
        self.state = LinkState.CONNECTING
        self._ledger = ledger
        self._on_state = on_state

    async def __aenter__(self):
        self.state = LinkState.OK
        self._on_state(self.state)
        return self

    async def __aexit__(self, *_):
        pass

    async def request(self, type_, header, statement=b"", body=b"", expect=0, carried=None):
        await asyncio.sleep(0)  # it takes a while, as all ways do
        envelope = Envelope(type_, bytes(REQUEST_ID_BYTES), labels(header), statement, body)
        answer = self._ledger(envelope)
        if answer.type is Type.ERROR:
            raise NodeError(answer)
        return answer


class Ledger(HonestNode):
    """A ledger: takes statements in order, and proves them with receipts and a checkpoint."""

    def register(self, envelope):
        known = len(self.logged)
        answer = super().register(envelope)
        if len(self.logged) > known:
            self.world.batches.append(SimpleNamespace(statement=envelope.statement))
        return answer


@pytest.fixture
async def journal(tmp_path):
    journal = await AsyncJournal.open(RingJournal, tmp_path / "journal.sqlite", EPOCH)
    yield journal
    await journal.close()


async def test_any_device_over_any_uplink_into_any_ledger(journal, tmp_path):
    world = LogWorld(FileKey(ec.generate_private_key(ec.SECP256R1())))
    device, ledger = Thermometer(), Ledger(world)
    timing = SystemTiming()
    clock = Clock(FakeSystemClock(Running()), boot=1)

    # device → collector → recorder → journal
    recorder = Recorder(journal, clock, timing, Progress(timing.monotonic), window=0.1)
    described = Device(device.name, "made.up")
    collector = Collector(
        described,
        lambda: device,
        Declared(described, ("temperature",)),
        HealthBoard(),
        recorder,
        clock,
        Silence(300.0),
    )

    # journal → batches, signed → outbox
    batcher = Batcher(journal, world.author, clock, os.urandom, Limits(BATCH, 60.0))
    recorder.listen(lambda records: batcher.committed(records, urgent=False))
    gaps = Gaps(tmp_path, EPOCH)
    outbox = Outbox(journal, OneLog(gaps), gaps, clock)
    batcher.listen(outbox.sealed)

    # outbox → session → uplink → ledger, and back to the light client
    client = LightClient(world.policy, TrustedStore(tmp_path), 14 * 86400)
    conflicts = Conflicts(tmp_path, EPOCH, lambda: world.gateway.public)
    budget = ByteBudget(0, tmp_path, clock)
    rng = random.Random(1)
    forwarder = Forwarder(
        [NodeAddress("any", "carrier://pigeon", "")],
        lambda node, on_state: Uplink(node, ledger, on_state),
        lambda link, tell: Session(link, outbox, client, clock, budget, conflicts, tell),
        client,
        conflicts,
        clock,
        rng,
        lambda *_: None,
        patience={"any": Patience(timing.monotonic, rng)},
    )

    async def proven():
        rows = await journal.batches(0, READINGS // BATCH)
        states = [row.state for row in rows]
        return states == [BatchState.CONFIRMED] * (READINGS // BATCH)

    parts = [collector.run(), recorder.run(), batcher.run(), forwarder.run()]
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        async with asyncio.timeout(60):
            while not await proven():
                await asyncio.sleep(0.02)
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
    assert device.durable == READINGS
    assert len(ledger.logged) == READINGS // BATCH
    assert client.trusted.size == len(world.entries)
    assert [record.values for record in await journal.records(0, READINGS)] == [
        {"temperature": 431}
    ] * READINGS
