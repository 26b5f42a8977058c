"""What a node that carries a shelf's RFID reader sends: a model for its firmware.

Written from docs/PROTOCOL.md, "EPC lists": a list of EPCs leaves as commands of cluster FCE1, each
small enough for one Zigbee frame. A node sends them at least 100 ms apart, and the whole list again
where one was not acknowledged.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

CLUSTER = 0xFCE1
CHUNK = 0x00
ROOM = 64  # bytes of EPCs in one chunk
FROM_SERVER = (
    0x19  # ZCL frame control: a command of the cluster, to the client, no default response
)


def chunks(number: int, antenna: int, epcs: Iterable[bytes]) -> list[bytes]:
    """Return the payloads of a list's commands: the list's own number goes up with each list."""
    bodies = list(_bodies(list(epcs)))
    tags = sum(count for count, _ in bodies)
    crc = 0xFFFF
    for _, body in bodies:
        crc = _crc(body, crc)
    return [
        struct.pack("<HBBBHH", number, antenna, index, len(bodies), tags, crc) + body
        for index, (_, body) in enumerate(bodies)
    ]


def command(tsn: int, chunk: bytes) -> bytes:
    """Return the ZCL frame that carries a chunk."""
    return bytes([FROM_SERVER, tsn, CHUNK]) + chunk


def _bodies(epcs: list[bytes]) -> Iterable[tuple[int, bytes]]:
    """Yield how many EPCs a chunk holds, all of one length, and them behind it in words."""
    if not epcs:
        yield 0, b"\0"
    while epcs:
        size = len(epcs[0])
        together = 0
        while (
            together < len(epcs) and len(epcs[together]) == size and (together + 1) * size <= ROOM
        ):
            together += 1
        yield together, bytes([size // 2]) + b"".join(epcs[:together])
        epcs = epcs[together:]


def _crc(data: bytes, crc: int) -> int:
    """Return CRC-16 with polynomial 1021, bit by bit, as a small processor does it."""
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc
