"""Towards a node: what was seen as a connection ended is what is told."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
import zmq
import zmq.asyncio
from zmq.utils.monitor import parse_monitor_message

from foundation.addresses import Names
from foundation.zmtp import dialer as dialer_module
from foundation.zmtp.dealer import Dealer
from foundation.zmtp.dialer import Ending
from foundation.zmtp.private import listen_privately
from foundation.zmtp.window import Limits
from hil.site.ports import free_port
from tests.foundation.stand import Stand
from tests.foundation.zmtp.test_frames import GREETING

SOON_S = 60.0
UNREAD = Limits(10_000, 16)
HELLO_BYTES = 2 + 200  # rfc.zeromq.org/spec/26


@pytest.fixture
def context():
    context = zmq.asyncio.Context()
    yield context
    context.destroy(linger=0)


class Calling:
    """A dealer that calls a port, and what it heard of the endings."""

    def __init__(self, context, port, server=None, host="127.0.0.1") -> None:
        self.heard = asyncio.Queue()
        public, _ = zmq.curve_keypair()
        endpoint = f"tcp://{host}:{port}"
        keys = zmq.curve_keypair()
        self.dealer = Dealer(
            context, endpoint, server or public, keys, UNREAD, 64, self.heard.put_nowait
        )

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.dealer.close()

    async def ended(self):
        async with asyncio.timeout(SOON_S):
            return await self.heard.get()


@asynccontextmanager
async def host(serve):
    """A host that does `serve(reader, writer)` with each connection, then closes it."""

    tasks = []

    async def served(reader, writer):
        tasks.append(asyncio.current_task())
        try:
            await serve(reader, writer)
        finally:
            writer.transport.abort()

    async with await asyncio.start_server(served, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        for task in tasks:  # from Python 3.12 on, a server waits for its connections
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)  # the transports close in the loop's next turn


async def test_a_port_where_nobody_listens(context):
    async with Calling(context, free_port()) as calling:
        ended = await calling.ended()
    assert (ended.ending, ended.text) == (Ending.NOBODY, "Connection refused")


async def test_a_name_that_nobody_has(context):
    async with Calling(context, 1, host="nowhere.invalid") as calling:
        ended = await calling.ended()
    assert ended.ending is Ending.NOBODY
    assert "name" in ended.text.lower()


async def test_who_takes_the_connection_and_hangs_up(context):
    async def hang_up(_reader, _writer):
        pass

    async with host(hang_up) as port, Calling(context, port) as calling:
        assert (await calling.ended()).ending is Ending.SILENT
        assert (await calling.ended()).ending is Ending.SILENT


async def test_who_does_not_speak_zeromq(context):
    async def ssh(_reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await asyncio.sleep(SOON_S)

    async with host(ssh) as port, Calling(context, port) as calling:
        assert (await calling.ended()).ending is Ending.STRANGE


async def greet(reader, writer):
    """Greet as a CURVE server does, and take the client's greeting and HELLO."""
    writer.write(GREETING[:32] + b"\x01" + GREETING[33:])
    await reader.readexactly(len(GREETING) + HELLO_BYTES)


async def test_who_hangs_up_at_the_hello(context):
    async with host(greet) as port, Calling(context, port) as calling:
        assert (await calling.ended()).ending is Ending.HUNG_UP


async def test_who_waits_for_a_hello_in_vain_gives_up_late(context, monkeypatch):
    """So does a node whose client's bytes are lost on the way: that is no wrong key."""
    monkeypatch.setattr(dialer_module, "AT_ONCE_S", 0.1)

    async def wait(reader, writer):
        await greet(reader, writer)
        await asyncio.sleep(0.5)

    async with host(wait) as port, Calling(context, port) as calling:
        assert (await calling.ended()).ending is Ending.BROKE


