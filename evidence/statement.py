"""The Signed Statement (RFC 9943): a batch's header, signed by the gateway, logged by the ledger.

docs/PROTOCOL.md, "Statement", has the CDDL. The log's leaf is the statement's own bytes: tag 18,
protected header, empty unprotected map, payload, signature.
"""

from __future__ import annotations

from evidence import cbor, cose
from evidence.cose import Sign, Sign1
from evidence.errors import MalformedError
from evidence.keys import PublicKey
from evidence.merkle import HASH_BYTES, hash_leaf
from evidence.shape import (
    MAX_INT,
    Map,
    as_array,
    as_bytes,
    as_int,
    as_map,
    as_text,
    as_uint,
    as_version,
    exactly,
    shown,
)
from foundation.dataclass import dataclass

VERSION = 1
EPOCH_BYTES = 16
MAX_STATEMENT_BYTES = 1024
SUBJECT, GAP_SUBJECT = "batch", "gap"

MAX_RECORDS = 65536
"""Leaves of one batch, 64 times the largest in use: bounds what a hostile body can cost."""

MAX_REASON_BYTES = 200
"""Bytes of a reason in UTF-8: a sentence; the statement stays far below its limit."""

SCITT_STATEMENT = 277
"""CoAP content format of a SCITT statement, our `typ` (RFC 9596 allows the number)."""

# CWT claims: RFC 8392 §3.1, and ours in the private range below -65536
ISS, SUB, IAT = 1, 2, 6
EPOCH, SEQ, PREV, SUCCESSOR, FOLLOWS = -70001, -70002, -70003, -70004, -70005

_HEADER = {cose.ALG: "alg", cose.KID: "kid", cose.CWT_CLAIMS: "CWT claims", cose.TYP: "typ"}
_CLAIMS = {
    ISS: "iss",
    SUB: "sub",
    IAT: "iat",
    EPOCH: "epoch",
    SEQ: "seq",
    PREV: "prev",
    SUCCESSOR: "successor",
    FOLLOWS: "follows",
}
_OPTIONAL = frozenset({SUCCESSOR, FOLLOWS})
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


