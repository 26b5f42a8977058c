"""Bundles as exports see them: each batch once, with the records that are shown of it. Pure."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agent.observe.presence import text
from agent.records.registry import kind_of
from drivers.kind import FieldType
from evidence.bundle import Bundle
from evidence.errors import MalformedError
from evidence.leaf import Record
from evidence.statement import parse_statement

FIRST_MS, LAST_MS = -62_135_596_800_000, 253_402_300_799_999
"""The years 1 to 9999, which calendars and readers of documents know."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One signed batch: who made it, the digest of its statement, and what is shown of it."""

    gateway: str
    epoch: bytes
    digest: bytes
    count: int
    records: tuple[Record, ...]

    @property
    def hidden(self) -> int:
        """Records that are only committed to."""
        return self.count - len(self.records)

    @property
    def raw_data(self) -> str:
        """The batch, which holds every sample, by its digest as a URI (RFC 6920, §3)."""
        digest = base64.urlsafe_b64encode(self.digest).rstrip(b"=").decode()
        return f"ni:///sha-256;{digest}"


def batches_of(bundle: Bundle) -> list[Batch]:
    """Return the batches of a bundle; EvidenceError where one is not what its statement says.

    Signatures are not checked: who wants to know that verifies the bundle.
    """
    found = []
    for bundled in bundle.batches:
        statement = parse_statement(bundled.statement)
        if statement.gap is not None:
            if bundled.disclosed:
                raise MalformedError("leaves", "a gap has no records to show")
            continue
        bundled.check_leaves(statement.batch)
        records = tuple(Record.from_bytes(each.record) for each in bundled.disclosed)
        claims = statement.claims
        found.append(
            Batch(claims.issuer, claims.epoch, statement.digest, statement.batch.count, records)
        )
    return found


def _both(one: Batch, other: Batch) -> Batch:
    """Return what two showings of a batch show of it."""
    records = {each.number: each for each in (*one.records, *other.records)}
    return replace(one, records=tuple(records[number] for number in sorted(records)))


def together(bundles: Iterable[Sequence[Batch]]) -> list[Batch]:
    """Return the batches of several bundles, each once, with all that any of them shows of it."""
    found: dict[bytes, Batch] = {}
    for batch in (batch for bundle in bundles for batch in bundle):
        before = found.get(batch.digest)
        found[batch.digest] = batch if before is None else _both(before, batch)
    return list(found.values())


Checks = Mapping[tuple[str, str], Sequence[Record]]
"""(gateway, number of a check at the dock) → all records that name it."""


def checks_of(batches: Iterable[Batch]) -> Checks:
    """Return the records of each check."""
    found: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
    for batch in batches:
        for record in batch.records:
            if "check" in record.values and is_sound(record):
                found[batch.gateway, text(record, "check")].append(record)
    return found


_STORED: Mapping[FieldType, type] = {
    FieldType.NUMBER: int,
    FieldType.TIME: int,
    FieldType.TEXT: str,
    FieldType.BYTES: bytes,
}


def is_sound(record: Record) -> bool:
    """Whether each known field holds what its kind says; what does not fit is kept as text."""
    kind = kind_of(record.kind)
    return all(
        isinstance(record.values[field.name], _STORED[field.type])
        for field in kind.fields
        if field.name in record.values
    )


def is_timed(record: Record) -> bool:
    """Whether a record's moment is known: a clock vouched for it, and it is in a calendar."""
    return record.clock_bound_ms is not None and FIRST_MS <= record.wall_ms <= LAST_MS


def moment_of(wall_ms: int) -> datetime:
    """Return the moment of a record that `is_timed`, in UTC."""
    seconds, rest = divmod(wall_ms, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=1000 * rest)
