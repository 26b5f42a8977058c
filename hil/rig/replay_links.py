"""Links whose device is a capture: the real drivers read them like a port."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from drivers.errors import LinkLost
from hil.emulators.llrp.desk import Session
from hil.emulators.llrp.protocol import NotLlrp, message, requests
from hil.emulators.llrp.reader import (
    CONNECTED,
    KEEPALIVE_ACK,
    RELEASE,
    REPORT,
    LlrpReader,
    attempt,
)
from hil.emulators.serial.m100_module import M100Module
from hil.emulators.serial.m100_protocol import MULTI, command_frames

UNANSWERED = (RELEASE, KEEPALIVE_ACK)
LAST_OF_SET_UP = 2, b"\x0b"  # GET_READER_CONFIG and what it asks for when the driver reads back
CHUNK = 64  # bytes per read: about what a serial driver gets at once
HEX = frozenset(b"0123456789abcdefABCDEF \t\r\n")


def chunks(capture: bytes) -> deque[bytes]:
    """Return `capture` in pieces, and a pause at its end."""
    pieces = deque(capture[at : at + CHUNK] for at in range(0, len(capture), CHUNK))
    pieces.append(b"")
    return pieces


class CaptureLink:
    """A link whose device sends a capture as fast as it is read, pauses once, and is gone."""

    def __init__(self, capture: bytes) -> None:
        self._pieces = chunks(capture)

    async def read(self, within: float) -> bytes:
        """Return the next bytes; LinkLost after the last."""
        if not self._pieces:
            raise LinkLost("end of the capture")
        return self._pieces.popleft()

    async def write(self, data: bytes, within: float) -> None:
        """Take what the driver sends; a listening device ignores it."""

    def close(self) -> None:
        """Nothing is open."""


class ModuleLink:
    """A link to an M100 module that answers commands, and whose inventory is a capture."""

    def __init__(self, capture: bytes) -> None:
        text = HEX.issuperset(capture)
        self._pieces = chunks(bytes.fromhex(capture.decode("ascii")) if text else capture)
        self._module = M100Module()
        self._answers: deque[bytes] = deque()
        self._scanning = False

    async def read(self, within: float) -> bytes:
        """Return answers, then the capture once an inventory runs; LinkLost after its end."""
        if self._answers:
            return self._answers.popleft()
        if not self._scanning:
            return b""
        if not self._pieces:
            raise LinkLost("end of the capture")
        return self._pieces.popleft()

    async def write(self, data: bytes, within: float) -> None:
        """Take whole commands, as the driver sends them."""
        for command, payload in command_frames(data)[0]:
            self._scanning = self._scanning or command == MULTI
            self._answers.extend(self._module.answers(command, payload))

    def close(self) -> None:
        """Nothing is open."""


def llrp_messages(capture: bytes) -> bytes:
    """Return a capture as messages: as it is, or as the body of one report of tags."""
    if HEX.issuperset(capture):
        capture = bytes.fromhex(capture.decode("ascii"))
    with contextlib.suppress(NotLlrp):
        found, rest = requests(capture)
        if found and not rest:
            return capture
    return message(REPORT, 0, capture)


class ReaderLink:
    """A link to an LLRP reader that answers requests, and whose tags are a capture.

    Calls `finish` when the capture is at its end.
    """

    def __init__(self, capture: bytes, finish: Callable[[], None]) -> None:
        self._capture = llrp_messages(capture)
        self._finish = finish
        reader = LlrpReader(tags=0)
        self._desk, self._session = reader.desk, Session()
        self._answers: deque[bytes] = deque([reader.notification(attempt(CONNECTED))])
        self._came = asyncio.Event()
        self._configured = False

    async def read(self, within: float) -> bytes:
        """Return answers, then the capture once all is configured; LinkLost after its end."""
        while not self._answers and not self._configured:
            self._came.clear()
            await self._came.wait()
        if self._answers:
            return self._answers.popleft()
        if not self._capture:
            self._finish()
            raise LinkLost("end of the capture")
        data, self._capture = self._capture, b""
        return data

    async def write(self, data: bytes, within: float) -> None:
        """Answer whole requests, as the driver sends them."""
        for request in requests(data)[0]:
            if request.type not in UNANSWERED:
                self._answers.append(self._desk.answer(self._session, request))
            last = (request.type, request.body[2:3]) == LAST_OF_SET_UP
            self._configured = self._configured or last
        self._came.set()

    def close(self) -> None:
        """Nothing is open."""
