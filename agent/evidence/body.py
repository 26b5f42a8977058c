"""The body of a batch: its seed and its records, packed (docs/PROTOCOL.md, "Body").

It travels beside the statement and is kept off the log. It decodes to the exact record bytes, so
whoever holds it can recompute the root that the statement signs.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from agent.evidence import cbor
from agent.evidence.errors import MalformedError, ProofError
from agent.evidence.leaf import SEED_BYTES, salt, salted_leaf
from agent.evidence.merkle import root_of
from agent.evidence.shape import as_bytes
from agent.evidence.statement import Batch

ROWS = 1
"""Codec 1: seed, then the records one behind the other as raw deflate (RFC 1951)."""

MAX_UNPACKED_BYTES = 16 * 1024 * 1024
"""A body that unpacks to more is a bomb: 1,024 records of 16 KiB."""

_RAW_DEFLATE = -zlib.MAX_WBITS


def encode_body(seed: bytes, records: Sequence[bytes]) -> bytes:
    """Return the body of `records`, each the bytes of one record, under codec ROWS."""
    packer = zlib.compressobj(level=9, wbits=_RAW_DEFLATE)
    packed = packer.compress(b"".join(records)) + packer.flush()
    return as_bytes(seed, "seed", SEED_BYTES) + packed


def decode_body(body: bytes, codec: int, count: int) -> tuple[bytes, list[bytes]]:
    """Return the seed and the bytes of exactly `count` records; MalformedError otherwise."""
    if codec != ROWS:
        raise MalformedError("body-codec", f"body codec {codec} is not known")
    if len(body) < SEED_BYTES:
        raise MalformedError("body-size", "a body starts with its seed")
    return body[:SEED_BYTES], _split(_unpack(body[SEED_BYTES:]), count)


def _unpack(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=_RAW_DEFLATE)
    try:
        data = unpacker.decompress(packed, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise MalformedError("body-deflate", "the body is not deflate") from error
    if not unpacker.eof or unpacker.unused_data:
        raise MalformedError("body-deflate", "the body is cut, too large, or followed by bytes")
    return data


def _split(data: bytes, count: int) -> list[bytes]:
    records = []
    at = 0
    for _ in range(count):
        end = cbor.end_of_first(data, at)
        records.append(data[at:end])
        at = end
    if at != len(data):
        raise MalformedError("body-count", f"the body has more than {count} records")
    return records


def leaves(seed: bytes, records: Sequence[bytes]) -> list[bytes]:
    """Return the salted leaf hashes of a batch."""
    return [salted_leaf(salt(seed, index), record) for index, record in enumerate(records)]


def check_body(body: bytes, batch: Batch) -> list[bytes]:
    """Return the records of `body` when it is the one that the statement's `batch` signs."""
    if len(body) != batch.body_bytes:
        raise MalformedError("body-size", f"{len(body)} bytes, the statement says otherwise")
    seed, records = decode_body(body, batch.codec, batch.count)
    if root_of(leaves(seed, records)) != batch.root:
        raise ProofError("body-root", "the body's records are not those under the signed root")
    return records
