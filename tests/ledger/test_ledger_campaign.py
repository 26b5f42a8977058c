"""Many gateways, one machine killed in mid-run: nothing acknowledged is lost, nothing is in twice.

TALLYMAN_GATEWAYS sets how many gateways send (default 20; the campaign has 1,000).
"""

from __future__ import annotations

import asyncio
import os
import tomllib
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import zmq.asyncio

from agent.evidence.checkpoint import parse_checkpoint
from agent.evidence.statement import parse_statement
from agent.evidence.wire import Code, Label, Type
from ledger import lists
from ledger.config import read_config
from ledger.gateways import read_public_gateway, to_toml
from ledger.init import Plan, init_node
from ledger.node_files import NodeFiles
from ledger.public_node import Role, read_public_node
from ledger.stores import open_store
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
STATEMENTS = 6
ANSWER_S = 3.0 + GATEWAYS / 100
RUN_S = 120.0 + GATEWAYS / 2


@dataclass
class Sender:
    """One gateway: sends the stored statement again until it is accepted, then the next."""

    gateway: Gateway
    accepted: list = field(default_factory=list)

    async def run(self, node: Asker) -> None:
        for _ in range(STATEMENTS):
            signed = self.gateway.extend()
            while True:
                try:
                    answer = await node.ask(Type.REGISTER, {}, *signed, wait=ANSWER_S)
                except TimeoutError:
                    continue
                if answer.type is Type.ACCEPTED:
                    self.accepted.append(answer.get(Label.INDEX))
                    break
                assert answer.get(Label.CODE) == Code.BUSY, answer
                await asyncio.sleep(0.2)

    async def check(self, node: Asker, policy) -> None:
        """Every statement has a receipt at the newest checkpoint, for the index that was said."""
        while True:
            try:
                answer = await node.receipts(self.gateway, range(STATEMENTS), wait=RUN_S)
                break
            except TimeoutError:
                continue
        note = answer.get(Label.NOTE)
        policy.check(parse_checkpoint(note))
        for seq, receipt in answer.get(Label.RECEIPTS):
            statement = self.gateway.chain[seq][0]
            assert check_naively(policy, note, receipt, statement)[0] == self.accepted[seq]


def admit(files: NodeFiles, folder, gateways) -> None:
    """Write the list at once: a thousand commands would take longer than the test."""
    listed = []
    for number, gateway in enumerate(gateways):
        path = folder / "gateway.toml"
        path.write_text(gateway.public_toml())
        listed.append(read_public_gateway(path, NOW - 300))
        gateway.name = f"g{number}"
    files.admitted.write_text(to_toml(listed))


async def campaign(cluster: Cluster, folder, kill) -> None:
    """Send from all gateways, `kill` in mid-run, then check all receipts and the whole log."""
    senders = [Sender(Gateway(f"g{number}")) for number in range(GATEWAYS)]
    admit(cluster.sequencer, folder, [sender.gateway for sender in senders])
    context = zmq.asyncio.Context()
    context.max_sockets = 2 * GATEWAYS + 100
    async with AsyncExitStack() as stack:
        stack.callback(context.destroy, linger=0)
        for files in cluster.witnesses:
            stack.enter_context(Process(files))
        sequencer = stack.enter_context(Process(cluster.sequencer))
        nodes = [Asker(cluster.sequencer, sender.gateway.curve, context) for sender in senders]
        async with asyncio.timeout(RUN_S):
            async with asyncio.TaskGroup() as group:
                for sender, node in zip(senders, nodes, strict=True):
                    group.create_task(sender.run(node))
                while sum(len(s.accepted) for s in senders) < GATEWAYS * STATEMENTS // 3:
                    await asyncio.sleep(0.01)
                before = sum(len(sender.accepted) for sender in senders)
                await kill(stack, sequencer)
                assert before < GATEWAYS * STATEMENTS, "the kill came too late to be in mid-run"
            async with asyncio.TaskGroup() as group:
                for sender, node in zip(senders, nodes, strict=True):
                    group.create_task(sender.check(node, cluster.policy))
        for node in nodes:
            node.close()
    check_log(cluster, senders)


def check_log(cluster: Cluster, senders) -> None:
    store = open_store(cluster.sequencer, read_config(cluster.sequencer.config), read_only=True)
    entries = [store.entry(index) for index in range(store.size())]
    assert len(entries) == 1 + GATEWAYS * STATEMENTS
    digests = {parse_statement(entry).digest for entry in entries[1:]}
    assert len(digests) == GATEWAYS * STATEMENTS, "a statement is in the log twice"
    for sender in senders:
        assert [entries[index] for index in sender.accepted] == [
            text for text, _ in sender.gateway.chain
        ]
    kept = store.kept("cosigned", "example.org/log")
    assert kept.root == naive_root(entries[: kept.size])
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
    servers = Servers()
    try:
        servers.add_standby()
        cluster = make_postgres_cluster(tmp_path, servers.url("postgres"))

        async def kill(*_):
            await asyncio.to_thread(servers.fail_over)

        await campaign(cluster, tmp_path, kill)
    finally:
        servers.close()


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
