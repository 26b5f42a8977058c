"""Who fills the node's socket with connections that never say who they are."""

from __future__ import annotations

import asyncio
import socket
import time

from agent.evidence.wire import Type
from ledger import server
from ledger.public_node import read_public_node
from tests.ledger.support import Gateway, asker, make_cluster, running

CONNECTIONS = 50
HANDSHAKE_MS = 500


async def test_slow_loris_is_dropped_and_the_others_are_served(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "HANDSHAKE_MS", HANDSHAKE_MS)
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
    deadline = time.monotonic() + 10
    for connection in silent:
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            while connection.recv(4096):
                pass  # the greeting; then the end
        except ConnectionResetError:
            pass
