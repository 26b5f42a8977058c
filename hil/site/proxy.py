"""A bad network between two programs: a TCP proxy that can cut, swallow, and crawl.

It carries bytes and knows no protocol. ZeroMQ never delivers a message twice by itself, so there is
nothing here that doubles: what arrives twice was sent twice.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, TypeVar

from hil.site.ports import free_port

T = TypeVar("T")

HOST = "127.0.0.1"

CHUNK_BYTES = 256
"""Read at once, so that a slow link is slow for small messages too."""

QUEUED_CHUNKS = 64
"""On their way through the latency; then the sender is not read any more."""

ANSWER_S = 10.0


class Proxy:
    """Listens on `port` and carries to `target`; its methods belong to one event loop.

    `bytes_per_s` (0: no limit) holds for each direction of each connection, `latency` in seconds.
    """

    def __init__(self, target: int, *, bytes_per_s: float = 0, latency: float = 0) -> None:
        self._target = target
        self.bytes_per_s = bytes_per_s
        self.latency = latency
        self.swallows = False
        self.port = free_port()  # its own also while it is cut
        self.carried = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen, for the first time or again after `cut`."""
        self._server = await asyncio.start_server(self._accept, HOST, self.port)

    async def cut(self) -> None:
        """Break every connection and refuse new ones until `open`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the transports close in the loop's next turn

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_reader, to_writer = await asyncio.open_connection(HOST, self._target)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, to_writer))
                    group.create_task(self._pump(to_reader, writer))
            finally:
                to_writer.transport.abort()
        except OSError:
            pass  # nobody listens there: the caller is refused, if late
        finally:
            writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Carry one direction: one task reads at the link's rate, one writes after the latency."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(QUEUED_CHUNKS)
        with suppress(ConnectionError):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(source, queue))
                group.create_task(self._write(queue, sink))

    async def _read(
        self, source: asyncio.StreamReader, queue: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        now = asyncio.get_running_loop().time
        while data := await source.read(CHUNK_BYTES):
            if self.bytes_per_s:
                await asyncio.sleep(len(data) / self.bytes_per_s)
            if not self.swallows:
                await queue.put((now() + self.latency, data))
        await queue.put((now(), b""))

    async def _write(
        self, queue: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter
    ) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due, data = await queue.get()
            if due > now():
                await asyncio.sleep(due - now())
            if not data:
                sink.close()
                return
            self.carried += len(data)
            sink.write(data)
            await sink.drain()


class ThreadedProxy:
    """A proxy whose loop runs in a thread, for callers without one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, proxy: Proxy) -> None:
        self._loop = loop
        self._proxy = proxy
        self.port = proxy.port

    def cut(self) -> None:
        """See `Proxy.cut`."""
        self._do(self._proxy.cut())

    def heal(self) -> None:
        """Carry again whatever comes, over new connections."""
        self._proxy.swallows = False
        self._do(self._proxy.cut())
        self._do(self._proxy.open())

    def swallow(self) -> None:
        """Take everything and pass nothing on: the link is half open."""
        self._proxy.swallows = True

    @property
    def carried(self) -> int:
        """Bytes carried in both directions."""
        return self._proxy.carried

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_S)


@contextmanager
def proxy_to(target: int, *, bytes_per_s: float = 0, latency: float = 0) -> Iterator[ThreadedProxy]:
    """Run a proxy to a port of this machine in a thread of its own."""
    with closing(asyncio.new_event_loop()) as loop:
        thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
        thread.start()
        proxy = Proxy(target, bytes_per_s=bytes_per_s, latency=latency)
        asyncio.run_coroutine_threadsafe(proxy.open(), loop).result(ANSWER_S)
        try:
            yield ThreadedProxy(loop, proxy)
        finally:
            asyncio.run_coroutine_threadsafe(proxy.cut(), loop).result(ANSWER_S)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(ANSWER_S)
