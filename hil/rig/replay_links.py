"""Links whose device is a capture: the real drivers read them like a port."""

from __future__ import annotations

from collections import deque

from drivers.errors import LinkLost

CHUNK = 64  # bytes per read: about what a serial driver gets at once
END = "end of the capture"
HEX = frozenset(b"0123456789abcdefABCDEF \t\r\n")


class NoCapture(ValueError):
    """A file is no capture; the text says why."""


def as_bytes(capture: bytes) -> bytes:
    """Return a capture that may be written in hexadecimal; NoCapture says why it is none."""
    if not capture.strip():
        raise NoCapture("it is empty")
    if not HEX.issuperset(capture):
        return capture
    try:
        return bytes.fromhex(capture.decode("ascii"))
    except ValueError:
        raise NoCapture("its hexadecimal digits are no whole bytes") from None


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
            raise LinkLost(END)
        return self._pieces.popleft()

    async def write(self, data: bytes, within: float) -> None:
        """Take what the driver sends; a listening device ignores it."""

    def close(self) -> None:
        """Nothing is open."""
