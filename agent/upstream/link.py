"""One CURVE connection to one ledger node: requests, answers, and why it is down.

ZeroMQ promises no delivery: a request is answered, or it is repeated by the caller. A refused
handshake is final for a socket, so a link that failed is closed and opened anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import zmq
import zmq.asyncio
from zmq.utils.monitor import parse_monitor_message

from agent.signing.curve_key import CurveKey
from agent.upstream.budget import HANDSHAKE_BYTES, MESSAGE_BYTES
from agent.upstream.states import ADVICE, LinkState
from evidence.errors import MalformedError
from evidence.wire import (
    MAX_BODY_BYTES,
    MAX_ENVELOPE_BYTES,
    REQUEST_ID_BYTES,
    Code,
    Envelope,
    Header,
    Label,
    Type,
    labels,
    parse_frames,
)
from foundation.errors import Retry

ANSWER_TIMEOUT_S = 15.0
"""How long the answer to an empty message may take: several round trips of a poor radio."""

SLOWEST_BYTES_PER_S = 500
"""What is under way gets so much more time: a quarter of the 2 kB/s that GPRS at its edge gives."""

# A dead radio must not be called ten times a second; at most 4 s keeps recovery under 5 s.
RECONNECT_MS, RECONNECT_MAX_MS = 1_000, 4_000

DROPS_OF_A_WRONG_KEY = 2

MIN_RETRY_S, MAX_RETRY_S = 0.1, 60.0

HIGH_WATER_MARK = 64
"""Messages queued inside ZeroMQ at most: the journal is the queue."""


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """Where a node is and which CURVE key (Z85) it must hold."""

    name: str
    endpoint: str
    server_key: str


class LinkDown(Retry):
    """The node cannot be asked now; the link's `state` says why."""


class NodeError(Retry):
    """The node answered with an error; `code` is of `wire.Code`, `header` the answer's.

    `statement` is what the node shows as the reason, or empty.
    """

    def __init__(self, answer: Envelope) -> None:
        code, text = answer.header.get(Label.CODE), answer.header.get(Label.TEXT)
        # What a node says goes into logs and status: bounded, and without control characters.
        shown = "".join(char for char in str(text)[:200] if char.isprintable())
        super().__init__(f"{str(code)[:40]}: {shown}")
        self.code = code
        self.header = answer.header
        self.statement = answer.statement

    @property
    def retry_after(self) -> float:
        """Seconds after which the node wants to be asked again, within reason."""
        milliseconds = self.header.get(Label.RETRY_MS)
        if not isinstance(milliseconds, int):
            return MIN_RETRY_S
        return min(max(milliseconds / 1000, MIN_RETRY_S), MAX_RETRY_S)


