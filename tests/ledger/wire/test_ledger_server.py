"""The node's socket: who is answered what, and what a node bounds before it looks at anything."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket

import pytest
import zmq
import zmq.asyncio

from evidence.errors import MalformedError, SignatureError
from evidence.wire import Code, Envelope, Label, Type, parse_frames
from foundation.errors import Fatal, Retry
from foundation.zmtp.front import Room
from foundation.zmtp.window import Limits
from ledger.base.errors import Refused, StoreFailed
from ledger.base.rate import RateLimit
from ledger.gateways.admission import Peer
from ledger.wire import router as router_module
from ledger.wire import server as server_module
from ledger.wire.client import NodeClient
from ledger.wire.router import Router
from ledger.wire.server import Server
from tests.ledger.support import curve_key, free_endpoint

BOUND_S = 60.0
REQUEST = bytes(range(8))
HELLO = Envelope(Type.HELLO, REQUEST, {int(Label.ORIGIN): "example.org/log"})
SERVER = curve_key()
ROOM = Room(Limits(2000, 4), 8000, known=8, strangers=2)


class Frame:
    """A received frame, as libzmq tells of it."""

    def __init__(self, data, curve="truck"):
        self.bytes, self.curve = data, curve

    def get(self, what):
        assert what == "User-Id"
        return self.curve


class Line:
    """Stands for the router: hands out `messages`, and notes what is sent."""

    def __init__(self, context, curve, domain, room, largest):
        self.made = (curve, domain, room, largest)
        self.opened, self.sent, self.closed = [], asyncio.Queue(), False
        self.messages, self.gone = asyncio.Queue(), False

    def open(self, *words):
        self.opened.append(words)

    async def receive(self):
        return await self.messages.get()

    def send(self, frames):
        if self.gone:
            self.gone = False
            raise zmq.ZMQError(errno.EHOSTUNREACH)
        self.sent.put_nowait(frames)

    def close(self):
        self.closed = True

    async def exchange(self, message, curve="truck"):
        """The answer to a message, or to frames that are none."""
        frames = message if isinstance(message, list) else message.to_frames()
        self.messages.put_nowait([Frame(b"route"), *map(Frame, frames)])
        self.messages._queue[-1][0].curve = curve
        route, *answer = await asyncio.wait_for(self.sent.get(), BOUND_S)
        assert route == b"route"
        return parse_frames(answer)


class Desk:
    """Lets "truck" in, and "old" no longer, as said; answers with `says`, or raises it."""

    def __init__(self):
        self.says, self.asked = {Label.SIZE: 5}, []

    def peer(self, curve):
        return Peer("truck-7") if curve == "truck" else None

    def replaced(self, curve):
        return "replaced by A. Keeper" if curve == "old" else ""

    async def answer(self, peer, message):
        self.asked.append((peer.name, message))
        if isinstance(self.says, Exception):
            raise self.says
        return message.answer(Type.HELLO, self.says)


class Port:
    """A server with its line and its desk, at a rate of one message a second, four at once."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(server_module, "Router", Line)
        monkeypatch.setattr(server_module, "connections", lambda: (90, 10))
        self.desk, self.now, self.key = Desk(), 0.0, curve_key()
        rate = RateLimit(lambda: self.now, per_second=1, burst=4, pause=0.5)
        self.server = Server(None, self.key, self.desk, self.desk, rate)
        self.line = self.server._router

    async def __aenter__(self):
        self.serving = asyncio.create_task(self.server.serve())
        return self

    async def __aexit__(self, *_):
        self.serving.cancel()
        await asyncio.wait([self.serving])


@pytest.fixture
def port(monkeypatch):
    return Port(monkeypatch)


def told(answer):
    assert answer.type is Type.ERROR
    return answer.request, {Label(label): value for label, value in answer.header.items()}


def test_what_one_peer_and_all_may_send_is_bounded(port):
    """docs/PROTOCOL.md: an envelope of 256 KiB and a body of 1 MiB, in two frames under CURVE."""
    largest = 256 * 1024 + 1024 * 1024 + 2 * (9 + 33)
    room = Room(Limits(largest, 512), 6 * 1024 * 1024, known=90, strangers=10)
    assert port.line.made == (port.key, "tallyman-ledger", room, 1024 * 1024)
    port.server.open("tcp://*:7410")
    assert port.line.opened == [("tcp://*:7410", port.desk, "listen")]
    port.server.close()
    assert port.line.closed


