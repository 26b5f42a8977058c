"""Asking another node: a DEALER with CURVE, one question at a time."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import zmq.asyncio

from evidence.wire import MAX_ENVELOPE_BYTES, Envelope, parse_frames
from foundation.zmtp.dealer import Dealer
from foundation.zmtp.window import Limits
from ledger.base.key_files import CurveKey

QUEUE = 16
"""Messages that may wait for a slow peer: one question is out at a time."""

UNREAD = Limits(MAX_ENVELOPE_BYTES + 1024, 4 * QUEUE)
"""What the node may have sent that is not read yet. No answer has a body."""


class NodeClient:
    """A connection to one node. It is made anew after any question without an answer.

    An old answer must not be taken for a new one.
    """

    def __init__(
        self, context: zmq.asyncio.Context, endpoint: str, server: str, own: CurveKey
    ) -> None:
        self._context = context
        self._endpoint = endpoint
        self._server = server.encode("ascii")
        self._own = own
        self._dealer: Dealer | None = None
        self._turn = asyncio.Lock()

    async def ask(self, message: Envelope) -> Envelope:
        """Return the answer; the caller sets the time limit. EvidenceError when it is malformed."""
        async with self._turn:
            with ExitStack() as on_failure:
                on_failure.callback(self.close)
                answer = await self._exchange(message)
                on_failure.pop_all()
            return answer

    async def _exchange(self, message: Envelope) -> Envelope:
        dealer = self.connected()
        await dealer.send(message.to_frames())
        while True:
            answer = parse_frames(await dealer.receive())
            if answer.request == message.request:
                return answer

    def connected(self) -> Dealer:
        """Return the connection, made now if there is none."""
        if self._dealer is None:
            keys = (self._own.public, self._own.secret)
            self._dealer = Dealer(self._context, self._endpoint, self._server, keys, UNREAD, QUEUE)
        return self._dealer

    def close(self) -> None:
        """Drop the connection; the next question makes a new one."""
        if self._dealer is not None:
            self._dealer.close()
            self._dealer = None
