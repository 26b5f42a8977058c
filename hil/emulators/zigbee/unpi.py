"""The wire of Z-Stack sticks, from the stick's side: TI's "Z-Stack Monitor and Test API" (MT).

A command is its two bytes as one number: type and subsystem, then the command itself.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

HEAD = 0xFE
OVERHEAD = len(b"FLccx")  # bytes of a frame besides its data: head, length, command, check
LONGEST = 250  # bytes of data

PING, VERSION, RESET = 0x2101, 0x2102, 0x4100
NV_INIT, NV_DELETE, NV_LENGTH, NV_READ, NV_WRITE = 0x2107, 0x2112, 0x2113, 0x211C, 0x211D
EX_CREATE, EX_DELETE, EX_LENGTH, EX_READ, EX_WRITE = 0x2130, 0x2131, 0x2132, 0x2133, 0x2134
SET_TX_POWER = 0x2114
AF_REGISTER, AF_SEND = 0x2400, 0x2402
PERMIT, CALLBACKS, ROUTE_FIND, ROUTE_CHECK = 0x2536, 0x253E, 0x2545, 0x2546
FIND_NEIGHBOUR, LED, NEIGHBOUR_OF = 0x2749, 0x270A, 0x274A
ADD_INSTALL_CODE, START, INSTALL_CODE_ONLY, SET_CHANNEL = 0x2F04, 0x2F05, 0x2F06, 0x2F08

RESET_DONE = 0x4180
CONFIRM, INCOMING = 0x4480, 0x4481
PERMIT_ANSWER, STATE, LEFT, JOINED, ZDO_INCOMING = 0x45B6, 0x45C0, 0x45C9, 0x45CA, 0x45FF
COMMISSIONING = 0x4F80
RPC_ERROR = 0x6000
UNKNOWN_COMMAND = 2

SYNCHRONOUS, ANSWER = 0x2000, 0x6000


def frame(command: int, data: bytes = b"") -> bytes:
    """Return `FE length command command data check`."""
    body = bytes([len(data)]) + command.to_bytes(2) + data
    return bytes([HEAD]) + body + bytes([reduce(xor, body)])


def answer(command: int, data: bytes) -> bytes:
    """Return the frame that answers a synchronous command."""
    return frame(command - SYNCHRONOUS + ANSWER, data)


def frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the commands in `data` with their own data, and the bytes to keep."""
    found: list[tuple[int, bytes]] = []
    while data:
        size = data[1] + OVERHEAD if len(data) > 1 else OVERHEAD
        if data[0] != HEAD or size > LONGEST + OVERHEAD:
            data = data[1:]
        elif len(data) < size:
            return found, data
        elif reduce(xor, data[1:size]):
            data = data[1:]
        else:
            found.append((int.from_bytes(data[2:4]), data[4 : size - 1]))
            data = data[size:]
    return found, b""
