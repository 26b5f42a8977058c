"""Many gateways, one machine killed in mid-run: nothing acknowledged is lost, nothing is in twice.

TALLYMAN_GATEWAYS sets how many gateways send (default 20; `make campaign` has 1,000), and
TALLYMAN_SEED after how many acknowledged statements the kill comes, and who fetches receipts before.
"""

from __future__ import annotations

import asyncio
import os
import time
import tomllib
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random

import zmq.asyncio

from evidence.checkpoint import parse_checkpoint
from evidence.statement import parse_statement
from evidence.wire import Code, Label, Type
from ledger.base.config import read_config
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.enrolling import lists
from ledger.gateways.gateways import read_public_gateway, to_toml
from ledger.node.init import Plan, init_node
from ledger.store.stores import open_store
from tests.ledger.postgres import Servers, require_postgres
from tests.ledger.support import (
    NOW,
    Asker,
    Cluster,
    Gateway,
    Process,
    check_naively,
    free_endpoint,
    make_cluster,
    naive_root,
)

GATEWAYS = int(os.environ.get("TALLYMAN_GATEWAYS", "20"))
SEED = int(os.environ.get("TALLYMAN_SEED", "20261122"))
STATEMENTS = 6
TOTAL = GATEWAYS * STATEMENTS
EARLY = 0.1
"""The share of gateways that hold a receipt from before the kill."""

ANSWER_S = 3.0 + GATEWAYS / 100
RUN_S = 120.0 + GATEWAYS / 2
SOCKETS_A_GATEWAY = 3
"""A DEALER, and the two ends of the monitor that tells of its handshake."""


@dataclass
class Sender:
    """One gateway: sends the stored statement again until it is accepted, then the next."""

    gateway: Gateway
    early: bool
    accepted: list = field(default_factory=list)
    again: int = 0
    offers: list = field(default_factory=list)

    async def run(self, node: Asker, killed: asyncio.Event) -> None:
        for _ in range(STATEMENTS):
            signed = self.gateway.extend()
            while not await self.register(node, signed):
                self.again += 1
            if self.early and not self.offers and not killed.is_set():
                self.offers.append(await self.fetch(node, 1))

    async def register(self, node: Asker, signed) -> bool:
        try:
            answer = await node.ask(Type.REGISTER, {}, *signed, wait=ANSWER_S)
        except TimeoutError:
            return False
        if answer.type is Type.ACCEPTED:
            self.accepted.append(answer.get(Label.INDEX))
            return True
        assert answer.get(Label.CODE) == Code.BUSY, answer
        await asyncio.sleep(0.2)
        return False

    async def fetch(self, node: Asker, count: int):
        """Return checkpoint and receipts of the first `count` statements."""
        while True:
            try:
                answer = await node.receipts(self.gateway, range(count), wait=RUN_S)
                return answer.get(Label.NOTE), answer.get(Label.RECEIPTS)
            except TimeoutError:
                continue

    def check(self, policy) -> int:
        """Every receipt, from before the kill or after, is for the index that was said."""
        for note, receipts in self.offers:
            policy.check(parse_checkpoint(note))
            for seq, receipt in receipts:
                statement = self.gateway.chain[seq][0]
                assert check_naively(policy, note, receipt, statement)[0] == self.accepted[seq]
        return sum(len(receipts) for _, receipts in self.offers)


def make_senders(random: Random) -> list[Sender]:
    early = set(random.sample(range(GATEWAYS), round(GATEWAYS * EARLY)))
    return [Sender(Gateway(f"g{number}"), number in early) for number in range(GATEWAYS)]


def admit(files: NodeFiles, folder, gateways) -> None:
    """Write the list at once: a thousand commands would take longer than the test."""
    listed = []
    for number, gateway in enumerate(gateways):
        path = folder / "gateway.toml"
        path.write_text(gateway.public_toml())
        listed.append(read_public_gateway(path, NOW - 300))
        gateway.name = f"g{number}"
    files.admitted.write_text(to_toml(listed))


def accepted(senders) -> int:
    return sum(len(sender.accepted) for sender in senders)


