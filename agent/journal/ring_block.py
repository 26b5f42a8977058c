"""The ring's format: 4 KiB blocks, each with a header that tells whether it is whole. Pure.

A commit is one or more blocks in consecutive slots. Their payloads, joined, are its records, each
behind its length as a 32-bit number; a record that does not fit a block's rest runs on into the
next block of the same commit. A commit counts when all of its blocks are whole, else not at all.
In blocks of version 2 the joined payloads are those bytes in raw deflate (RFC 1951).

Header, big-endian, 52 bytes: magic "TLRB" · version · zero · payload length · part · parts ·
epoch (16 bytes) · sequence · first record · records · CRC-32 over header (CRC zero) and payload.
First record and records are the whole commit's. `sequence` counts blocks and never repeats: block s
lies in slot s mod slots, so s div slots is the lap.

The last 20 bytes of a block are its pairing, by which ring and archive are held against each other
(`pairing.py`): slots · generation · batches · CRC-32 over the header's CRC and these. Zeros there
are a block of before there was one. A block of no records, whose magic is "TLRU", says that nothing
was ever written in its place: what is merely blank was lost.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from foundation.dataclass import dataclass

BLOCK_BYTES = 4096  # the page of Linux and of ext4: a commit of one block dirties no other page
SECTOR_BYTES = 512  # what a device writes whole or not at all

DEFAULT_BYTES = 16 * 1024 * 1024  # an hour of one commit a second, should sealing fail
MIN_BYTES = 4 * 1024 * 1024  # a batch of 60 s at ten commits a second, of alarms, takes 2.4 MB

MAGIC = b"TLRB"
UNWRITTEN = b"TLRU"
"""Begins a block of no records."""

PLAIN, PACKED = 1, 2
"""Versions of a block: records as they are, or deflated. One commit's blocks are all alike."""

PACK_UPTO = 8
"""Blocks of plain payload that are worth deflating: a page less of two halves what a device
writes, a page less of fifty does not count, and the CPU is wanted then."""

_FASTEST = 1  # zlib's level: 20 positions, of 4.4 kB, become 0.6 kB; more effort saves no page
_RAW = -15  # zlib's wbits: deflate without header and checksum, as each block has a CRC
_WINDOW, _STATE = -13, 7
"""zlib's wbits and memLevel for a commit: 4.4 kB ask for no window of 32, and a state of 256 kB,
which zlib takes unless it is told, costs more to take and give back than all the deflating."""

_HEADER = struct.Struct(">4sBxHHH16sQQII")
_LENGTH = struct.Struct(">I")
_CRC_AT = _HEADER.size - 4

_PAIRING = struct.Struct(">IIQ")
_PAIRING_BYTES = _PAIRING.size + _LENGTH.size  # with its CRC
_PAIRING_AT = BLOCK_BYTES - _PAIRING_BYTES

ROOM = _PAIRING_AT - _HEADER.size
"""Bytes of payload in one block."""

_NO_PAIRING = bytes(_PAIRING_BYTES)
_OLD_ROOM = BLOCK_BYTES - _HEADER.size  # of a block without a pairing

MOST_PARTS = 256
"""Blocks of one commit at most, 1 MiB: what `Recorder` commits at once is ten times smaller."""


_SMALLEST_RECORD = 21  # bytes: nine labels, each with the shortest value that there is

MOST_RECORDS = PACK_UPTO * ROOM // (_LENGTH.size + _SMALLEST_RECORD)
"""Records that one block can hold at most, deflated."""


class Pairing(NamedTuple):
    """How ring and archive stood when a block was written.

    `slots` of the ring; `generation` counts openings for writing; `batches` are in the archive.
    """

    slots: int
    generation: int
    batches: int


@dataclass(slots=True)
class Header:
    """What a block says of itself; `crc` is not part of it.

    Nobody changes one. It is not frozen, as a start makes one for each slot: that would be 2 ms.
    """

    length: int
    part: int
    parts: int
    epoch: bytes
    sequence: int
    first: int
    count: int
    version: int = PLAIN

    @property
    def start(self) -> int:
        """The sequence of the commit's first block."""
        return self.sequence - self.part

    @property
    def end(self) -> int:
        """The number behind the commit's last record."""
        return self.first + self.count

    def to_bytes(self, crc: int) -> bytes:
        """Return the encoded header."""
        return _HEADER.pack(
            MAGIC if self.count else UNWRITTEN,
            self.version,
            self.length,
            self.part,
            self.parts,
            self.epoch,
            self.sequence,
            self.first,
            self.count,
            crc,
        )


def header_of(data: bytes | memoryview) -> Header | None:
    """Return the header that a block starts with, checked for form only; None for anything else."""
    header = _parsed(data, MAGIC)
    return header if header is not None and header.count else None


def unwritten_of(data: bytes | memoryview) -> Header | None:
    """Return the header of a block of no records; None for anything else."""
    header = _parsed(data, UNWRITTEN)
    if header is None or header.count or header.length:
        return None
    pairing = Pairing(*_PAIRING.unpack_from(data, _PAIRING_AT))
    whole = pairing.slots and data == _block(header, b"", pairing)  # which has both CRCs in it
    return header if whole else None


def _parsed(data: bytes | memoryview, magic: bytes) -> Header | None:
    if data[:4] != magic:
        return None
    _, version, length, part, parts, epoch, sequence, first, count, _ = _HEADER.unpack_from(data)
    if version not in (PLAIN, PACKED) or length > _OLD_ROOM:
        return None
    if not part < parts <= MOST_PARTS or part > sequence:
        return None
    return Header(length, part, parts, epoch, sequence, first, count, version)


