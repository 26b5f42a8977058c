"""COSE keys and COSE_Sign1 (PROTOCOL.md, "Keys", "COSE_Sign1")."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import ecdsa  # type: ignore[import-untyped]
from ecdsa.util import sigdecode_string  # type: ignore[import-untyped]

from tests.independent import ed25519
from tests.independent.cbor import SIGN1, Item, Key, Tag, decode, encode
from tests.independent.reasons import Refused
from tests.independent.shape import any_map, array, blob, blob_or_null, exact_map, num

CRIT = 2


@dataclass(frozen=True)
class Kind:
    """What a pair of key type and curve settles."""

    size: int
    algorithms: tuple[int, ...]
    curve: Any
    digest: Any


KINDS = {
    (2, 1): Kind(32, (-9, -7), ecdsa.NIST256p, hashlib.sha256),
    (2, 2): Kind(48, (-51, -35), ecdsa.NIST384p, hashlib.sha384),
    (1, 6): Kind(32, (-19, -8), ecdsa.Ed25519, None),
}


@dataclass(frozen=True)
class PublicKey:
    """A COSE_Key that has been checked."""

    raw: bytes
    kind: Kind
    point: bytes

    @property
    def thumbprint(self) -> bytes:
        """RFC 9679: SHA-256 over the map of required parameters."""
        return hashlib.sha256(self.raw).digest()

    @property
    def kid(self) -> bytes:
        """The first 8 bytes of the thumbprint."""
        return self.thumbprint[:8]

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature`, of the right length, is over `data`."""
        if self.kind.digest is None:
            return ed25519.verifies(self.point, signature, data)
        try:
            key = ecdsa.VerifyingKey.from_string(self.point, self.kind.curve, self.kind.digest)
            return bool(key.verify(signature, data, self.kind.digest, sigdecode_string))
        except (ecdsa.BadSignatureError, ecdsa.MalformedPointError, ValueError, AssertionError):
            return False


def read_key(data: bytes) -> PublicKey:
    """Read a COSE_Key ("Keys")."""
    item = any_map(decode(data))
    if 1 not in item or -1 not in item:
        raise Refused("shape")
    kind = KINDS.get((num(item[1]), num(item[-1])))
    if kind is None:
        raise Refused("key-curve")
    if kind.digest is None:
        exact_map(item, {1, -1, -2})
        if not ed25519.is_key(blob(item[-2], kind.size)):
            raise Refused("key-point")
        return PublicKey(data, kind, blob(item[-2]))
    exact_map(item, {1, -1, -2, -3})
    x, y = blob(item[-2], kind.size), blob(item[-3], kind.size)
    if not _on_curve(kind, int.from_bytes(x, "big"), int.from_bytes(y, "big")):
        raise Refused("key-point")
    return PublicKey(data, kind, x + y)


def _on_curve(kind: Kind, x: int, y: int) -> bool:
    curve = kind.curve.curve
    p = int(curve.p())
    return x < p and y < p and bool(curve.contains_point(x, y))


@dataclass(frozen=True)
class Signed:
    """A COSE_Sign1 whose outer form has been checked."""

    protected: bytes
    header: dict[Key, Item]
    unprotected: dict[Key, Item]
    payload: bytes | None
    signature: bytes

    def sig_structure(self, payload: bytes) -> bytes:
        """RFC 9052, 4.4, without external data."""
        return encode(["Signature1", self.protected, b"", payload])

    def verify(self, key: PublicKey, payload: bytes) -> None:
        """Verify with a key; alg and kid are known to be there ("COSE_Sign1")."""
        if self.header[4] != key.kid:
            raise Refused("kid")
        if self.header[1] not in key.kind.algorithms:
            raise Refused("algorithm")
        if len(self.signature) != 2 * key.kind.size:
            raise Refused("signature-length")
        if not key.verifies(self.signature, self.sig_structure(payload)):
            raise Refused("signature")


def read_sign1(data: bytes) -> Signed:
    """Read a tagged COSE_Sign1 in the order of "COSE_Sign1"."""
    item = decode(data, (SIGN1,))
    if not isinstance(item, Tag):
        raise Refused("cose-tag")
    parts = array(item.item, 4)
    if _has_tag(parts):
        raise Refused("shape")
    protected = blob(parts[0])
    header = any_map(decode(protected))
    unprotected = any_map(parts[1])
    if CRIT in header or CRIT in unprotected:
        raise Refused("cose-crit")
    if set(header) & set(unprotected):
        raise Refused("cose-header")
    payload = blob_or_null(parts[2])
    return Signed(protected, header, unprotected, payload, blob(parts[3]))


def _has_tag(item: Item) -> bool:
    if isinstance(item, list):
        return any(map(_has_tag, item))
    if isinstance(item, dict):
        return any(map(_has_tag, item.values()))
    return isinstance(item, Tag)


def check_names(signed: Signed) -> None:
    """Type and length of alg and kid, whose labels are there."""
    num(signed.header[1])
    blob(signed.header[4], 8)
