"""Custody receipts: a node signs that it has the body of a statement (docs/PROTOCOL.md, "Custody").

Whoever holds one may let his own copy of the body go. It names the statement by its digest, which
covers gateway, epoch and number, so it speaks for no other batch and for no other gateway.
"""

from __future__ import annotations

from evidence import cbor, cose
from evidence.cose import Sign, Sign1
from evidence.errors import MalformedError, ProofError, UntrustedError
from evidence.keys import PublicKey
from evidence.merkle import HASH_BYTES
from evidence.policy import Policy
from evidence.shape import as_array, as_bytes, as_map, as_text, as_uint, as_version, exactly, shown
from evidence.statement import IAT, ISS, SUB
from foundation.dataclass import dataclass

VERSION = 1
SUBJECT = "custody"
TYPE = "tallyman/custody"

MAX_CUSTODY_BYTES = 1024
"""An origin of the longest name that a policy's line holds leaves half of it free."""

_HEADER = {cose.ALG: "alg", cose.KID: "kid", cose.CWT_CLAIMS: "CWT claims", cose.TYP: "typ"}
_CLAIMS = {ISS: "iss", SUB: "sub", IAT: "iat"}


@dataclass(frozen=True, slots=True)
class Kept:
    """What a node keeps: the digest of a statement and SHA-256 of its body."""

    statement: bytes
    body: bytes

    def to_bytes(self) -> bytes:
        """Return the receipt's payload."""
        return cbor.encode((VERSION, self.statement, self.body))


@dataclass(frozen=True, slots=True)
class Custody:
    """A parsed custody receipt; nothing in it is believed yet. `issued_at` is UTC seconds."""

    origin: str
    issued_at: int
    kept: Kept
    sign1: Sign1

    def check(self, policy: Policy, ours: Kept) -> None:
        """Return None when the policy's receipt key signed for just our body, else EvidenceError.

        In this order: the log, the key and its signature, the statement, the body.
        """
        if self.origin != policy.log.name:
            raise UntrustedError(
                "origin", f"{shown(self.origin)} is not the policy's log {policy.log.name!r}"
            )
        self.sign1.verify(policy.receipt_key)
        if self.kept.statement != ours.statement:
            raise ProofError("custody-statement", "the receipt is for another statement's body")
        if self.kept.body != ours.body:
            raise ProofError("custody-body", "the node keeps another body than ours")


def sign_custody(
    origin: str, issued_at: int, kept: Kept, key: PublicKey, algorithm: int, signer: Sign
) -> bytes:
    """Return the encoded receipt for a body that is durable with its signer."""
    header: dict[int | str, cbor.Value] = {
        cose.ALG: algorithm,
        cose.KID: key.kid,
        cose.CWT_CLAIMS: {ISS: origin, SUB: SUBJECT, IAT: issued_at},
        cose.TYP: TYPE,
    }
    return cose.sign(header, kept.to_bytes(), signer).to_bytes()


def parse_custody(data: bytes) -> Custody:
    """Read a custody receipt; MalformedError for anything else."""
    if len(data) > MAX_CUSTODY_BYTES:
        raise MalformedError("custody-size", f"{len(data)} bytes are no custody receipt")
    sign1 = cose.parse(data)
    exactly(sign1.header, _HEADER)
    exactly(sign1.unprotected, {})
    sign1.check_names()
    claims = as_map(sign1.header[cose.CWT_CLAIMS], "CWT claims")
    exactly(claims, _CLAIMS)
    origin, issued_at = as_text(claims[ISS], "iss"), as_uint(claims[IAT], "iat")
    if sign1.header[cose.TYP] != TYPE or claims[SUB] != SUBJECT:
        raise MalformedError("subject", "the object says that it is no custody receipt")
    if sign1.payload is None:
        raise MalformedError("custody-payload", "a custody receipt carries its payload")
    version, statement, body = as_array(cbor.decode(sign1.payload), "payload", 3)
    as_version(version, (VERSION,), "custody")
    kept = Kept(
        as_bytes(statement, "statement digest", HASH_BYTES),
        as_bytes(body, "body digest", HASH_BYTES),
    )
    return Custody(origin, issued_at, kept, sign1)