async def test_the_desk_answers_whom_the_lists_know(port):
    async with port:
        answer = await port.line.exchange(HELLO)
    assert answer == HELLO.answer(Type.HELLO, {Label.SIZE: 5})
    assert port.desk.asked == [("truck-7", HELLO)]


async def test_who_is_on_no_list_any_more_hears_why(port):
    async with port:
        _, gone = told(await port.line.exchange(HELLO, "nobody"))
        _, old = told(await port.line.exchange(HELLO, "old"))
    assert gone == {
        Label.CODE: Code.NOT_ADMITTED,
        Label.TEXT: "this key is no longer admitted here",
    }
    assert old == {Label.CODE: Code.REPLACED, Label.TEXT: "replaced by A. Keeper"}
    assert port.desk.asked == []


async def test_what_cannot_be_read_is_answered_and_costs_as_much(port):
    async with port:
        for _ in range(4):
            request, said = told(await port.line.exchange([b"rubbish", b""]))
            assert (request, said[Label.CODE]) == (bytes(8), Code.MALFORMED)
        _, said = told(await port.line.exchange(HELLO))
    assert said == {Label.CODE: Code.BUSY, Label.TEXT: "too many messages", Label.RETRY_MS: 1001}
    assert port.desk.asked == []


@pytest.mark.parametrize(
    ("message", "cost"),
    [
        (HELLO, 1),
        (Envelope(Type.STATUS, REQUEST, {int(Label.SEQS): tuple(range(7))}), 1),
        (Envelope(Type.STATUS, REQUEST, {int(Label.SEQS): tuple(range(16))}), 3),
        (Envelope(Type.REGISTER, REQUEST, {}, b"", bytes(32 * 1024)), 3),
    ],
)
async def test_large_messages_and_those_about_many_batches_cost_more(port, message, cost):
    """Two tokens are left, and a second brings one: who needs a third waits for it."""
    async with port:
        for _ in range(2):
            await port.line.exchange(HELLO)
        answer = await port.line.exchange(message)
        if cost <= 2:
            assert answer.type is Type.HELLO
            return
        request, said = told(answer)
        assert (request, said[Label.RETRY_MS]) == (REQUEST, 1001)
        port.now = 1.0
        assert (await port.line.exchange(message)).type is Type.HELLO


@pytest.mark.parametrize(
    ("error", "said", "statement"),
    [
        (
            Refused(Code.EQUIVOCATION, "another statement 3", {Label.SEQ: 3}, b"theirs"),
            {Label.CODE: Code.EQUIVOCATION, Label.TEXT: "another statement 3", Label.SEQ: 3},
            b"theirs",
        ),
        (
            MalformedError("seqs", "0 SEQS"),
            {Label.CODE: Code.MALFORMED, Label.TEXT: "0 SEQS"},
            b"",
        ),
        (
            SignatureError("signature", "by another key"),
            {Label.CODE: Code.BAD_SIGNATURE, Label.TEXT: "by another key"},
            b"",
        ),
        (
            StoreFailed("ledger.db: disk I/O error"),
            {
                Label.CODE: Code.BUSY,
                Label.TEXT: "the store could not be read or written",
                Label.RETRY_MS: 1000,
            },
            b"",
        ),
    ],
)
async def test_why_something_was_not_done_is_told(port, error, said, statement, caplog):
    port.desk.says = error
    with caplog.at_level(logging.ERROR):
        async with port:
            answer = await port.line.exchange(HELLO)
    assert told(answer) == (REQUEST, said)
    assert answer.statement == statement
    logged = [each.getMessage() for each in caplog.records]
    disk = "HELLO from truck-7: ledger.db: disk I/O error (look at the disk: df, dmesg)"
    assert logged == ([disk] if isinstance(error, StoreFailed) else [])


async def test_a_peer_that_left_before_its_answer_hinders_nobody(port):
    async with port:
        port.line.gone = True
        port.line.messages.put_nowait([Frame(b"route"), *map(Frame, HELLO.to_frames())])
        assert (await port.line.exchange(HELLO)).type is Type.HELLO
    assert len(port.desk.asked) == 2


async def test_so_many_are_under_way_then_nothing_more_is_read(port):
    """docs/PROTOCOL.md: 256 at a time; each that is answered makes room for one."""
    let_go, asked = asyncio.Event(), []

    async def slowly(peer, message):
        asked.append(message)
        await let_go.wait()
        return message.answer(Type.HELLO)

    port.desk.answer = slowly
    port.server._rate = RateLimit(lambda: 0.0, burst=1000)
    for _ in range(300):
        port.line.messages.put_nowait([Frame(b"route"), *map(Frame, HELLO.to_frames())])
    async with port:
        for _ in range(1000):
            await asyncio.sleep(0)
        assert (len(asked), port.line.messages.qsize()) == (256, 44)
        let_go.set()
        for _ in range(300):
            await asyncio.wait_for(port.line.sent.get(), BOUND_S)
    assert len(asked) == 300


