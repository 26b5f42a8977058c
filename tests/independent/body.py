"""Bodies of batches (PROTOCOL.md, "Body")."""

from __future__ import annotations

import zlib
from pathlib import Path

from tests.independent.cbor import decode_first
from tests.independent.columns import unpack_columns
from tests.independent.reasons import Refused

LIMIT = 16 * 1024 * 1024
MAX_RECORDS = 65_536
DICTIONARY = Path(__file__).resolve().parent.parent / "vectors" / "dictionary.bin"


def inflate(data: bytes, dictionary: bytes = b"") -> tuple[bytes, bytes]:
    """Return what a raw DEFLATE stream holds, and the bytes behind it."""
    stream = zlib.decompressobj(-15, zdict=dictionary) if dictionary else zlib.decompressobj(-15)
    try:
        text = stream.decompress(data, LIMIT + 1)
    except zlib.error:
        raise Refused("body-deflate") from None
    if not stream.eof or len(text) > LIMIT:
        raise Refused("body-deflate")
    return text, stream.unused_data


def read_body(data: bytes, codec: int, count: int) -> tuple[bytes, list[bytes]]:
    """Return the seed and all records of a body."""
    if codec not in (1, 2):
        raise Refused("body-codec")
    if len(data) < 32:
        raise Refused("body-size")
    if not 1 <= count <= MAX_RECORDS:
        raise Refused("body-count")
    seed, packed = data[:32], data[32:]
    if codec == 2:
        head, planes = inflate(packed, DICTIONARY.read_bytes())
        return seed, unpack_columns(head, planes, count)
    text, behind = inflate(packed)
    if behind:
        raise Refused("body-deflate")
    return seed, split_records(text, count)


def split_records(text: bytes, count: int) -> list[bytes]:
    """Part what codec 1 unpacks to into exactly `count` records."""
    records = []
    at = 0
    for _ in range(count):
        _, end = decode_first(text, at)
        records.append(text[at:end])
        at = end
    if at != len(text):
        raise Refused("body-count")
    return records
