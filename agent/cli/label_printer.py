"""A ZPL printer on the network: its TCP port takes labels, and tells how it is where it can."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from typing import Self

from agent.cli.errors import Mistake
from agent.dock.papers import printer_status
from foundation.errors import Retry

PORT = 9100  # of raw printing (JetDirect), where an address names none
PATIENCE_S = 5.0  # to connect, and to take a label
TELLS_WITHIN_S = 2.0  # how long an answer to ~HS is waited for; many printers give none
MOST_ANSWER = 4096  # bytes

_HOST = re.compile(r"\[[0-9A-Fa-f:.]+(%[\w.-]+)?\]|[\w-]{1,63}(\.[\w-]{1,63})*", re.ASCII)


class NotPrinted(Retry):
    """The printer did not take it."""

    def __init__(self, address: str, why: str, advice: str = "") -> None:
        look = f"see that {address} is switched on, on this network, and ready"
        super().__init__(f"the printer {address} {why}", advice=advice or look)


def endpoint(address: str) -> tuple[str, int]:
    """Return host and port of `HOST[:PORT]`; an IPv6 address stands in square brackets."""
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, str(PORT)
    if not _HOST.fullmatch(host) or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise Mistake(f"{address[:64]!r} is no address of a printer", advice="say 10.0.0.20:9100")
    return host.strip("[]"), int(port)


class Printer:
    """A connection to a printer; made before numbers are taken, so that none is lost to a plug."""

    def __init__(self, address: str) -> None:
        self._address = address
        try:
            self._socket = socket.create_connection(endpoint(address), PATIENCE_S)
        except OSError as error:
            raise NotPrinted(address, f"does not answer: {_why(error)}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def check(self) -> bool:
        """Return whether it says that it would print; False where it says nothing of itself.

        NotPrinted where it says that it would not.
        """
        try:
            self._socket.sendall(printer_status.ASK)
            answer = self._answer()
        except OSError as error:
            raise NotPrinted(self._address, f"went away: {_why(error)}") from error
        troubles = printer_status.troubles(answer)
        if troubles:
            raise NotPrinted(self._address, f"would not print: {', '.join(troubles)}")
        return troubles is not None

    def _answer(self) -> bytes:
        answer, until = b"", time.monotonic() + TELLS_WITHIN_S
        while len(answer) < MOST_ANSWER and not printer_status.whole(answer):
            left = until - time.monotonic()
            if left <= 0:
                break
            self._socket.settimeout(left)
            with suppress(TimeoutError):
                part = self._socket.recv(MOST_ANSWER)
                if not part:
                    raise ConnectionResetError
                answer += part
        return answer

    def send(self, labels: bytes, advice: str) -> None:
        """Hand labels over, to the last byte; `advice` says how to print what was lost."""
        self._socket.settimeout(PATIENCE_S)
        try:
            self._socket.sendall(labels)
            self._socket.shutdown(socket.SHUT_WR)
            self._hear_out()
        except OSError as error:
            raise NotPrinted(self._address, f"stopped in between: {_why(error)}", advice) from error

    def _hear_out(self) -> None:
        """Read what it still says: closing before would reset the connection, labels and all."""
        until = time.monotonic() + TELLS_WITHIN_S
        with suppress(TimeoutError):
            while (left := until - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(MOST_ANSWER):
                    return


def _why(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (error.strerror or str(error) or "the connection broke").lower()
