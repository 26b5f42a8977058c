"""A link whose LLRP reader is a capture: the real driver configures it, and hears the capture."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from drivers.errors import LinkLost
from hil.emulators.llrp.desk import Session
from hil.emulators.llrp.protocol import HEADER, NotLlrp, message, requests
from hil.emulators.llrp.reader import (
    CONNECTED,
    KEEPALIVE_ACK,
    RELEASE,
    REPORT,
    LlrpReader,
    attempt,
)
from hil.rig.replay_links import END
from hil.rig.replay_timing import StoppedTiming

UNANSWERED = (RELEASE, KEEPALIVE_ACK)
LAST_OF_SET_UP = 2, b"\x0b"  # GET_READER_CONFIG and what it asks for when the driver reads back
AT_ONCE = 65536  # bytes that a network brings together
VERSIONS = (1, 2)  # LLRP 1.0.1 and 1.1, in the three bits of a header that a body has not


def llrp_messages(capture: bytes) -> bytes:
    """Return a capture as messages: as it is, or as the body of one report of tags."""
    return capture if _are_messages(capture) else message(REPORT, 0, capture)


def _are_messages(capture: bytes) -> bool:
    if capture[0] >> 2 in VERSIONS:
        return True
    with contextlib.suppress(NotLlrp):
        found, rest = requests(capture)
        return bool(found) and len(rest) < HEADER
    return False


class ReaderLink:
    """A link to an LLRP reader that answers requests, and whose tags are a capture."""

    def __init__(self, capture: bytes, timing: StoppedTiming) -> None:
        self._capture = memoryview(llrp_messages(capture))
        self._timing = timing
        reader = LlrpReader(tags=0)
        self._desk, self._session = reader.desk, Session()
        self._answers: deque[bytes] = deque([reader.notification(attempt(CONNECTED))])
        self._came = asyncio.Event()
        self._configured = False

    async def read(self, within: float) -> bytes:
        """Return answers, then the capture once all is configured; LinkLost after its end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._something()
        if self._answers:
            return self._answers.popleft()
        if not self._configured:
            return b""
        if not self._capture:
            raise LinkLost(END)
        data, self._capture = self._capture[:AT_ONCE], self._capture[AT_ONCE:]
        return bytes(data)

    async def _something(self) -> None:
        while not self._answers and not self._configured:
            self._came.clear()
            await self._came.wait()

    async def write(self, data: bytes, within: float) -> None:
        """Answer whole requests, as the driver sends them."""
        for request in requests(data)[0]:
            if request.type not in UNANSWERED:
                self._answers.append(self._desk.answer(self._session, request))
            last = (request.type, request.body[2:3]) == LAST_OF_SET_UP
            self._configured = self._configured or last
        self._came.set()

    def close(self) -> None:
        """Say that it is over: the driver comes here whatever ended its session."""
        self._timing.finish()
