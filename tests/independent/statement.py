"""Statements (PROTOCOL.md, "Statement")."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tests.independent.cbor import Item, decode
from tests.independent.cose import PublicKey, Signed, check_names, read_key, read_sign1
from tests.independent.merkle import log_leaf
from tests.independent.reasons import Refused
from tests.independent.records import read_clock
from tests.independent.shape import (
    LIMIT,
    any_map,
    array,
    blob,
    blob_or_null,
    count,
    count_or_null,
    exact_map,
    num,
    text,
    version,
)

MAX_SIZE = 1024
MAX_REASON = 200
TYP = 277
EPOCH, SEQ, PREV, SUCCESSOR, FOLLOWS = -70001, -70002, -70003, -70004, -70005


@dataclass(frozen=True)
class Follows:
    """The epoch before, as the first statement of a new one declares it."""

    epoch: bytes
    seq: int | None
    digest: bytes | None
    lost: int | None

    @property
    def last(self) -> int:
        """The last seq signed there; -1 when none was."""
        return -1 if self.lost is None else self.lost


@dataclass(frozen=True)
class Batch:
    """A batch's payload."""

    root: bytes
    leaves: int
    first: int
    earliest: int
    latest: int


@dataclass(frozen=True)
class Gap:
    """A gap's payload."""

    last: int
    first: int
    many: int
    prev: bytes | None


@dataclass(frozen=True)
class Statement:
    """A statement whose form has been checked."""

    raw: bytes
    signed: Signed
    payload: bytes
    kid: bytes
    iss: str
    issued: int
    epoch: bytes
    seq: int
    prev: bytes | None
    successor: PublicKey | None
    follows: Follows | None
    about: Batch | Gap

    @property
    def sig_structure(self) -> bytes:
        """What is signed."""
        return self.signed.sig_structure(self.payload)

    @property
    def digest(self) -> bytes:
        """The statement's digest."""
        return hashlib.sha256(self.sig_structure).digest()

    @property
    def leaf(self) -> bytes:
        """The log's leaf."""
        return log_leaf(self.raw)

    @property
    def last_seq(self) -> int:
        """The last seq that it stands for."""
        return self.about.last if isinstance(self.about, Gap) else self.seq

    @property
    def next_record(self) -> int:
        """The number of the record behind."""
        about = self.about
        return about.first + (about.many if isinstance(about, Gap) else about.leaves)

    @property
    def next_prev(self) -> bytes:
        """What the next statement has for prev."""
        if isinstance(self.about, Gap) and self.about.prev is not None:
            return self.about.prev
        return self.digest


def read_statement(data: bytes) -> Statement:
    """Read a statement's form."""
    if len(data) > MAX_SIZE:
        raise Refused("statement-size")
    signed = read_sign1(data)
    if signed.unprotected or signed.payload is None:
        raise Refused("statement-form")
    exact_map(signed.header, {1, 4, 15, 16})
    if num(signed.header[16]) != TYP:
        raise Refused("statement-typ")
    check_names(signed)
    claims = exact_map(signed.header[15], {1, 2, 6, EPOCH, SEQ, PREV}, {SUCCESSOR, FOLLOWS})
    subject = claims[2]
    if subject not in ("batch", "gap"):
        raise Refused("subject")
    iss, issued = text(claims[1]), count(claims[6])
    epoch, seq = blob(claims[EPOCH], 16), count(claims[SEQ])
    prev = blob_or_null(claims[PREV], 32)
    successor = read_key(blob(claims[SUCCESSOR])) if SUCCESSOR in claims else None
    follows = _follows(claims[FOLLOWS]) if FOLLOWS in claims else None
    if (seq == 0) != (prev is None):
        raise Refused("chain")
    if follows is not None and (seq != 0 or follows.epoch == epoch):
        raise Refused("follows")
    if subject == "batch":
        about: Batch | Gap = _batch(signed.payload)
    else:
        about = _gap(signed.payload, seq)
        if successor is not None or follows is not None:
            raise Refused("gap")
    return Statement(
        data,
        signed,
        signed.payload,
        blob(signed.header[4]),
        iss,
        issued,
        epoch,
        seq,
        prev,
        successor,
        follows,
        about,
    )


def _reason(item: Item) -> None:
    if len(text(item).encode()) > MAX_REASON:
        raise Refused("reason")


def _follows(item: Item) -> Follows:
    parts = array(item, 5)
    found = Follows(
        blob(parts[0], 16),
        count_or_null(parts[1]),
        blob_or_null(parts[2], 32),
        count_or_null(parts[3]),
    )
    _reason(parts[4])
    if (found.seq is None) != (found.digest is None):
        raise Refused("follows")
    if found.last < (-1 if found.seq is None else found.seq):
        raise Refused("follows")
    return found


def _batch(data: bytes) -> Batch:
    item = any_map(decode(data))
    version(item, 1, (1,))
    exact_map(item, set(range(1, 10)))
    batch = Batch(blob(item[2], 32), count(item[3]), count(item[4]), num(item[5]), num(item[6]))
    read_clock(item[7])
    count(item[8])
    count(item[9])
    if batch.leaves == 0:
        raise Refused("empty-batch")
    if batch.leaves > 65_536 or batch.first + batch.leaves > LIMIT:
        raise Refused("batch-size")
    if batch.earliest > batch.latest:
        raise Refused("batch-time")
    return batch


def _gap(data: bytes, seq: int) -> Gap:
    item = any_map(decode(data))
    version(item, 1, (1,))
    exact_map(item, set(range(1, 7)))
    gap = Gap(count(item[2]), count(item[3]), count(item[4]), blob_or_null(item[5], 32))
    _reason(item[6])
    if gap.first + gap.many > LIMIT:
        raise Refused("batch-size")
    if gap.last < seq:
        raise Refused("gap")
    return gap
