"""One connection: answers find their requests, and each kind of trouble has its own name."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from types import SimpleNamespace

import pytest
import zmq

from agent.upstream import link as link_module
from agent.upstream.causes import HALF_OPEN, NOT_ADMITTED, WRONG_KEY
from agent.upstream.day_bytes import Carried
from agent.upstream.link import Link, LinkDown, NodeAddress, NodeError
from agent.upstream.states import LinkState
from agent.upstream.traffic import Traffic
from agent.upstream.wire_bytes import HANDSHAKE_BYTES, message_bytes
from evidence.wire import Code, Envelope, Label, Type
from foundation.addresses import Names
from foundation.zmtp.dialer import Ended, Ending

ENDLESS_S = 600.0
"""An answer's limit that no test lives to see: what ends a request earlier is not its limit."""
PATIENCE_S = 30.0  # a loaded machine takes a while to do what is done at once


def link_to(context, node, key, *, server_key=None, timeout=5.0, states=None):
    address = NodeAddress("harbour", node.endpoint, server_key or node.public.decode())
    heard = [] if states is None else states
    return Link(context, address, key, os.urandom, heard.append, answer_timeout=timeout)


async def test_requests_get_their_own_answers(context, node, key):
    held = []

    def out_of_order(envelope):
        held.append(envelope)

    node.answer = out_of_order
    async with link_to(context, node, key) as link:
        first = asyncio.create_task(link.request(Type.STATUS, {Label.SEQ: 1}))
        second = asyncio.create_task(link.request(Type.STATUS, {Label.SEQ: 2}))
        while len(held) < 2:
            await asyncio.sleep(0.01)
        assert [envelope.header[Label.SEQ] for envelope in held] == [1, 2]
        node.answer = lambda envelope: envelope.answer(Type.PENDING, {Label.RETRY_MS: 7})
        third = await link.request(Type.STATUS, {Label.SEQ: 3})
        assert third.header[Label.RETRY_MS] == 7
        assert not first.done()
        assert not second.done()
        first.cancel()
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)


class Route:
    """A way that a test turns, and that hears of doubts."""

    def __init__(self, interface):
        self.interface, self.doubts, self.moved = interface, 0, lambda: None
        self.names = Names()

    def follow(self, moved):
        self.moved = moved
        return lambda: None

    def doubt(self):
        self.doubts += 1


async def test_a_link_goes_through_its_interface_and_on_through_another(context, node, key):
    """What was under way is asked again by its caller; an answer that stays away is a doubt."""
    node.answer = lambda envelope: envelope.answer(Type.PENDING, {Label.RETRY_MS: 7})
    address, route = NodeAddress("harbour", node.endpoint, node.public.decode()), Route("none0")
    states = []
    async with Link(context, address, key, os.urandom, states.append, 2.0, route=route) as link:
        with pytest.raises(LinkDown):
            await link.request(Type.STATUS, {Label.SEQ: 1})
        assert link.state is LinkState.UNREACHABLE
        route.interface = "lo"
        route.moved()
        async with asyncio.timeout(PATIENCE_S):
            while link.state is not LinkState.OK:
                await asyncio.sleep(0.01)
        answer = await link.request(Type.STATUS, {Label.SEQ: 2})
        assert answer.header[Label.RETRY_MS] == 7
        before = route.doubts
        node.answer = lambda envelope: None
        with pytest.raises(LinkDown):
            await link.request(Type.STATUS, {Label.SEQ: 3})
        assert route.doubts == before + 1


async def test_what_is_spent_is_what_went_over_the_wire_with_each_messages_own_bytes(
    context, node, key
):
    """The bytes that a SIM card's contract counts: those of CURVE, ZeroMQ and TCP/IP, too."""
    node.answer = lambda envelope: envelope.answer(Type.PENDING, {Label.RETRY_MS: 7})
    spent, traffic = [], Traffic()
    address = NodeAddress("harbour", node.endpoint, node.public.decode())
    async with Link(
        context,
        address,
        key,
        os.urandom,
        lambda _: None,
        spend=lambda *each: spent.append(each),
        traffic=traffic,
    ) as link:
        answer = await link.request(
            Type.REGISTER, {}, b"s" * 300, b"b" * 5000, carried=Carried.LIVE
        )
    (asked,) = node.seen
    there, back = (message_bytes(each.to_frames()) for each in (asked, answer))
    assert spent == [
        (HANDSHAKE_BYTES, Carried.UPKEEP),
        (there, Carried.LIVE),
        (back, Carried.LIVE),
    ]
    assert (traffic.sent, traffic.received, traffic.unanswered) == (there, back, 0)
    assert traffic.answered["register"].count == 1
    assert 0 <= traffic.answered["register"].seconds < PATIENCE_S


