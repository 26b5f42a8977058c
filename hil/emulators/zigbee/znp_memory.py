"""What a Z-Stack stick answers to commands that read and write its memory."""

from __future__ import annotations

import struct

from hil.emulators.zigbee import unpi
from hil.emulators.zigbee.nvram import Nvram, item

DONE, CREATED, FAILED, BAD_LENGTH = 0x00, 0x09, 0x0A, 0x0C
MOST_READ = 246  # bytes of a value in one answer


class Memory:
    """Answers over the items of `nvram`."""

    def __init__(self, nvram: Nvram) -> None:
        self._nvram = nvram
        self._items = nvram.items

    def answer(self, command: int, data: bytes) -> bytes | None:
        """Return the answer's data, or None where the command is no matter of memory."""
        if unpi.EX_CREATE <= command <= unpi.EX_WRITE:
            return self._of_table(command, data) if self._nvram.variant.tables else None
        if command not in {
            unpi.NV_INIT,
            *range(unpi.NV_DELETE, unpi.NV_LENGTH + 1),
            unpi.NV_READ,
            unpi.NV_WRITE,
        }:
            return None
        return self._of_item(command, data)

    def _of_item(self, command: int, data: bytes) -> bytes:
        name = item(struct.unpack_from("<H", data)[0])
        match command:
            case unpi.NV_INIT:
                size, value = struct.unpack_from("<H", data, 2)[0], data[5 : 5 + data[4]]
                return self._create(name, value, size)
            case unpi.NV_DELETE:
                return self._delete(name)
            case unpi.NV_LENGTH:
                return struct.pack("<H", len(self._items.get(name, b"")))
            case unpi.NV_READ:
                return self._read(name, struct.unpack_from("<H", data, 2)[0])
            case _:
                offset, length = struct.unpack_from("<HH", data, 2)
                return self._write(name, offset, data[6 : 6 + length])

    def _of_table(self, command: int, data: bytes) -> bytes:
        _, table, index = struct.unpack_from("<BHH", data)
        name, rest = f"x/{table}/{index}", data[5:]
        match command:
            case unpi.EX_CREATE:
                return self._create(name, b"", struct.unpack_from("<I", rest)[0])
            case unpi.EX_DELETE:
                return self._delete(name)
            case unpi.EX_LENGTH:
                return struct.pack("<I", len(self._items.get(name, b"")))
            case unpi.EX_READ:
                return self._read(name, struct.unpack_from("<H", rest)[0])
            case _:
                return self._write(name, struct.unpack_from("<H", rest)[0], rest[3 : 3 + rest[2]])

    def _create(self, name: str, value: bytes, size: int) -> bytes:
        if name in self._items:
            return bytes([DONE])
        self._items[name] = value.ljust(size, b"\0")[:size]
        return bytes([CREATED])

    def _delete(self, name: str) -> bytes:
        return bytes([FAILED if self._items.pop(name, None) is None else DONE])

    def _read(self, name: str, offset: int) -> bytes:
        value = self._items.get(name)
        if value is None:
            return bytes([FAILED, 0])
        part = value[offset : offset + MOST_READ]
        return bytes([DONE, len(part)]) + part

    def _write(self, name: str, offset: int, part: bytes) -> bytes:
        value = self._items.get(name)
        if value is None:
            return bytes([FAILED])
        if offset + len(part) > len(value):
            return bytes([BAD_LENGTH])
        self._items[name] = value[:offset] + part + value[offset + len(part) :]
        return bytes([DONE])
