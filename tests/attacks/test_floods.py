"""One message without end, at each port of a node and from a node to an agent: real processes.

What arrives is bounded, whatever pieces it comes in, and others are served meanwhile.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import zmq

from evidence.wire import Type
from hil.site.gateway import Gateway as Agent
from hil.site.ports import at, free_port
from hil.site.processes import Processes
from ledger.base.key_files import load_curve_key
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.enrolling import lists
from ledger.node.init import Plan, init_node
from tests.ledger.support import (
    NOW,
    Gateway,
    Process,
    asker,
    curve_key,
    free_endpoint,
    make_cluster,
    wait_for,
)

FLOODER = Path(__file__).with_name("flooder.py")
FLOODS = [(400_000, 1), (80_000, 3_900)]
NODE_MB, AGENT_MB = 16, 8
UNDER_ATTACK_S = 3.0
PATIENCE_S = 60.0  # against a hang: an answer takes milliseconds


def resident_mb(pid: int) -> float:
    (line,) = [
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    ]
    return int(line.split()[1]) / 1000


@contextmanager
def flooding(*words):
    """Run the flooder until the block ends; begin once it handed everything to its ZeroMQ."""
    command = [sys.executable, FLOODER, *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield process.stdout
        finally:
            process.kill()


class Watched:
    """The resident memory of a process, and the most of it that was seen."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.before = self.most = resident_mb(pid)

    async def watch(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.most = max(self.most, resident_mb(self._pid))
            await asyncio.sleep(0.05)

    @property
    def grown(self) -> float:
        return self.most - self.before


@pytest.fixture
def ports(tmp_path):
    """A sequencer with a witness: the address of each port, and who may flood it."""
    enrol = free_endpoint()
    cluster = make_cluster(tmp_path, witnesses=1, settings=f'enrol_listen = "{enrol}"\n')
    flooder, gateway = Gateway("flooder"), Gateway()
    cluster.admit(flooder)
    cluster.admit(gateway)
    main = read_public_node(cluster.sequencer.public)
    witness = read_public_node(cluster.witnesses[0].public)
    sequencer = load_curve_key(cluster.sequencer.curve_key)
    with Process(cluster.sequencer) as alpha, Process(cluster.witnesses[0]) as bravo:
        wait_for(lambda: "listens" in alpha.log.read_text() and "listens" in bravo.log.read_text())
        yield (
            {
                "enrolment": (enrol, main.curve, curve_key(), alpha),
                "main": (main.endpoint, main.curve, flooder.curve, alpha),
                "witness": (witness.endpoint, witness.curve, sequencer, bravo),
            },
            cluster,
            gateway,
        )


@pytest.mark.parametrize(("frames", "size"), FLOODS)
@pytest.mark.parametrize("port", ["enrolment", "main", "witness"])
async def test_a_message_without_end_takes_no_memory_and_others_are_served(
    ports, port, frames, size
):
    places, cluster, gateway = ports
    endpoint, server, own, node = places[port]
    async with asker(cluster.sequencer, gateway) as asking:
        assert (await asking.register(gateway.extend())).type is Type.ACCEPTED
        watched = Watched(node.pid)
        keys = own.public.decode(), own.secret.decode()
        with flooding("send", endpoint, server, *keys, frames, size) as said:
            assert await asyncio.to_thread(said.readline) == b"sent\n"
            watching = asyncio.create_task(watched.watch(UNDER_ATTACK_S))
            for _ in range(3):
                answer = await asking.ask(Type.REGISTER, {}, *gateway.extend(), wait=PATIENCE_S)
                assert answer.type is Type.ACCEPTED
            await asking.receipts(gateway, [3], wait=PATIENCE_S)
            await watching
    print(f"{port}: {frames} frames of {size} bytes: {watched.grown:+.1f} MB")
    assert watched.grown < NODE_MB
    assert "Traceback" not in node.log.read_text()


async def test_thirty_floods_of_one_gateway_take_no_more(ports):
    places, cluster, gateway = ports
    endpoint, server, own, node = places["main"]
    with zmq.Context() as context:
        sockets = [dealer(context, endpoint, server, own) for _ in range(30)]
        try:
            async with asker(cluster.sequencer, gateway) as asking:
                assert (await asking.ask(Type.HELLO)).type is Type.HELLO
                watched = Watched(node.pid)
                for socket in sockets:
                    for _ in range(700):
                        socket.send(bytes(3_900), zmq.SNDMORE)
                    socket.send(b"")
                await watched.watch(UNDER_ATTACK_S)
                answer = await asking.ask(Type.REGISTER, {}, *gateway.extend(), wait=PATIENCE_S)
                assert answer.type is Type.ACCEPTED
        finally:
            for socket in sockets:
                socket.close(0)
    assert watched.grown < NODE_MB


def dealer(context, endpoint, server, own):
    socket = context.socket(zmq.DEALER)
    socket.sndhwm = 0
    socket.curve_serverkey = server.encode()
    socket.curve_publickey, socket.curve_secretkey = own.public, own.secret
    socket.connect(endpoint)
    return socket


@pytest.fixture
def truck(tmp_path):
    """A gateway of a log whose sequencer does not run, and what stands for that node."""
    with Processes(tmp_path) as processes:
        files, endpoint = NodeFiles(tmp_path / "alpha"), at(free_port())
        init_node(files, Plan("alpha", Role.SEQUENCER, endpoint, endpoint, "example.org/log"), NOW)
        agent = Agent(tmp_path / "truck", processes)
        agent.enrol(OneNode(files, processes), [])
        agent.start()
        processes.await_path(agent.control)
        yield agent, endpoint, load_curve_key(files.curve_key).secret.decode()


class OneNode:
    """A consortium of one member, as `Gateway.enrol` takes it."""

    def __init__(self, files, processes) -> None:
        self._files = files
        self.policy = files.policy

    def stanza(self) -> str:
        node = read_public_node(self._files.public)
        return (
            f'[[ledger.node]]\nname = "alpha"\nendpoint = "{node.endpoint}"\n'
            f'server_key = "{node.curve}"\n'
        )

    def admit(self, public) -> None:
        lists.admit(self._files, public, NOW)


@pytest.mark.parametrize(("frames", "size"), [(150, 1_000_000), (400_000, 1)])
async def test_an_answer_without_end_takes_no_memory_of_the_agent(truck, frames, size):
    agent, endpoint, secret = truck
    pid = agent.processes.running[agent.name].pid
    watched = Watched(pid)
    with flooding("answer", endpoint, secret, frames, size) as said:
        assert await asyncio.to_thread(said.readline) == b"sent\n"
        await watched.watch(UNDER_ATTACK_S)
        deadline = time.monotonic() + PATIENCE_S
        while (node := await asyncio.to_thread(state_of_node, agent))["state"] != "refused":
            assert time.monotonic() < deadline, node
            await watched.watch(0.5)
    print(f"agent: {frames} frames of {size} bytes: {watched.grown:+.1f} MB")
    assert watched.grown < AGENT_MB
    assert "more than any answer takes" in node["detail"]


def state_of_node(agent):
    (node,) = agent.status()["nodes"]
    return node