async def test_an_answer_may_take_a_quarter_of_a_minute_and_as_long_as_its_bytes_need(
    context, node, key, monkeypatch
):
    """Of 7,300 bytes there and back, at 500 bytes a second, another 14.6 s."""
    waited = []

    def noting(seconds):
        waited.append(seconds)
        return asyncio.timeout(seconds)

    node.answer = lambda envelope: envelope.answer(Type.PENDING, {Label.RETRY_MS: 7})
    address = NodeAddress("harbour", node.endpoint, node.public.decode())
    async with Link(context, address, key, os.urandom, lambda _: None) as link:
        its_own = SimpleNamespace(**vars(asyncio) | {"timeout": noting})
        monkeypatch.setattr(link_module, "asyncio", its_own)
        await link.request(Type.REGISTER, {}, b"s" * 300, b"b" * 5000, expect=2000)
        await link.request(Type.HELLO, {})
    assert waited == [15.0 + 14.6, 15.0], "what is over is under way no more"


async def test_a_node_that_hung_up_before_it_let_us_in_has_the_right_key(context, node, key):
    """It may have died just then: only two in a row tell of a key."""
    node.answer = lambda envelope: envelope.answer(Type.PENDING, {Label.RETRY_MS: 7})
    hung_up = Ended(Ending.HUNG_UP, "it hung up")
    async with link_to(context, node, key) as link:
        link._heard(hung_up)
        await link.request(Type.HELLO, {})
        link._heard(hung_up)
        assert link.state is LinkState.OK
        link._heard(hung_up)
        assert link.state is LinkState.WRONG_NODE_KEY


@pytest.mark.parametrize(
    ("ending", "states"),
    [
        (Ending.BROKE, []),
        (Ending.HUNG_UP, [LinkState.WRONG_NODE_KEY]),
        (Ending.EXCESS, [LinkState.REFUSED]),
        *(
            (each, [LinkState.UNREACHABLE])
            for each in Ending
            if each not in (Ending.BROKE, Ending.HUNG_UP, Ending.EXCESS)
        ),
    ],
)
async def test_each_ending_of_a_connection_has_its_state(key, ending, states):
    """Two in a row, of a connection that the socket never called its own."""
    heard = []
    link = Link(None, NodeAddress("harbour", "tcp://h:1", "k"), key, os.urandom, heard.append)
    for _ in range(2):
        link._heard(Ended(ending, "said so"))
    assert heard == states


async def test_an_error_is_the_nodes_word_bounded_and_printable(context, node, key):
    node.answer = lambda envelope: envelope.error(Code.GAP, "want 4\n\x1b[31m" + "x" * 9000)
    async with link_to(context, node, key) as link:
        with pytest.raises(NodeError) as caught:
            await link.request(Type.REGISTER, {})
    assert caught.value.code == Code.GAP
    assert len(str(caught.value)) < 300
    assert "\x1b" not in str(caught.value)


async def test_a_key_on_no_list_is_called_not_admitted(context, node, key):
    node.admitted.clear()
    async with link_to(context, node, key) as link:
        with pytest.raises(LinkDown) as caught:
            await link.request(Type.HELLO, {})
        assert link.state is LinkState.NOT_ADMITTED
    assert caught.value.cause is NOT_ADMITTED
    assert "tallyman keys --public" in caught.value.advice


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (Code.NOT_ADMITTED, LinkState.NOT_ADMITTED),  # revoked meanwhile
        (Code.REPLACED, LinkState.REPLACED),
        (Code.GAP, LinkState.OK),
    ],
)
async def test_what_a_node_says_of_us_on_a_live_connection_is_the_state(
    context, node, key, code, state
):
    node.answer = lambda envelope: envelope.error(code, "no")
    states = []
    async with link_to(context, node, key, states=states) as link:
        with pytest.raises(NodeError):
            await link.request(Type.HELLO, {})
        assert link.state is state
    assert states == [LinkState.OK], "who asked tells of it, with the node's words"


async def test_another_server_key_is_called_wrong_node_key(context, node, key):
    public, _ = zmq.curve_keypair()
    async with link_to(context, node, key, server_key=public.decode()) as link:
        with pytest.raises(LinkDown) as caught:
            await link.request(Type.HELLO, {})
        assert link.state is LinkState.WRONG_NODE_KEY
    assert caught.value.cause is WRONG_KEY
    assert "server_key" in caught.value.advice


async def test_nobody_there_is_called_unreachable_at_once(context, node, key):
    await node.down()
    async with link_to(context, node, key, timeout=ENDLESS_S) as link:
        with pytest.raises(LinkDown):
            async with asyncio.timeout(PATIENCE_S):
                await link.request(Type.HELLO, {})
        assert link.state is LinkState.UNREACHABLE
    node.up()


