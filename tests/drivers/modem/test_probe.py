"""A probe tells whether packets pass, and asks no more often than it may."""

import asyncio
import socket

from drivers.modem import probe as probing
from drivers.modem.probe import Probe, addresses, through


async def test_an_answer_counts_and_a_refusal_too():
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await through("")("127.0.0.1", port)
    assert await through("lo")("127.0.0.1", port)
    server.close()
    await server.wait_closed()
    assert await through("lo")("127.0.0.1", port)


async def test_an_interface_that_is_not_there_carries_nothing():
    assert not await through("none0")("127.0.0.1", 9)


async def test_who_is_silent_does_not_answer(monkeypatch):
    assert probing.WITHIN == 10.0
    monkeypatch.setattr(probing, "WITHIN", 0.2)
    with socket.socket() as full:  # its backlog is taken, so the kernel drops what comes
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        held = [socket.create_connection(("127.0.0.1", port))]
        assert not await through("")("127.0.0.1", port)
        held[0].close()


async def test_the_second_is_asked_where_the_first_is_silent_and_both_rarely():
    asked = []

    async def connects(host, _port):
        asked.append(host)
        return host == "b"

    probe = Probe([("a", 1), ("b", 2)], 300.0, connects)
    assert [await probe.passes(now) for now in (0.0, 10.0, 299.0, 300.0)] == [True] * 4
    assert asked == ["a", "b", "a", "b"]
    probe.forget()
    assert await probe.passes(301.0)
    assert len(asked) == 6


async def test_nobody_to_ask_is_no_answer():
    assert await Probe([], 300.0, through("")).passes(0.0) is None


def test_addresses_are_numbers():
    assert addresses("203.0.113.7:7701, [2001:db8::7]:53") == (
        ("203.0.113.7", 7701),
        ("2001:db8::7", 53),
    )
    assert addresses("") == ()
