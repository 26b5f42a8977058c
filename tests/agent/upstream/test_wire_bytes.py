"""What a message takes on the way, held against a relay of the test's own that counts bytes."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager

import pytest

from agent.upstream.link import Link, NodeAddress
from agent.upstream.wire_bytes import HANDSHAKE_BYTES, message_bytes
from evidence.wire import Label, Type

PACKET_BYTES = 52  # the heads of IPv4 and TCP with its timestamps


class CountedWay:
    """Stands between a link and its node; `there` and `back` are the bytes that TCP carried."""

    def __init__(self, endpoint: str) -> None:
        host, port = endpoint.removeprefix("tcp://").split(":")
        self._node = host, int(port)
        self._tasks: list[asyncio.Task] = []
        self.there = self.back = 0

    @asynccontextmanager
    async def open(self):
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
        await asyncio.wait(self._tasks, timeout=60)

    async def _carry(self, from_link, to_link):
        from_node, to_node = await asyncio.open_connection(*self._node)
        self._tasks = [
            asyncio.create_task(self._pass(from_link, to_node, "there")),
            asyncio.create_task(self._pass(from_node, to_link, "back")),
        ]

    async def _pass(self, source, sink, name):
        while data := await source.read(65536):
            setattr(self, name, getattr(self, name) + len(data))
            sink.write(data)
        sink.close()


@pytest.fixture
async def way(node):
    return CountedWay(node.endpoint)


@pytest.mark.parametrize("body", [0, 220, 222, 223, 5000])
async def test_a_message_takes_what_was_carried_and_the_heads_of_its_packets(
    context, node, key, way, body
):
    """Each frame has a head of its own, which grows at 256 bytes with the seal."""
    node.answer = lambda envelope: envelope.answer(Type.PENDING, {Label.RETRY_MS: 7})
    async with way.open() as endpoint:
        address = NodeAddress("harbour", endpoint, node.public.decode())
        async with Link(context, address, key, os.urandom, lambda _: None) as link:
            await link.request(Type.STATUS, {})  # the handshake is over
            before = way.there, way.back
            answer = await link.request(Type.REGISTER, {}, b"", b"b" * body)
            there, back = way.there - before[0], way.back - before[1]
    packets = 4 + 2 if body == 5000 else 1 + 1  # of 1,348 bytes, and an acknowledgement for two
    assert message_bytes(node.seen[-1].to_frames()) == there + packets * PACKET_BYTES
    assert message_bytes(answer.to_frames()) == back + 2 * PACKET_BYTES


async def test_a_connection_takes_what_was_carried_and_the_heads_of_its_packets(
    context, node, key, way
):
    node.answer = lambda envelope: envelope.answer(Type.PENDING, {Label.RETRY_MS: 7})
    async with way.open() as endpoint:
        address = NodeAddress("harbour", endpoint, node.public.decode())
        async with Link(context, address, key, os.urandom, lambda _: None) as link:
            answer = await link.request(Type.STATUS, {})
    messages = (node.seen[-1].to_frames(), answer.to_frames())
    carried = way.there + way.back - sum(map(message_bytes, messages)) + 4 * PACKET_BYTES
    assert carried + 15 * PACKET_BYTES + 2 * 60 == HANDSHAKE_BYTES


def test_a_connection_takes_what_curvezmq_says():
    """rfc.zeromq.org/spec/26: greetings and four commands, with the metadata of DEALER and ROUTER."""
    metadata = (1 + len("Socket-Type") + 4 + len("DEALER")) + (1 + len("Identity") + 4)
    greetings, hello, welcome = 2 * 64, 2 + 200, 2 + 168
    initiate, ready = 9 + 257 + metadata, 2 + 6 + 8 + 16 + metadata
    carried = greetings + hello + welcome + initiate + ready
    assert carried + 15 * PACKET_BYTES + 2 * 60 == HANDSHAKE_BYTES


@pytest.mark.parametrize(
    ("frames", "size"),
    [
        ([], 0),
        ([b""], 35 + 2 * 52),
        ([bytes(222)], 257 + 2 * 52),
        ([bytes(223)], 265 + 2 * 52),
        ([bytes(1306)], 1348 + 2 * 52),
        ([bytes(1307)], 1349 + 3 * 52),
        ([bytes(2 * 1348 - 42)], 2 * 1348 + 3 * 52),
        ([bytes(2 * 1348 - 41)], 2 * 1348 + 1 + 5 * 52),
        ([b"", bytes(100)], 35 + 135 + 2 * 52),
    ],
)
def test_a_frame_has_a_seal_and_a_head_and_two_packets_one_acknowledgement(frames, size):
    assert message_bytes(frames) == size
