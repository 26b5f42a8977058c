"""The hash envelope (RFC 9995): a gateway's signature over a file's SHA-256, the file elsewhere.

It stands in an `attachment` record, and is evidence by itself to whoever has file, envelope and
the gateway's key (docs/PROTOCOL.md, "Attachments").
"""

from __future__ import annotations

from evidence import cbor, cose
from evidence.cose import Sign, Sign1
from evidence.errors import MalformedError
from evidence.keys import PublicKey
from evidence.merkle import HASH_BYTES
from evidence.shape import as_bytes, as_int, as_map, as_text, as_uint, exactly
from foundation.dataclass import dataclass

SUBJECT = "attachment"
SHA_256 = -16  # IANA COSE Algorithms; RFC 9054 §2.1
MAX_ENVELOPE_BYTES = 1024

# Header labels of RFC 9995 §4
HASH_ALG, CONTENT_TYPE, LOCATION = 258, 259, 260

_ISS, _SUB, _IAT = 1, 2, 6  # RFC 8392 §3.1
_HEADER = {
    cose.ALG: "alg",
    cose.KID: "kid",
    cose.CWT_CLAIMS: "CWT claims",
    HASH_ALG: "payload-hash-alg",
    CONTENT_TYPE: "preimage-content-type",
    LOCATION: "payload-location",
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an envelope says; `location` is where the file can be had, or empty.

    `issued_at` is UTC seconds, the signer's own word.
    """

    issuer: str
    issued_at: int
    digest: bytes
    content_type: str
    location: str
    sign1: Sign1

    def verify(self, key: PublicKey) -> None:
        """Return None when it is signed by `key`, else SignatureError."""
        self.sign1.verify(key)


def sign_envelope(
    issuer: str,
    issued_at: int,
    digest: bytes,
    content_type: str,
    kid: bytes,
    algorithm: int,
    signer: Sign,
    location: str = "",
) -> bytes:
    """Return the envelope of the file with the SHA-256 `digest`."""
    header: dict[int | str, cbor.Value] = {
        cose.ALG: algorithm,
        cose.KID: kid,
        cose.CWT_CLAIMS: {_ISS: issuer, _SUB: SUBJECT, _IAT: issued_at},
        HASH_ALG: SHA_256,
        CONTENT_TYPE: content_type,
    }
    if location:
        header[LOCATION] = location
    encoded = cose.sign(header, as_bytes(digest, "digest", HASH_BYTES), signer).to_bytes()
    return _bounded(encoded)


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope; MalformedError for anything that is not exactly one.

    The hash is SHA-256 and nothing else; all labels are protected, as RFC 9995 demands.
    """
    sign1 = cose.parse(_bounded(data))
    if sign1.unprotected or sign1.payload is None:
        raise MalformedError("envelope", "a hash envelope has protected headers and a payload only")
    exactly(sign1.header, _HEADER, frozenset({LOCATION}))
    if as_int(sign1.header[HASH_ALG], "payload-hash-alg") != SHA_256:
        raise MalformedError("envelope-hash", "the file's hash is not SHA-256")
    sign1.check_names()
    claims = as_map(sign1.header[cose.CWT_CLAIMS], "CWT claims")
    exactly(claims, {_ISS: "iss", _SUB: "sub", _IAT: "iat"})
    if claims[_SUB] != SUBJECT:
        raise MalformedError("envelope", "it is signed for another purpose")
    location = ""
    if LOCATION in sign1.header:
        location = as_text(sign1.header[LOCATION], "payload-location")
    return Envelope(
        issuer=as_text(claims[_ISS], "iss"),
        issued_at=as_uint(claims[_IAT], "iat"),
        digest=as_bytes(sign1.payload, "payload", HASH_BYTES),
        content_type=as_text(sign1.header[CONTENT_TYPE], "preimage-content-type"),
        location=location,
        sign1=sign1,
    )


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_ENVELOPE_BYTES:
        raise MalformedError("envelope", f"an envelope has {MAX_ENVELOPE_BYTES} bytes at most")
    return data
