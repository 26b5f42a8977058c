"""Sealed batches in SQLite: write-ahead log, synchronous FULL, one transaction a batch.

After a failed write the connection is closed and the next call opens the file anew: recovery is
SQLite's normal opening, never a guess about what the failed call left behind. What the log holds
then may be in the page cache only, after a failed flush, so opening copies it into the database,
which flushes that: whatever is read afterwards is durable, and its ring slots may go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.journal import erasure_rule, retention, wiping
from agent.journal import sqlite_forwarding as forwarding
from agent.journal.batch_reader import BatchReader
from agent.journal.batches_file import (
    APPLICATION_ID,
    VERSION,
    check_format,
    stored_epoch,
    translated,
)
from agent.journal.journal import (
    Confirmation,
    JournalDamaged,
    JournalUnavailable,
    MixedGateways,
    OutOfOrder,
    SealedBatch,
)
from agent.journal.pairing import ArchiveFacts
from agent.journal.vouching import Vouchers
from foundation.durable import advice_for, sync_file

if TYPE_CHECKING:
    from agent.journal.batch_eraser import BatchEraser

PAGE_BYTES = 1024  # the log takes whole pages: 4 KiB ones cost a tenth more (hil device-bytes)
CACHE_KIB = 512  # the tail of one table is all that is ever hot; SQLite's default is 2 MiB

# Small columns stand before the blobs: reading a batch's state must not walk its body's pages.
_SCHEMA = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    (
        "CREATE TABLE batch (seq INTEGER PRIMARY KEY, first INTEGER NOT NULL, "
        "count INTEGER NOT NULL, urgent INTEGER NOT NULL, state TEXT NOT NULL, "
        "accepted_ms INTEGER, body_ms INTEGER, confirmed_ms INTEGER, entry_index INTEGER, "
        "checkpoint_size INTEGER, "
        "error_code TEXT NOT NULL DEFAULT '', error_text TEXT NOT NULL DEFAULT '', "
        "seed BLOB NOT NULL, statement BLOB NOT NULL, body BLOB NOT NULL, receipt BLOB)"
    ),
    forwarding.INDEX,
    "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note BLOB NOT NULL)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)

# A declared gap has no body that anybody could be owed, nor sign for.
_GAP_TAKEN = "UPDATE batch SET body_ms = 0 WHERE seq = ?"
_GAP_HELD = "INSERT INTO custody (seq, receipt, pruned) VALUES (?, x'', 1)"
_GIVEN_UP = (
    "INSERT INTO meta VALUES ('given up', ?1) ON CONFLICT (name) DO UPDATE SET value = value + ?1"
)

_NOTE_RING = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
_SLOTS, _GENERATION = "ring slots", "ring generation"

Connect = Callable[[Path], sqlite3.Connection]

Work = Callable[[sqlite3.Connection], None]
"""Writes something within a transaction."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the database for writing, with the durability that a journal promises."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        _prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA trusted_schema = OFF")


