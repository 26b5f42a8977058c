"""Who fills the node's socket with silent connections, or takes the name of another connection."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path

import zmq
import zmq.asyncio

from evidence.wire import Envelope, Type, parse_frames
from ledger.base.public_node import read_public_node
from ledger.wire import router
from tests.ledger.support import Gateway, Process, asker, make_cluster, running, wait_for

CONNECTIONS = 50
HANDSHAKE_MS = 500


async def test_slow_loris_is_dropped_and_the_others_are_served(tmp_path, monkeypatch):
    monkeypatch.setattr(router, "HANDSHAKE_MS", HANDSHAKE_MS)
    cluster, gateway = make_cluster(tmp_path, witnesses=0), Gateway()
    cluster.admit(gateway)
    host, port = (
        read_public_node(cluster.sequencer.public).endpoint.removeprefix("tcp://").split(":")
    )
    async with running(cluster.sequencer), asker(cluster.sequencer, gateway) as node:
        silent = [socket.create_connection((host, int(port))) for _ in range(CONNECTIONS)]
        try:
            assert (await node.register(gateway.extend())).type is Type.ACCEPTED
            await asyncio.to_thread(wait_until_dropped, silent)
            await node.receipts(gateway, [0])
        finally:
            for connection in silent:
                connection.close()


def wait_until_dropped(silent):
    deadline = time.monotonic() + 60
    for connection in silent:
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            while connection.recv(4096):
                pass  # the greeting; then the end
        except ConnectionResetError:
            pass


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_more_connections_than_descriptors_keep_nobody_out(tmp_path):
    """Three hundred strangers and a hundred and sixty descriptors: a gateway is served, no spin."""
    cluster, gateway = make_cluster(tmp_path, witnesses=0), Gateway()
    cluster.admit(gateway)
    endpoint = read_public_node(cluster.sequencer.public).endpoint
    host, port = endpoint.removeprefix("tcp://").split(":")
    with Process(cluster.sequencer, within=("prlimit", "--nofile=160")) as node:
        wait_for(lambda: "listens" in node.log.read_text())
        silent = [socket.create_connection((host, int(port))) for _ in range(300)]
        try:
            before = cpu_s(node.pid)
            async with asker(cluster.sequencer, gateway) as asking:
                answer = await asking.ask(Type.REGISTER, {}, *gateway.extend())
                assert answer.type is Type.ACCEPTED
            await asyncio.sleep(3)
            assert cpu_s(node.pid) - before < 1
        finally:
            for connection in silent:
                connection.close()
        assert "Traceback" not in node.log.read_text()


async def test_a_live_routing_id_is_not_handed_over(tmp_path):
    """Another gateway, admitted too, that calls itself by the first one's routing id."""
    cluster = make_cluster(tmp_path, witnesses=0)
    gateway, thief = Gateway(), Gateway("thief")
    cluster.admit(gateway)
    cluster.admit(thief)
    node = read_public_node(cluster.sequencer.public)
    with zmq.asyncio.Context() as context:
        async with running(cluster.sequencer):
            one, other = (dealer(context, node, each.curve) for each in (gateway, thief))
            with one, other:
                one.connect(node.endpoint)
                assert await hello(one) is Type.HELLO
                other.connect(node.endpoint)
                await other.send_multipart(Envelope(Type.HELLO, bytes(8)).to_frames())
                for _ in range(3):
                    assert await hello(one) is Type.HELLO
                assert not await other.poll(300)


def dealer(context, node, own):
    socket_ = context.socket(zmq.DEALER)
    socket_.setsockopt(zmq.LINGER, 0)
    socket_.setsockopt(zmq.ROUTING_ID, b"truck")
    socket_.curve_serverkey = node.curve.encode()
    socket_.curve_publickey, socket_.curve_secretkey = own.public, own.secret
    return socket_


async def hello(socket_):
    await socket_.send_multipart(Envelope(Type.HELLO, bytes(8)).to_frames())
    async with asyncio.timeout(60):
        return parse_frames(await socket_.recv_multipart()).type