@pytest.fixture
async def node(context):
    """A CURVE ROUTER as it is, without any front; its port and its key."""
    router = context.socket(zmq.ROUTER)
    public, secret = zmq.curve_keypair()
    router.linger = 0
    router.sndhwm = 0
    router.curve_server = True
    router.curve_secretkey = secret
    monitor = router.get_monitor_socket(zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    yield router, port, public
    await everybody_left(monitor)
    router.disable_monitor()
    monitor.close()
    router.close()


async def everybody_left(monitor):
    """Wait until ZeroMQ has ended every connection: see foundation/zmtp/inside.py."""
    here = 0
    async with asyncio.timeout(SOON_S):
        while here or await monitor.poll(50):
            event = parse_monitor_message(await monitor.recv_multipart())["event"]
            here += 1 if event == zmq.EVENT_ACCEPTED else -1
    await asyncio.sleep(0.01)  # the event comes just before the end


async def test_messages_pass_both_ways(context, node):
    router, port, public = node
    async with Calling(context, port, public) as calling:
        for number in range(40):
            await calling.dealer.send([b"%d" % number, bytes(20_000)])
            route, question, body = await router.recv_multipart()
            assert (question, len(body)) == (b"%d" % number, 20_000)
            await router.send_multipart([route, b"so", bytes(9_000)])
            assert await calling.dealer.receive() == [b"so", bytes(9_000)]


async def test_a_connection_is_dead_whose_bytes_nobody_acknowledges_for_half_a_minute(
    context, node, monkeypatch
):
    router, port, public = node
    loop, seen = asyncio.get_running_loop(), asyncio.Queue()
    create = loop.create_connection

    def created(protocol, *, sock):
        if sock.family == socket.AF_INET:
            seen.put_nowait(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
        return create(protocol, sock=sock)

    monkeypatch.setattr(loop, "create_connection", created)
    async with Calling(context, port, public) as calling:
        await calling.dealer.send([b"x"])
        await router.recv_multipart()
    assert seen.get_nowait() == 30_000


@pytest.mark.parametrize(("frames", "size"), [(2, 10_001), (50, 1)])
async def test_an_answer_that_never_ends_is_cut_off(context, node, frames, size, monkeypatch):
    assert (dialer_module.STUCK_S, dialer_module.SWEEP_S) == (3.0, 5.0)
    monkeypatch.setattr(dialer_module, "STUCK_S", 0.2)
    monkeypatch.setattr(dialer_module, "SWEEP_S", 0.1)
    router, port, public = node
    async with Calling(context, port, public) as calling:
        await calling.dealer.send([b"hello"])
        route, _ = await router.recv_multipart()
        await router.send_multipart([route, *[bytes(size)] * frames])
        assert (await calling.ended()).ending is Ending.EXCESS


async def test_it_calls_again_until_somebody_is_there(context, node):
    router, _, public = node
    port = free_port()
    async with Calling(context, port, public) as calling:
        assert (await calling.ended()).ending is Ending.NOBODY
        router.bind(f"tcp://127.0.0.1:{port}")
        await calling.dealer.send([b"there you are"])
        async with asyncio.timeout(SOON_S):
            assert (await router.recv_multipart())[1] == b"there you are"


async def test_it_calls_again_sooner_at_first_and_never_more_often_than_it_should(monkeypatch):
    """After 1, 2 and 4 s, then every 4 s: a dead radio is not called ten times a second."""
    pauses, enough, real = [], asyncio.Event(), asyncio.sleep

    async def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 5:
            enough.set()
            await asyncio.Event().wait()
        await real(0)

    monkeypatch.setattr(dialer_module, "asyncio", Stand(asyncio, sleep=pause))
    endings = []
    dialer = dialer_module.Dialer(f"tcp://127.0.0.1:{free_port()}", b"", UNREAD, endings.append)
    async with asyncio.timeout(SOON_S):
        await enough.wait()
    dialer.close()
    assert pauses == [1.0, 2.0, 4.0, 4.0, 4.0]
    assert endings == [dialer_module.Ended(Ending.NOBODY, "Connection refused")] * 5
    await real(0)


async def test_a_host_that_does_not_answer_for_half_a_minute_is_asked_anew(monkeypatch):
    waits, heard = [], asyncio.Queue()

    def timeout(seconds):
        waits.append(seconds)
        return asyncio.timeout(0)

    monkeypatch.setattr(dialer_module, "asyncio", Stand(asyncio, timeout=timeout))
    dialer = dialer_module.Dialer("tcp://192.0.2.1:9", b"", UNREAD, heard.put_nowait)
    async with asyncio.timeout(SOON_S):
        ended = await heard.get()
    dialer.close()
    assert ended == dialer_module.Ended(Ending.NOBODY, "no answer within 30 s")
    assert waits == [30.0]


class Way:
    """A route that becomes another when a test says so."""

    interface = ""

    def __init__(self):
        self.names, self.moved, self.left = Names(), None, False

    def follow(self, moved):
        self.moved = moved

        def leave():
            self.left = True

        return leave

    def doubt(self):
        pass


async def test_a_connection_through_another_interface_than_is_to_be_used_ends():
    way, heard, taken = Way(), asyncio.Queue(), asyncio.Event()

    async def wait(reader, _writer):
        await reader.readexactly(10)  # the socket's greeting: bytes are carried
        taken.set()
        await asyncio.Event().wait()

    context = zmq.asyncio.Context()
    inside = context.socket(zmq.DEALER)
    try:
        async with host(wait) as port:
            dialer = dialer_module.Dialer(
                f"tcp://127.0.0.1:{port}", listen_privately(inside), UNREAD, heard.put_nowait, way
            )
            async with asyncio.timeout(SOON_S):
                await taken.wait()
                way.moved()
                ended = await heard.get()
            assert (ended.ending, ended.text) == (
                Ending.BROKE, "another interface leads there now",
            )  # fmt: skip
            dialer.close()
            assert way.left
    finally:
        inside.close(0)
        context.destroy(linger=0)


async def test_a_call_through_another_interface_than_is_to_be_used_is_given_up_at_once(monkeypatch):
    """Nobody was silent: so that is not what is told; of the next call it is what it comes to."""
    monkeypatch.setattr(dialer_module, "RECONNECT_S", 0.01)
    way, heard, asked = Way(), asyncio.Queue(), asyncio.Event()

    async def never(_host, _port):
        if asked.is_set():
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        asked.set()
        await asyncio.Event().wait()

    way.names = Stand(way.names, addresses=never)
    dialer = dialer_module.Dialer("tcp://ledger.example:7410", b"", UNREAD, heard.put_nowait, way)
    async with asyncio.timeout(SOON_S):
        await asked.wait()
        way.moved()
        given_up, refused = await heard.get(), await heard.get()
    dialer.close()
    assert (given_up.ending, given_up.text) == (Ending.BROKE, "another interface leads there now")
    assert (refused.ending, refused.text) == (Ending.NOBODY, "Connection refused")


FIRST_WORD = 100.0


@pytest.mark.parametrize(
    ("seen", "ending"),
    [
        ({}, Ending.HUNG_UP),
        ({"now": FIRST_WORD + 4.9}, Ending.HUNG_UP),
        ({"now": FIRST_WORD + 5.0}, Ending.BROKE),  # lost on the way: two round trips have passed
        ({"first_word": None}, Ending.BROKE),
        ({"hung_up": False}, Ending.BROKE),
        ({"begun": 1}, Ending.BROKE),
        ({"greeted": False}, Ending.SILENT),
        ({"excess": "a frame too long"}, Ending.EXCESS),
        ({"excess": "a frame too long", "greeted": False}, Ending.STRANGE),
    ],
)
def test_what_an_ending_looked_like(seen, ending):
    frames = SimpleNamespace(greeted=seen.get("greeted", True), begun=seen.get("begun", 0))
    relay = SimpleNamespace(
        peer_frames=frames,
        excess=seen.get("excess"),
        first_word=seen.get("first_word", FIRST_WORD),
        hung_up=seen.get("hung_up", True),
    )
    assert dialer_module.ending_of(relay, seen.get("now", FIRST_WORD)) is ending


@pytest.mark.parametrize("endpoint", ["tcp://[2001:db8::1]:7410", "tcp://2001:db8::1:7410"])
async def test_an_address_of_ipv6_is_called_without_its_brackets(endpoint):
    way, asked = Way(), asyncio.Queue()

    async def addresses(*place):
        asked.put_nowait(place)
        await asyncio.Event().wait()

    way.names = Stand(way.names, addresses=addresses)
    dialer = dialer_module.Dialer(endpoint, b"", UNREAD, lambda _: None, way)
    async with asyncio.timeout(SOON_S):
        assert await asked.get() == ("2001:db8::1", 7410)
    dialer.close()


async def test_what_libzmq_is_told_of_the_dealer(context, monkeypatch):
    made, make = [], context.socket
    monkeypatch.setattr(context, "socket", lambda kind: made.append(make(kind)) or made[-1])
    own, (server, _) = zmq.curve_keypair(), zmq.curve_keypair()
    dealer = Dealer(context, f"tcp://127.0.0.1:{free_port()}", server, own, UNREAD, 64)
    said = {
        zmq.TYPE: zmq.DEALER, zmq.LINGER: 0, zmq.SNDHWM: 64, zmq.RCVHWM: 64,
        zmq.MAXMSGSIZE: 10_000, zmq.HANDSHAKE_IVL: 10_000,
    }  # fmt: skip
    assert {option: made[0].getsockopt(option) for option in said} == said
    dealer.close()
    assert made[0].closed
    assert dealer.monitor.closed
    await asyncio.sleep(0)