def payload_of(data: bytes | memoryview, header: Header) -> bytes | None:
    """Return the payload of a whole block; None when a CRC says that a part is missing."""
    old = header.length > ROOM or data[_PAIRING_AT:] == _NO_PAIRING
    if not old and pairing_of(data) is None:
        return None
    payload = bytes(data[_HEADER.size : _HEADER.size + header.length])
    (crc,) = _LENGTH.unpack_from(data, _CRC_AT)
    return payload if crc == _crc(header, payload) else None


def pairing_of(data: bytes | memoryview) -> Pairing | None:
    """Return a block's pairing; None where it is not this block's, or of before there was one."""
    slots, generation, batches = _PAIRING.unpack_from(data, _PAIRING_AT)
    (crc,) = _LENGTH.unpack_from(data, BLOCK_BYTES - _LENGTH.size)
    if not slots or crc != _pairing_crc(data):
        return None
    return Pairing(slots, generation, batches)


def _pairing_crc(block: bytes | memoryview) -> int:
    header_crc = bytes(block[_CRC_AT : _HEADER.size])
    return zlib.crc32(block[_PAIRING_AT : BLOCK_BYTES - _LENGTH.size], zlib.crc32(header_crc))


def _block(header: Header, payload: bytes, pairing: Pairing) -> bytes:
    head = header.to_bytes(0)
    crc = _LENGTH.pack(zlib.crc32(payload, zlib.crc32(head)))
    said = _PAIRING.pack(*pairing)
    pairing_crc = _LENGTH.pack(zlib.crc32(said, zlib.crc32(crc)))
    return b"".join((head[:_CRC_AT], crc, payload, bytes(ROOM - len(payload)), said, pairing_crc))


def _crc(header: Header, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(header.to_bytes(0)))


def most_parts(slots: int) -> int:
    """Return how many blocks a commit may have in a ring of so many slots."""
    return min(MOST_PARTS, slots // 8)


def packed_bytes(leaf: bytes) -> int:
    """Return how many bytes of payload a record takes."""
    return _LENGTH.size + len(leaf)


def blocks_for(payload: int) -> int:
    """Return how many blocks that many bytes of payload take."""
    return -(-payload // ROOM)


@dataclass(frozen=True, slots=True)
class Payload:
    """A commit's records as its blocks hold them."""

    data: bytes
    version: int
    count: int

    @property
    def blocks(self) -> int:
        """How many blocks it takes."""
        return blocks_for(len(self.data))


def join_records(leaves: Sequence[bytes]) -> Payload:
    """Return the payload of a commit: deflated where that spares blocks, and few are plain."""
    plain = b"".join(_LENGTH.pack(len(leaf)) + leaf for leaf in leaves)
    if 1 < blocks_for(len(plain)) <= PACK_UPTO:
        packer = zlib.compressobj(_FASTEST, zlib.DEFLATED, _WINDOW, _STATE)
        packed = packer.compress(plain) + packer.flush()
        if blocks_for(len(packed)) < blocks_for(len(plain)):
            return Payload(packed, PACKED, len(leaves))
    return Payload(plain, PLAIN, len(leaves))


def unpacked(data: bytes, version: int) -> bytes | None:
    """Return the records of joined payloads; None when they are no deflate stream of ours."""
    if version == PLAIN:
        return data
    inflate = zlib.decompressobj(_RAW)
    try:
        plain = inflate.decompress(data, PACK_UPTO * _OLD_ROOM)
    except zlib.error:
        return None
    return plain if inflate.eof and not inflate.unused_data else None


def split_records(payload: bytes, count: int) -> list[bytes] | None:
    """Return the `count` records of a commit's payload; None when it does not hold just those."""
    leaves = []
    at = 0
    length_at = _LENGTH.unpack_from
    try:
        for _ in range(count):
            start = at + _LENGTH.size
            at = start + length_at(payload, at)[0]
            leaves.append(payload[start:at])
    except struct.error:  # the payload ends within a length, or before it
        return None
    return leaves if at == len(payload) else None


def unwritten(epoch: bytes, sequence: int, first: int, pairing: Pairing) -> bytes:
    """Return a block of no records, written when record `first` was the next."""
    return _block(Header(0, 0, 1, epoch, sequence, first, 0), b"", pairing)


def pack_commit(
    epoch: bytes, sequence: int, first: int, payload: Payload, pairing: Pairing
) -> bytes:
    """Return the blocks of one commit, padded with zeros to whole blocks."""
    parts = payload.blocks
    blocks = []
    for part in range(parts):
        piece = payload.data[part * ROOM : (part + 1) * ROOM]
        header = Header(
            len(piece), part, parts, epoch, sequence + part, first, payload.count, payload.version
        )
        blocks.append(_block(header, piece, pairing))
    return b"".join(blocks)


def unpack_commit(data: bytes, epoch: bytes, sequence: int) -> tuple[int, list[bytes]] | None:
    """Return first number and records of the commit whose blocks `data` are; None if not whole."""
    payloads = []
    said: tuple[int, int, int] | None = None  # first, count, version: the same in every block
    parts = len(data) // BLOCK_BYTES
    for part in range(parts):
        block = memoryview(data)[part * BLOCK_BYTES : (part + 1) * BLOCK_BYTES]
        header = header_of(block)
        if header is None or header.epoch != epoch or header.sequence != sequence + part:
            return None
        if (header.part, header.parts) != (part, parts):
            return None
        says = header.first, header.count, header.version
        if said not in (None, says):
            return None
        said = says
        payload = payload_of(block, header)
        if payload is None:
            return None
        payloads.append(payload)
    if said is None:
        return None
    first, count, version = said
    plain = unpacked(b"".join(payloads), version)
    leaves = None if plain is None else split_records(plain, count)
    return None if leaves is None else (first, leaves)
