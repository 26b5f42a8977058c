"""A cut body: what is left of a body from which records were erased (docs/PROTOCOL.md, "Cut body").

The records that stay keep their salts; of the others nothing is left but the hashes of subtrees
that hold none of those that stay. The seed goes with the first record, as it gives every salt: who
has the salt of an erased record can try what it may have said against the hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evidence import cbor
from evidence.body import COLUMNS, ROWS, check_body, columns_of, leaves, rows_of, unpacked
from evidence.bundle import BundledBatch, Disclosed
from evidence.errors import EvidenceError, MalformedError, ProofError
from evidence.leaf import SALT_BYTES, SEED_BYTES, Salts, salted_leaf
from evidence.merkle import HASH_BYTES, Tree
from evidence.multi_proof import proof_of_fewer, proof_of_some, root_from_some
from evidence.shape import as_array, as_bytes, as_uint
from evidence.statement import MAX_RECORDS, Batch, parse_statement

VERSION = 1

INDEX_BYTES = MAX_RECORDS // 8
"""A bit for each record of the largest batch."""

Stays = Callable[[bytes], bool]
"""Tells of a record's bytes whether it stays, or is to be shown."""


@dataclass(frozen=True, slots=True)
class CutBody:
    """The records that are left of a batch, in order, and what proves them beside the others.

    `proof` is a multi-proof (docs/PROTOCOL.md, "Bundle"); empty where nothing is left.
    """

    left: tuple[Disclosed, ...]
    proof: tuple[bytes, ...]

    def check(self, batch: Batch) -> None:
        """Return None when all that is left is under the root that `batch` signs, else ProofError.

        Where nothing is left there is nothing to prove.
        """
        if self.left and root_from_some(batch.count, self._hashes(), self.proof) != batch.root:
            raise ProofError("body-root", "what is left of the body is not under the signed root")

    def only(self, batch: Batch, stays: Stays) -> CutBody:
        """Return what is left of this when the records go that do not stay."""
        left = tuple(item for item in self.left if stays(item.record))
        if len(left) == len(self.left):
            return self
        indexes = [item.index for item in left]
        proof = proof_of_fewer(batch.count, self._hashes(), self.proof, indexes) if left else ()
        return CutBody(left, tuple(proof))

    def _hashes(self) -> dict[int, bytes]:
        return {item.index: salted_leaf(item.salt, item.record) for item in self.left}

    def to_bytes(self) -> bytes:
        """Return the form in which it is stored; it reads back as the same, or it is an error."""
        records = [item.record for item in self.left]
        for codec, pack in ((COLUMNS, columns_of), (ROWS, rows_of)):
            packed = pack(records) if records else b""
            data = cbor.encode(
                (
                    VERSION,
                    _joined_indexes(item.index for item in self.left),
                    b"".join(item.salt for item in self.left),
                    codec,
                    packed,
                    b"".join(self.proof),
                )
            )
            if _reads_as(data, self):
                return data
        raise MalformedError("shape", "a cut body does not read back")


def cut_body(body: bytes, batch: Batch, stays: Stays) -> CutBody | None:
    """Return what is left of a whole body when the records go that do not stay; None: all stay."""
    records = check_body(body, batch)
    seed = body[:SEED_BYTES]
    salt = Salts(seed)
    left = tuple(
        Disclosed(index, salt(index), record)
        for index, record in enumerate(records)
        if stays(record)
    )
    if len(left) == len(records):
        return None
    if not left:
        return CutBody((), ())
    tree = Tree(leaves(seed, records))
    proof = proof_of_some(tree.node, tree.size, [item.index for item in left])
    return CutBody(left, tuple(proof))


def parse_cut_body(data: bytes) -> CutBody:
    """Read what `to_bytes` wrote; MalformedError for anything else. `check` proves it."""
    version, indexes, salts, codec, packed, proof = as_array(cbor.decode(data), "cut body", 6)
    if version != VERSION:
        raise MalformedError("version", f"a cut body of version {version!r} is not known")
    places = _split_indexes(as_bytes(indexes, "indexes"))
    each_salt = _pieces(as_bytes(salts, "salts"), SALT_BYTES)
    if len(each_salt) != len(places):
        raise MalformedError("shape", f"{len(each_salt)} salts for {len(places)} records")
    kept = as_bytes(packed, "records")
    records = unpacked(kept, as_uint(codec, "codec"), len(places)) if places else []
    left = map(Disclosed, places, each_salt, records)
    return CutBody(tuple(left), tuple(_pieces(as_bytes(proof, "proof"), HASH_BYTES)))


def show_left(
    statement: bytes, cut: CutBody, receipt: bytes, checkpoint: int, shows: Stays
) -> BundledBatch:
    """Return the batch with those of the records left that `shows` picks; see `show_some`."""
    batch = parse_statement(statement).batch
    cut.check(batch)
    shown = cut.only(batch, shows)
    return BundledBatch(statement, receipt, checkpoint, shown.left, shown.proof or None)


def _reads_as(data: bytes, cut: CutBody) -> bool:
    try:
        return parse_cut_body(data) == cut
    except EvidenceError:
        return False


def _joined_indexes(indexes: Iterable[int]) -> bytes:
    """Return a bit for each record of the batch up to the last one left, the lowest first."""
    bits = sum(1 << index for index in indexes)
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def _split_indexes(data: bytes) -> list[int]:
    # Time grows with the square of the length: a forged megabyte would take a quarter of an hour.
    if len(data) > INDEX_BYTES:
        raise MalformedError("body-count", f"{len(data)} bytes of indexes are no batch's")
    if data.endswith(b"\0"):
        raise MalformedError("shape", "indexes end with the last record that is left")
    bits = int.from_bytes(data, "little")
    return [index for index in range(bits.bit_length()) if bits >> index & 1]


def _pieces(data: bytes, size: int) -> Sequence[bytes]:
    if len(data) % size:
        raise MalformedError("shape", f"{len(data)} bytes are not made of {size} each")
    return [data[at : at + size] for at in range(0, len(data), size)]
