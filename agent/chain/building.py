"""How a batch is made: consecutive records under one Merkle root, signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.journal.journal import SealedBatch, naming
from agent.journal.pairing import LostRecords
from agent.signing.signer import Signer
from evidence.body import COLUMNS, encode_body, encode_rows, leaves, stated_bytes
from evidence.keys import PublicKey
from evidence.leaf import Record
from evidence.merkle import root_of
from evidence.statement import (
    Batch,
    Claims,
    Follows,
    Gap,
    parse_statement,
    sign_gap,
    sign_statement,
)
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Author:
    """Who seals: the gateway, its present epoch, and the key it signs with.

    `successor` is the key that signs from the next batch on, where it changes; `follows` what the
    epoch's first batch says of the epoch before.
    """

    issuer: str
    epoch: bytes
    signer: Signer
    successor: PublicKey | None = None
    follows: Follows | None = None

    def after(self, head: SealedBatch | None) -> Author:
        """Return this author: it signs every batch."""
        return self


class Authors(Protocol):
    """Knows who seals behind the newest batch: a gateway's key may change."""

    def after(self, head: SealedBatch | None) -> Author:
        """Return who seals the batch behind `head`."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next batch stands in the gateway's order."""

    seq: int
    first: int
    previous: bytes | None

    @classmethod
    def after(cls, head: SealedBatch | None) -> Place:
        """Return the place behind `head`, the newest batch of the epoch, or the first place."""
        if head is None:
            return cls(0, 0, None)
        with naming(head):
            digest = parse_statement(head.statement).next_previous
        return cls(head.seq + 1, head.first + head.count, digest)


def build_batch(
    author: Author,
    place: Place,
    records: Sequence[bytes],
    seed: bytes,
    issued_at: int,
    *,
    urgent: bool,
    parsed: Sequence[Record] | None = None,
    codec: int = COLUMNS,
) -> SealedBatch:
    """Return the sealed batch of `records`, each the bytes as journalled.

    Who has what these bytes were made of gives it as `parsed`, and spares the work of reading them.

    The worst clock is the one with the widest bound, an unknown bound being the widest.
    """
    parsed = parsed or [Record.from_bytes(record) for record in records]
    times = [record.wall_ms for record in parsed]
    worst = max(parsed, key=_clock_badness)
    columns = codec == COLUMNS
    body = encode_body(seed, records, parsed) if columns else encode_rows(seed, records)
    batch = Batch(
        root=root_of(leaves(seed, records)),
        count=len(records),
        first=place.first,
        first_ms=min(times),
        last_ms=max(times),
        clock_source=worst.clock_source,
        clock_bound_ms=worst.clock_bound_ms,
        codec=codec,
        body_bytes=stated_bytes(body),
    )
    claims = Claims(
        author.issuer,
        issued_at,
        author.epoch,
        place.seq,
        place.previous,
        author.successor,
        author.follows if place.seq == 0 else None,
    )
    signer = author.signer
    statement = sign_statement(claims, batch, signer.public.kid, signer.algorithm, signer.sign)
    return SealedBatch(
        author.epoch, place.seq, place.first, len(records), seed, statement, body, urgent
    )


def build_gap(author: Author, place: Place, lost: LostRecords, issued_at: int) -> SealedBatch:
    """Return the batch without records that declares numbers given up, signed."""
    claims = Claims(author.issuer, issued_at, author.epoch, place.seq, place.previous)
    gap = Gap(place.seq, lost.first, lost.count, None, lost.reason)
    signer = author.signer
    statement = sign_gap(claims, gap, signer.public.kid, signer.algorithm, signer.sign)
    return SealedBatch(
        author.epoch, place.seq, lost.first, lost.count, b"", statement, b"", urgent=True
    )


def _clock_badness(record: Record) -> float:
    return float("inf") if record.clock_bound_ms is None else record.clock_bound_ms
