"""What the shim and an emulated I2C bus say to each other (see i2c_shim.c)."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass

READ = 0x0001  # I2C_M_RD, linux/i2c.h
TRANSFER, CLAIM = b"T", b"S"  # kinds of requests
HEADER = struct.Struct("<HHH")  # address, flags, length


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a transfer: `length` bytes read, or `data` written."""

    address: int
    length: int
    data: bytes | None = None


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, list[Message]]:
    """Return the kind and the messages of one request of the shim."""
    kind, count = struct.unpack("cB", await reader.readexactly(2))
    headers = await reader.readexactly(count * HEADER.size)
    messages = []
    for address, flags, length in HEADER.iter_unpack(headers):
        writes = kind == TRANSFER and not flags & READ
        data = await reader.readexactly(length) if writes else None
        messages.append(Message(address, length, data))
    return kind, messages


def one_message(address: int, flags: int, length: int, data: bytes) -> bytes:
    """Return the request for a transfer of a single message."""
    return TRANSFER + b"\x01" + HEADER.pack(address, flags, length) + data
