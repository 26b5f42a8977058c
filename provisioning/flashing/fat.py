"""One small file into the root of a card's FAT partition, without mounting anything.

Microsoft's FAT specification (2004, FAT32 1.03), as far as a fresh FAT32 of ours needs it: one file
with a long name. Numbers in quotes of names are the specification's fields.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from flashing.device import Device
from flashing.errors import CardBad

SECTOR = 512
PARTITION_TABLE, ENTRY = 446, 16
FAT32_TYPES = (0x0B, 0x0C)
"""Partition types of an MBR: FAT32, by CHS and by LBA."""

FIRST_CLUSTER, END_OF_CHAIN = 2, 0x0FFFFFFF
CLUSTER_BITS = 0x0FFFFFFF  # the upper four bits of a FAT32 entry are to be left alone
FREE, DELETED = 0x00, 0xE5
ARCHIVE, LONG_NAME, DIRECTORY_ENTRY = 0x20, 0x0F, 32
NAME_UNITS = 13
"""UTF-16 units in one entry of a long name."""

LAST_PIECE = 0x40
UNKNOWN = 0xFFFFFFFF
FSINFO_FREE = 488
"""Place of FSI_Free_Count: set to unknown, the next mount counts anew."""

DATE_1980 = 0x0021
"""The first date that FAT knows: what clock a laptop has is nothing to a gateway."""


@dataclass(frozen=True, slots=True)
class Fat32:
    """A FAT32 inside an open disk; positions are bytes from the disk's start."""

    device: Device
    start: int
    cluster_bytes: int
    fats: tuple[int, ...]
    entries: int
    data: int
    root: int
    fsinfo: int

    @classmethod
    def find(cls, device: Device) -> Fat32:
        """Return the FAT32 in the first partition; CardBad where there is none."""
        table = device.read(ENTRY, PARTITION_TABLE)
        if len(table) < ENTRY or table[4] not in FAT32_TYPES:
            raise CardBad("the image's first partition is no FAT32: no seed can be put on it")
        start = int.from_bytes(table[8:12], "little") * SECTOR
        boot = device.read(SECTOR, start).ljust(SECTOR, b"\0")
        per_sector, per_cluster, reserved, fats, roots = struct.unpack_from("<HBHBH", boot, 11)
        fat_sectors, root, fsinfo = struct.unpack_from("<I4xIH", boot, 36)
        small = struct.unpack_from("<H", boot, 22)[0]
        if boot[510:512] != b"\x55\xaa" or per_sector != SECTOR or roots or small:
            raise CardBad("the image's first partition holds no FAT32 that is known here")
        if not (fats and per_cluster and fat_sectors):
            raise CardBad("the image's first partition holds a damaged FAT32")
        total = struct.unpack_from("<H", boot, 19)[0] or struct.unpack_from("<I", boot, 32)[0]
        first = start + reserved * SECTOR
        data = first + fats * fat_sectors * SECTOR
        cluster = per_cluster * SECTOR
        clusters = (start + total * SECTOR - data) // cluster
        places = tuple(first + number * fat_sectors * SECTOR for number in range(fats))
        return cls(
            device,
            start,
            cluster,
            places,
            clusters + FIRST_CLUSTER,
            data,
            root,
            start + fsinfo * SECTOR,
        )

    def read(self, name: str) -> bytes | None:
        """Return the content of a file in the root, None where there is none."""
        for found, entry in self._files():
            if found.lower() == name.lower():
                high, low, size = struct.unpack_from("<H4xHI", entry, 20)
                chain = islice(self._chain(high << 16 | low), -(-size // self.cluster_bytes))
                return b"".join(map(self._cluster, chain))[:size]
        return None

    def add(self, name: str, content: bytes) -> None:
        """Write a new file into the root; CardBad where it is full or has that name already."""
        if self.read(name) is not None:
            raise CardBad(f"the image holds a {name} already: it is no released image")
        short = _short_name(name, self._short_names())
        long = _long_entries(name, short)
        place = self._room(len(long) + 1)
        chain = self._free(-(-len(content) // self.cluster_bytes))
        for number, at in zip(chain, range(0, len(content), self.cluster_bytes), strict=True):
            piece = content[at : at + self.cluster_bytes].ljust(self.cluster_bytes, b"\0")
            self.device.write(piece, self._position(number))
        for number, following in zip(chain, [*chain[1:], END_OF_CHAIN], strict=True):
            self._link(number, following)
        self.device.write(b"".join([*long, _entry(short, chain[0], len(content))]), place)
        self.device.write(struct.pack("<II", UNKNOWN, UNKNOWN), self.fsinfo + FSINFO_FREE)
        self.device.sync()

    def _files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the long (or short) name and the entry of each file in the root."""
        pieces: list[bytes] = []
        for entry in self._root_entries():
            if entry[0] == FREE:
                return
            if entry[0] != DELETED and entry[11] == LONG_NAME:
                pieces.insert(0, entry[1:11] + entry[14:26] + entry[28:32])
                continue
            if entry[0] != DELETED:
                long = b"".join(pieces).decode("utf-16-le", "replace").split("\0", 1)[0]
                base, ending = entry[:8].decode("cp437"), entry[8:11].decode("cp437")
                yield long or f"{base.rstrip()}.{ending.rstrip()}".rstrip("."), entry
            pieces = []

    def _short_names(self) -> set[bytes]:
        return {entry[:11] for _, entry in self._files()}

    def _root_entries(self) -> Iterator[bytes]:
        for number in self._chain(self.root):
            data = self._cluster(number)
            for at in range(0, len(data), DIRECTORY_ENTRY):
                yield data[at : at + DIRECTORY_ENTRY]

    def _room(self, count: int) -> int:
        """Return the position of `count` free entries in a row, within one cluster of the root."""
        for number in self._chain(self.root):
            data, run = self._cluster(number), 0
            for at in range(0, len(data), DIRECTORY_ENTRY):
                run = run + 1 if data[at] in (FREE, DELETED) else 0
                if run == count:
                    return self._position(number) + at - (count - 1) * DIRECTORY_ENTRY
        raise CardBad("the root of the card's FAT partition is full")

    def _free(self, count: int) -> list[int]:
        found = []
        for number in range(FIRST_CLUSTER, self.entries):
            if self._next(number) == 0:
                found.append(number)
                if len(found) == count:
                    return found
        raise CardBad("the card's FAT partition is full")

    def _chain(self, number: int) -> Iterator[int]:
        for _ in range(self.entries):  # a chain that is a ring would never end
            if not FIRST_CLUSTER <= number < self.entries:
                return
            yield number
            number = self._next(number)

    def _next(self, number: int) -> int:
        entry = self.device.read(4, self.fats[0] + 4 * number)
        return int.from_bytes(entry, "little") & CLUSTER_BITS

    def _link(self, number: int, following: int) -> None:
        for fat in self.fats:
            self.device.write(following.to_bytes(4, "little"), fat + 4 * number)

    def _position(self, number: int) -> int:
        return self.data + (number - FIRST_CLUSTER) * self.cluster_bytes

    def _cluster(self, number: int) -> bytes:
        return self.device.read(self.cluster_bytes, self._position(number))


def _short_name(name: str, taken: set[bytes]) -> bytes:
    base, _, ending = name.upper().partition(".")
    letters = "".join(c for c in base if c.isalnum())[:6]
    tries = (f"{letters}~{n}".ljust(8) + ending[:3].ljust(3) for n in range(1, 10))
    return next(word for text in tries if (word := text.encode("ascii")) not in taken)


def _long_entries(name: str, short: bytes) -> list[bytes]:
    """Return the entries of a long name, in their order on disk: the last piece first."""
    total = 0
    for byte in short:  # "ChkSum"
        total = ((total >> 1) + (total << 7) + byte) & 0xFF
    units = name.encode("utf-16-le")
    pieces = [units[at : at + 2 * NAME_UNITS] for at in range(0, len(units), 2 * NAME_UNITS)]
    entries = []
    for number, piece in enumerate(pieces, 1):
        full = piece if len(piece) == 2 * NAME_UNITS else piece + b"\0\0"
        full = full.ljust(2 * NAME_UNITS, b"\xff")
        order = number | (LAST_PIECE if number == len(pieces) else 0)
        parts = (order, full[:10], LONG_NAME, 0, total, full[10:22], 0, full[22:])
        entries.append(struct.pack("<B10sBBB12sH4s", *parts))
    return entries[::-1]


def _entry(short: bytes, first: int, size: int) -> bytes:
    """Return the entry of a file that begins in cluster `first`."""
    made = (0, DATE_1980, DATE_1980)
    parts = (short, ARCHIVE, 0, 0, *made, first >> 16, 0, DATE_1980, first & 0xFFFF, size)
    return struct.pack("<11sBBBHHHHHHHI", *parts)
