"""Public keys as COSE_Key (RFC 9052 §7), their thumbprints, and what they may verify.

The key decides the algorithm: a header that asks for another is refused before any arithmetic.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence import cbor
from evidence.algorithms import ALGORITHMS
from evidence.ecdsa import Ecdsa
from evidence.ed25519 import is_public_key
from evidence.errors import MalformedError, SignatureError
from evidence.shape import as_bytes, as_int, as_map, exactly
from foundation.dataclass import dataclass

ES256, ESP256 = ALGORITHMS["ES256"], ALGORITHMS["ESP256"]
ES384, ESP384 = ALGORITHMS["ES384"], ALGORITHMS["ESP384"]
EDDSA, ED25519 = ALGORITHMS["EdDSA"], ALGORITHMS["Ed25519"]

KID_BYTES = 8
"""A kid is the first bytes of the RFC 9679 thumbprint: long enough to tell pinned keys apart."""

KEYS_KEPT = 1024
"""Keys whose loaded form is remembered: those of the gateways that a node serves at a time."""

_KTY, _CRV, _X, _Y = 1, -1, -2, -3  # RFC 9052 §7.1, RFC 9053 §7
_OKP, _EC2 = 1, 2


class Curve(Enum):
    """A curve: its COSE id, its coordinates' length in bytes, and the algorithms it serves."""

    P256 = (1, 32, frozenset({ES256, ESP256}))
    P384 = (2, 48, frozenset({ES384, ESP384}))
    ED25519 = (6, 32, frozenset({EDDSA, ED25519}))

    @property
    def identifier(self) -> int:
        """The IANA COSE elliptic curve id."""
        return self.value[0]

    @property
    def size(self) -> int:
        """Bytes of one coordinate, and of each half of a signature."""
        return self.value[1]

    @property
    def algorithms(self) -> frozenset[int]:
        """Algorithm ids that a key on this curve may verify."""
        return self.value[2]


_ECDSA = {Curve.P256: Ecdsa(hashes.SHA256()), Curve.P384: Ecdsa(hashes.SHA384())}
_CURVES = {curve.identifier: curve for curve in Curve}
_CURVE_OF = {algorithm: curve for curve in Curve for algorithm in curve.algorithms}


def curve_of(algorithm: int) -> Curve:
    """Return the curve whose keys sign under `algorithm`; KeyError for an id that is not used."""
    return _CURVE_OF[algorithm]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verification key; `y` is empty for Ed25519."""

    curve: Curve
    x: bytes
    y: bytes = b""

    @classmethod
    def from_cose(cls, data: bytes) -> PublicKey:
        """Read a COSE_Key with exactly the required parameters; MalformedError otherwise."""
        fields = as_map(cbor.decode(data), "COSE_Key")
        kty, crv = as_int(fields.get(_KTY), "kty"), as_int(fields.get(_CRV), "crv")
        curve, okp = _CURVES.get(crv), kty == _OKP
        if curve is None or okp != (curve is Curve.ED25519) or kty not in (_OKP, _EC2):
            raise MalformedError("key-curve", "the key is on no curve that is accepted here")
        exactly(fields, {_KTY: "kty", _CRV: "crv", _X: "x"} | ({} if okp else {_Y: "y"}))
        y = b"" if okp else as_bytes(fields[_Y], "y", curve.size)
        key = cls(curve, as_bytes(fields[_X], "x", curve.size), y)
        try:
            _public_key(key)
        except ValueError as error:
            raise MalformedError(
                "key-point", "the key is no point of its curve, or of small order"
            ) from error
        return key

    def to_cose(self) -> bytes:
        """Return the COSE_Key of required parameters, in deterministic order."""
        fields: dict[int, cbor.Value] = {_CRV: self.curve.identifier, _X: self.x}
        if self.curve is Curve.ED25519:
            return cbor.encode({_KTY: _OKP} | fields)
        return cbor.encode({_KTY: _EC2} | fields | {_Y: self.y})

    @property
    def thumbprint(self) -> bytes:
        """SHA-256 over the required parameters (RFC 9679 §3)."""
        return hashlib.sha256(self.to_cose()).digest()

    @property
    def kid(self) -> bytes:
        """The short id that headers carry."""
        return _kid(self)

    def verify(self, algorithm: int, message: bytes, signature: bytes) -> None:
        """Return None when `signature` over `message` is by this key, else SignatureError."""
        if algorithm not in self.curve.algorithms:
            raise SignatureError(
                "algorithm", f"algorithm {algorithm} is not for a {self.curve.name} key"
            )
        if len(signature) != 2 * self.curve.size:
            raise SignatureError("signature-length", f"{len(signature)} bytes are no signature")
        try:
            key = _public_key(self)
            if isinstance(key, Ed25519PublicKey):
                key.verify(signature, message)
            else:
                key.verify(_as_der(signature), message, _ECDSA[self.curve])
        except (InvalidSignature, ValueError) as error:
            raise SignatureError("signature", "the signature is not by this key") from error


def _as_der(signature: bytes) -> bytes:
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    return utils.encode_dss_signature(r, s)


@lru_cache(KEYS_KEPT)
def _kid(key: PublicKey) -> bytes:
    return key.thumbprint[:KID_BYTES]


@lru_cache(KEYS_KEPT)
def _public_key(key: PublicKey) -> Ed25519PublicKey | ec.EllipticCurvePublicKey:
    # Loading a P-256 point takes a tenth of a verification, and a few keys sign everything.
    if key.curve is Curve.ED25519:
        if not is_public_key(key.x):
            raise ValueError("no point of Ed25519 that a key may be")
        return Ed25519PublicKey.from_public_bytes(key.x)
    curve = ec.SECP256R1() if key.curve is Curve.P256 else ec.SECP384R1()
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + key.x + key.y)
