"""The bundle: one CBOR file that an auditor checks offline (docs/PROTOCOL.md, "Bundle").

The file is an array of two byte strings: the content, and SHA-256 over every byte before the
second one. A batch is disclosed whole, leaf by leaf, or in part: then with one proof for all that
is shown of it (version 2), or with a path for each record (version 1, which is only read). Under a
policy of several logs each batch has their receipts (version 3). Nothing
stands in it that `evidence.verify` cannot hold against a signature or the policy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from evidence import cbor
from evidence.errors import EvidenceError, MalformedError, ProofError
from evidence.leaf import SALT_BYTES, salted_leaf
from evidence.merkle import HASH_BYTES, root_of, verify_inclusion
from evidence.multi_proof import root_from_some
from evidence.shape import as_array, as_bytes, as_map, as_uint, as_version, exactly
from evidence.statement import Batch

WITH_PATHS, WITH_PROOFS, SEVERAL_LOGS, WITH_ERASURES, SEVERAL_WITH_ERASURES = 1, 2, 3, 4, 5
"""Versions. What the first two can say is written as version 1, which older verifiers read; the
third is for policies of several logs. The last two are the second and the third, with erasures."""

_CONTENT = {
    0: "version",
    1: "policy digest",
    2: "checkpoints",
    3: "batches",
    4: "declared gaps",
}
_ATTACHMENTS = {5: "attachments"}
_ERASURES = {6: "erasures"}
_NAMES = {
    WITH_PATHS: _CONTENT,
    WITH_PROOFS: _CONTENT | _ATTACHMENTS,
    SEVERAL_LOGS: _CONTENT | _ATTACHMENTS,
    WITH_ERASURES: _CONTENT | _ATTACHMENTS | _ERASURES,
    SEVERAL_WITH_ERASURES: _CONTENT | _ATTACHMENTS | _ERASURES,
}
_SEVERAL = (SEVERAL_LOGS, SEVERAL_WITH_ERASURES)
"""Versions for policies of several logs."""

_BATCH_ITEMS = {version: 4 if version in (WITH_PATHS, *_SEVERAL) else 5 for version in _NAMES}
MAX_FILE_BYTES = cbor.MAX_BYTES
_ARRAY_OF_TWO = 0x82
_DIGEST_HEAD = bytes([0x58, HASH_BYTES])  # a byte string of 32 bytes
_CLOSING_BYTES = len(_DIGEST_HEAD) + HASH_BYTES


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One record shown: its index in the batch, its salt, its bytes, and its path.

    `path` is None where the whole batch is shown, as one of a single record always is: then the
    root follows from all leaves. It is None, too, where the batch has one proof for all.
    """

    index: int
    salt: bytes
    record: bytes
    path: tuple[bytes, ...] | None = None


@dataclass(frozen=True, slots=True)
class Voucher:
    """A log's receipt for a statement, and which of the bundle's checkpoints it belongs to."""

    receipt: bytes
    checkpoint: int


