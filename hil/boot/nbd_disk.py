"""A disk that forgets what was not flushed, as a card whose power is cut: an NBD server (NBD
protocol, fixed newstyle, simple replies) over a raw image.

QEMU writes and flushes as the guest's kernel does. Unflushed writes are kept in memory; a cut keeps
a random choice of them, tears the last one, and drops the rest.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = b"NBDMAGIC"
OPTION_MAGIC = b"IHAVEOPT"
OPTION_REPLY_MAGIC = 0x3E889045565A9
REQUEST_MAGIC, REPLY_MAGIC = 0x25609513, 0x67446698
FIXED_NEWSTYLE, NO_ZEROES = 1, 2
OPT_EXPORT_NAME, OPT_ABORT, OPT_GO = 1, 2, 7
REP_ACK, REP_INFO, REP_ERR_UNSUP = 1, 3, 0x80000001
INFO_EXPORT = 0
HAS_FLAGS, SEND_FLUSH, SEND_FUA = 1, 4, 8
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
FLAG_FUA = 1
EINVAL = 22
SECTOR = 512  # bytes: what a card writes whole or not at all

_REQUEST = struct.Struct(">IHHQQI")


@dataclass(slots=True)
class NbdDisk:
    """Serves `image` at the Unix socket `path`, to one client at a time."""

    image: Path
    path: Path
    rng: random.Random
    unflushed: list[tuple[int, bytes]] = field(default_factory=list)
    _file: int = field(default=-1, init=False)
    _listener: socket.socket | None = field(default=None, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)

    def start(self) -> None:
        """Listen."""
        self._file = os.open(self.image, os.O_RDWR)
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Wait until the client has gone, and stop listening; what was not flushed stays so."""
        assert self._listener is not None
        assert self._thread is not None
        self._listener.shutdown(socket.SHUT_RDWR)  # nobody may have come
        self._thread.join()
        self._listener.close()
        os.close(self._file)

    def cut(self) -> int:
        """Decide what of the unflushed writes reached the card; return how many did not."""
        dropped = 0
        with self.image.open("r+b") as file:
            for offset, data in self.unflushed:
                kept = self.rng.choice((0, len(data), self.rng.randrange(len(data) + 1)))
                file.seek(offset)
                file.write(data[: kept // SECTOR * SECTOR])
                dropped += kept // SECTOR * SECTOR < len(data)
        self.unflushed.clear()
        return dropped

    def _serve(self) -> None:
        assert self._listener is not None
        try:
            client, _ = self._listener.accept()
        except OSError:
            return  # stopped before a client came
        with client, contextlib.suppress(ConnectionError, EOFError):
            if self._greet(client):
                while self._answer(client):
                    pass

    def _greet(self, client: socket.socket) -> bool:
        """Negotiate; whether the client goes on to the transmission."""
        client.sendall(MAGIC + OPTION_MAGIC + struct.pack(">H", FIXED_NEWSTYLE | NO_ZEROES))
        _exactly(client, 4)
        size = os.fstat(self._file).st_size
        export = struct.pack(">QH", size, HAS_FLAGS | SEND_FLUSH | SEND_FUA)
        while True:
            _, option, length = struct.unpack(">8sII", _exactly(client, 16))
            _exactly(client, length)
            if option == OPT_EXPORT_NAME:
                client.sendall(export)
                return True
            if option == OPT_GO:
                info = struct.pack(">H", INFO_EXPORT) + export
                client.sendall(_option_reply(option, REP_INFO, info))
                client.sendall(_option_reply(option, REP_ACK))
                return True
            client.sendall(_option_reply(option, REP_ACK if option == OPT_ABORT else REP_ERR_UNSUP))
            if option == OPT_ABORT:
                return False

    def _answer(self, client: socket.socket) -> bool:
        """Do one request; False after the last, and when the client speaks something else."""
        magic, flags, kind, handle, offset, length = _REQUEST.unpack(
            _exactly(client, _REQUEST.size)
        )
        error, data = 0, b""
        if magic != REQUEST_MAGIC or kind == DISCONNECT:
            return False
        if kind == READ:
            data = self._read(offset, length)
        elif kind == WRITE:
            self.unflushed.append((offset, _exactly(client, length)))
        elif kind != FLUSH:
            error = EINVAL
        if kind == FLUSH or flags & FLAG_FUA:
            self._flush()
        client.sendall(struct.pack(">IIQ", REPLY_MAGIC, error, handle) + data)
        return True

    def _read(self, offset: int, length: int) -> bytes:
        data = bytearray(os.pread(self._file, length, offset))
        for at, written in self.unflushed:
            begin, end = max(at, offset), min(at + len(written), offset + length)
            if begin < end:
                data[begin - offset : end - offset] = written[begin - at : end - at]
        return bytes(data)

    def _flush(self) -> None:
        for offset, data in self.unflushed:
            os.pwrite(self._file, data, offset)
        self.unflushed.clear()


def _option_reply(option: int, kind: int, data: bytes = b"") -> bytes:
    return struct.pack(">QIII", OPTION_REPLY_MAGIC, option, kind, len(data)) + data


def _exactly(client: socket.socket, count: int) -> bytes:
    """Return `count` bytes; EOFError when the client has gone."""
    data = bytearray()
    while len(data) < count:
        more = client.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return bytes(data)
