"""The wire of EmberZNet sticks: frames of Silicon Labs' ASH (UG101), on asynchronous serial lines.

A frame is its control byte with its data. Reserved bytes within it are escaped, and data frames'
contents are whitened, so that lines with software flow control carry them.
"""

from __future__ import annotations

FLAG, ESCAPE, XON, XOFF, SUBSTITUTE, CANCEL = 0x7E, 0x7D, 0x11, 0x13, 0x18, 0x1A  # §3.1
RESERVED = frozenset({FLAG, ESCAPE, XON, XOFF, SUBSTITUTE, CANCEL})
TURNED = 0x20  # what escaping turns in a byte

ACK, NAK, RST, RSTACK, ERROR = 0x80, 0xA0, 0xC0, 0xC1, 0xC2  # control bytes, §3.2
AGAIN = 0x08  # in a data frame's control byte: it is sent again
VERSION = 2
BY_WATCHDOG, BY_SOFTWARE, TOO_MANY_REPEATS = 0x03, 0x0B, 0x51  # why it was reset, or failed
BROKEN = 0x100  # no control byte: stands for a frame whose check does not fit

SHORTEST = 3  # bytes: control and check
LONGEST = 2 * 133  # bytes of a frame on the wire, each of them escaped


def frame(control: int, data: bytes = b"") -> bytes:
    """Return the bytes of a frame on the wire."""
    body = bytes([control]) + data
    stuffed = bytearray()
    for byte in body + crc(body).to_bytes(2):
        stuffed += bytes([ESCAPE, byte ^ TURNED]) if byte in RESERVED else bytes([byte])
    return bytes(stuffed) + bytes([FLAG])


def frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the frames in `data` as control and data, BROKEN for each that is none; and the rest.

    What a cancel byte ends is no frame, and none is broken by it.
    """
    *ended, rest = data.split(bytes([FLAG]))
    found = []
    for each in ended:
        body = each.rpartition(bytes([CANCEL]))[2]
        if body:
            found.append(_opened(body))
    return found, rest[-LONGEST:]


def _opened(stuffed: bytes) -> tuple[int, bytes]:
    body = bytearray()
    turn = 0
    for byte in stuffed:
        if byte == ESCAPE:
            turn = TURNED
        elif byte not in {XON, XOFF}:
            body.append(byte ^ turn)
            turn = 0
    whole, check = bytes(body[:-2]), bytes(body[-2:])
    if len(body) < SHORTEST or SUBSTITUTE in stuffed or crc(whole).to_bytes(2) != check:
        return BROKEN, b""
    return whole[0], whole[1:]


def whitened(data: bytes) -> bytes:
    """Return a data frame's contents with the sequence of §4.3 over them; twice, it is undone."""
    white = bytearray()
    noise = 0x42
    for byte in data:
        white.append(byte ^ noise)
        noise = noise >> 1 ^ (0xB8 if noise & 1 else 0)
    return bytes(white)


def crc(data: bytes) -> int:
    """Return CRC-CCITT from FFFF, polynomial 1021 (§2.3)."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value
