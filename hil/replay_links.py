"""Links whose device is a capture: the real drivers read them like a port."""

from __future__ import annotations

from collections import deque

from drivers.errors import LinkLost
from hil.emulators.m100_module import M100Module
from hil.emulators.m100_protocol import MULTI, command_frames

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
