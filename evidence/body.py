"""The body of a batch: its seed and its records, packed (docs/PROTOCOL.md, "Body").

It travels beside the statement and is kept off the log. It decodes to the exact record bytes, so
whoever holds it can recompute the root that the statement signs.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from evidence import cbor
from evidence.bit_planes import PlaneReader
from evidence.columns import read_columns, write_columns
from evidence.dictionary import COLUMNS_DICTIONARY
from evidence.errors import MalformedError, ProofError
from evidence.leaf import SEED_BYTES, Record, Salts
from evidence.merkle import hash_leaf, root_of
from evidence.shape import as_bytes
from evidence.statement import MAX_RECORDS, Batch
from evidence.varint import Input, Output, varints

ROWS = 1
"""Codec 1: seed, then the records one behind the other as raw deflate (RFC 1951)."""

COLUMNS = 2
"""Codec 2: seed, then the records in columns as raw deflate with the built-in dictionary."""

MAX_UNPACKED_BYTES = 16 * 1024 * 1024
"""A body that unpacks to more is a bomb: 1,024 records of 16 KiB."""

LEAST_STATED_BYTES = 4096
"""What a statement says of every shorter body: a batch of 256 readings takes about a quarter."""

_RAW_DEFLATE = -zlib.MAX_WBITS


def encode_body(
    seed: bytes, records: Sequence[bytes], parsed: Sequence[Record] | None = None
) -> bytes:
    """Return the body of `records`, each the bytes of one record, under codec COLUMNS.

    Who has the records that these bytes were made of gives them as `parsed`, and spares the work
    of reading them; they are not compared.
    """
    return as_bytes(seed, "seed", SEED_BYTES) + columns_of(records, parsed)


def encode_rows(seed: bytes, records: Sequence[bytes]) -> bytes:
    """Return the body of `records` under codec ROWS: larger, and as simple as can be."""
    return as_bytes(seed, "seed", SEED_BYTES) + rows_of(records)


def columns_of(records: Sequence[bytes], parsed: Sequence[Record] | None = None) -> bytes:
    """Return what follows the seed under codec COLUMNS; `parsed` as for `encode_body`."""
    out = Output()
    write_columns(out, records, parsed or [_parsed(record) for record in records])
    quotients, lows = out.planes.planes()
    head = varints((len(quotients),)) + out.head
    return _pack(head) + quotients + lows


def rows_of(records: Sequence[bytes]) -> bytes:
    """Return what follows the seed under codec ROWS."""
    packer = zlib.compressobj(level=zlib.Z_BEST_COMPRESSION, wbits=_RAW_DEFLATE)
    return packer.compress(b"".join(records)) + packer.flush()


def _parsed(record: bytes) -> Record | None:
    try:
        return Record.from_bytes(record)
    except MalformedError:
        return None


def _pack(columns: bytes) -> bytes:
    packer = zlib.compressobj(
        level=zlib.Z_BEST_COMPRESSION, wbits=_RAW_DEFLATE, zdict=COLUMNS_DICTIONARY
    )
    return packer.compress(columns) + packer.flush()


def decode_body(body: bytes, codec: int, count: int) -> tuple[bytes, list[bytes]]:
    """Return the seed and the bytes of exactly `count` records; MalformedError otherwise."""
    _check_codec(codec)
    if len(body) < SEED_BYTES:
        raise MalformedError("body-size", "a body starts with its seed")
    return body[:SEED_BYTES], unpacked(body[SEED_BYTES:], codec, count)


def unpacked(packed: bytes, codec: int, count: int) -> list[bytes]:
    """Return exactly `count` records from what follows a seed; MalformedError otherwise."""
    _check_codec(codec)
    if not 0 < count <= MAX_RECORDS:
        raise MalformedError("body-count", f"{count} records are no batch")
    if codec == ROWS:
        data, behind = _unpack(packed, b"")
        if behind:
            raise MalformedError("body-deflate", f"{len(behind)} bytes follow the body")
        return _split(data, count)
    return _read(*_unpack(packed, COLUMNS_DICTIONARY), count)


def _check_codec(codec: int) -> None:
    if codec not in (ROWS, COLUMNS):
        raise MalformedError("body-codec", f"body codec {codec} is not known")


def _read(head: bytes, planes: bytes, count: int) -> list[bytes]:
    data = Input(head, MAX_UNPACKED_BYTES)
    split = data.count(len(planes), "bytes")
    data.planes = PlaneReader(planes[:split], planes[split:])
    return read_columns(data, count)


def _unpack(packed: bytes, dictionary: bytes) -> tuple[bytes, bytes]:
    """Return what was deflated, and what stands behind it."""
    unpacker = zlib.decompressobj(wbits=_RAW_DEFLATE, zdict=dictionary)
    try:
        data = unpacker.decompress(packed, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise MalformedError("body-deflate", "the body is not deflate") from error
    if not unpacker.eof:
        raise MalformedError("body-deflate", "the body is cut or too large")
    return data, unpacker.unused_data


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
    salt = Salts(seed)
    return [hash_leaf(salt(index) + record) for index, record in enumerate(records)]


def stated_bytes(body: bytes) -> int:
    """Return what a statement says of the body's length: the next power of two, 4,096 at least.

    The exact length would tell what is hidden: whoever knows all records of a batch but one value
    can pack every guess, and of 1,600 temperatures one alone may come out as long.
    """
    return 1 << (max(len(body), LEAST_STATED_BYTES) - 1).bit_length()


def check_body(body: bytes, batch: Batch) -> list[bytes]:
    """Return the records of `body` when it is the one that the statement's `batch` signs."""
    if len(body) > batch.body_bytes:
        raise MalformedError("body-size", f"{len(body)} bytes, more than the statement says")
    seed, records = decode_body(body, batch.codec, batch.count)
    if root_of(leaves(seed, records)) != batch.root:
        raise ProofError("body-root", "the body's records are not those under the signed root")
    return records
