"""Three real logs, two of which must vouch: one is silent, withholds, lies or forks, two go on."""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from agent.assembly.ledger_status import trust_status
from agent.assembly.ledgers import Ledgers
from agent.chain.key_watch import KeyState
from agent.cli.main import main
from agent.config.settings import load
from agent.disclosure.bundling import (
    TooFewLogs,
    confirmed_rows,
    make_bundle,
    vouched_rows,
)
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import BatchState
from agent.journal.ring_journal import RingJournal
from agent.light_client.pinned_policy import trusted_store
from agent.signing.identity import IDENTITY_FILE, Identity, to_text
from agent.signing.key_store import KeyStore
from agent.signing.keys import Keys, public_text
from agent.upstream.mode import Mode
from agent.upstream.states import LinkState
from drivers import catalog
from drivers.driver import SystemTiming
from evidence.log_set import LogSet
from evidence.report import Outcome
from evidence.verify import verify_bundle
from hil.peers import lies
from hil.peers.accomplices import Accomplices
from hil.peers.liar import Liar
from ledger.base.public_node import read_public_node
from ledger.enrolling import lists
from ledger.store.sqlite_store import SqliteStore
from tests.agent.log_world import EPOCH, ISSUER, NOW, LogWorld, record
from tests.agent.upstream.gateway import SteadyClock
from tests.ledger.support import FakeClock, make_cluster
from tests.scenarios.test_dishonest_nodes import lying

NAMES = ("east", "north", "south")


class Stage:
    """A gateway's own forwarding half, and three logs of one node each, run by liars by trade."""

    def __init__(self, folder) -> None:
        self.folder, self.state_dir = folder, folder / "state"
        self.state_dir.mkdir()
        self.clusters = {
            name: make_cluster(folder / name, witnesses=0, origin=f"{name}.example/log")
            for name in NAMES
        }
        clock = FakeClock(NOW)
        self.clock = clock
        self.liars = {
            name: Liar(Accomplices.of(cluster.sequencer, (), clock.wall))
            for name, cluster in self.clusters.items()
        }
        self.keys = Keys.load_or_make(self.state_dir, KeyStore())
        self.identity = Identity(ISSUER, EPOCH)
        self.world = LogWorld(self.keys.statement)
        self.events: list[tuple[str, LinkState, str]] = []
        self.noticed: list[tuple[str, dict]] = []
        self.journal = None
        self.tasks: list[asyncio.Task[None]] = []

    def write(self, *names: str, threshold: str = "2", served: tuple[str, ...] = NAMES) -> None:
        """Pin the policies of these logs and configure their nodes."""
        public = self.folder / "gateway.pub"
        public.write_text(public_text("truck-7", self.identity, self.keys))
        for cluster in self.clusters.values():
            lists.admit(cluster.sequencer, public, NOW)
        texts = [self.clusters[name].sequencer.policy.read_text() for name in names]
        head = f"logs {threshold}\n" if len(names) > 1 else ""
        (self.folder / "policy.txt").write_text(head + "".join(texts))
        nodes = [self._node(name) for name in names if name in served]
        (self.folder / "tallyman.toml").write_text(
            '[gateway]\nname = "truck-7"\nstate_dir = "state"\ncontrol = "c.sock"\n\n'
            '[ledger]\npolicy = "policy.txt"\n\n' + "".join(nodes)
        )

    def _node(self, name: str) -> str:
        node = read_public_node(self.clusters[name].sequencer.public)
        return (
            f'[[ledger.node]]\nname = "{name}"\nendpoint = "{node.endpoint}"\n'
            f'server_key = "{node.curve}"\nlog = "{name}.example/log"\n\n'
        )

    async def start(self) -> None:
        """Assemble the gateway's half as `tallyman run` does, and let it work."""
        config = load(self.folder / "tallyman.toml", catalog)
        path = self.state_dir / "journal.sqlite"
        self.journal = await AsyncJournal.open(RingJournal, path, EPOCH)
        core = SimpleNamespace(
            identity=self.identity,
            succession=self.keys.succession,
            clock=SteadyClock(),
            journal=self.journal,
        )
        events = SimpleNamespace(
            heard=lambda *event: self.events.append(event),
            noticed=lambda *event: self.noticed.append(event),
        )
        self.config = config
        self.ledgers = Ledgers(config, core, os.urandom, SystemTiming(), events, lambda _: None)
        self.tasks = [asyncio.create_task(task.run()) for task in self.ledgers.tasks()]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.journal is not None:
            await self.journal.close()
            self.ledgers.context.destroy(linger=0)

    async def seal(self, count: int = 1) -> None:
        for _ in range(count):
            head = self.world.batches[-1] if self.world.batches else None
            first = head.first + head.count if head else 0
            records = [record(first + i) for i in range(3)]
            batch = self.world.seal(records)
            await self.journal.commit(records)
            await self.journal.run(RingJournal.seal, replace(batch, urgent=False))
        for parts in self.ledgers.parts.values():
            parts.outbox.sealed()

    async def until(self, condition, seconds=15.0) -> None:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.02)

    async def states(self) -> list[BatchState]:
        rows = await self.journal.batches(0, 1000)
        return [row.state for row in rows]

    async def confirmed(self, count: int) -> None:
        async def done() -> bool:
            return await self.states() == [BatchState.CONFIRMED] * count

        await self.until(done)

    async def vouched(self, seq: int, count: int) -> None:
        """Wait until so many logs have given their receipt for a batch."""

        async def done() -> bool:
            row = await self.journal.batch(seq)
            return len(await self.journal.run(RingJournal.proofs, row)) == count

        await self.until(done)

    async def reach(self, name: str, state: LinkState) -> None:
        async def there() -> bool:
            parts = self.ledgers.parts[f"{name}.example/log"]
            return parts.forwarder.views[0].state is state

        await self.until(there)

    async def bundle(self, logs: LogSet | None = None, frozen=()) -> bytes:
        """Return the bundle of all that is confirmed."""
        logs = logs or self.ledgers.logs

        def make(journal: RingJournal) -> bytes:
            rows = confirmed_rows(journal, 0, None)
            return make_bundle([vouched_rows(journal, rows, logs, frozen)], logs).to_bytes()

        return await self.journal.run(make)

    def bodies(self, name: str) -> list[bool]:
        """Tell of each batch whether a log's node keeps its body; entry 0 is the genesis."""
        store = SqliteStore(self.clusters[name].sequencer.store, read_only=True)
        try:
            indexes = store.indices(ISSUER, EPOCH, range(len(self.world.batches)))
            return [
                seq in indexes and store.body(indexes[seq]) is not None
                for seq in range(len(self.world.batches))
            ]
        finally:
            store.close()

    def tallyman(self, capsys, verb: str, *words: str) -> tuple[int, str]:
        """Run a command beside the gateway; return its exit code and what it printed."""
        files = [str(self.folder / word) if "." in word else word for word in words]
        (self.state_dir / IDENTITY_FILE).write_text(to_text(self.identity))
        code = main([verb, *files])
        return code, capsys.readouterr().out

    def trust(self):
        return trust_status(set(), self.ledgers.logs, self.ledgers.parts)


