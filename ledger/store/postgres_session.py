"""A writing connection to PostgreSQL: one writer, and commits that are known to be replicated.

When a COMMIT's wait for its synchronous standbys is cancelled, or its connection is lost, the
transaction may stand on the primary alone: a failover would take it away. So no session trusts what
an earlier one left: each begins with a write of its own, and that commit waits until the standbys
hold it and all before it. What a session reads after it survives the primary.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.errors import Diagnostic

from ledger.base.errors import StoreFailed
from ledger.store import postgres_schema

COMMIT_S = 10.0
"""How long a COMMIT may wait for its standbys before it counts as not done."""

CANCEL_S = 5.0

LOCK_S, LOCK_POLL_S = 2.0, 0.05
"""A writer that has just left is still at the server for a moment."""

_LOCK = "SELECT pg_try_advisory_lock((1413565516::bigint << 32) | 'store'::regclass::oid::bigint)"
"""'TALL' and the table's number: one writer of this store, several stores in a database."""

_TURN = "UPDATE store SET turn = turn + 1 WHERE turn = %s"


class PostgresSession:
    """Owns the right to write to a store, from `begin` until it is closed or gets lost."""

    def __init__(self, url: str, commit_s: float = COMMIT_S) -> None:
        self._name = postgres_schema.name_of(url)
        self._commit_s = commit_s
        self._warnings: list[str] = []
        self.connection = postgres_schema.connect(url)
        self.connection.add_notice_handler(self._hear)
        self._turn = 0

    def begin(self) -> None:
        """Become the one writer, and wait until the standbys hold all that was written before.

        StoreFailed when another node writes, or when no standby answers in time; then close.
        """
        self._await_lock()
        self.connection.execute("BEGIN")
        found = self.connection.execute("UPDATE store SET turn = turn + 1 RETURNING turn")
        (self._turn,) = found.fetchone() or (0,)
        self._commit()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Commit what the block writes; StoreFailed when it may not be on the standbys.

        After any error the session must be closed, which rolls back what was open.
        """
        self.connection.execute("BEGIN")
        # Also without another write: only a commit that wrote waits for the standbys.
        if self.connection.execute(_TURN, (self._turn,)).rowcount != 1:
            raise StoreFailed(f"{self._name}: another node wrote to this store", advice="stop it")
        yield self.connection
        self._commit()
        self._turn += 1

    def close(self) -> None:
        """Close the connection; another may write then."""
        with suppress(psycopg.Error):
            self.connection.close()

    def cancel(self) -> None:
        """End what is waited for, from another thread; it fails.

        A COMMIT succeeds with a warning, which counts as a failure here.
        """
        with suppress(psycopg.Error):
            self.connection.cancel_safe(timeout=CANCEL_S)

    def _await_lock(self) -> None:
        deadline = time.monotonic() + LOCK_S
        while not self._locked():
            if time.monotonic() > deadline:
                raise StoreFailed(
                    f"{self._name}: another node writes to this store",
                    advice="stop it; if it died, PostgreSQL lets go of its lock within a minute",
                )
            time.sleep(LOCK_POLL_S)

    def _locked(self) -> bool:
        row = self.connection.execute(_LOCK).fetchone()
        return row is not None and bool(row[0])

    def _commit(self) -> None:
        self._warnings.clear()
        watch = threading.Timer(self._commit_s, self.cancel)
        watch.daemon = True
        watch.start()
        try:
            done = self.connection.execute("COMMIT").statusmessage
        finally:
            watch.cancel()
        if done != "COMMIT" or self._warnings:
            said = "; ".join(self._warnings) or str(done)
            raise StoreFailed(
                f"{self._name}: a commit may not be on the standbys: {said}",
                advice="bring a synchronous standby back: SELECT * FROM pg_stat_replication",
            )

    def _hear(self, notice: Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warnings.append(notice.message_primary or "a warning")
