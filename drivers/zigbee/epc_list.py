"""A shelf's list of EPCs over Zigbee: its chunks (docs/PROTOCOL.md, "EPC lists"). Pure.

A Zigbee frame holds some 80 bytes, so a node sends a list as chunks: five EPCs of 96 bits in each.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.errors import BadFrame

CLUSTER = 0xFCE1  # of the range for makers' own clusters, 0xFC00 to 0xFFFF
CHUNK = 0x00  # the command, from the server (node) to the client

MOST_DATA = 64  # bytes of EPCs in a chunk
WORD = 2  # bytes; an EPC's length is told in words, as its PC word does
LONGEST_EPC = 31  # words, all that a PC word can tell (GS1 Gen2 §6.3.2.1.2.2)
HEAD = struct.Struct("<HBBBHHB")
SEED = 0xFFFF


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: `index` of `chunks`, counted from 0, of list `number` at `antenna` (0: untold).

    The whole list has `tags` EPCs and the check `crc`; those of a chunk are `words` long.
    """

    number: int
    antenna: int
    index: int
    chunks: int
    tags: int
    crc: int
    words: int
    epcs: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Return the payload of the command."""
        head = (self.number, self.antenna, self.index, self.chunks, self.tags, self.crc, self.words)
        return HEAD.pack(*head) + b"".join(self.epcs)


def parse(payload: bytes) -> Chunk:
    """Return the chunk that `payload` is; BadFrame says what about it cannot be."""
    if len(payload) < HEAD.size:
        raise BadFrame(f"a chunk of {len(payload)} bytes is shorter than its head of {HEAD.size}")
    number, antenna, index, chunks, tags, crc, words = HEAD.unpack_from(payload)
    data = payload[HEAD.size :]
    if index >= chunks:
        raise BadFrame(f"chunk {index} is none of {chunks}")
    if len(data) > MOST_DATA:
        raise BadFrame(f"a chunk has {len(data)} bytes of EPCs, and {MOST_DATA} are the most")
    if words > LONGEST_EPC:
        raise BadFrame(f"EPCs of {words} words are longer than any tag has")
    size = words * WORD
    if len(data) % size if size else data:
        raise BadFrame(f"{len(data)} bytes are no whole number of EPCs of {size} bytes")
    epcs = tuple(data[at : at + size] for at in range(0, len(data), size or 1))
    if len(epcs) > tags:
        raise BadFrame(f"a chunk has {len(epcs)} EPCs of a list of {tags}")
    return Chunk(number, antenna, index, chunks, tags, crc, words, epcs)


def check(chunks: Sequence[Chunk]) -> int:
    """Return the CRC-16 (polynomial 1021, begun with FFFF) over all chunks' words and EPCs."""
    crc = SEED
    for chunk in chunks:
        crc = binascii.crc_hqx(bytes([chunk.words]) + b"".join(chunk.epcs), crc)
    return crc