class Batches(BatchReader):
    """The batches of one epoch. Make it and use it in one thread."""

    def __init__(
        self, path: Path, epoch: bytes, connect: Connect = connect, *, erases: bool = False
    ) -> None:
        """Open or create the file; JournalDamaged when it is another epoch's.

        `erases`: what goes is to be gone from the file, not only unused. So it is, too, while a
        rule that was removed has left something to do.
        """
        self._connect = connect
        self.erases = erases
        self._broken = False
        self._deferred: list[Work] = []
        self._noted = (0, 0)
        self.epoch = epoch
        super().__init__(self._open(path), path, epoch)
        self._head = self._newest(self._look_up)

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            connection = self._connect(path)
            try:
                self._check_or_create(connection, path)
                _flush_log(connection, path)
            except (sqlite3.Error, JournalDamaged, JournalUnavailable):
                connection.close()
                raise
        except sqlite3.Error as error:
            raise translated(path, error) from error
        return connection

    def _check_or_create(self, connection: sqlite3.Connection, path: Path) -> None:
        if not check_format(connection, path):
            connection.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('epoch', ?)", (self.epoch,))
            connection.execute("COMMIT")
        self.erases = self.erases or erasure_rule.is_unfinished(connection)
        for statement in (*retention.SCHEMA, *(erasure_rule.SCHEMA if self.erases else ())):
            connection.execute(statement)
        if self.erases:
            connection.execute("PRAGMA secure_delete = ON")
        else:
            wiping.forget_filled(connection)
        epoch = stored_epoch(connection)
        if epoch != self.epoch:
            raise MixedGateways(f"{path} belongs to epoch {epoch.hex()}, not to {self.epoch.hex()}")

    def _query(self, sql: str, *args: object) -> list[Any]:
        with suppress(JournalUnavailable):  # what a disk refuses to take can be read for all that
            self.flush()
        return self._look_up(sql, *args)

    def _look_up(self, sql: str, *args: object) -> list[Any]:
        """Return what the database has, without what is deferred."""
        self._mend()
        return super()._query(sql, *args)

    def head(self) -> SealedBatch | None:
        """See `JournalReader.head`; from memory, as each batch asks several times."""
        self._mend()
        return self._head

    @property
    def newest(self) -> SealedBatch | None:
        """The head as it is in memory, from any thread."""
        return self._head

    def sealed_upto(self) -> int:
        """See `JournalReader.sealed_upto`; from memory, too."""
        head = self.head()
        return head.first + head.count if head else 0

    def used_bytes(self) -> int:
        """Return how many bytes of the database hold something.

        Each seal asks, and takes along what is deferred.
        """
        return retention.used_bytes(self._look_up)

    def _mend(self) -> None:
        if self._broken:
            if not self._path.exists():  # unmounted: never begin a second history in its place
                raise JournalUnavailable(
                    f"the journal {self._path} is gone", advice="mount its disk again: dmesg, df"
                )
            self._connection = self._open(self._path)
            self._broken = False
            self._head = self._newest(self._look_up)

    def _write(self, work: Work) -> None:
        """Run what is deferred, then `work`, in one transaction.

        Durable on return, to be asked again on any error: what is deferred stays so then.
        """
        self._mend()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for each in (*self._deferred, work):
                    each(self._connection)
                self._connection.execute("COMMIT")
            except OutOfOrder:
                self._connection.execute("ROLLBACK")
                raise
        except (sqlite3.Error, JournalUnavailable, JournalDamaged) as error:
            self._give_up_connection()
            if isinstance(error, sqlite3.Error):
                raise translated(self._path, error) from error
            raise
        self._deferred.clear()

    def flush(self) -> None:
        """See `Journal.flush`."""
        if self._deferred:
            self._write(lambda _: None)

    def facts(self) -> ArchiveFacts:
        """Return what the ring beside these batches is held against."""
        noted = dict(self._query("SELECT name, value FROM meta WHERE name LIKE 'ring %'"))
        self._noted = noted.get(_SLOTS, 0), noted.get(_GENERATION, 0)
        return ArchiveFacts(self.total(), self.sealed_upto(), *self._noted)

    def note_ring(self, slots: int, generation: int) -> None:
        """Note what ring is beside, where that is not known yet."""
        if self._noted != (slots, generation):
            self._write(lambda connection: _note_ring(connection, slots, generation))
            self._noted = slots, generation

    def seal(self, batch: SealedBatch, slots: int = 0, generation: int = 0) -> None:
        """See `Journal.seal`; that the records are the journal's is for the caller to check.

        The ring's `slots` and `generation` are noted where they changed: once an opening.
        """

        def work(connection: sqlite3.Connection) -> None:
            self._insert_batch(connection, batch)
            if self._noted != (slots, generation):
                _note_ring(connection, slots, generation)

        self._write(work)
        self._noted = slots, generation
        self._head = batch

    def _insert_batch(self, connection: sqlite3.Connection, batch: SealedBatch) -> None:
        head = self.head()
        if head == batch:
            return
        follows = head.seq + 1 if head else 0
        upto = head.first + head.count if head else 0
        if (batch.epoch, batch.seq, batch.first) != (self.epoch, follows, upto):
            raise OutOfOrder(
                f"batch {batch.seq} from record {batch.first} does not follow: "
                f"batch {follows} must start at record {upto}"
            )
        connection.execute(
            "INSERT INTO batch (seq, first, count, seed, statement, body, urgent, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'sealed')",
            (
                batch.seq,
                batch.first,
                batch.count,
                batch.seed,
                batch.statement,
                batch.body,
                batch.urgent,
            ),
        )
        if not batch.body:
            connection.execute(_GAP_TAKEN, (batch.seq,))
            connection.execute(_GAP_HELD, (batch.seq,))
            connection.execute(_GIVEN_UP, (batch.count,))

    def set_accepted(self, seqs: Sequence[int], at_ms: int, *, with_body: bool = True) -> None:
        """See `Journal.set_accepted`."""
        take = forwarding.take_statements
        self._write(lambda connection: take(connection, seqs, at_ms, with_body=with_body))

    def set_body_taken(self, seqs: Sequence[int], at_ms: int) -> None:
        """See `Journal.set_body_taken`."""
        self._write(lambda connection: forwarding.take_bodies(connection, seqs, at_ms))

    def set_forgotten(self, after: int) -> None:
        """See `Journal.set_forgotten`."""
        self._write(lambda connection: forwarding.forget(connection, after))

    def set_confirmed(
        self,
        confirmations: Sequence[Confirmation],
        checkpoint: bytes,
        at_ms: int,
        *,
        deferred: bool = False,
    ) -> None:
        """See `Journal.set_confirmed`."""
        sql = (
            "UPDATE batch SET state = 'confirmed', accepted_ms = coalesce(accepted_ms, ?6, ?1), "
            "body_ms = coalesce(body_ms, ?6), confirmed_ms = ?1, entry_index = ?2, receipt = ?3, "
            "checkpoint_size = ?4, error_code = '', error_text = '' WHERE seq = ?5"
        )
        rows = [
            (at_ms, c.entry_index, c.receipt, c.checkpoint_size, c.seq, c.taken_ms)
            for c in confirmations
        ]
        notes = [(size, checkpoint) for size in sorted({c.checkpoint_size for c in confirmations})]

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", notes)
            connection.executemany(sql, rows)

        if deferred:
            self._deferred.append(work)
        else:
            self._write(work)

    def set_refused(self, seq: int, code: str, text: str) -> None:
        """See `Journal.set_refused`."""
        sql = (
            "UPDATE batch SET state = 'refused', error_code = ?, error_text = ? "
            "WHERE seq = ? AND state != 'confirmed'"
        )

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(sql, (code, text, seq))

        self._write(work)

    def vouchers(self, threshold: int) -> Vouchers:
        """See `RingJournal.vouchers`."""
        return Vouchers(self._query, self._write, threshold)

    def set_custody(self, receipts: Mapping[int, bytes]) -> None:
        """See `Journal.set_custody`."""
        self._write(lambda connection: retention.keep_custody(connection, receipts))

    def prune(self) -> int:
        """Let the next bodies go that may; return how many went."""
        seqs = retention.may_go(self._query)
        if seqs:
            self._write(lambda connection: retention.prune(connection, seqs))
            self.forget_decoded()
        return len(seqs)

    def eraser(self) -> BatchEraser:
        """Return what erases by rules, in a file that was opened with `erases`."""
        from agent.journal.batch_eraser import BatchEraser  # noqa: PLC0415  few journals have a rule

        return BatchEraser(self._query, self._write_anew, self._cut_log)

    def _write_anew(self, work: Work) -> None:
        """Write what changes bodies."""
        self._write(work)
        self.forget_decoded()

    def _cut_log(self) -> None:
        """Leave nothing in the log beside the database, durably.

        JournalUnavailable while another program reads it: to be asked again.
        """
        self._mend()
        try:
            if not wiping.cut_log(self._connection):
                raise _in_use(self._path)
            sync_file(Path(f"{self._path}-wal"))  # SQLite does not: its old end could come back
        except sqlite3.Error as error:
            self._give_up_connection()
            raise translated(self._path, error) from error
        except OSError as error:
            raise JournalUnavailable(
                f"the journal {self._path} cannot be used: {error.strerror}",
                advice=advice_for(error.errno),
            ) from error

    def _give_up_connection(self) -> None:
        """Open the file anew at the next call."""
        self._broken = True
        with suppress(sqlite3.Error):
            self._connection.close()

    def close(self) -> None:
        """Release the file; what is deferred is written where the disk takes it."""
        with suppress(JournalUnavailable, JournalDamaged):
            self.flush()
        with suppress(sqlite3.Error):
            self._connection.close()


def _note_ring(connection: sqlite3.Connection, slots: int, generation: int) -> None:
    connection.executemany(_NOTE_RING, [(_SLOTS, slots), (_GENERATION, generation)])


def _flush_log(connection: sqlite3.Connection, path: Path) -> None:
    """Copy the log into the database, durably; a reader beside us is waited for (5 s)."""
    busy, pages, copied = connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
    if busy or copied < pages:
        raise _in_use(path)


def _in_use(path: Path) -> JournalUnavailable:
    return JournalUnavailable(
        f"the journal {path} cannot be used: another program reads it",
        advice="end that program (fuser names it), or wait",
    )
