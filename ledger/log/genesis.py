"""Entry 0 of a log: its own signed statement of the policy it was founded under.

A COSE_Sign1 by the receipt key (docs/PROTOCOL.md, "Genesis"). RFC 9943 wants the registration
policy in the log; and with an entry before all others no gateway's proof is an empty path.
"""

from __future__ import annotations

from dataclasses import dataclass

from evidence import cbor, cose
from evidence.cose import Sign
from evidence.errors import MalformedError
from evidence.keys import EDDSA, PublicKey
from evidence.merkle import HASH_BYTES
from evidence.shape import as_bytes, as_map, as_text, as_uint, exactly
from evidence.statement import IAT, ISS, SCITT_STATEMENT, SUB

VERSION = 1
SUBJECT = "genesis"

_HEADER = {cose.ALG: "alg", cose.KID: "kid", cose.CWT_CLAIMS: "CWT claims", cose.TYP: "typ"}
_CLAIMS = {ISS: "iss", SUB: "sub", IAT: "iat"}
_VERSION, _POLICY = 1, 2
_PAYLOAD = {_VERSION: "version", _POLICY: "policy digest"}


@dataclass(frozen=True, slots=True)
class Genesis:
    """What entry 0 says; `issued_at` is UTC seconds, `policy` is `Policy.digest`."""

    origin: str
    issued_at: int
    policy: bytes


def sign_genesis(genesis: Genesis, key: PublicKey, signer: Sign) -> bytes:
    """Return the encoded entry, signed by the log's receipt key (Ed25519)."""
    header: dict[int | str, cbor.Value] = {
        cose.ALG: EDDSA,
        cose.KID: key.kid,
        cose.CWT_CLAIMS: {ISS: genesis.origin, SUB: SUBJECT, IAT: genesis.issued_at},
        cose.TYP: SCITT_STATEMENT,
    }
    payload = cbor.encode({_VERSION: VERSION, _POLICY: genesis.policy})
    return cose.sign(header, payload, signer).to_bytes()


def verify_genesis(data: bytes, key: PublicKey) -> Genesis:
    """Return what an entry 0 by `key` says, or raise EvidenceError."""
    sign1 = cose.parse(data)
    if sign1.unprotected or sign1.payload is None:
        raise MalformedError("genesis", "entry 0 has its payload and nothing unsigned")
    exactly(sign1.header, _HEADER)
    claims = as_map(sign1.header[cose.CWT_CLAIMS], "CWT claims")
    exactly(claims, _CLAIMS)
    if as_uint(sign1.header[cose.TYP], "typ") != SCITT_STATEMENT or claims[SUB] != SUBJECT:
        raise MalformedError("genesis", "the entry is not a log's genesis")
    payload = as_map(cbor.decode(sign1.payload), "payload")
    exactly(payload, _PAYLOAD)
    version = as_uint(payload[_VERSION], "version")
    if version != VERSION:
        raise MalformedError("version", f"genesis version {version} is not known")
    sign1.verify(key)
    return Genesis(
        as_text(claims[ISS], "iss"),
        as_uint(claims[IAT], "iat"),
        as_bytes(payload[_POLICY], "policy digest", HASH_BYTES),
    )
