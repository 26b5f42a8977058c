"""COSE_Sign1 (RFC 9052 §4.2), tagged, with the protected header kept as it was received."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from evidence import cbor
from evidence.cbor import Tag, Value
from evidence.errors import MalformedError, SignatureError
from evidence.keys import KID_BYTES, PublicKey
from evidence.shape import Map, as_array, as_bytes, as_int, as_map
from foundation.dataclass import dataclass

Sign = Callable[[bytes], bytes]
"""Signs bytes with a private key that stays where it is; returns the raw signature (r ‖ s)."""

SIGN1_TAG = 18
_TAGS = frozenset({SIGN1_TAG})

# Header labels: RFC 9052 §3.1, RFC 9597 (CWT claims), RFC 9596 (typ)
ALG, CRIT, KID, CWT_CLAIMS, TYP = 1, 2, 4, 15, 16


@dataclass(frozen=True, slots=True)
class Sign1:
    """One signed object. `protected` is the encoded header exactly as received or made."""

    protected: bytes
    header: Map
    unprotected: Map
    payload: bytes | None
    signature: bytes

    def to_bytes(self) -> bytes:
        """Return the tagged encoding."""
        items = (self.protected, self.unprotected, self.payload, self.signature)
        return cbor.encode(Tag(SIGN1_TAG, items))

    def signed_bytes(self, detached: bytes | None = None) -> bytes:
        """Return the Sig_structure (RFC 9052 §4.4); `detached` stands in for a nil payload."""
        return sig_structure(self.protected, self._content(detached))

    def digest(self) -> bytes:
        """Return SHA-256 of the Sig_structure: what was signed, whatever the signature bytes."""
        return hashlib.sha256(self.signed_bytes()).digest()

    @property
    def algorithm(self) -> int:
        """The protected `alg`."""
        return as_int(self.header.get(ALG), "alg")

    @property
    def kid(self) -> bytes:
        """The protected `kid`."""
        return as_bytes(self.header.get(KID), "kid")

    def check_names(self) -> None:
        """Return None when alg and kid are of the type and length that a key's are."""
        as_bytes(self.header.get(KID), "kid", KID_BYTES)
        as_int(self.header.get(ALG), "alg")

    def verify(self, key: PublicKey, detached: bytes | None = None) -> None:
        """Return None when the signature is by `key` under the protected algorithm."""
        if self.kid != key.kid:
            raise SignatureError("kid", "the signature names another key")
        key.verify(self.algorithm, self.signed_bytes(detached), self.signature)

    def _content(self, detached: bytes | None) -> bytes:
        if (self.payload is None) == (detached is None):
            raise MalformedError("cose-payload", "the payload must be attached or given, not both")
        content = detached if self.payload is None else self.payload
        assert content is not None
        return content


def sig_structure(protected: bytes, payload: bytes) -> bytes:
    """Return the bytes that a COSE_Sign1 signs, with no external data."""
    return cbor.encode(("Signature1", protected, b"", payload))


def sign(
    header: Map,
    payload: bytes,
    signer: Sign,
    *,
    unprotected: Map | None = None,
    detached: bool = False,
) -> Sign1:
    """Return a new signed object; with `detached` the payload is signed but not carried."""
    protected = cbor.encode(header)
    signature = signer(sig_structure(protected, payload))
    carried = None if detached else payload
    return Sign1(protected, header, unprotected or {}, carried, signature)


def parse(data: bytes) -> Sign1:
    """Read a tagged COSE_Sign1; MalformedError for anything that is not exactly one.

    Critical headers are refused, as none is understood; a label may stand in one bucket only.
    """
    outer = cbor.decode(data, tags=_TAGS)
    if not isinstance(outer, Tag):
        raise MalformedError("cose-tag", "a COSE_Sign1 must carry tag 18")
    items = as_array(outer.value, "COSE_Sign1", 4)
    if _has_tag(items):
        raise MalformedError("shape", "tag 18 stands within a COSE_Sign1")
    protected, unprotected, payload, signature = items
    encoded = as_bytes(protected, "protected header")
    header = as_map(cbor.decode(encoded), "protected header")
    loose = as_map(unprotected, "unprotected header")
    if CRIT in header or CRIT in loose:
        raise MalformedError("cose-crit", "a critical header that is not understood")
    if header.keys() & loose.keys():
        raise MalformedError("cose-header", "a label stands in both headers")
    content = None if payload is None else as_bytes(payload, "payload")
    return Sign1(encoded, header, loose, content, as_bytes(signature, "signature"))


def _has_tag(value: Value) -> bool:
    if isinstance(value, tuple):
        return any(map(_has_tag, value))
    if isinstance(value, dict):
        return any(map(_has_tag, value.values()))
    return isinstance(value, Tag)
