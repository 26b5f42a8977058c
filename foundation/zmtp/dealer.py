"""A DEALER with CURVE that is kept connected to one node, which is held to limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import zmq
import zmq.asyncio

from foundation.zmtp.dialer import Dialer, Ended
from foundation.zmtp.private import listen_privately
from foundation.zmtp.route import Route
from foundation.zmtp.window import Limits

HANDSHAKE_MS = 10_000
"""A node that takes longer for the handshake is called anew."""


class Dealer:
    """Sends to the node at `endpoint` and receives from it. Keys are in Z85.

    `unread` bounds what the node may have sent that `receive` has not returned; `queue` is how many
    messages wait on the way out. `heard` hears of every connection's ending; `route` says through
    which interface it goes.
    """

    def __init__(
        self,
        context: zmq.asyncio.Context,
        endpoint: str,
        server_key: bytes,
        own_keys: tuple[bytes, bytes],
        unread: Limits,
        queue: int,
        heard: Callable[[Ended], None] = lambda _: None,
        route: Route | None = None,
    ) -> None:
        self._socket = context.socket(zmq.DEALER)
        public, secret = own_keys
        for option, value in (
            (zmq.LINGER, 0),
            (zmq.SNDHWM, queue),
            (zmq.RCVHWM, queue),
            (zmq.MAXMSGSIZE, unread.bytes),
            (zmq.HANDSHAKE_IVL, HANDSHAKE_MS),
            (zmq.CURVE_SERVERKEY, server_key),
            (zmq.CURVE_PUBLICKEY, public),
            (zmq.CURVE_SECRETKEY, secret),
        ):
            self._socket.setsockopt(option, value)
        self.monitor = self._socket.get_monitor_socket()
        self._dialer = Dialer(endpoint, listen_privately(self._socket), unread, heard, route)

    async def send(self, frames: Sequence[bytes]) -> None:
        """Hand a message over once there is a connection; the caller sets the time limit."""
        await self._socket.send_multipart(frames)

    async def receive(self) -> list[bytes]:
        """Return the next message's frames."""
        frames: list[bytes] = await self._socket.recv_multipart()
        self._dialer.read(len(frames))
        return frames

    def close(self) -> None:
        """End the connection, and drop what was not sent."""
        self._socket.disable_monitor()
        self.monitor.close()
        self._dialer.insides.outlive(self._socket)
        self._dialer.close()
