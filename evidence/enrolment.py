"""A gateway's request to be admitted by a single-use token (docs/PROTOCOL.md, "Enrolment").

A COSE_Sign1 by the very statement key that asks to be admitted: whoever holds a token cannot enrol
a key of another. That the CURVE key is the asker's own, the connection has shown.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from evidence import cbor, cose
from evidence.cose import Sign, Sign1
from evidence.errors import MalformedError
from evidence.keys import PublicKey
from evidence.shape import as_bytes, as_map, as_text, exactly, fail

TYPE = "tallyman/enrolment"

TOKEN = re.compile(r"[a-z2-7]{26}")
"""128 random bits in base32 (RFC 4648, lower case, unpadded): nobody guesses one."""

CURVE_BYTES = 40
"""A CURVE key of 32 bytes in Z85 (ZeroMQ RFC 32)."""

_TOKEN, _NAME, _ISSUER, _CURVE, _KEY = 1, 2, 3, 4, 5
_FIELDS = {_TOKEN: "token", _NAME: "name", _ISSUER: "issuer", _CURVE: "curve", _KEY: "key"}
_HEADER = {cose.ALG: "alg", cose.KID: "kid", cose.TYP: "typ"}


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to be admitted; `curve` is its public CURVE key in Z85."""

    token: str
    name: str
    issuer: str
    curve: str
    key: PublicKey


def token_digest(token: str) -> str:
    """Return what is kept of a token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_request(request: Request, algorithm: int, sign: Sign) -> bytes:
    """Return the request, signed by the key it names."""
    header: dict[int | str, cbor.Value] = {
        cose.ALG: algorithm,
        cose.KID: request.key.kid,
        cose.TYP: TYPE,
    }
    fields: dict[int | str, cbor.Value] = {
        _TOKEN: request.token,
        _NAME: request.name,
        _ISSUER: request.issuer,
        _CURVE: request.curve,
        _KEY: request.key.to_cose(),
    }
    return cose.sign(header, cbor.encode(fields), sign).to_bytes()


def parse_request(data: bytes) -> Request:
    """Read a request and check its signature; MalformedError or SignatureError otherwise."""
    signed = cose.parse(data)
    exactly(signed.header, _HEADER)
    if signed.header[cose.TYP] != TYPE or signed.unprotected:
        raise MalformedError("enrolment", "the object is not a request to be admitted")
    signed.check_names()
    request = _request(signed)
    signed.verify(request.key)
    return request


def _request(signed: Sign1) -> Request:
    fields = as_map(cbor.decode(as_bytes(signed.payload, "payload")), "enrolment request")
    exactly(fields, _FIELDS)
    token = as_text(fields[_TOKEN], "token")
    if not TOKEN.fullmatch(token):
        raise MalformedError("token", "that is no token: 26 letters and digits of base32")
    return Request(
        token,
        as_text(fields[_NAME], "name"),
        as_text(fields[_ISSUER], "issuer"),
        _curve(fields[_CURVE]),
        PublicKey.from_cose(as_bytes(fields[_KEY], "key")),
    )


def _curve(value: cbor.Value) -> str:
    curve = as_text(value, "curve")
    if len(curve.encode()) != CURVE_BYTES:
        raise fail("curve", f"{CURVE_BYTES} bytes")
    return curve
