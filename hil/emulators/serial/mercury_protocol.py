"""The wire of ThingMagic modules, from the module's side; written from the protocol's description.

The check is computed with the 16-entry table that module firmware and its C API use.
"""

from __future__ import annotations

import binascii

VERSION, BOOT_FIRMWARE, CURRENT_PROGRAM = 0x03, 0x04, 0x0C
READ_MULTIPLE, GET_BUFFER, CLEAR_BUFFER, STREAM = 0x22, 0x29, 0x2A, 0x2F
GET_POWER, GET_REGION = 0x62, 0x67
SET_ANTENNAS, SET_POWER, SET_PROTOCOL, SET_REGION = 0x91, 0x92, 0x93, 0x97
OK, WRONG_LENGTH, UNKNOWN, TOO_STRONG, NO_TAGS = 0x0000, 0x0100, 0x0101, 0x0103, 0x0400
NO_PROTOCOL, NO_ANTENNA = 0x0401, 0x0503

TABLE = tuple(nibble * 0x1021 & 0xFFFF for nibble in range(16))
HEAD = 0xFF
SHORTEST = 5  # bytes of a command: head, length, opcode, check
STATUS = 2  # bytes that an answer has besides
LARGEST_ANSWER = 248  # bytes of data


def check(data: bytes) -> bytes:
    """Return the two bytes that follow `data`."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc << 4 | byte >> 4) & 0xFFFF ^ TABLE[crc >> 12]
        crc = (crc << 4 | byte & 0xF) & 0xFFFF ^ TABLE[crc >> 12]
    return bytes([crc >> 8, crc & 0xFF])


def answer(opcode: int, status: int, data: bytes = b"") -> bytes:
    """Return `FF length opcode status data check`."""
    body = bytes([len(data), opcode, status >> 8, status & 0xFF]) + data
    return b"\xff" + body + check(body)


def commands(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the commands in `data` (opcode and arguments) and the bytes to keep."""
    found: list[tuple[int, bytes]] = []
    while data:
        if data[0] != HEAD:
            data = data[1:]
            continue
        end = data[1] + SHORTEST if len(data) > 1 else SHORTEST
        if len(data) < end:
            return found, data
        if data[end - 2 : end] == check(data[1 : end - 2]):
            found.append((data[2], data[3 : end - 2]))
            data = data[end:]
        else:
            data = data[1:]
    return found, b""


def answer_size(data: bytes, at: int) -> int:
    """Return the size of the answer that begins at `at`; 0 when none does, or it is not whole."""
    if data[at] != HEAD or at + SHORTEST > len(data):
        return 0
    end = at + SHORTEST + STATUS + data[at + 1]
    whole = end <= len(data) and data[end - 2 : end] == check(data[at + 1 : end - 2])
    return end - at if whole else 0


def tag_record(count: int, rssi: int, antenna: int, pc: int, epc: bytes) -> bytes:
    """Return a buffered tag with read count, RSSI and antenna as metadata."""
    air = bytes([pc >> 8, pc & 0xFF]) + epc
    crc = binascii.crc_hqx(air, 0xFFFF) ^ 0xFFFF
    bits = (len(air) + 2) * 8
    port = (antenna & 0xF) << 4 | antenna & 0xF
    head = bytes([min(count, 255), rssi & 0xFF, port, bits >> 8, bits & 0xFF])
    return head + air + bytes([crc >> 8, crc & 0xFF])