_GAP_PAYLOAD = {
    1: "version",
    2: "last seq",
    3: "first record",
    4: "record count",
    5: "next prev",
    6: "reason",
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
        as_version(fields.get(1), (VERSION,), "statement")
        exactly(fields, _PAYLOAD)
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


_NO_BATCH = Batch(b"", 0, 0, 0, 0, "none", None, 0, 0)


@dataclass(frozen=True, slots=True)
class Gap:
    """What a gap statement declares lost: statements `claims.seq` to `last`, with their records.

    `next_previous` is the `prev` of the statement behind the gap where that was signed before the
    loss; None: the one behind it follows the gap statement itself. `reason` is for people.
    """

    last: int
    first: int
    count: int
    next_previous: bytes | None
    reason: str

    def to_bytes(self) -> bytes:
        """Return the statement's payload."""
        fields = (VERSION, self.last, self.first, self.count, self.next_previous, self.reason)
        return cbor.encode(dict(zip(_GAP_PAYLOAD, fields, strict=True)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Gap:
        """Read a gap statement's payload."""
        fields = as_map(cbor.decode(data), "payload")
        as_version(fields.get(1), (VERSION,), "gap")
        exactly(fields, _GAP_PAYLOAD)
        gap = cls(
            last=as_uint(fields[2], "last seq"),
            first=as_uint(fields[3], "first record"),
            count=as_uint(fields[4], "record count"),
            next_previous=_optional_digest(fields[5], "next prev"),
            reason=_reason(fields[6]),
        )
        if gap.first > MAX_INT - gap.count:
            raise MalformedError("batch-size", f"{gap.count} records are no gap")
        return gap


@dataclass(frozen=True, slots=True)
class Follows:
    """What an epoch's first statement says of the one before it.

    Statement `seq` with `digest` is the last that the gateway goes on from, None twice when it goes
    on from none; `lost` is the last that it knows to have signed there (`seq` when none was lost).
    """

    epoch: bytes
    seq: int | None
    digest: bytes | None
    lost: int | None
    reason: str

    @property
    def lost_count(self) -> int:
        """How many statements of the old epoch the gateway lost."""
        return _after(self.lost) - _after(self.seq)

    def to_value(self) -> cbor.Value:
        """Return the claim."""
        return (self.epoch, self.seq, self.digest, self.lost, self.reason)

    @classmethod
    def from_value(cls, value: cbor.Value) -> Follows:
        """Read the claim."""
        epoch, seq, digest, lost, reason = as_array(value, "follows", 5)
        follows = cls(
            epoch=as_bytes(epoch, "old epoch", EPOCH_BYTES),
            seq=None if seq is None else as_uint(seq, "old seq"),
            digest=_optional_digest(digest, "old digest"),
            lost=None if lost is None else as_uint(lost, "lost seq"),
            reason=_reason(reason),
        )
        if (seq is None) != (digest is None) or follows.lost_count < 0:
            raise MalformedError("follows", "the epoch says nothing that fits of the one before")
        return follows


def _after(seq: int | None) -> int:
    return 0 if seq is None else seq + 1


@dataclass(frozen=True, slots=True)
class Claims:
    """Who says it and where it stands in the gateway's order.

    `issuer` is the gateway's urn:uuid, `issued_at` UTC seconds, `epoch` 16 bytes, `previous` the
    digest of statement `seq` - 1, or None for the first of an epoch. `successor` is the key that
    signs from the next statement on; `follows` stands in the first of an epoch only.
    """

    issuer: str
    issued_at: int
    epoch: bytes
    seq: int
    previous: bytes | None
    successor: PublicKey | None = None
    follows: Follows | None = None

    def to_map(self, subject: str) -> dict[int | str, cbor.Value]:
        """Return the CWT claims of a statement about `subject`."""
        fields: dict[int | str, cbor.Value] = {
            ISS: self.issuer,
            SUB: subject,
            IAT: self.issued_at,
            EPOCH: self.epoch,
            SEQ: self.seq,
            PREV: self.previous,
        }
        if self.successor is not None:
            fields[SUCCESSOR] = self.successor.to_cose()
        if self.follows is not None:
            fields[FOLLOWS] = self.follows.to_value()
        return fields


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed statement; `encoded` is what came, and the log's entry.

    One about a gap has `gap`, and a `batch` of no records in its place.
    """

    claims: Claims
    batch: Batch
    kid: bytes
    digest: bytes
    encoded: bytes
    sign1: Sign1
    gap: Gap | None = None

    @property
    def last(self) -> int:
        """The last seq that this statement stands for: its own, or the end of its gap."""
        return self.claims.seq if self.gap is None else self.gap.last

    @property
    def first_record(self) -> int:
        """The record number that this statement begins with."""
        return self._about.first

    @property
    def next_record(self) -> int:
        """The record number that the next statement begins with."""
        return self._about.first + self._about.count

    @property
    def _about(self) -> Batch | Gap:
        return self.batch if self.gap is None else self.gap

    @property
    def next_previous(self) -> bytes:
        """The `prev` of the next statement."""
        before = None if self.gap is None else self.gap.next_previous
        return self.digest if before is None else before

    @property
    def leaf(self) -> bytes:
        """The leaf hash of this statement in a log."""
        return hash_leaf(self.encoded)

    def verify(self, key: PublicKey) -> None:
        """Return None when `key` signed this statement, else SignatureError."""
        self.sign1.verify(key)


def sign_statement(claims: Claims, batch: Batch, kid: bytes, algorithm: int, signer: Sign) -> bytes:
    """Return the encoded statement about a batch."""
    return _sign(claims.to_map(SUBJECT), batch.to_bytes(), kid, algorithm, signer)


def sign_gap(claims: Claims, gap: Gap, kid: bytes, algorithm: int, signer: Sign) -> bytes:
    """Return the encoded statement that declares statements `claims.seq` to `gap.last` lost."""
    return _sign(claims.to_map(GAP_SUBJECT), gap.to_bytes(), kid, algorithm, signer)


def _sign(claims: Map, payload: bytes, kid: bytes, algorithm: int, signer: Sign) -> bytes:
    header: dict[int | str, cbor.Value] = {
        cose.ALG: algorithm,
        cose.KID: kid,
        cose.CWT_CLAIMS: dict(claims),
        cose.TYP: SCITT_STATEMENT,
    }
    return cose.sign(header, payload, signer).to_bytes()


def parse_statement(data: bytes) -> Statement:
    """Read a statement's form; the signature is a separate step, with a key."""
    if len(data) > MAX_STATEMENT_BYTES:
        raise MalformedError("statement-size", f"{len(data)} bytes are no statement")
    sign1 = cose.parse(data)
    if sign1.unprotected or sign1.payload is None:
        raise MalformedError("statement-form", "a statement has its payload and nothing unsigned")
    exactly(sign1.header, _HEADER)
    if as_int(sign1.header[cose.TYP], "typ") != SCITT_STATEMENT:
        raise MalformedError("statement-typ", "the object is not a statement")
    sign1.check_names()
    subject, claims = _parse_claims(sign1.header[cose.CWT_CLAIMS])
    if subject == SUBJECT:
        batch = Batch.from_bytes(sign1.payload)
        return Statement(claims, batch, sign1.kid, sign1.digest(), data, sign1)
    gap = Gap.from_bytes(sign1.payload)
    if gap.last < claims.seq or claims.successor or claims.follows:
        raise MalformedError("gap", "the statement declares no gap that can be")
    return Statement(claims, _NO_BATCH, sign1.kid, sign1.digest(), data, sign1, gap)


def _parse_claims(value: cbor.Value) -> tuple[str, Claims]:
    fields = as_map(value, "CWT claims")
    exactly(fields, _CLAIMS, _OPTIONAL)
    subject = fields[SUB]
    if subject not in (SUBJECT, GAP_SUBJECT):
        raise MalformedError("subject", f"statements about {shown(subject)} are not known")
    claims = Claims(
        issuer=as_text(fields[ISS], "iss"),
        issued_at=as_uint(fields[IAT], "iat"),
        epoch=as_bytes(fields[EPOCH], "epoch", EPOCH_BYTES),
        seq=as_uint(fields[SEQ], "seq"),
        previous=_optional_digest(fields[PREV], "prev"),
        successor=_successor(fields),
        follows=Follows.from_value(fields[FOLLOWS]) if FOLLOWS in fields else None,
    )
    if (claims.seq == 0) != (claims.previous is None):
        raise MalformedError("chain", "the first statement of an epoch, and only it, has no prev")
    if claims.follows and (claims.seq != 0 or claims.follows.epoch == claims.epoch):
        raise MalformedError("follows", "only the first statement names the epoch before")
    return str(subject), claims


def _successor(fields: Map) -> PublicKey | None:
    if SUCCESSOR not in fields:
        return None
    return PublicKey.from_cose(as_bytes(fields[SUCCESSOR], "successor"))


def _optional_digest(value: cbor.Value, name: str) -> bytes | None:
    return None if value is None else as_bytes(value, name, HASH_BYTES)


def _reason(value: cbor.Value) -> str:
    text = as_text(value, "reason")
    if len(text.encode()) > MAX_REASON_BYTES:
        raise MalformedError("reason", f"a reason has {MAX_REASON_BYTES} bytes at most")
    return text
