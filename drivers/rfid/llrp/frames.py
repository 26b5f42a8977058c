"""Messages of LLRP on a byte stream: bytes in, frames and rest out (LLRP 1.0.1, §16.1). Pure.

`reserved(3) version(3) type(10) length(32) id(32)`; the length counts these ten bytes as well. A
stream that went wrong has no mark to go on from: it must be opened anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.rfid.llrp.elements import Element, Skipped, encode_body, read_body

HEADER = 10  # bytes
LENGTH_KNOWN = 6  # bytes after which a message's length is known
VERSIONS = (1, 2)  # LLRP 1.0.1, and what a reader of LLRP 1.1 may answer
VERSION = 1
TYPE_BITS = 0x03FF
LONGEST = 128 << 10  # bytes; reports of an R420 stay below 64 KiB, its capabilities below 4 KiB


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: type, message id and the bytes after the header."""

    type: int
    id: int
    body: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the frame as it goes over the wire."""
        length = HEADER + len(self.body)
        head = (VERSION << 10 | self.type).to_bytes(2) + length.to_bytes(4) + self.id.to_bytes(4)
        return head + self.body

    def read(self) -> tuple[Element, Sequence[Skipped]]:
        """Return what the frame says, and what in it could not be read; see `read_body`."""
        return read_body(self.type, self.body)


@dataclass(frozen=True, slots=True)
class Split:
    """What some bytes held: whole frames, the `rest` for next time; `fault` ends the stream."""

    frames: tuple[Frame, ...]
    rest: bytes
    fault: str = ""


def frame(message: Element, number: int) -> Frame:
    """Return `message` as the frame with the message id `number`."""
    type_, body = encode_body(message)
    return Frame(type_, number, body)


def split(data: bytes) -> Split:
    """Take the frames out of `data`."""
    frames: list[Frame] = []
    at = 0
    while found := _ahead(data, at):
        if isinstance(found, str):
            return Split(tuple(frames), b"", found)
        frames.append(found)
        at += HEADER + len(found.body)
    return Split(tuple(frames), data[at:])


def unfinished(data: bytes) -> str:
    """Return in words what is known of a message of which only `data` came."""
    if len(data) < LENGTH_KNOWN:
        return "a message"
    return f"a message of {int.from_bytes(data[2:LENGTH_KNOWN])} bytes, of which {len(data)} came"


def _ahead(data: bytes, at: int) -> Frame | str | None:
    """Return the frame at `at`, what is wrong with it, or None while it is incomplete."""
    if at == len(data):
        return None
    version = data[at] >> 2
    if version not in VERSIONS:
        return f"a message of version {version & 7}, not LLRP 1"
    if at + HEADER > len(data):
        return None
    length = int.from_bytes(data[at + 2 : at + LENGTH_KNOWN])
    if not HEADER <= length <= LONGEST:
        return f"a message of {length} bytes, not of {HEADER} to {LONGEST}"
    if at + length > len(data):
        return None
    type_ = int.from_bytes(data[at : at + 2]) & TYPE_BITS
    number = int.from_bytes(data[at + 6 : at + HEADER])
    return Frame(type_, number, data[at + HEADER : at + length])
