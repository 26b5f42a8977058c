"""One end of a relay: an asyncio transport that is read only while it is let."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class End(asyncio.BufferedProtocol):
    """One of a relay's two connections; held until `go_on`.

    What it receives passes through a buffer that all share. While its own receiver does not keep
    up, `source` is held.
    """

    def __init__(
        self,
        buffer: memoryview,
        received: Callable[[memoryview], None],
        lost: Callable[[], None],
        source: End | None = None,
    ) -> None:
        self._buffer = buffer
        self._received = received
        self._lost = lost
        self._source = source
        self._transport: asyncio.Transport | None = None
        self._closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.BaseProtocol."""
        assert isinstance(transport, asyncio.Transport), "a stream socket's"
        self._transport = transport
        self.hold()
        if self._closed:
            transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        """See asyncio.BufferedProtocol."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """See asyncio.BufferedProtocol."""
        self._received(self._buffer[:nbytes])

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.BaseProtocol."""
        self._lost()

    def pause_writing(self) -> None:
        """See asyncio.BaseProtocol."""
        if self._source is not None:
            self._source.hold()

    def resume_writing(self) -> None:
        """See asyncio.BaseProtocol."""
        if self._source is not None:
            self._source.go_on()

    def write(self, data: bytes | bytearray) -> None:
        """Send, in the order of the calls."""
        if self._transport is not None:
            self._transport.write(data)

    def hold(self) -> None:
        """Stop receiving."""
        if self._transport is not None:
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Receive again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def close(self) -> None:
        """Send what is still to be sent, then close."""
        self._closed = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()
