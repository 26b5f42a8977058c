"""A TCP proxy whose kernel counts what passes, for the wire budget.

The bytes are those of IP packets: the kernel of this machine says how many segments came from the
gateway, bare acknowledgements included (`TCP_INFO`), and each has the headers of a real link.
"""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass, field

HEADER_BYTES = 52
"""IPv4 20, TCP 20, timestamps option 12: what Linux sends with every segment."""

SEGMENT_BYTES = 1448
"""What a segment carries with these headers on Ethernet's 1,500."""

_CHUNK = 65536

# struct tcp_info of linux/tcp.h: bytes received in order, and segments received
_INFO_BYTES = 256
_BYTES_RECEIVED = struct.Struct("=128xQ")
_SEGMENTS_IN = struct.Struct("=140xI")


@dataclass(slots=True)
class CountingProxy:
    """Listens on `port` and hands everything on to `target` of this machine."""

    target: int
    port: int = 0
    _server: socket.socket = field(init=False)
    _clients: list[socket.socket] = field(init=False, default_factory=list)
    _ended: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        # Accepted connections inherit it: the gateway's segments are those of Ethernet.
        self._server.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def up_bytes(self) -> int:
        """Return the bytes of all packets that came from the gateway until now."""
        return self._ended + sum(map(_received, self._clients))

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
                node = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            for side in (client, node):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._clients.append(client)
            for pair in ((client, node), (node, client)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(_CHUNK):
                sink.sendall(data)
        except OSError:
            pass  # one side left; the other one learns it by the close
        finally:
            for side in (source, sink):
                if side in self._clients:
                    self._clients.remove(side)
                    self._ended += _received(side)
                side.close()

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()


def _received(connection: socket.socket) -> int:
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    (payload,) = _BYTES_RECEIVED.unpack_from(info)
    (segments,) = _SEGMENTS_IN.unpack_from(info)
    return int(payload + HEADER_BYTES * segments)
