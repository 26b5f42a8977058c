"""Frames of M100 UHF modules (YRM100, JRD-4035, R200): bytes in, frames and rest out. Pure.

`BB type command length(2) payload sum 7E`, big-endian. The sum is the low byte of the sum of all
from type to payload. BB and 7E occur inside frames too, so a frame's end is known by its length.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from drivers.rfid.split import Split

HEAD = 0xBB
TAIL = 0x7E
HEADER = 5  # bytes: head, type, command and length
TRAILER = 2  # bytes: sum and tail
LONGEST_PAYLOAD = 255  # bytes; the longest answer, a tag with a 496-bit EPC, has 67


class FrameType(IntEnum):
    """Who speaks: the host, the module when asked, or the module by itself."""

    COMMAND = 0x00
    ANSWER = 0x01
    NOTICE = 0x02


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame."""

    type: FrameType
    command: int
    payload: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the frame as it goes over the wire."""
        body = bytes([self.type, self.command]) + len(self.payload).to_bytes(2) + self.payload
        return bytes([HEAD]) + body + bytes([sum(body) & 0xFF, TAIL])


def split(data: bytes) -> Split[Frame]:
    """Take the frames out of `data`; after damage the search goes on at the next head."""
    frames: list[Frame] = []
    lost: list[str] = []
    at = skipped = 0
    while at < len(data):
        size = _frame_size(data, at)
        if size is None:
            skipped += 1
            at += 1
        elif at + size > len(data):
            break
        elif frame := _frame(data[at : at + size]):
            frames.append(frame)
            at += size
        else:
            if data[at + 1] == FrameType.NOTICE:
                lost.append("a notice whose sum is wrong")
            skipped += 1
            at += 1
    return Split(tuple(frames), data[at:], skipped, tuple(lost))


def _frame_size(data: bytes, at: int) -> int | None:
    """Return the size of the frame that begins at `at`; None when none can begin there.

    While the header is incomplete, it is the least size a frame has.
    """
    header = data[at : at + HEADER]
    if header[0] != HEAD or (len(header) > 1 and header[1] > FrameType.NOTICE):
        return None
    if len(header) < HEADER:
        return HEADER + TRAILER
    length = int.from_bytes(header[3:5])
    return HEADER + length + TRAILER if length <= LONGEST_PAYLOAD else None


def _frame(data: bytes) -> Frame | None:
    body, check, tail = data[1:-TRAILER], data[-2], data[-1]
    if tail != TAIL or sum(body) & 0xFF != check:
        return None
    return Frame(FrameType(body[0]), body[1], bytes(body[4:]))
