"""Receipts (RFC 9942, vds 1): the log's signature over a root, with the proof that leads there.

A receipt signs the root only. Its size and index are believed when a checkpoint with that root and
size is (docs/PROTOCOL.md, "What a receipt does not say").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evidence import cbor, cose
from evidence.cose import Sign, Sign1
from evidence.errors import MalformedError
from evidence.keys import PublicKey
from evidence.merkle import root_before, root_from_inclusion
from evidence.shape import Map, as_array, as_bytes, as_int, as_map, as_text, as_uint, exactly
from evidence.statement import ISS, SUB
from foundation.dataclass import dataclass

# RFC 9942 §2: vds, vdp and, under vdp, the inclusion proofs
VDS, VDP, INCLUSION = 395, 396, -1
RFC9162_SHA256 = 1
SUBJECT = "receipt"

MAX_RECEIPT_BYTES = 4096
"""A path of 63 hashes and the signature fit in 2.3 KB."""

_HEADER = {cose.ALG: "alg", cose.KID: "kid", VDS: "vds", cose.CWT_CLAIMS: "CWT claims"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A parsed receipt; nothing in it is believed yet."""

    origin: str
    size: int
    index: int
    path: tuple[bytes, ...]
    kid: bytes
    sign1: Sign1

    def root(self, leaf: bytes) -> bytes:
        """Return the root that the proof leads to from `leaf`, or raise ProofError."""
        return root_from_inclusion(leaf, self.index, self.size, self.path)

    @property
    def before(self) -> bytes:
        """The log's root before the statement; of a path that led to a root (`root_before`)."""
        return root_before(self.index, self.size, self.path)

    def verify(self, root: bytes, key: PublicKey) -> None:
        """Return None when `key` signed `root` here, else SignatureError."""
        self.sign1.verify(key, detached=root)


def sign_receipt(
    origin: str,
    size: int,
    index: int,
    path: Sequence[bytes],
    root: bytes,
    key: PublicKey,
    algorithm: int,
    signer: Sign,
) -> bytes:
    """Return the encoded receipt for leaf `index` under the tree (size, root)."""
    return sign_receipts(origin, size, {index: path}, root, key, algorithm, signer)[index]


def sign_receipts(
    origin: str,
    size: int,
    paths: Mapping[int, Sequence[bytes]],
    root: bytes,
    key: PublicKey,
    algorithm: int,
    signer: Sign,
) -> dict[int, bytes]:
    """Return by index a receipt for each path under the tree (size, root).

    All sign the same bytes, the root, so one signature serves them all.
    """
    header: dict[int | str, cbor.Value] = {
        cose.ALG: algorithm,
        cose.KID: key.kid,
        VDS: RFC9162_SHA256,
        cose.CWT_CLAIMS: {ISS: origin, SUB: SUBJECT},
    }
    signed = cose.sign(header, root, signer, detached=True)
    return {
        index: replace(signed, unprotected=_vdp(size, index, path)).to_bytes()
        for index, path in paths.items()
    }


def _vdp(size: int, index: int, path: Sequence[bytes]) -> Map:
    proof = cbor.encode((size, index, tuple(path)))
    return {VDP: {INCLUSION: (proof,)}}


def parse_receipt(data: bytes) -> Receipt:
    """Read a receipt with exactly one inclusion proof; MalformedError for anything else."""
    if len(data) > MAX_RECEIPT_BYTES:
        raise MalformedError("receipt-size", f"{len(data)} bytes are no receipt")
    sign1 = cose.parse(data)
    exactly(sign1.header, _HEADER)
    sign1.check_names()
    if as_int(sign1.header[VDS], "vds") != RFC9162_SHA256:
        raise MalformedError("receipt-vds", "the receipt is not about an RFC 9162 tree")
    if sign1.payload is not None:
        raise MalformedError("receipt-payload", "a receipt's payload is detached")
    claims = as_map(sign1.header[cose.CWT_CLAIMS], "CWT claims")
    exactly(claims, {ISS: "iss", SUB: "sub"})
    if claims[SUB] != SUBJECT:
        raise MalformedError("subject", "the object says that it is no receipt")
    origin = as_text(claims[ISS], "iss")
    size, index, path = _parse_proof(sign1)
    return Receipt(origin, size, index, path, sign1.kid, sign1)


def _parse_proof(sign1: Sign1) -> tuple[int, int, tuple[bytes, ...]]:
    exactly(sign1.unprotected, {VDP: "vdp"})
    proofs = as_map(sign1.unprotected[VDP], "vdp")
    exactly(proofs, {INCLUSION: "inclusion proofs"})
    (encoded,) = as_array(proofs[INCLUSION], "inclusion proofs", 1)
    size, index, path = as_array(cbor.decode(as_bytes(encoded, "proof")), "proof", 3)
    hashes = tuple(as_bytes(item, "hash") for item in as_array(path, "path"))
    return as_uint(size, "tree size"), as_uint(index, "leaf index"), hashes
