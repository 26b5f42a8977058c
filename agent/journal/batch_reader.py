"""Reading sealed batches from SQLite: by the agent itself, and by the CLI beside it.

Records of batches are read from the bodies. There is no index by record number: numbers rise with
seq, so the batch of a record is found by bisection over the primary key. In 100,000 batches that
takes 0.1 ms and reading the body 3.6 ms, so an index (4 µs) would save 3 % of a look-up, for a page
more in each batch's transaction.
"""

from __future__ import annotations

import bisect
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.journal import retention
from agent.journal import sqlite_forwarding as forwarding
from agent.journal.batches_file import KEEP, file_size, open_to_read, translated
from agent.journal.erasure_rule import Erasure
from agent.journal.journal import (
    BatchRow,
    BatchState,
    JournalDamaged,
    PendingBatch,
    Proof,
    Rank,
    SealedBatch,
)
from agent.journal.vouching import proofs
from evidence.body import decode_body
from evidence.errors import EvidenceError
from evidence.statement import parse_statement
from foundation.dataclass import dataclass

_ROWS = "SELECT *, x'' AS rest FROM batch WHERE seq BETWEEN ? AND ? ORDER BY seq"
_ROWS_WITH_CUTS = (
    "SELECT batch.*, cut.rest FROM batch LEFT JOIN cut USING (seq) "
    "WHERE seq BETWEEN ? AND ? ORDER BY seq"
)

_NOTHING_DECODED: tuple[int, Sequence[int], list[bytes]] = (-1, (), [])


@dataclass(frozen=True, slots=True)
class Tally:
    """How many batches are in one state other than confirmed, and their first record."""

    batches: int
    first: int