@dataclass(frozen=True, slots=True)
class BundledBatch:
    """One batch: statement, receipt, and which checkpoint the receipt belongs to.

    `proof` is the multi-proof of the records shown, where they are neither all nor none. `further`
    are what other logs than the first one vouch with.
    """

    statement: bytes
    receipt: bytes
    checkpoint: int
    disclosed: tuple[Disclosed, ...]
    proof: tuple[bytes, ...] | None = None
    further: tuple[Voucher, ...] = ()

    @property
    def vouchers(self) -> tuple[Voucher, ...]:
        """The receipts of all logs, in the order of their checkpoints."""
        return (Voucher(self.receipt, self.checkpoint), *self.further)

    def check_leaves(self, batch: Batch) -> None:
        """Return None when every record shown is under the signed root, else ProofError."""
        hashes = [salted_leaf(item.salt, item.record) for item in self.disclosed]
        if self.proof is not None:
            shown = {item.index: leaf for item, leaf in zip(self.disclosed, hashes, strict=True)}
            if root_from_some(batch.count, shown, self.proof) != batch.root:
                raise ProofError("proof-root", "the proof leads to another root")
            return
        if self.whole:
            if len(hashes) != batch.count or root_of(hashes) != batch.root:
                raise ProofError("leaves", "the records are not those under the signed root")
            return
        for leaf, item in zip(hashes, self.disclosed, strict=True):
            assert item.path is not None
            verify_inclusion(leaf, item.index, batch.count, item.path, batch.root)

    @property
    def whole(self) -> bool:
        """Tell whether all records of the batch are shown."""
        return bool(self.disclosed) and self.disclosed[0].path is None and self.proof is None


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the file holds.

    `policy_digest` is that of the policy it was made for; checkpoints stand in the order of their
    sizes, each used by a batch; batches in the order of the gateway's chain; `gaps` are the numbers
    of the `gap` records shown. `attachments` are files that `attachment` records shown name by
    their SHA-256, in the order of these digests. With `several` logs the checkpoints stand in the
    order of the logs' origins first. `erasures` are later batches of the same epochs, each of which
    shows nothing but records that tell what was erased of the batches before.
    """

    policy_digest: bytes
    checkpoints: tuple[bytes, ...]
    batches: tuple[BundledBatch, ...]
    gaps: tuple[int, ...]
    attachments: tuple[bytes, ...] = ()
    several: bool = False
    erasures: tuple[BundledBatch, ...] = ()

    @property
    def version(self) -> int:
        """The oldest version that can say all of it."""
        if self.erasures:
            return SEVERAL_WITH_ERASURES if self.several else WITH_ERASURES
        if self.several:
            return SEVERAL_LOGS
        proofs = any(batch.proof is not None for batch in self.batches)
        return WITH_PROOFS if proofs or self.attachments else WITH_PATHS

    def to_bytes(self) -> bytes:
        """Return the file."""
        version = self.version
        fields: dict[int, cbor.Value] = {
            0: version,
            1: self.policy_digest,
            2: self.checkpoints,
            3: tuple(_batch_value(batch, version) for batch in self.batches),
            4: self.gaps,
        }
        if version != WITH_PATHS:
            fields[5] = self.attachments
        if self.erasures:
            fields[6] = tuple(_batch_value(batch, version) for batch in self.erasures)
        content = cbor.encode(fields)
        head = bytes([_ARRAY_OF_TWO]) + cbor.encode(content)
        return head + _DIGEST_HEAD + hashlib.sha256(head).digest()


class AlteredError(EvidenceError):
    """The closing digest does not match: the file is not as it was made."""


def parse_bundle(data: bytes) -> Bundle:
    """Read a bundle. AlteredError when its closing digest is wrong, MalformedError when it is none.

    The digest only finds accidents; what the content says is proven by signatures elsewhere.
    """
    if len(data) > MAX_FILE_BYTES:
        raise MalformedError("cbor-size", f"{len(data)} bytes are more than {MAX_FILE_BYTES}")
    if data[:1] != bytes([_ARRAY_OF_TWO]) or data[-_CLOSING_BYTES:][:2] != _DIGEST_HEAD:
        raise MalformedError("bundle", "the file is no Tallyman bundle, or its end is missing")
    if hashlib.sha256(data[:-_CLOSING_BYTES]).digest() != data[-HASH_BYTES:]:
        raise AlteredError("bundle-digest", "the closing digest does not match the file")
    content, closing = as_array(cbor.decode(data), "bundle", 2)
    as_bytes(closing, "closing digest", HASH_BYTES)
    fields = as_map(cbor.decode(as_bytes(content, "content")), "content")
    version = as_version(fields.get(0), _NAMES, "bundle")
    exactly(fields, _NAMES[version])
    return Bundle(
        policy_digest=as_bytes(fields[1], "policy digest", HASH_BYTES),
        checkpoints=tuple(as_bytes(x, "checkpoint") for x in as_array(fields[2], "checkpoints")),
        batches=tuple(_parse_batch(x, version) for x in as_array(fields[3], "batches")),
        gaps=tuple(as_uint(x, "gap") for x in as_array(fields[4], "gaps")),
        attachments=_parse_attachments(fields.get(5, ())),
        several=version in _SEVERAL,
        erasures=_parse_erasures(fields, version),
    )


def _parse_erasures(
    fields: Mapping[int | str, cbor.Value], version: int
) -> tuple[BundledBatch, ...]:
    if version not in (WITH_ERASURES, SEVERAL_WITH_ERASURES):
        return ()
    found = tuple(_parse_batch(x, version) for x in as_array(fields[6], "erasures"))
    if not found or not all(batch.disclosed for batch in found):
        raise MalformedError("bundle-erasures", "each batch of erasures shows one at least")
    return found


def _batch_value(batch: BundledBatch, version: int) -> cbor.Value:
    head: tuple[cbor.Value, ...] = (batch.statement, batch.receipt, batch.checkpoint)
    if version in _SEVERAL:
        head = (batch.statement, tuple((x.receipt, x.checkpoint) for x in batch.vouchers))
    if version == WITH_PATHS:
        with_paths = tuple((x.index, x.salt, x.record, x.path) for x in batch.disclosed)
        return (*head, with_paths)
    assert all(item.path is None for item in batch.disclosed), "only version 1 has paths"
    return (*head, tuple((x.index, x.salt, x.record) for x in batch.disclosed), batch.proof)


def _parse_attachments(value: cbor.Value) -> tuple[bytes, ...]:
    files = tuple(as_bytes(x, "attachment") for x in as_array(value, "attachments"))
    digests = (hashlib.sha256(file).digest() for file in files)
    if any(one >= other for one, other in pairwise(digests)):
        raise MalformedError("bundle-order", "attachments stand in the order of their digests")
    return files


def _parse_batch(value: cbor.Value, version: int) -> BundledBatch:
    statement, *parts = as_array(value, "batch", _BATCH_ITEMS[version])
    vouchers = parts.pop(0) if version in _SEVERAL else ((parts.pop(0), parts.pop(0)),)
    parse = _parse_with_path if version == WITH_PATHS else _parse_disclosed
    items = tuple(parse(item) for item in as_array(parts.pop(0), "disclosed"))
    proof = None
    if parts and parts[0] is not None:
        proof = tuple(as_bytes(x, "hash") for x in as_array(parts[0], "proof"))
    _check_form(items, proof)
    encoded = as_bytes(statement, "statement")
    first, *further = _parse_vouchers(vouchers)
    return BundledBatch(encoded, first.receipt, first.checkpoint, items, proof, tuple(further))


def _parse_vouchers(value: cbor.Value) -> list[Voucher]:
    pairs = [as_array(pair, "voucher", 2) for pair in as_array(value, "vouchers")]
    vouchers = [
        Voucher(as_bytes(receipt, "receipt"), as_uint(checkpoint, "checkpoint"))
        for receipt, checkpoint in pairs
    ]
    if not vouchers:
        raise MalformedError("shape", "a batch has a receipt at least")
    places = [voucher.checkpoint for voucher in vouchers]
    if places != sorted(set(places)):
        raise MalformedError("bundle-order", "receipts stand in the order of their checkpoints")
    return vouchers


def _check_form(items: tuple[Disclosed, ...], proof: tuple[bytes, ...] | None) -> None:
    """Refuse a second form of the same: what is shown whole has neither paths nor a proof."""
    if len({item.path is None for item in items}) > 1:
        raise MalformedError("bundle-paths", "a batch is shown whole, or each record has a path")
    if proof is not None and not (proof and items):
        raise MalformedError("bundle-paths", "a proof is for a part of a batch")
    indexes = [item.index for item in items]
    whole = bool(items) and items[0].path is None and proof is None
    if indexes != (list(range(len(items))) if whole else sorted(set(indexes))):
        raise MalformedError("bundle-order", "records of a batch are shown in order, once each")


def _parse_disclosed(value: cbor.Value) -> Disclosed:
    index, salt, record = as_array(value, "disclosed record", 3)
    return _disclosed(index, salt, record)


def _parse_with_path(value: cbor.Value) -> Disclosed:
    index, salt, record, path = as_array(value, "disclosed record", 4)
    hashes = None if path is None else tuple(as_bytes(x, "hash") for x in as_array(path, "path"))
    if hashes == ():
        raise MalformedError("bundle-paths", "a batch of one record is shown whole")
    return _disclosed(index, salt, record, hashes)


def _disclosed(
    index: cbor.Value,
    salt: cbor.Value,
    record: cbor.Value,
    path: tuple[bytes, ...] | None = None,
) -> Disclosed:
    return Disclosed(
        as_uint(index, "index"),
        as_bytes(salt, "salt", SALT_BYTES),
        as_bytes(record, "record"),
        path,
    )
