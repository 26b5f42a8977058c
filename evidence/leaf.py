"""The record as it is signed, and the salted leaf that commits to it (docs/PROTOCOL.md, "Record").

Leaf = SHA-256(0x00 ‖ salt ‖ record). The salt keeps a low-entropy record from being guessed from
the hashes of a proof shown for its neighbour.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from sys import intern
from typing import NamedTuple

from evidence import cbor
from evidence.cbor import Value
from evidence.errors import MalformedError
from evidence.merkle import hash_leaf
from evidence.shape import (
    as_array,
    as_bytes,
    as_int,
    as_map,
    as_text,
    as_uint,
    exactly,
    shown,
)

RecordValue = int | str | bytes

MAX_RECORD_BYTES = 64 * 1024
"""Twice what a journal takes as one commit: bounds what a hostile record unfolds to."""

SALT_BYTES = 16
SEED_BYTES = 32

_REMEMBERED = 512
"""Devices, clock bounds and sets of fields whose encodings are kept."""

_FIELDS = {
    0: "number",
    1: "device",
    2: "kind",
    3: "boot",
    4: "monotonic_ms",
    5: "wall_ms",
    6: "clock",
    7: "quality",
    8: "values",
}


class Record(NamedTuple):
    """One item of the gateway's own order. A tuple, as it is made for every reading.

    `values` holds integers in the registry's scale, text and bytes; an unobserved field is absent.
    `monotonic_ms` counts from the start of boot number `boot`; `wall_ms` is UTC as the gateway then
    believed it, off by at most `clock_bound_ms` (None: unknown) according to `clock_source`.
    """

    number: int
    device: str
    kind: str
    boot: int
    monotonic_ms: int
    wall_ms: int
    clock_source: str
    clock_bound_ms: int | None
    quality: str
    values: Mapping[str, RecordValue]

    def to_bytes(self) -> bytes:
        """Return the deterministic encoding, the bytes that the leaf commits to."""
        # Written out label by label, and what repeats is remembered: every reading passes here.
        integer = cbor.integer
        return b"".join(
            (
                b"\xa9\x00",
                integer(self.number),
                _origin(self.device, self.kind, self.boot),
                integer(self.monotonic_ms),
                b"\x05",
                integer(self.wall_ms),
                _belief(self.clock_source, self.clock_bound_ms, self.quality),
                _encoded_values(self.values),
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Record:
        """Read what `to_bytes` wrote; MalformedError for anything else."""
        if len(data) > MAX_RECORD_BYTES:
            raise MalformedError("record-size", f"{len(data)} bytes are no record")
        fields = as_map(cbor.decode(data), "record")
        exactly(fields, _FIELDS)
        source, bound = as_array(fields[6], "clock", 2)
        return cls(
            number=as_uint(fields[0], "number"),
            # Many records share few names: held once, a page of three days takes 6.6 MB less.
            device=intern(as_text(fields[1], "device")),
            kind=intern(as_text(fields[2], "kind")),
            boot=as_uint(fields[3], "boot"),
            monotonic_ms=as_uint(fields[4], "monotonic_ms"),
            wall_ms=as_int(fields[5], "wall_ms"),
            clock_source=intern(as_text(source, "clock source")),
            clock_bound_ms=None if bound is None else as_uint(bound, "clock bound"),
            quality=intern(as_text(fields[7], "quality")),
            values=_values(as_map(fields[8], "values")),
        )


@lru_cache(maxsize=_REMEMBERED)
def _origin(device: str, kind: str, boot: int) -> bytes:
    """Return labels 1 to 3 of a record, and label 4."""
    encode = cbor.encode
    return b"\x01" + encode(device) + b"\x02" + encode(kind) + b"\x03" + encode(boot) + b"\x04"


@lru_cache(maxsize=_REMEMBERED)
def _belief(source: str, bound_ms: int | None, quality: str) -> bytes:
    """Return labels 6 and 7 of a record, and label 8."""
    return b"\x06" + cbor.encode((source, bound_ms)) + b"\x07" + cbor.encode(quality) + b"\x08"


@lru_cache(maxsize=_REMEMBERED)
def _keys(names: tuple[str, ...]) -> tuple[bytes, tuple[tuple[bytes, str], ...]]:
    """Return the head of a map with these keys, and each key's encoding with it, in order."""
    return cbor.head(cbor.MAP, len(names)), tuple(sorted((cbor.name(name), name) for name in names))


def _encoded_values(values: Mapping[str, RecordValue]) -> bytes:
    head, keys = _keys(tuple(values))
    parts = [head]
    append, integer = parts.append, cbor.integer
    for key, name in keys:
        value = values[name]
        append(key)
        if type(value) is int:
            append(integer(value))
        else:
            append(cbor.text(value) if type(value) is str else cbor.encode(value))
    return b"".join(parts)


def _values(fields: Mapping[int | str, Value]) -> dict[str, RecordValue]:
    result: dict[str, RecordValue] = {}
    for name, value in fields.items():
        if not isinstance(value, str | bytes):
            value = as_int(value, f"value {shown(name)}")  # noqa: PLW2901  narrowed, not changed
        result[intern(as_text(name, "value name"))] = value
    return result


class Salts:
    """The salts of the batch with the secret 32-byte `seed`: HMAC-SHA-256, cut to 16 bytes."""

    def __init__(self, seed: bytes) -> None:
        key = as_bytes(seed, "seed", SEED_BYTES).ljust(sha256().block_size, b"\0")
        # RFC 2104 §2, with what both hashes begin with hashed already.
        self._inner = sha256(key.translate(_INNER_PAD))
        self._outer = sha256(key.translate(_OUTER_PAD))

    def __call__(self, index: int) -> bytes:
        """Return the salt of leaf `index`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(index.to_bytes(8, "big"))
        outer.update(inner.digest())
        return outer.digest()[:SALT_BYTES]


_INNER_PAD, _OUTER_PAD = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


def salted_leaf(salt_bytes: bytes, record: bytes) -> bytes:
    """Return the leaf hash of `record`, the record's bytes exactly as stored."""
    return hash_leaf(as_bytes(salt_bytes, "salt", SALT_BYTES) + record)
