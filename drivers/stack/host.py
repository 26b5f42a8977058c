"""A stack's end of the socket: it serves feeds to the agent and takes its orders."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from drivers.errors import BadFrame, DriverError
from drivers.stack import wire
from drivers.stack.feed import Feed

log = logging.getLogger(__name__)

Obey = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Does what a follower of a source orders; DriverError goes back to who ordered it."""

MODE = 0o660  # the agent is of the socket's group
MOST_BEHIND = 4 << 20  # bytes that a follower may leave unread before it is let go


class StackHost:
    """Feeds by their keys, on the socket `path`; `life` differs from start to start."""

    def __init__(self, path: Path, life: str, obey: Obey) -> None:
        self._path = path
        self._life = life
        self._obey = obey
        self._feeds: dict[str, Feed] = {}
        self._followers: set[_Follower] = set()

    def feed(self, key: str) -> Feed:
        """Return the feed of a source; it is made where there is none."""
        return self._feeds.setdefault(key, Feed(key))

    def keys_after(self, prefix: str) -> list[str]:
        """Return what follows `prefix` in the keys of the sources that begin so."""
        return [key.removeprefix(prefix) for key in self._feeds if key.startswith(prefix)]

    async def run(self) -> None:
        """Serve until cancelled, then remove the socket."""
        server = await asyncio.start_unix_server(
            self._serve, sock=_listen(self._path), limit=wire.LONGEST
        )
        try:
            # Not serve_forever: from Python 3.12 on, cancelled, it waits until followers leave.
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for follower in self._followers:
                follower.abort()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        follower = _Follower(self._life, writer)
        self._followers.add(follower)
        try:
            await self._converse(follower, reader)
        except BadFrame as error:
            log.warning("a follower was let go: %s", error)
        except (ConnectionError, asyncio.LimitOverrunError):
            log.debug("a follower broke off")
        finally:
            self._followers.discard(follower)
            follower.end()

    async def _converse(self, follower: _Follower, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                message = wire.parse(await reader.readuntil(b"\n"))
            except asyncio.IncompleteReadError:
                return
            if "follow" in message:
                follower.follow(self.feed(wire.text(message, "follow")), message.get("told", {}))
            elif "durable" in message:
                follower.feed.durable(wire.number(message, "durable"))
            elif "ask" in message:
                follower.answer_later(self._answer(follower, message))

    async def _answer(self, follower: _Follower, message: Mapping[str, Any]) -> None:
        number, order = wire.number(message, "ask"), message.get("order")
        try:
            if not isinstance(order, dict):
                raise BadFrame("an order is a table")
            result = await self._obey(follower.feed.key, order)
        except DriverError as error:
            said = {"answer": number, "error": str(error), "advice": error.advice}
        else:
            said = {"answer": number, "result": result}
        follower.send(wire.line(said))


class _Follower:
    """One connection of the agent's."""

    def __init__(self, life: str, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._feed: Feed | None = None
        self._answers: set[asyncio.Task[None]] = set()
        self.send(wire.line({"life": life}))

    @property
    def feed(self) -> Feed:
        """What it follows; BadFrame before it said so."""
        if self._feed is None:
            raise BadFrame("a follower asked before it said what it follows")
        return self._feed

    def send(self, data: bytes) -> None:
        """Send a line, unless the follower is gone or reads nothing."""
        if self._writer.is_closing():
            return
        self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > MOST_BEHIND:
            self.abort()

    def follow(self, feed: Feed, told: object) -> None:
        """Take the feed, with what the configuration says."""
        if self._feed is not None:
            raise BadFrame("a follower follows one source")
        self._feed = feed
        feed.follow(told if isinstance(told, dict) else {}, self.send)

    def answer_later(self, answer: Awaitable[None]) -> None:
        """Let an answer come when it comes; readings go on meanwhile."""
        task = asyncio.ensure_future(answer)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    def abort(self) -> None:
        """Break the connection off."""
        self._writer.transport.abort()

    def end(self) -> None:
        """Let go of it."""
        for answer in self._answers:
            answer.cancel()
        if self._feed is not None:
            self._feed.leave(self.send)
        self._writer.close()


def _listen(path: Path) -> socket.socket:
    """Return a listening socket in place of a stale one; OSError where that cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and stat.S_ISSOCK(path.lstat().st_mode):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o777 & ~MODE)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    listener.listen()
    return listener
