"""The record as it is signed, and the salted leaf that commits to it (docs/PROTOCOL.md, "Record").

Leaf = SHA-256(0x00 ‖ salt ‖ record). The salt keeps a low-entropy record from being guessed from
the hashes of a proof shown for its neighbour.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from agent.evidence import cbor
from agent.evidence.cbor import Value
from agent.evidence.merkle import hash_leaf
from agent.evidence.shape import (
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

SALT_BYTES = 16
SEED_BYTES = 32

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


@dataclass(frozen=True, slots=True)
class Record:
    """One item of the gateway's own order.

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
        # Written out label by label, as every reading passes here: half the time of a general map.
        encode, name = cbor.encode, cbor.name
        return b"".join(
            (
                b"\xa9\x00",
                encode(self.number),
                b"\x01",
                name(self.device),
                b"\x02",
                name(self.kind),
                b"\x03",
                encode(self.boot),
                b"\x04",
                encode(self.monotonic_ms),
                b"\x05",
                encode(self.wall_ms),
                b"\x06\x82",
                name(self.clock_source),
                encode(self.clock_bound_ms),
                b"\x07",
                name(self.quality),
                b"\x08",
                encode(self.values),
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Record:
        """Read what `to_bytes` wrote; MalformedError for anything else."""
        fields = as_map(cbor.decode(data), "record")
        exactly(fields, _FIELDS)
        source, bound = as_array(fields[6], "clock", 2)
        return cls(
            number=as_uint(fields[0], "number"),
            device=as_text(fields[1], "device"),
            kind=as_text(fields[2], "kind"),
            boot=as_uint(fields[3], "boot"),
            monotonic_ms=as_uint(fields[4], "monotonic_ms"),
            wall_ms=as_int(fields[5], "wall_ms"),
            clock_source=as_text(source, "clock source"),
            clock_bound_ms=None if bound is None else as_uint(bound, "clock bound"),
            quality=as_text(fields[7], "quality"),
            values=_values(as_map(fields[8], "values")),
        )


def _values(fields: Mapping[int | str, Value]) -> dict[str, RecordValue]:
    result: dict[str, RecordValue] = {}
    for name, value in fields.items():
        if not isinstance(value, str | bytes):
            value = as_int(value, f"value {shown(name)}")  # noqa: PLW2901  narrowed, not changed
        result[as_text(name, "value name")] = value
    return result


def salt(seed: bytes, index: int) -> bytes:
    """Return the salt of leaf `index` of the batch with the secret 32-byte `seed`."""
    as_bytes(seed, "seed", SEED_BYTES)
    return hmac.digest(seed, index.to_bytes(8, "big"), "sha256")[:SALT_BYTES]


def salted_leaf(salt_bytes: bytes, record: bytes) -> bytes:
    """Return the leaf hash of `record`, the record's bytes exactly as stored."""
    return hash_leaf(as_bytes(salt_bytes, "salt", SALT_BYTES) + record)