async def campaign(cluster: Cluster, folder, kill) -> None:
    """Send from all gateways, `kill` in mid-run, then check all receipts and the whole log."""
    random, started = Random(SEED), time.monotonic()
    senders, kill_at = make_senders(random), random.randrange(TOTAL // 5, TOTAL // 2)
    admit(cluster.sequencer, folder, [sender.gateway for sender in senders])
    context = zmq.asyncio.Context()
    context.max_sockets = SOCKETS_A_GATEWAY * GATEWAYS + 100
    async with AsyncExitStack() as stack:
        stack.callback(context.destroy, linger=0)
        for files in cluster.witnesses:
            stack.enter_context(Process(files))
        sequencer = stack.enter_context(Process(cluster.sequencer))
        nodes = [Asker(cluster.sequencer, sender.gateway.curve, context) for sender in senders]
        async with asyncio.timeout(RUN_S):
            killed, before = asyncio.Event(), 0
            async with asyncio.TaskGroup() as group:
                for sender, node in zip(senders, nodes, strict=True):
                    group.create_task(sender.run(node, killed))
                while accepted(senders) < kill_at:
                    await asyncio.sleep(0.01)
                before = accepted(senders)
                killed.set()
                await kill(stack, sequencer)
                assert before < TOTAL, "the kill came too late to be in mid-run"
            early = sum(len(sender.offers) for sender in senders)
            async with asyncio.TaskGroup() as group:
                last = [
                    group.create_task(sender.fetch(node, STATEMENTS))
                    for sender, node in zip(senders, nodes, strict=True)
                ]
        for sender, node, offer in zip(senders, nodes, last, strict=True):
            sender.offers.append(offer.result())
            node.close()
    receipts = sum(sender.check(cluster.policy) for sender in senders)
    check_log(cluster, senders)
    again = sum(sender.again for sender in senders)
    print(
        f"\nseed {SEED}: {GATEWAYS} gateways, {TOTAL} statements in {time.monotonic() - started:.0f}"
        f" s; killed after {before}, {again} sent again; 0 lost, 0 twice, {receipts} receipts"
        f" verified ({early} gateways had some before)"
    )


def check_log(cluster: Cluster, senders) -> None:
    """The log has every statement once, where it was said to be, and grew from all it showed."""
    store = open_store(cluster.sequencer, read_config(cluster.sequencer.config), read_only=True)
    entries = [store.entry(index) for index in range(store.size())]
    assert len(entries) == 1 + TOTAL
    digests = {parse_statement(entry).digest for entry in entries[1:]}
    assert len(digests) == TOTAL, "a statement is in the log twice"
    notes = set()
    for sender in senders:
        chain = [text for text, _ in sender.gateway.chain]
        assert [entries[index] for index in sender.accepted] == chain
        notes |= {note for note, _ in sender.offers}
    for checkpoint in {parse_checkpoint(note).checkpoint for note in notes}:
        assert checkpoint.root == naive_root(entries[: checkpoint.size])
    assert store.evidence() == []
    store.close()


async def test_killed_node_on_sqlite(tmp_path):
    cluster = make_cluster(tmp_path, witnesses=1)

    async def kill(stack, sequencer):
        sequencer.kill()
        stack.enter_context(Process(cluster.sequencer))

    await campaign(cluster, tmp_path, kill)


async def test_killed_primary_of_postgresql(tmp_path):
    """The node stays up; its primary is killed and the synchronous standby promoted."""
    require_postgres()
    with Servers() as servers:
        servers.add_standby()
        cluster = make_postgres_cluster(tmp_path, servers.url("postgres"))

        async def kill(*_):
            await asyncio.to_thread(servers.fail_over)

        await campaign(cluster, tmp_path, kill)


def make_postgres_cluster(folder, url: str) -> Cluster:
    """A sequencer with its store in PostgreSQL, and a witness on SQLite."""
    witness, sequencer = NodeFiles(folder / "bravo"), NodeFiles(folder / "alpha")
    endpoint = free_endpoint()
    init_node(witness, Plan("bravo", Role.WITNESS, endpoint, endpoint, "bravo/log"), NOW)
    endpoint = free_endpoint()
    publics = (read_public_node(witness.public),)
    plan = Plan("alpha", Role.SEQUENCER, endpoint, endpoint, "example.org/log", publics, None, url)
    init_node(sequencer, plan, NOW)
    text = sequencer.config.read_text()
    assert tomllib.loads(text)["store"] == url
    sequencer.config.write_text("checkpoint_every_ms = 50\nmessages_per_second = 100000\n" + text)
    lists.pin(witness, sequencer.policy, sequencer.public)
    return Cluster(folder, sequencer, [witness])
