"""The bad network: it carries, cuts, swallows and crawls, and says nothing of what it carries."""

from __future__ import annotations

import asyncio
import socket

import pytest

from hil.site.proxy import Proxy, proxy_to


@pytest.fixture
async def echo():
    async def answer(reader, writer):
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def through():
    """Open a connection through a proxy."""
    writers = []

    async def connect(proxy):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0)


async def ask(streams, data=b"hello", seconds=60.0):
    reader, writer = streams
    writer.write(data)
    async with asyncio.timeout(seconds):
        return await reader.readexactly(len(data))


async def test_it_carries_both_ways(echo, through):
    proxy = Proxy(echo)
    await proxy.open()
    assert await ask(await through(proxy), bytes(5000)) == bytes(5000)
    assert proxy.carried == 10_000
    await proxy.cut()


async def test_a_cut_breaks_and_refuses_until_it_is_opened(echo, through):
    proxy = Proxy(echo)
    await proxy.open()
    streams = await through(proxy)
    await ask(streams)
    await proxy.cut()
    assert await streams[0].read() == b""
    with pytest.raises(ConnectionRefusedError):
        await through(proxy)
    await proxy.open()
    assert await ask(await through(proxy)) == b"hello"
    await proxy.cut()


async def test_a_half_open_link_takes_all_and_answers_nothing(echo, through):
    proxy = Proxy(echo)
    await proxy.open()
    streams = await through(proxy)
    await ask(streams)
    proxy.swallows = True
    with pytest.raises(TimeoutError):
        await ask(streams, seconds=0.3)
    with pytest.raises(TimeoutError):
        await ask(await through(proxy), seconds=0.3)
    await proxy.cut()


async def test_a_slow_link_takes_its_time(echo, through):
    proxy = Proxy(echo, bytes_per_s=10_000, latency=0.1)
    await proxy.open()
    started = asyncio.get_running_loop().time()
    await ask(await through(proxy), bytes(2000))
    took = asyncio.get_running_loop().time() - started
    assert took >= 2000 / 10_000 + 2 * 0.1
    await proxy.cut()


async def test_the_end_of_one_side_reaches_the_other(echo, through):
    proxy = Proxy(echo)
    await proxy.open()
    reader, writer = await through(proxy)
    writer.write_eof()
    async with asyncio.timeout(30):
        assert await reader.read() == b""
    await proxy.cut()


def test_from_a_thread():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with proxy_to(server.getsockname()[1]) as proxy:
            for _ in range(2):
                client = socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
                client.sendall(b"hello")
                inside, _ = server.accept()
                assert inside.recv(5) == b"hello"
                proxy.heal()
                client.close()
                inside.close()
            assert proxy.carried == 10
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
