"""One CURVE connection to one ledger node: requests, answers, and why it is down.

ZeroMQ promises no delivery: a request is answered, or it is repeated by the caller. A link that
failed is closed and opened anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import zmq
import zmq.asyncio
from zmq.utils.monitor import parse_monitor_message

from agent.signing.curve_key import CurveKey
from agent.upstream.causes import HALF_OPEN, OF_STATE
from agent.upstream.day_bytes import Carried
from agent.upstream.states import LinkState
from agent.upstream.traffic import Traffic
from agent.upstream.way_causes import of_refusal
from agent.upstream.wire_bytes import HANDSHAKE_BYTES, message_bytes
from evidence.errors import MalformedError
from evidence.wire import (
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
from foundation.cause import Cause
from foundation.dataclass import dataclass
from foundation.errors import Retry
from foundation.zmtp.dealer import Dealer
from foundation.zmtp.dialer import Ended, Ending
from foundation.zmtp.route import AnyRoute, Route
from foundation.zmtp.window import Limits

ANSWER_TIMEOUT_S = 15.0
"""How long the answer to an empty message may take: several round trips of a poor radio."""

SLOWEST_BYTES_PER_S = 500
"""What is under way gets so much more time: a quarter of the 2 kB/s that GPRS at its edge gives."""

HANGUPS_OF_A_WRONG_KEY = 2
"""A node that dies just then hangs up as well; the second time in a row it is the key."""

MIN_RETRY_S, MAX_RETRY_S = 0.1, 60.0

QUEUE = 64
"""Messages inside ZeroMQ at most: the journal is the queue."""

UNREAD = Limits(MAX_ENVELOPE_BYTES + 1024, 4 * QUEUE)
"""What a node may have sent that is not read yet. No answer has a body."""


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
        named = f"{str(code)[:40]}: {shown}"
        super().__init__(shown if shown.startswith(str(code)) else named)
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


Spend = Callable[[int, Carried], None]
"""Hears how many bytes went over the wire, either way, and what they carried."""


class Asked(NamedTuple):
    """A request that waits for its answer, and what both carry."""

    answer: asyncio.Future[Envelope]
    carried: Carried


class Link:
    """A DEALER with its monitor. `on_state` hears of every change that no answer tells of.

    `spend` hears of bytes as far as they can be told; `traffic` counts them and what was asked.
    `route` says through which network interface.
    """

    def __init__(
        self,
        context: zmq.asyncio.Context,
        node: NodeAddress,
        key: CurveKey,
        entropy: Callable[[int], bytes],
        on_state: Callable[[LinkState], None],
        answer_timeout: float = ANSWER_TIMEOUT_S,
        spend: Spend = lambda _count, _carried: None,
        *,
        route: Route | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self.node = node
        self.state = LinkState.CONNECTING
        self._context = context
        self._key = key
        self._entropy = entropy
        self._on_state = on_state
        self._timeout = answer_timeout
        self._spend = spend
        self._route = route or AnyRoute()
        self._traffic = Traffic() if traffic is None else traffic
        self._connected = asyncio.Event()
        self._waiting: dict[bytes, Asked] = {}
        self._under_way = 0
        self._hangups = 0
        self._dealer: Dealer | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Link:
        """Start connecting; nothing is waited for."""
        keys = (self._key.public, self._key.secret)
        dealer = Dealer(
            self._context,
            self.node.endpoint,
            self.node.server_key.encode(),
            keys,
            UNREAD,
            QUEUE,
            self._heard,
            self._route,
        )
        self._dealer = dealer
        self._tasks = [
            asyncio.create_task(self._watch(dealer.monitor)),
            asyncio.create_task(self._receive(dealer)),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the socket; requests under way fail with LinkDown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fail_waiting("the link was closed")
        if self._dealer is not None:
            self._dealer.close()
            self._dealer = None
        self._connected.clear()

    async def request(
        self,
        type_: Type,
        header: Header,
        statement: bytes = b"",
        body: bytes = b"",
        expect: int = 0,
        carried: Carried = Carried.PROOFS,
    ) -> Envelope:
        """Return the node's answer; requests made one after another arrive in that order.

        Raises LinkDown when none comes in time, NodeError when it is an error. The time grows with
        what is under way; `expect` is how large the answer may be, in bytes; `carried` is what both
        are for.
        """
        request = self._entropy(REQUEST_ID_BYTES)
        future: asyncio.Future[Envelope] = asyncio.get_running_loop().create_future()
        self._waiting[request] = Asked(future, carried)
        size = len(statement) + len(body) + expect
        self._under_way += size
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._timeout + self._under_way / SLOWEST_BYTES_PER_S):
                await self._connection(future)
                envelope = Envelope(type_, request, labels(header), statement, body)
                assert self._dealer is not None
                frames = envelope.to_frames()
                await self._dealer.send(frames)
                self._sent(message_bytes(frames), carried)
                answer = await future
        except LinkDown:
            self._traffic.unanswered += 1
            raise
        except TimeoutError:
            self._traffic.unanswered += 1
            half_open = self.state is LinkState.OK
            self._route.doubt()
            if self.state in (LinkState.CONNECTING, LinkState.OK):
                self._enter(LinkState.UNREACHABLE)
            raise self.down("it does not answer", HALF_OPEN if half_open else None) from None
        finally:
            del self._waiting[request]
            self._under_way -= size
        self._traffic.took(type_.name.lower(), asyncio.get_running_loop().time() - began)
        if answer.type is Type.ERROR:
            raise self._node_error(answer)
        return answer

    def _sent(self, size: int, carried: Carried) -> None:
        self._traffic.sent += size
        self._spend(size, carried)

    def _received(self, size: int, carried: Carried) -> None:
        self._traffic.received += size
        self._spend(size, carried)

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

    def down(self, what: str, cause: Cause[Any] | None = None) -> LinkDown:
        """Return the error that says why the node cannot be asked."""
        text = f"{self.node.name}: {self.state}, {what}"
        return LinkDown(text, cause=cause or OF_STATE.get(self.state))

    def _node_error(self, answer: Envelope) -> NodeError:
        """Return what the node answered; who asked tells of it, with the node's words."""
        error = NodeError(answer)
        if error.code == Code.NOT_ADMITTED:
            self.state = LinkState.NOT_ADMITTED
        elif error.code == Code.REPLACED:
            self.state = LinkState.REPLACED
        return error

    async def _receive(self, dealer: Dealer) -> None:
        while True:
            frames = await dealer.receive()
            asked = None
            with suppress(MalformedError):  # rubbish answers nothing: the request times out
                answer = parse_frames(frames)
                asked = self._waiting.get(answer.request)
                if asked is not None and not asked.answer.done():
                    asked.answer.set_result(answer)
            carried = Carried.UPKEEP if asked is None else asked.carried
            self._received(message_bytes(frames), carried)

    async def _watch(self, monitor: zmq.asyncio.Socket) -> None:
        """Follow the socket's events: what became of the handshake, only the socket can tell."""
        while True:
            event = parse_monitor_message(await monitor.recv_multipart())["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._hangups = 0
                self._spend(HANDSHAKE_BYTES, Carried.UPKEEP)
                self._connected.set()
                self._enter(LinkState.OK)
            elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self._broken(LinkState.NOT_ADMITTED, "it does not let our key in")
            elif event == zmq.EVENT_DISCONNECTED and self.state is LinkState.OK:
                self._broken(LinkState.CONNECTING, "the connection broke")

    def _heard(self, ended: Ended) -> None:
        """Learn how a connection ended that the socket never called its own."""
        if ended.ending is Ending.HUNG_UP:
            self._hangups += 1
            if self._hangups >= HANGUPS_OF_A_WRONG_KEY:
                self._broken(LinkState.WRONG_NODE_KEY, ended.text)
        elif ended.ending is Ending.EXCESS:
            self._broken(LinkState.REFUSED, ended.text)
        elif ended.ending is not Ending.BROKE:
            self._broken(LinkState.UNREACHABLE, ended.text, of_refusal(ended.detail))

    def _broken(self, state: LinkState, what: str, cause: Cause[Any] | None = None) -> None:
        self._connected.clear()
        self._enter(state)
        self._fail_waiting(what, cause)

    def _enter(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            self._on_state(state)

    def _fail_waiting(self, what: str, cause: Cause[Any] | None = None) -> None:
        error = self.down(what, cause)
        for asked in self._waiting.values():
            if not asked.answer.done():
                asked.answer.set_exception(error)
