"""Before a ROUTER: who comes, who has to go, and what is told of it."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace

import pytest
import zmq
import zmq.asyncio

from foundation.zmtp import front as front_module
from foundation.zmtp.front import Front, Room
from foundation.zmtp.private import connect_privately, listen_privately, peer_name
from foundation.zmtp.window import Limits
from tests.foundation.zmtp.test_frames import GREETING

ROOM = Room(Limits(10_000, 16), pool=40_000, known=3, strangers=2)
SOON_S = 60.0


@pytest.fixture
def swept_soon(monkeypatch):
    """From the first time on."""
    monkeypatch.setattr(front_module, "SWEEP_S", 0.05)


@pytest.fixture
async def door():
    """A CURVE ROUTER behind a front, and what a peer needs."""
    context = zmq.asyncio.Context()
    router = context.socket(zmq.ROUTER)
    public, secret = zmq.curve_keypair()
    router.linger = 0
    router.curve_server = True
    router.curve_secretkey = secret
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0)
    front = Front(listener, listen_privately(router), ROOM)
    door = SimpleNamespace(context=context, router=router, front=front, public=public, peers=[])
    door.port = listener.getsockname()[1]
    door.outside = zmq.asyncio.Context()
    yield door
    for each in door.peers:
        each.close()
    door.outside.destroy()  # before the front cuts them off: see foundation/zmtp/inside.py
    front.insides.outlive(router)
    front.close()
    context.destroy(linger=0)


def peer(door, source="127.0.0.1"):
    made = door.outside.socket(zmq.DEALER)
    door.peers.append(made)
    made.linger = 0
    made.sndhwm = 0
    made.curve_serverkey = door.public
    made.curve_publickey, made.curve_secretkey = zmq.curve_keypair()
    made.connect(f"tcp://{source}:0;127.0.0.1:{door.port}")
    return made


async def received(door):
    async with asyncio.timeout(SOON_S):
        return await door.router.recv_multipart(copy=False)


async def heard(dealer):
    async with asyncio.timeout(SOON_S):
        return await dealer.recv_multipart()


async def test_messages_pass_unchanged_both_ways(door):
    one = peer(door)
    await one.send_multipart([b"question", b"", bytes(5000)])
    frames = await received(door)
    assert [frame.bytes for frame in frames[1:]] == [b"question", b"", bytes(5000)]
    await door.router.send_multipart([frames[0].bytes, b"answer", bytes(100_000)])
    assert await heard(one) == [b"answer", bytes(100_000)]


async def test_a_dead_connection_is_found_out_by_tcp_itself(door, monkeypatch):
    """After 5 minutes of silence three probes, a minute apart; what is sent within 30 s."""
    loop, seen = asyncio.get_running_loop(), asyncio.Queue()
    take = loop.connect_accepted_socket

    def taken(protocol, sock):
        tcp = [
            socket.TCP_KEEPIDLE,
            socket.TCP_KEEPINTVL,
            socket.TCP_KEEPCNT,
            socket.TCP_USER_TIMEOUT,
        ]
        alive = sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        seen.put_nowait([alive, *(sock.getsockopt(socket.IPPROTO_TCP, each) for each in tcp)])
        return take(protocol, sock=sock)

    monkeypatch.setattr(loop, "connect_accepted_socket", taken)
    await peer(door).send(b"x")
    await received(door)
    assert seen.get_nowait() == [1, 300, 60, 3, 30_000]


async def test_a_frame_tells_the_host_it_came_from(door):
    for source in ("127.0.0.2", "127.0.0.3"):
        await peer(door, source).send(b"x")
        frames = await received(door)
        assert door.front.host(peer_name(frames[0])) == source


async def test_a_peer_goes_on_as_it_is_answered(door):
    """It may have 16 frames under way: of a hundred questions all are answered all the same."""
    one = peer(door)
    for number in range(100):
        await one.send_multipart([b"%d" % number, b""])
    for number in range(100):
        route, question, _ = await received(door)
        assert question.bytes == b"%d" % number
        await door.router.send_multipart([route.bytes, b"so", b""])
        assert await heard(one) == [b"so", b""]


async def test_an_unfinished_message_stops_at_the_limit_and_is_closed(
    swept_soon, door, monkeypatch
):
    monkeypatch.setattr(front_module, "STUCK_S", 0.2)
    one = peer(door)
    monitor = one.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    for _ in range(100):
        await one.send(bytes(1000), zmq.SNDMORE)
    await one.send(b"")
    async with asyncio.timeout(SOON_S):
        await monitor.recv_multipart()
    one.disable_monitor()
    monitor.close()
    assert not await door.router.poll(100)


async def test_the_oldest_stranger_makes_way_for_a_new_one(door):
    silent = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(3)]
    try:
        async with asyncio.timeout(SOON_S):
            await silent[0][0].read()  # the node's signature, then the end
        assert await silent[2][0].readexactly(10) == GREETING[:10]
        await peer(door).send_multipart([b"I am new", b""])
        assert (await received(door))[1].bytes == b"I am new"
    finally:
        for _, writer in silent:
            writer.close()


async def test_known_peers_make_way_for_nobody(door, caplog):
    old = [peer(door) for _ in range(ROOM.known)]
    for one in old:
        await one.send(b"here")
        await received(door)
    many = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(9)]
    for one in old:
        await one.send(b"still here")
        assert (await received(door))[1].bytes == b"still here"
    for _, writer in many:
        writer.close()


async def test_a_connection_to_the_private_address_never_holds_up_the_loop(door):
    with connect_privately(door.front._inside) as connection:
        assert not connection.getblocking()
        assert connection.gettimeout() == 0.0


async def test_no_other_process_gets_at_the_private_address(door):
    import subprocess
    import sys

    listener = zmq.Socket(door.context, zmq.ROUTER)
    address = listen_privately(listener)
    with connect_privately(address) as own:
        own.settimeout(SOON_S)
        assert await asyncio.to_thread(own.recv, 10) == GREETING[:10]
    script = (
        "import socket, sys\n"
        "own = socket.socket(socket.AF_UNIX)\n"
        f"own.connect({address!r})\n"
        "sys.exit(len(own.recv(10)))\n"
    )
    assert (await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script])).returncode == 0
    listener.close(0)
