"""The wire of M100 modules, from the module's side; written from the protocol's description."""

from __future__ import annotations

import binascii

COMMAND, ANSWER, NOTICE = 0, 1, 2
VERSION, SET_REGION, GET_REGION = 0x03, 0x07, 0x08
SINGLE, MULTI, STOP = 0x22, 0x27, 0x28
SET_POWER, GET_POWER = 0xB6, 0xB7
SELECT, READ, WRITE, LOCK = 0x0C, 0x39, 0x49, 0x82
ERROR = 0xFF
NO_TAG, WRONG_PASSWORD, BAD_COMMAND = 0x15, 0x16, 0x17
ACCESS_NO_TAG = {READ: 0x09, WRITE: 0x10, LOCK: 0x13}
ACCESS_ERRORS = {READ: 0xA0, WRITE: 0xB0, LOCK: 0xC0}  # the tag's own code in the low half

LONGEST = 80  # bytes of a command's payload that are believed


def frame(kind: int, command: int, payload: bytes = b"") -> bytes:
    """Return `BB kind command length payload sum 7E`."""
    body = bytes([kind, command, len(payload) >> 8, len(payload) & 0xFF, *payload])
    return b"\xbb" + body + bytes([sum(body) % 256]) + b"\x7e"


def tag_payload(rssi: int, pc: int | None, epc: bytes) -> bytes:
    """Return a tag's part of a notice: RSSI, PC, EPC and the tag's own CRC.

    Without a `pc`, the one that says no more than the EPC's length.
    """
    words = -(-len(epc) // 2)
    control = words << 11 if pc is None else pc
    air = bytes([control >> 8, control & 0xFF]) + epc
    check = binascii.crc_hqx(air, 0xFFFF) ^ 0xFFFF
    return bytes([rssi & 0xFF]) + air + bytes([check >> 8, check & 0xFF])


def command_frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the commands in `data` (code and payload) and the bytes to keep."""
    found: list[tuple[int, bytes]] = []
    while (head := data.find(b"\xbb\x00")) >= 0:
        data = data[head:]
        if len(data) < len("BB00ccllll") // 2:
            return found, data
        length = data[3] << 8 | data[4]
        end = 5 + length + 2
        if length <= LONGEST and len(data) < end:
            return found, data
        if length <= LONGEST and data[:end] == frame(COMMAND, data[2], data[5 : 5 + length]):
            found.append((data[2], data[5 : 5 + length]))
            data = data[end:]
        else:
            data = data[1:]
    return found, data[-1:] if data.endswith(b"\xbb") else b""