@pytest.fixture
async def stage(tmp_path):
    async with AsyncExitStack() as stack:
        stage = Stage(tmp_path)
        for name in NAMES:
            files = stage.clusters[name].sequencer
            await stack.enter_async_context(lying(files, stage.clock, stage.liars[name]))
        yield stage
        await stage.stop()


async def test_two_of_three_logs_confirm_and_the_third_catches_up(stage, capsys):
    stage.write(*NAMES)
    stage.liars["south"].lie = lies.withholding_receipts
    await stage.start()
    await stage.seal(2)
    await stage.confirmed(2)
    logs = stage.ledgers.logs
    report = verify_bundle(await stage.bundle(), logs)
    assert (report.outcome, report.vouching, report.named) == (Outcome.AUTHENTIC, 2, 3)
    stage.liars["south"].lie = None
    await stage.vouched(1, 3)
    assert stage.trust().mode is Mode.PARTNER_NODE
    code, said = stage.tallyman(capsys, "bundle", "--config", "tallyman.toml", "-o", "a.bundle")
    assert code == 0, said
    code, said = stage.tallyman(capsys, "verify", "a.bundle", "--policy", "policy.txt")
    assert code == 0, said
    assert "3 of 3 logs vouch" in said
    code, said = stage.tallyman(capsys, "config", "policy", "--config", "tallyman.toml")
    assert said.startswith("logs      2 of 3 must vouch\nlog       east.example/log\n")


@pytest.mark.parametrize("lie", [lies.withholding_receipts, lies.wrong_log_key])
async def test_one_log_alone_confirms_nothing(stage, lie):
    stage.write(*NAMES)
    stage.liars["north"].lie = stage.liars["south"].lie = lie
    await stage.start()
    await stage.seal()
    await stage.vouched(0, 1)
    assert await stage.states() == [BatchState.ACCEPTED]
    stage.liars["north"].lie = None
    await stage.confirmed(1)