class Link:
    """A DEALER socket with its monitor. `on_state` hears of every change of state.

    `spend` hears how many bytes went over the wire, either way, as far as that can be told.
    """

    def __init__(
        self,
        context: zmq.asyncio.Context,
        node: NodeAddress,
        key: CurveKey,
        entropy: Callable[[int], bytes],
        on_state: Callable[[LinkState], None],
        answer_timeout: float = ANSWER_TIMEOUT_S,
        spend: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.node = node
        self.state = LinkState.CONNECTING
        self._context = context
        self._key = key
        self._entropy = entropy
        self._on_state = on_state
        self._timeout = answer_timeout
        self._spend = spend
        self._connected = asyncio.Event()
        self._waiting: dict[bytes, asyncio.Future[Envelope]] = {}
        self._under_way = 0
        self._dropped = 0
        self._socket: zmq.asyncio.Socket | None = None
        self._monitor: zmq.asyncio.Socket | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Link:
        """Start connecting; nothing is waited for."""
        socket = self._context.socket(zmq.DEALER)
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.IMMEDIATE, 1),
            (zmq.SNDHWM, HIGH_WATER_MARK),
            (zmq.RCVHWM, HIGH_WATER_MARK),
            (zmq.MAXMSGSIZE, MAX_ENVELOPE_BYTES + MAX_BODY_BYTES),
            (zmq.RECONNECT_IVL, RECONNECT_MS),
            (zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS),
        ):
            socket.setsockopt(option, value)
        socket.curve_serverkey = self.node.server_key.encode()
        socket.curve_publickey, socket.curve_secretkey = self._key.public, self._key.secret
        monitor = socket.get_monitor_socket()
        socket.connect(self.node.endpoint)
        self._socket, self._monitor = socket, monitor
        self._tasks = [
            asyncio.create_task(self._watch(monitor)),
            asyncio.create_task(self._receive(socket)),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the socket; requests under way fail with LinkDown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fail_waiting("the link was closed")
        if self._socket is not None and self._monitor is not None:
            self._socket.disable_monitor()
            self._monitor.close()
            self._socket.close()
            self._socket = self._monitor = None
        self._connected.clear()

    async def request(
        self,
        type_: Type,
        header: Header,
        statement: bytes = b"",
        body: bytes = b"",
        expect: int = 0,
    ) -> Envelope:
        """Return the node's answer; requests made one after another arrive in that order.

        Raises LinkDown when none comes in time, NodeError when it is an error. The time grows with
        what is under way; `expect` is how large the answer may be, in bytes.
        """
        request = self._entropy(REQUEST_ID_BYTES)
        future: asyncio.Future[Envelope] = asyncio.get_running_loop().create_future()
        self._waiting[request] = future
        size = len(statement) + len(body) + expect
        self._under_way += size
        try:
            async with asyncio.timeout(self._timeout + self._under_way / SLOWEST_BYTES_PER_S):
                await self._connection(future)
                envelope = Envelope(type_, request, labels(header), statement, body)
                assert self._socket is not None
                frames = envelope.to_frames()
                await self._socket.send_multipart(frames)
                self._spend(sum(map(len, frames)) + MESSAGE_BYTES)
                answer = await future
        except TimeoutError:
            if self._connected.is_set():
                self._enter(LinkState.UNREACHABLE)
            raise self.down("it does not answer") from None
        finally:
            del self._waiting[request]
            self._under_way -= size
        if answer.type is Type.ERROR:
            raise self._node_error(answer)
        return answer

    async def _connection(self, future: asyncio.Future[Envelope]) -> None:
        """Return once the node is connected; raise what `future` is failed with meanwhile."""
        if self._connected.is_set():
            return
        connected = asyncio.ensure_future(self._connected.wait())
        either: tuple[asyncio.Future[Any], ...] = (connected, future)
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            connected.cancel()
        if future.done():
            future.result()

    def down(self, what: str) -> LinkDown:
        """Return the error that says why the node cannot be asked."""
        return LinkDown(f"{self.node.name}: {self.state}, {what}", advice=ADVICE[self.state])

    def _node_error(self, answer: Envelope) -> NodeError:
        error = NodeError(answer)
        if error.code == Code.NOT_ADMITTED:
            self._enter(LinkState.NOT_ADMITTED)
        elif error.code == Code.REPLACED:
            self._enter(LinkState.REPLACED)
        return error

    async def _receive(self, socket: zmq.asyncio.Socket) -> None:
        while True:
            frames: list[bytes] = await socket.recv_multipart()
            self._spend(sum(map(len, frames)) + MESSAGE_BYTES)
            with suppress(MalformedError):  # rubbish answers nothing: the request times out
                answer = parse_frames(frames)
                future = self._waiting.get(answer.request)
                if future is not None and not future.done():
                    future.set_result(answer)

    async def _watch(self, monitor: zmq.asyncio.Socket) -> None:
        """Follow the socket's events; they tell why a connection does not come about."""
        while True:
            event = parse_monitor_message(await monitor.recv_multipart())["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._dropped = 0
                self._spend(HANDSHAKE_BYTES)
                self._connected.set()
                self._enter(LinkState.OK)
            elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self._broken(LinkState.NOT_ADMITTED)
            elif event in (
                zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL,
                zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
            ):
                self._drop()
            elif event == zmq.EVENT_DISCONNECTED and self.state is LinkState.OK:
                self._broken(LinkState.CONNECTING)
            elif event == zmq.EVENT_CLOSED:
                self._broken(LinkState.UNREACHABLE)

    def _drop(self) -> None:
        """The server closed in mid-handshake, without a word.

        It does so to a client that encrypts to another key, and when it dies just then; the second
        time in a row it is the key.
        """
        self._dropped += 1
        if self._dropped >= DROPS_OF_A_WRONG_KEY:
            self._broken(LinkState.WRONG_NODE_KEY)

    def _broken(self, state: LinkState) -> None:
        self._connected.clear()
        self._enter(state)
        self._fail_waiting("the connection broke")

    def _enter(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            self._on_state(state)

    def _fail_waiting(self, what: str) -> None:
        error = self.down(what)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)