class BatchReader:
    """The reading half of `Batches`. Use it in the thread that made it."""

    def __init__(self, connection: sqlite3.Connection, path: Path, epoch: bytes) -> None:
        self._connection = connection
        self._path = path
        self.epoch = epoch
        self._decoded = _NOTHING_DECODED
        self._has_cuts = bool(BatchReader._query(self, retention.HAS_CUTS))

    def _query(self, sql: str, *args: object) -> list[Any]:
        try:
            cursor = self._connection.execute(sql, args)
            cursor.row_factory = sqlite3.Row
            return cursor.fetchall()
        except sqlite3.Error as error:
            raise translated(self._path, error) from error

    def _first(self, sql: str, *args: object) -> Any:
        rows = self._query(sql, *args)
        return rows[0] if rows else None

    def leaves(self, first: int, count: int) -> list[bytes]:
        """Return the bytes of up to `count` records from number `first` on, as far as sealed.

        Those whose body has gone are passed over.
        """
        found: list[bytes] = []
        seq = self._seq_of(first)
        while seq is not None and len(found) < count:
            numbers, leaves = self._body(seq)
            skip = bisect.bisect_left(numbers, first)
            found += leaves[skip : skip + count - len(found)]
            seq = seq + 1 if self._first_of(seq + 1) is not None else None
        return found

    def _body(self, seq: int) -> tuple[Sequence[int], list[bytes]]:
        """Return the records of a batch that are here, with their numbers; the last one asked for
        is kept decoded.
        """
        if self._decoded[0] != seq:
            batch = self.batch(seq).batch
            try:
                self._decoded = seq, *_decoded(batch)
            except EvidenceError as error:
                raise JournalDamaged(
                    f"batch {seq} in {self._path} cannot be read: {error}", advice=KEEP
                ) from error
        return self._decoded[1:]

    def forget_decoded(self) -> None:
        """Decode anew what is read next: bodies have changed."""
        self._decoded = _NOTHING_DECODED

    def _first_of(self, seq: int) -> int | None:
        row = self._first("SELECT first FROM batch WHERE seq = ?", seq)
        return row[0] if row else None

    def _begins(self, seq: int) -> int:
        """Return the first record of batch `seq`; a lost one counts as the one before it."""
        row = self._first("SELECT first FROM batch WHERE seq <= ? ORDER BY seq DESC LIMIT 1", seq)
        return row[0] if row else 0

    def _seq_of(self, number: int) -> int | None:
        """Return the seq of the batch that holds record `number`; None while it is unsealed.

        None, too, where that batch is lost.
        """
        newest = self._first("SELECT seq, first + count FROM batch ORDER BY seq DESC LIMIT 1")
        if newest is None or not 0 <= number < newest[1]:
            return None
        seqs = range(newest[0] + 1)
        place = bisect.bisect_right(seqs, number, key=self._begins) - 1
        sql = "SELECT seq, first + count FROM batch WHERE seq <= ? ORDER BY seq DESC LIMIT 1"
        row = self._first(sql, place)
        return row[0] if row and number < row[1] else None

    def sealed_upto(self) -> int:
        """See `JournalReader.sealed_upto`."""
        row = self._first("SELECT first + count FROM batch ORDER BY seq DESC LIMIT 1")
        return row[0] if row else 0

    def newest_kept(self) -> int:
        """Return the number behind the newest sealed record that is still here; 0 without one."""
        sql = "SELECT first + count FROM batch WHERE length(body) > 0 ORDER BY seq DESC LIMIT 1"
        row = self._first(sql)
        return row[0] if row else 0

    def given_up(self) -> int:
        """Return how many record numbers declared gaps stand for."""
        row = self._first("SELECT value FROM meta WHERE name = 'given up'")
        return int(row[0]) if row else 0

    def head(self) -> SealedBatch | None:
        """See `JournalReader.head`."""
        return self._newest(self._query)

    def _newest(self, query: forwarding.Query) -> SealedBatch | None:
        rows = query("SELECT *, x'' AS rest FROM batch ORDER BY seq DESC LIMIT 1")
        return self._sealed(rows[0]) if rows else None  # the newest one is never cut

    def batch(self, seq: int) -> BatchRow:
        """See `JournalReader.batch`."""
        rows = self.batches(seq, seq)
        if not rows:
            raise KeyError(seq)
        return rows[0]

    def batches(self, first: int, last: int) -> list[BatchRow]:
        """See `JournalReader.batches`."""
        sql = _ROWS_WITH_CUTS if self._has_cuts else _ROWS
        return [self._row(row) for row in self._query(sql, first, last)]

    def batch_of(self, number: int) -> BatchRow | None:
        """See `JournalReader.batch_of`."""
        seq = self._seq_of(number)
        return None if seq is None else self.batch(seq)

    def pending(self, state: BatchState, limit: int) -> list[PendingBatch]:
        """See `JournalReader.pending`."""
        return forwarding.pending(self._query, state, limit)

    def last_urgent(self) -> int:
        """See `JournalReader.last_urgent`."""
        return forwarding.last_urgent(self._query)

    def bodies_owed(self, rank: Rank, newest_from: int, limit: int) -> list[PendingBatch]:
        """See `JournalReader.bodies_owed`."""
        return forwarding.bodies_owed(self._query, rank, newest_from, limit)

    def custody_owed(self, after: int, limit: int) -> list[int]:
        """See `JournalReader.custody_owed`."""
        return retention.custody_owed(self._query, after, limit)

    def bodies(self, first: int, last: int) -> list[retention.BodyRow]:
        """Return where the bodies of batches `first` to `last` are, in their order."""
        return retention.bodies(self._query, first, last, cuts=self._has_cuts)

    def erasures(self, first: int, end: int) -> list[Erasure]:
        """See `JournalReader.erasures`."""
        if not self._has_cuts:
            return []
        from agent.journal import erasure_book  # noqa: PLC0415  few journals have a rule

        return erasure_book.erasures(self._query, first, end)

    def erased_count(self, first: int, end: int) -> int:
        """See `JournalReader.erased_count`."""
        if not self._has_cuts:
            return 0
        from agent.journal import erasure_book  # noqa: PLC0415  as above

        try:
            return erasure_book.erased_count(self._query, first, end)
        except EvidenceError as error:
            raise JournalDamaged(
                f"what a rule left of a batch in {self._path} cannot be read: {error}", advice=KEEP
            ) from error

    def overdue(self, what: str) -> int:
        """Return how many batches are due by a rule and not cut yet."""
        if not self._has_cuts:
            return 0
        from agent.journal import erasure_book  # noqa: PLC0415  as above

        return erasure_book.overdue(self._query, what)

    def checkpoint(self, size: int) -> bytes:
        """See `JournalReader.checkpoint`."""
        row = self._first("SELECT note FROM checkpoint WHERE size = ?", size)
        if row is None:
            raise KeyError(size)
        note: bytes = row[0]
        return note

    def proofs(self, row: BatchRow) -> list[Proof]:
        """See `JournalReader.proofs`."""
        found = proofs(self._query, row.batch.seq)
        if not found and row.receipt is not None and row.checkpoint_size is not None:
            return [Proof(row.receipt, self.checkpoint(row.checkpoint_size))]
        return found

    def total(self) -> int:
        """Return how many batches there are, in all states."""
        row = self._first("SELECT seq FROM batch ORDER BY seq DESC LIMIT 1")
        return row[0] + 1 if row else 0  # seqs have no holes

    def tallies(self) -> dict[BatchState, Tally]:
        """Return how many batches are in each state but confirmed; states without are absent."""
        # Only open batches are counted row by row: a partial index holds them.
        sql = (
            "SELECT state, COUNT(*), MIN(first) FROM batch "
            "WHERE state != 'confirmed' GROUP BY state"
        )
        return {BatchState(row[0]): Tally(row[1], row[2]) for row in self._query(sql)}

    def unsent(self) -> forwarding.Unsent:
        """Return what is in batches whose body no node took."""
        return forwarding.unsent(self._query)

    def disk_bytes(self) -> int:
        """Return the size of the database's files."""
        files = (self._path, *(Path(f"{self._path}{end}") for end in ("-wal", "-shm")))
        return sum(file_size(file) for file in files)

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def _sealed(self, row: sqlite3.Row) -> SealedBatch:
        return SealedBatch(
            epoch=self.epoch,
            seq=row["seq"],
            first=row["first"],
            count=row["count"],
            seed=row["seed"],
            statement=row["statement"],
            body=row["body"],
            urgent=bool(row["urgent"]),
            cut=row["rest"] or b"",
        )

    def _row(self, row: sqlite3.Row) -> BatchRow:
        return BatchRow(
            batch=self._sealed(row),
            state=BatchState(row["state"]),
            accepted_ms=row["accepted_ms"],
            body_ms=row["body_ms"],
            confirmed_ms=row["confirmed_ms"],
            entry_index=row["entry_index"],
            receipt=row["receipt"],
            checkpoint_size=row["checkpoint_size"],
            error_code=row["error_code"],
            error_text=row["error_text"],
        )


def _decoded(batch: SealedBatch) -> tuple[Sequence[int], list[bytes]]:
    """Return the records of a batch that are here, and their numbers before them."""
    if batch.body:
        numbers = range(batch.first, batch.first + batch.count)
        return numbers, unpacked(batch.statement, batch.body, batch.count)
    if not batch.cut:
        return (), []
    from evidence.cut_body import parse_cut_body  # noqa: PLC0415  as above

    left = parse_cut_body(batch.cut).left
    return [batch.first + item.index for item in left], [item.record for item in left]


def unpacked(statement: bytes, body: bytes, count: int) -> list[bytes]:
    """Return the records in a batch's body, under the codec that its statement names."""
    return decode_body(body, parse_statement(statement).batch.codec, count)[1]


def open_batches(path: Path) -> BatchReader:
    """Open an existing file of batches for reading only; see `ring_reader.open_reader`."""
    connection, epoch = open_to_read(path)
    return BatchReader(connection, path, epoch)
