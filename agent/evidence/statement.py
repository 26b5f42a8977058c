"""The Signed Statement (RFC 9943): a batch's header, signed by the gateway, logged by the ledger.

docs/PROTOCOL.md, "Statement", has the CDDL. The log's leaf is the statement's own bytes: tag 18,
protected header, empty unprotected map, payload, signature.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.evidence import cbor, cose
from agent.evidence.cose import Sign, Sign1
from agent.evidence.errors import MalformedError
from agent.evidence.keys import PublicKey
from agent.evidence.merkle import HASH_BYTES, hash_leaf
from agent.evidence.shape import (
    MAX_INT,
    as_array,
    as_bytes,
    as_int,
    as_map,
    as_text,
    as_uint,
    exactly,
    shown,
)

VERSION = 1
EPOCH_BYTES = 16
MAX_STATEMENT_BYTES = 1024
SUBJECT = "batch"

MAX_RECORDS = 65536
"""Leaves of one batch, 64 times the largest in use: bounds what a hostile body can cost."""

SCITT_STATEMENT = 277
"""CoAP content format of a SCITT statement, our `typ` (RFC 9596 allows the number)."""

# CWT claims: RFC 8392 §3.1, and ours in the private range below -65536
ISS, SUB, IAT = 1, 2, 6
EPOCH, SEQ, PREV = -70001, -70002, -70003

_HEADER = {cose.ALG: "alg", cose.KID: "kid", cose.CWT_CLAIMS: "CWT claims", cose.TYP: "typ"}
_CLAIMS = {ISS: "iss", SUB: "sub", IAT: "iat", EPOCH: "epoch", SEQ: "seq", PREV: "prev"}
_PAYLOAD = {
    1: "version",
    2: "root",
    3: "leaf count",
    4: "first record",
    5: "first time",
    6: "last time",
    7: "worst clock",
    8: "codec",
    9: "body length",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """What a statement says of its batch. Times are the records' wall clock, UTC milliseconds."""

    root: bytes
    count: int
    first: int
    first_ms: int
    last_ms: int
    clock_source: str
    clock_bound_ms: int | None
    codec: int
    body_bytes: int

    def to_bytes(self) -> bytes:
        """Return the statement's payload."""
        clock = (self.clock_source, self.clock_bound_ms)
        fields = (
            VERSION,
            self.root,
            self.count,
            self.first,
            self.first_ms,
            self.last_ms,
            clock,
            self.codec,
            self.body_bytes,
        )
        return cbor.encode(dict(zip(_PAYLOAD, fields, strict=True)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Batch:
        """Read a statement's payload."""
        fields = as_map(cbor.decode(data), "payload")
        exactly(fields, _PAYLOAD)
        version = as_uint(fields[1], "version")
        if version != VERSION:
            raise MalformedError("version", f"statement version {version} is not known")
        source, bound = as_array(fields[7], "worst clock", 2)
        batch = cls(
            root=as_bytes(fields[2], "root", HASH_BYTES),
            count=as_uint(fields[3], "leaf count"),
            first=as_uint(fields[4], "first record"),
            first_ms=as_int(fields[5], "first time"),
            last_ms=as_int(fields[6], "last time"),
            clock_source=as_text(source, "clock source"),
            clock_bound_ms=None if bound is None else as_uint(bound, "clock bound"),
            codec=as_uint(fields[8], "codec"),
            body_bytes=as_uint(fields[9], "body length"),
        )
        batch.check()
        return batch

    def check(self) -> None:
        """Refuse what no batch can be: MalformedError."""
        if self.count == 0:
            raise MalformedError("empty-batch", "a batch holds one record at least")
        if self.count > MAX_RECORDS or self.first > MAX_INT - self.count:
            raise MalformedError("batch-size", f"{self.count} records are no batch")
        if self.first_ms > self.last_ms:
            raise MalformedError("batch-time", "the batch ends before it begins")


@dataclass(frozen=True, slots=True)
class Claims:
    """Who says it and where it stands in the gateway's order.

    `issuer` is the gateway's urn:uuid, `issued_at` UTC seconds, `epoch` 16 bytes, `previous` the
    digest of statement `seq` - 1, or None for the first of an epoch.
    """

    issuer: str
    issued_at: int
    epoch: bytes
    seq: int
    previous: bytes | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed statement; `encoded` is what came, and the log's entry."""

    claims: Claims
    batch: Batch
    kid: bytes
    digest: bytes
    encoded: bytes
    sign1: Sign1

    @property
    def leaf(self) -> bytes:
        """The leaf hash of this statement in a log."""
        return hash_leaf(self.encoded)

    def verify(self, key: PublicKey) -> None:
        """Return None when `key` signed this statement, else SignatureError."""
        self.sign1.verify(key)


def sign_statement(claims: Claims, batch: Batch, kid: bytes, algorithm: int, signer: Sign) -> bytes:
    """Return the encoded statement."""
    header: dict[int | str, cbor.Value] = {
        cose.ALG: algorithm,
        cose.KID: kid,
        cose.CWT_CLAIMS: {
            ISS: claims.issuer,
            SUB: SUBJECT,
            IAT: claims.issued_at,
            EPOCH: claims.epoch,
            SEQ: claims.seq,
            PREV: claims.previous,
        },
        cose.TYP: SCITT_STATEMENT,
    }
    return cose.sign(header, batch.to_bytes(), signer).to_bytes()


def parse_statement(data: bytes) -> Statement:
    """Read a statement's form; the signature is a separate step, with a key."""
    if len(data) > MAX_STATEMENT_BYTES:
        raise MalformedError("statement-size", f"{len(data)} bytes are no statement")
    sign1 = cose.parse(data)
    if sign1.unprotected or sign1.payload is None:
        raise MalformedError("statement-form", "a statement has its payload and nothing unsigned")
    exactly(sign1.header, _HEADER)
    if as_uint(sign1.header[cose.TYP], "typ") != SCITT_STATEMENT:
        raise MalformedError("statement-typ", "the object is not a statement")
    claims = _parse_claims(sign1.header[cose.CWT_CLAIMS])
    batch = Batch.from_bytes(sign1.payload)
    return Statement(claims, batch, sign1.kid, sign1.digest(), data, sign1)


def _parse_claims(value: cbor.Value) -> Claims:
    fields = as_map(value, "CWT claims")
    exactly(fields, _CLAIMS)
    if fields[SUB] != SUBJECT:
        raise MalformedError("subject", f"statements about {shown(fields[SUB])} are not known")
    previous = fields[PREV]
    claims = Claims(
        issuer=as_text(fields[ISS], "iss"),
        issued_at=as_uint(fields[IAT], "iat"),
        epoch=as_bytes(fields[EPOCH], "epoch", EPOCH_BYTES),
        seq=as_uint(fields[SEQ], "seq"),
        previous=None if previous is None else as_bytes(previous, "prev", HASH_BYTES),
    )
    if (claims.seq == 0) != (claims.previous is None):
        raise MalformedError("chain", "the first statement of an epoch, and only it, has no prev")
    return claims
