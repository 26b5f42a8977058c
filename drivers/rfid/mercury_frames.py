"""Frames of ThingMagic's Mercury serial protocol (M6e, Micro, Nano, M7e). Pure.

Commands are `FF length opcode data CRC`, answers `FF length opcode status(2) data CRC`, big-endian;
the length is that of the data. FF occurs inside frames too: a frame's end is known by its length.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.rfid.split import Split

HEAD = 0xFF
HEADER = 3  # bytes: head, length and opcode
STATUS = 2  # bytes
CHECK = 2  # bytes
LONGEST = 248  # bytes of data: a module's message has at most 255 in all
POLYNOMIAL = 0x1021
START = 0xFFFF
TOP_BIT = 0x8000


def crc(data: bytes) -> int:
    """Return the protocol's own check: CCITT's division without the 16 zero bits at its end."""
    rest = START
    for byte in data:
        for at in range(7, -1, -1):
            carry = rest & TOP_BIT
            rest = (rest << 1 & 0xFFFF) | byte >> at & 1
            if carry:
                rest ^= POLYNOMIAL
    return rest


def command(opcode: int, data: bytes = b"") -> bytes:
    """Return a command as it goes over the wire."""
    body = bytes([len(data), opcode]) + data
    return bytes([HEAD]) + body + crc(body).to_bytes(CHECK)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a module; `status` 0 is success."""

    opcode: int
    status: int
    data: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the answer as it goes over the wire."""
        body = bytes([len(self.data), self.opcode]) + self.status.to_bytes(STATUS) + self.data
        return bytes([HEAD]) + body + crc(body).to_bytes(CHECK)


def split(data: bytes) -> Split[Answer]:
    """Take the answers out of `data`; after damage the search goes on at the next head."""
    answers: list[Answer] = []
    at = skipped = 0
    while at < len(data):
        if data[at] != HEAD or (at + 1 < len(data) and data[at + 1] > LONGEST):
            skipped += 1
            at += 1
            continue
        if at + 1 == len(data):
            break
        size = HEADER + STATUS + data[at + 1] + CHECK
        if at + size > len(data):
            break
        answer = _answer(data[at : at + size])
        if answer is None:
            skipped += 1
            at += 1
        else:
            answers.append(answer)
            at += size
    return Split(tuple(answers), data[at:], skipped)


def _answer(frame: bytes) -> Answer | None:
    body, check = frame[1:-CHECK], frame[-CHECK:]
    if crc(body).to_bytes(CHECK) != check:
        return None
    return Answer(frame[2], int.from_bytes(frame[3:5]), frame[HEADER + STATUS : -CHECK])