async def test_a_host_that_swallows_everything_is_unreachable(context, key):
    """A port that accepts and says nothing: only the missing answer tells."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        public, _ = zmq.curve_keypair()
        address = NodeAddress("mute", endpoint, public.decode())
        async with Link(context, address, key, os.urandom, lambda _: None, 0.3) as link:
            with pytest.raises(LinkDown):
                await link.request(Type.HELLO, {})
            assert link.state is LinkState.UNREACHABLE


@pytest.mark.parametrize(
    ("first_bytes", "told"),
    [(b"", "says nothing"), (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak ZeroMQ")],
)
async def test_who_takes_the_connection_and_hangs_up_is_unreachable(
    context, key, first_bytes, told
):
    """A forwarder before a dead node, or another program: nothing is known of any key."""
    calls, states = [], []

    async def serve(_, writer):
        calls.append(writer)
        writer.write(first_bytes)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        public, _ = zmq.curve_keypair()
        endpoint = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        address = NodeAddress("forwarder", endpoint, public.decode())
        async with Link(context, address, key, os.urandom, states.append, ENDLESS_S) as link:
            async with asyncio.timeout(PATIENCE_S):
                while len(calls) < 3:
                    with pytest.raises(LinkDown, match=told):
                        await link.request(Type.HELLO, {})
    assert set(states) == {LinkState.UNREACHABLE}


async def test_a_way_that_carries_one_direction_only_is_unreachable(context, node, key):
    """The node greets, and hears nothing: after its own patience it hangs up."""

    async def serve(_, writer):
        to_node, from_us = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):
            while data := await to_node.read(999):
                writer.write(data)
        for each in (writer, from_us):
            each.transport.abort()

    port = int(node.endpoint.rpartition(":")[2])
    states = []
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        endpoint = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        address = NodeAddress("harbour", endpoint, node.public.decode())
        async with Link(context, address, key, os.urandom, states.append, 1.0) as link:
            with pytest.raises(LinkDown, match="does not answer"):
                await link.request(Type.HELLO, {})
    assert states == [LinkState.UNREACHABLE]


async def test_silence_after_the_handshake_times_out(context, node, key):
    states = []
    async with link_to(context, node, key, timeout=2.0, states=states) as link:
        with pytest.raises(LinkDown, match="harbour: unreachable, it does not answer") as caught:
            await link.request(Type.HELLO, {})
        assert link.state is LinkState.UNREACHABLE
    assert caught.value.cause is HALF_OPEN
    assert states == [LinkState.OK, LinkState.UNREACHABLE]


async def test_a_request_under_way_fails_when_the_node_dies(context, node, key):
    states = []
    async with link_to(context, node, key, timeout=ENDLESS_S, states=states) as link:
        request = asyncio.create_task(link.request(Type.HELLO, {}))
        while not node.seen:
            await asyncio.sleep(0.01)
        await node.down()
        with pytest.raises(LinkDown):
            async with asyncio.timeout(PATIENCE_S):
                await request
    assert LinkState.OK in states
    node.up()


async def test_closing_a_link_fails_what_waits(context, node, key):
    async with link_to(context, node, key, timeout=ENDLESS_S) as link:
        request = asyncio.create_task(link.request(Type.HELLO, {}))
        while not node.seen:
            await asyncio.sleep(0.01)
    with pytest.raises(LinkDown, match="the link was closed"):
        await request


async def test_rubbish_from_the_node_answers_nothing(context, node, key):
    class Rubbish:
        def to_frames(self):
            return [b"\xff\xff", b"body", b"third frame"]

    node.answer = lambda _: Rubbish()
    async with link_to(context, node, key, timeout=0.5) as link:
        with pytest.raises(LinkDown):
            await link.request(Type.HELLO, {})


def answered(**header):
    named = {getattr(Label, name.upper()): value for name, value in header.items()}
    return NodeError(Envelope(Type.ERROR, bytes(8), named, b"theirs"))


@pytest.mark.parametrize(
    ("retry_ms", "seconds"),
    [(None, 0.1), ("5", 0.1), (0, 0.1), (99, 0.1), (700, 0.7), (60_000, 60.0), (10**9, 60.0)],
)
def test_a_node_is_asked_again_when_it_wants_to_be_within_reason(retry_ms, seconds):
    said = {} if retry_ms is None else {"retry_ms": retry_ms}
    assert answered(code="busy", text="", **said).retry_after == seconds


def test_what_a_node_says_is_bounded_and_steers_no_terminal():
    error = answered(code="c" * 50, text="\x1b[2J" + "t" * 300)
    assert str(error) == "c" * 40 + ": [2J" + "t" * 196
    assert (error.code, error.statement) == ("c" * 50, b"theirs")
    assert str(answered(code="gap", text="gap: batch 3 is wanted")) == "gap: batch 3 is wanted"
    assert str(answered(code="gap", text="batch 3 is wanted")) == "gap: batch 3 is wanted"