async def test_a_log_that_forks_counts_no_more_and_the_others_go_on(stage):
    stage.write(*NAMES)
    await stage.start()
    for number in range(2):  # so that the fork is of a log that is trusted already
        await stage.seal()
        await stage.confirmed(number + 1)
        await stage.vouched(number, 3)
    stage.liars["north"].lie = lies.forked
    await stage.seal()
    await stage.reach("north", LinkState.FROZEN)
    await stage.confirmed(3)
    origin = "north.example/log"
    assert trusted_store(stage.config, stage.ledgers.logs, origin).evidence()
    assert [state for name, state, _ in stage.events if name == "north"][-1] is LinkState.FROZEN
    assert stage.trust().logs[1].frozen
    report = verify_bundle(await stage.bundle(frozen={origin}), stage.ledgers.logs)
    assert (report.outcome, report.vouching) == (Outcome.AUTHENTIC, 2)
    assert [log.origin for log in report.logs] == ["east.example/log", "south.example/log"]


async def test_what_a_caught_log_had_confirmed_waits_for_another(stage):
    """East and north had confirmed it; then north is caught, and south must answer in its place."""
    stage.write(*NAMES)
    stage.liars["south"].lie = lies.withholding_receipts
    await stage.start()
    await stage.seal(2)
    await stage.confirmed(2)
    stage.liars["north"].lie = lies.forked
    await stage.seal()
    await stage.reach("north", LinkState.FROZEN)
    await stage.vouched(2, 1)
    await stage.seal()
    await stage.vouched(3, 1)
    assert set(await stage.states()) == {BatchState.ACCEPTED}
    with pytest.raises(TooFewLogs, match="1 of 3 logs vouch for batch 0, 2 must"):
        rows = await stage.journal.batches(0, 1)
        await stage.journal.run(vouched_rows, rows, stage.ledgers.logs, {"north.example/log"})
    stage.liars["south"].lie = None
    await stage.confirmed(4)


async def test_a_gateway_goes_from_one_log_to_three(stage):
    """What one log had confirmed waits for a second; its receipts and its trust are kept."""
    stage.write("east")
    await stage.start()
    await stage.seal(2)
    await stage.confirmed(2)
    trusted = stage.ledgers.parts["east.example/log"].client.trusted
    await stage.stop()
    stage.write(*NAMES)
    stage.liars["north"].lie = stage.liars["south"].lie = lies.withholding_receipts
    await stage.start()
    assert stage.ledgers.parts["east.example/log"].client.trusted == trusted
    await stage.vouched(1, 1)

    async def doubted() -> bool:
        return set(await stage.states()) == {BatchState.ACCEPTED}

    await stage.until(doubted)
    stage.liars["south"].lie = None
    await stage.confirmed(2)
    report = verify_bundle(await stage.bundle(), stage.ledgers.logs)
    assert (report.outcome, report.vouching) == (Outcome.AUTHENTIC, 2)


async def test_bodies_go_to_one_log_and_to_another_when_that_one_is_gone(stage):
    stage.write(*NAMES)
    await stage.start()
    await stage.reach("east", LinkState.OK)  # or the first body would go to the next log
    await stage.seal()
    await stage.vouched(0, 3)
    stage.liars["east"].lie = lies.forked
    await stage.seal()
    await stage.reach("east", LinkState.FROZEN)
    await stage.seal(2)
    await stage.vouched(3, 2)

    async def taken() -> bool:
        return (await stage.journal.counts()).bodies_owed == 0

    await stage.until(taken)
    assert await asyncio.to_thread(stage.bodies, "east") == [True, True, False, False]
    assert await asyncio.to_thread(stage.bodies, "north") == [False, False, True, True]
    assert not any(await asyncio.to_thread(stage.bodies, "south"))


async def test_a_key_that_two_of_three_logs_end_is_told_of(stage):
    stage.write(*NAMES)
    policy = stage.folder / "policy.txt"
    *logs, last = policy.read_text().split("receipt ")
    soon = datetime.fromtimestamp(NOW, UTC) + timedelta(days=12)
    ends = f" until {soon:%Y-%m-%dT%H:%M:%SZ}\n"
    ended = [re.sub(r"(?m)^(gateway .*)\n", rf"\1{ends}", text) for text in logs]
    policy.write_text("receipt ".join([*ended, last]))
    await stage.start()
    watch = stage.ledgers.key_watch()
    watch.look()
    assert (watch.now.state, watch.now.until) == (KeyState.ENDS, int(soon.timestamp()))
    assert [(kind, values["state"]) for kind, values in stage.noticed] == [("key-validity", "ends")]
