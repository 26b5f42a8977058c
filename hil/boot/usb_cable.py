"""The cable between an emulated part and a USB port of the machine; closing it pulls the plug.

A serial part's pty and the machine's socket are pumped into each other. Pulling the cable closes
the socket, which the guest sees as a real USB disconnect.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import tty
from dataclasses import dataclass, field
from pathlib import Path

READ_SIZE = 4096


@dataclass(slots=True)
class UsbCable:
    """Between the pty at `part` and the socket at `port`."""

    part: Path
    port: Path
    _thread: threading.Thread | None = field(default=None, init=False)
    _plug: socket.socket | None = field(default=None, init=False)

    def plug(self) -> None:
        """Connect both ends."""
        self._plug = socket.socket(socket.AF_UNIX)
        self._plug.connect(str(self.port))
        serial = os.open(self.part, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(serial)
        self._thread = threading.Thread(target=pump, args=(serial, self._plug), daemon=True)
        self._thread.start()

    def pull(self) -> None:
        """Disconnect; nothing happens when it is not connected."""
        if self._thread is None or self._plug is None:
            return
        with contextlib.suppress(OSError):  # the machine may have gone first
            # also ends a write that waits for a guest which does not read
            self._plug.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._plug.close()
        self._thread = self._plug = None


def pump(serial: int, port: socket.socket) -> None:
    """Carry bytes both ways until the port is closed, here or at the machine."""
    with selectors.DefaultSelector() as selector:
        for each in (serial, port):
            selector.register(each, selectors.EVENT_READ)
        with contextlib.suppress(ConnectionError):
            while carry(serial, port, selector):
                pass
    os.close(serial)


def carry(serial: int, port: socket.socket, selector: selectors.DefaultSelector) -> bool:
    """Carry what is there; False when the port is closed."""
    for key, _ in selector.select():
        if key.fileobj is port:
            data = port.recv(READ_SIZE)
            if not data:
                return False
            with contextlib.suppress(BlockingIOError):  # a part that does not listen
                os.write(serial, data)
        else:
            with contextlib.suppress(BlockingIOError):
                port.sendall(os.read(serial, READ_SIZE))
    return True