@pytest.fixture
def sockets(monkeypatch):
    """The sockets that are made."""
    made = []

    class Remembered(zmq.Socket):
        def __init__(self, *words):
            super().__init__(*words)
            made.append(self)

    monkeypatch.setattr(router_module.zmq, "Socket", Remembered)
    return made


@pytest.fixture
async def context():
    context = zmq.asyncio.Context()
    yield context
    context.destroy(linger=0)


@pytest.fixture
async def router(context):
    router = Router(context, SERVER, "tallyman-ledger", ROOM, 5000)
    yield router
    router.close()


class Everybody:
    def __init__(self):
        self.asked = []

    def callback(self, domain, key):
        self.asked.append((domain, key))
        return True


async def test_what_libzmq_is_told_of_the_socket(sockets, router):
    """rfc.zeromq.org/spec/26 and 27; without an enforced ZAP domain everybody would be let in."""
    (own,) = [each for each in sockets if each.type == zmq.ROUTER]
    said = {
        zmq.LINGER: 0, zmq.SNDHWM: 256, zmq.RCVHWM: 256, zmq.MAXMSGSIZE: 5000,
        zmq.HANDSHAKE_IVL: 10_000, zmq.CURVE_SERVER: 1, zmq.ZAP_ENFORCE_DOMAIN: 1,
        zmq.ZAP_DOMAIN: b"tallyman-ledger",
    }  # fmt: skip
    assert {option: own.getsockopt(option) for option in said} == said
    with pytest.raises(zmq.ZMQError):  # an answer to nobody is told, not dropped
        router.send([b"nobody", b"", b""])


@pytest.mark.parametrize("host", ["*", "127.0.0.1", "localhost"])
async def test_messages_come_with_who_sent_them_and_from_which_host(context, router, host):
    own, doorman = curve_key(), Everybody()
    endpoint = free_endpoint()
    router.open(endpoint.replace("127.0.0.1", host), doorman, "listen")
    client = NodeClient(context, endpoint, SERVER.public.decode(), own)
    asking = asyncio.create_task(client.ask(HELLO))
    async with asyncio.timeout(BOUND_S):
        frames = await router.receive()
        assert parse_frames([each.bytes for each in frames[1:]]) == HELLO
        assert router.host(frames[1]) == "127.0.0.1"
        router.send([frames[0].bytes, *HELLO.answer(Type.HELLO).to_frames()])
        assert await asking == HELLO.answer(Type.HELLO)
    assert doorman.asked == [("tallyman-ledger", own.public)]
    client.close()


async def test_a_node_that_starts_again_has_its_port_at_once(context, router):
    """The kernel keeps a connection that the node closed first for a minute (TIME_WAIT)."""
    endpoint = free_endpoint()
    before = Router(context, SERVER, "tallyman-ledger", ROOM, 5000)
    before.open(endpoint, Everybody(), "listen")
    port = int(endpoint.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(BOUND_S):
        assert await reader.readexactly(10), "ZMTP's greeting: it was let in"
        before.close()
        await reader.read()
        writer.close()
        await writer.wait_closed()
    router.open(endpoint, Everybody(), "listen")


TAKEN = "see who has the port: ss -ltnp; or change `enrol_listen` in node.toml"
NOT_OURS = "name an address of this machine (`ip address`) as `enrol_listen` in node.toml"


@pytest.mark.parametrize(
    ("host", "kind", "said", "advice"),
    [
        ("127.0.0.1", Retry, "Address already in use", TAKEN),
        ("192.0.2.1", Retry, "Cannot assign requested address", NOT_OURS),  # RFC 5737: nobody's
        ("no.such.host.invalid", Fatal, "", NOT_OURS),
    ],
)
async def test_an_address_that_cannot_be_had_is_told_with_what_to_do(
    router, host, kind, said, advice
):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp://{host}:{taken.getsockname()[1]}"
        with pytest.raises(kind, match=f"^cannot listen on {address}: {said}") as caught:
            router.open(address, Everybody(), "enrol_listen")
    assert caught.value.advice == advice
    assert isinstance(caught.value, Retry) is (kind is Retry), "what may pass is tried again"
