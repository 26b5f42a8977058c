"""Receipts and custody receipts (PROTOCOL.md, "Receipt", "Custody")."""

from __future__ import annotations

from dataclasses import dataclass

from tests.independent.cbor import decode
from tests.independent.cose import PublicKey, Signed, check_names, read_sign1
from tests.independent.merkle import inclusion_root, root_before
from tests.independent.reasons import Refused
from tests.independent.shape import array, blob, count, exact_map, num, text

MAX_SIZE = 4096


@dataclass(frozen=True)
class Receipt:
    """A receipt whose form has been checked."""

    signed: Signed
    iss: str
    size: int
    index: int
    path: list[bytes]

    @property
    def before(self) -> bytes:
        """The log's root before the statement ("Several logs")."""
        return root_before(self.size, self.index, self.path)

    def verify(self, key: PublicKey, leaf: bytes) -> bytes:
        """Return the signed root that the path leads to."""
        root = inclusion_root(self.size, self.index, self.path, leaf)
        self.signed.verify(key, root)
        return root


def read_receipt(data: bytes) -> Receipt:
    """Read a receipt's form."""
    if len(data) > MAX_SIZE:
        raise Refused("receipt-size")
    signed = read_sign1(data)
    exact_map(signed.header, {1, 4, 15, 395})
    check_names(signed)
    if num(signed.header[395]) != 1:
        raise Refused("receipt-vds")
    if signed.payload is not None:
        raise Refused("receipt-payload")
    claims = exact_map(signed.header[15], {1, 2})
    if claims[2] != "receipt":
        raise Refused("subject")
    iss = text(claims[1])
    proofs = array(exact_map(exact_map(signed.unprotected, {396})[396], {-1})[-1], 1)
    proof = array(decode(blob(proofs[0])), 3)
    size, index = count(proof[0]), count(proof[1])
    path = [blob(item) for item in array(proof[2])]
    return Receipt(signed, iss, size, index, path)


CUSTODY_SIZE, CUSTODY_TYP = 1024, "tallyman/custody"


@dataclass(frozen=True)
class Custody:
    """A custody receipt whose form has been checked."""

    signed: Signed
    payload: bytes
    iss: str
    issued: int
    statement: bytes
    body: bytes


def read_custody(data: bytes) -> Custody:
    """Read a custody receipt's form."""
    if len(data) > CUSTODY_SIZE:
        raise Refused("custody-size")
    signed = read_sign1(data)
    exact_map(signed.header, {1, 4, 15, 16})
    exact_map(signed.unprotected, set())
    check_names(signed)
    claims = exact_map(signed.header[15], {1, 2, 6})
    iss, issued = text(claims[1]), count(claims[6])
    if claims[2] != "custody" or signed.header[16] != CUSTODY_TYP:
        raise Refused("subject")
    if signed.payload is None:
        raise Refused("custody-payload")
    kept = array(decode(signed.payload), 3)
    if num(kept[0]) != 1:
        raise Refused("version")
    return Custody(signed, signed.payload, iss, issued, blob(kept[1], 32), blob(kept[2], 32))


def check_custody(data: bytes, key: PublicKey, origin: str, kept: tuple[bytes, bytes]) -> Custody:
    """Read a custody receipt for a statement (its digest) and a body (its SHA-256)."""
    custody = read_custody(data)
    if custody.iss != origin:
        raise Refused("origin")
    custody.signed.verify(key, custody.payload)
    if custody.statement != kept[0]:
        raise Refused("custody-statement")
    if custody.body != kept[1]:
        raise Refused("custody-body")
    return custody


def check_receipt(data: bytes, key: PublicKey, origin: str, leaf: bytes) -> bytes:
    """Return the root that a receipt signs for a log leaf."""
    receipt = read_receipt(data)
    if receipt.iss != origin:
        raise Refused("origin")
    return receipt.verify(key, leaf)
