"""A TCP proxy that counts what passes, for the wire budget."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass

HEADER_BYTES = 52
"""IPv4 20, TCP 20, timestamps option 12: what Linux sends with every segment."""

SEGMENT_BYTES = 1448
"""What a segment carries with these headers on Ethernet's 1,500."""

_CHUNK = 65536


@dataclass(slots=True)
class Counted:
    """Payload bytes and segments of one direction; a read stands for one send."""

    payload: int = 0
    segments: int = 0

    def add(self, size: int) -> None:
        """Count one read."""
        self.payload += size
        self.segments += -(-size // SEGMENT_BYTES)


class CountingProxy:
    """Listens on `port` and hands everything on to `target` of this machine."""

    def __init__(self, target: int) -> None:
        self.up, self.down = Counted(), Counted()
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def up_bytes(self) -> int:
        """Return bytes up: payload, a header a segment, a bare acknowledgement an answer."""
        return self.up.payload + HEADER_BYTES * (self.up.segments + self.down.segments)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
                node = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            for side in (client, node):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pair in ((client, node, self.up), (node, client, self.down)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()


def _pump(source: socket.socket, sink: socket.socket, counted: Counted) -> None:
    try:
        while data := source.recv(_CHUNK):
            counted.add(len(data))
            sink.sendall(data)
    except OSError:
        pass  # one side left; the other one learns it by the close
    finally:
        source.close()
        sink.close()
