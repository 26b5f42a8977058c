"""The control socket: a Unix stream with one JSON object a line, asked by the CLI.

A request is `{"verb": …, …}`. Each answering line holds either `result` or `error` with `advice`;
`more: true` says that another line follows. Whatever comes in, the agent goes on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import stat
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

from drivers.errors import DriverError
from foundation.errors import AgentError, Fatal, Retry
from foundation.hints import hint

log = logging.getLogger(__name__)

Request = Mapping[str, Any]
Verb = Callable[[Request], AsyncGenerator[Any, None]]
"""Yields the results of one request; AgentError and DriverError become an error line."""

LONGEST_REQUEST = 64 * 1024  # bytes; ours are below 200
MOST_CONNECTIONS = 16  # a gateway has a handful of technicians and scripts
WRITE_LIMIT = 10.0  # s; who takes no byte for so long is gone or stuck
IDLE_LIMIT = 60.0  # s without a request; it makes room earlier for who asks
MODE = 0o660  # the tallyman group may ask


class BadRequest(AgentError):
    """The other side did not ask for anything we know."""

    exit_code = 2

    advice = "ask with the tallyman command of the same version"


class Unanswered(AgentError):
    """A verb came to no end: by a mistake of this program, or because the agent stops."""

    advice = "look whether the agent still runs, and at its log: journalctl -u tallyman"


class ControlServer:
    """Answers on the socket; `run` is its task. `key` is where the configuration names the path."""

    def __init__(
        self, path: Path, verbs: Mapping[str, Verb], key: str = "[gateway] control"
    ) -> None:
        self._path = path
        self._verbs = verbs
        self._key = key
        self._conversations: set[asyncio.Task[None]] = set()
        self._silent: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        """Who asks nothing now, the longest silent first."""

    async def run(self) -> None:
        """Serve until cancelled, then remove the socket."""
        server = await asyncio.start_unix_server(
            self._begin, sock=listen(self._path, self._key), limit=LONGEST_REQUEST
        )
        try:
            # Not serve_forever, nor wait_closed: from Python 3.12 on they wait for followers, who
            # never leave.
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for conversation in self._conversations:
                conversation.cancel()
            self._path.unlink(missing_ok=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection; asyncio's own task would tell of a mistake from Python 3.11.4 on."""
        asyncio.create_task(self._serve(reader, writer)).add_done_callback(_tell_mistake)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio runs connections as tasks"
        self._conversations.add(task)
        try:
            if len(self._conversations) > MOST_CONNECTIONS and not self._made_room():
                await _send(writer, _error(Retry("too many connections", advice="try later")))
            else:
                await self._converse(task, reader, writer)
        except (ConnectionError, TimeoutError):
            log.debug("a control connection broke off")
            writer.transport.abort()
        except asyncio.CancelledError:
            # The agent stops. Nobody awaits this task: asyncio would log that it was cancelled.
            writer.transport.abort()
        finally:
            self._forget(task)
            writer.close()

    def _made_room(self) -> bool:
        """End the conversation that was silent longest; False where all of them are asking."""
        silent = next(iter(self._silent), None)
        if silent is None:
            return False
        self._silent[silent].transport.abort()  # it reads the end, and goes
        self._forget(silent)
        return True

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._conversations.discard(task)
        self._silent.pop(task, None)

    async def _converse(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            self._silent[task] = writer
            try:
                async with asyncio.timeout(IDLE_LIMIT):
                    line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                await _send(writer, _error(BadRequest("the request is too long")))
                return
            self._silent.pop(task, None)
            await self._answer(line, writer)

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        """Send what the verb yields and how it ended, whatever ended it; that goes on its way."""
        end = _error(Unanswered("the agent ended the conversation"))
        try:
            verb, request = self._parsed(line)
            async with aclosing(verb(request)) as results:
                async for result in results:
                    await _send(writer, {"result": result, "more": True})
            end = {"result": None, "more": False}
        except (AgentError, DriverError) as error:
            end = _error(error)
        finally:
            _write(writer, end)
        await _drain(writer)

    def _parsed(self, line: bytes) -> tuple[Verb, Request]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadRequest("the request is not JSON") from error
        if not isinstance(request, dict) or not isinstance(request.get("verb"), str):
            raise BadRequest('the request is not an object with a "verb"')
        name = request["verb"]
        if name not in self._verbs:
            raise BadRequest(f"unknown verb {name[:40]!r}: choose from {', '.join(self._verbs)}")
        return self._verbs[name], request


def _error(error: AgentError | DriverError) -> dict[str, Any]:
    code = error.exit_code if isinstance(error, AgentError) else AgentError.exit_code
    return {"error": str(error), "advice": error.advice, "exit": code, "more": False}


async def _send(writer: asyncio.StreamWriter, answer: Mapping[str, Any]) -> None:
    _write(writer, answer)
    await _drain(writer)


def _write(writer: asyncio.StreamWriter, answer: Mapping[str, Any]) -> None:
    writer.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


async def _drain(writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(WRITE_LIMIT):
        await writer.drain()


def number(request: Request, name: str, default: int) -> int:
    """Return an unsigned integer of a request; BadRequest when it is something else."""
    value = request.get(name, default)
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise BadRequest(f"{name} must be a whole number, 0 or more")
    return value


def text(request: Request, name: str) -> str:
    """Return a text of a request; BadRequest when it is something else."""
    value = request.get(name)
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be text")
    return value


def printable(request: Request, name: str, most: int) -> str:
    """Return a text of 1 to `most` printable characters; BadRequest when it is something else."""
    value = text(request, name)
    if not 0 < len(value) <= most or not value.isprintable():
        raise BadRequest(
            f"{name} must be 1 to {most} printable characters", advice="shorten it, on one line"
        )
    return value


def device_of(request: Request, known: Collection[str]) -> str:
    """Return the device that a request names; BadRequest where it is none of those known."""
    name = text(request, "device")
    if name not in known:
        raise BadRequest(
            f"there is no device {name[:64]!r}{hint(name[:64], known)}",
            advice="see the names: tallyman devices",
        )
    return name


def listen(path: Path, key: str = "[gateway] control") -> socket.socket:
    """Return a listening socket at `path`, for owner and group, in place of a stale one.

    The caller holds the state folder's lock, so a socket found there is of a dead agent.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_way(path, key)
        listener.bind(str(path))
        path.chmod(MODE)
        listener.listen(MOST_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise Retry(
            f"cannot listen at {path}: {os.strerror(error.errno or 0)}",
            advice=f"give the tallyman user that folder, or correct {key}",
        ) from error
    except Fatal:
        listener.close()
        raise
    return listener


def _make_way(path: Path, key: str) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise Fatal(f"{path} exists and is not a socket", advice=f"correct {key}")
    path.unlink()


def _tell_mistake(conversation: asyncio.Task[None]) -> None:
    """Log what ended a conversation by a mistake of this program."""
    error = None if conversation.cancelled() else conversation.exception()
    if error is not None:
        log.error("a conversation ended by a mistake of this program", exc_info=error)
