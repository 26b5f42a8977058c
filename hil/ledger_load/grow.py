"""What registering a statement and proving it cost a store, at logs of 10^3 to 10^6 entries."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from evidence import merkle
from evidence.statement import parse_statement
from hil.ledger_load.bulk import Loader, PostgresLoader, SqliteLoader, fill
from hil.ledger_load.senders import Sender, make_senders
from hil.ledger_load.serve import ORIGIN, SEED, cpu_seconds
from hil.site.postgres import Servers
from ledger.log import proofs
from ledger.log.registrar import MAX_GROUP
from ledger.store.chain import Submission
from ledger.store.postgres_store import PostgresStore
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Kept, Slot, Store

GROUPS = 40
"""Full groups that each size is measured with."""

GENESIS = b"genesis"
Clock = Callable[[], float]
"""Seconds of CPU time."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU µs of a statement in a log of `entries`: in its group, and for its receipt's proof."""

    entries: int
    register_us: float
    prove_us: float

    @property
    def both_us(self) -> float:
        """What a statement costs until its receipt can be signed."""
        return self.register_us + self.prove_us


def grow_sqlite(folder: Path, sizes: list[int], groups: int = GROUPS) -> Iterator[Cost]:
    """Yield the costs of a store in a SQLite file."""
    path = folder / "ledger.db"
    SqliteStore.create(path, GENESIS)
    open_store, loader = functools.partial(SqliteStore, path), SqliteLoader(path)
    yield from _grow(open_store, loader, sizes, groups, time.process_time)


def grow_postgres(servers: Servers, sizes: list[int]) -> Iterator[Cost]:
    """Yield the costs of a store in PostgreSQL, those of the server's processes included."""
    url = servers.url("postgres")
    PostgresStore.create(url, GENESIS)

    def clock() -> float:
        return time.process_time() + sum(map(cpu_seconds, servers.primary.pids))

    open_store, loader = functools.partial(PostgresStore, url), PostgresLoader(url)
    yield from _grow(open_store, loader, sizes, GROUPS, clock)


def _grow(
    open_store: Callable[[], Store], loader: Loader, sizes: list[int], groups: int, clock: Clock
) -> Iterator[Cost]:
    for size, sender in zip(sizes, make_senders(len(sizes), Random(SEED)), strict=True):
        with ExitStack() as stack:
            store = open_store()
            stack.callback(store.close)
            fill(store, loader, size)
            yield _cost(store, sender, size, groups, clock)


def _cost(store: Store, sender: Sender, entries: int, groups: int, clock: Clock) -> Cost:
    chain = (Submission(parse_statement(encoded)) for encoded in sender.chain())
    signed = [list(islice(chain, MAX_GROUP)) for _ in range(groups)]
    register = prove = 0.0
    for group in signed:
        started = clock()
        store.register(group, 0)
        registered = clock()
        _serve(store)
        seqs = [each.statement.claims.seq for each in group]
        serving = clock()
        proofs.prove(store, ORIGIN, sender.issuer, sender.epoch, seqs, entries // 2)
        register, prove = register + registered - started, prove + clock() - serving
    each = 1e6 / (groups * MAX_GROUP)
    return Cost(entries, register * each, prove * each)


def _serve(store: Store) -> None:
    """Serve the whole log, as a checkpoint a second does."""
    size = store.size()
    kept = Kept(size, merkle.root_at(store.node, size), b"", 0)
    store.advance(Slot.COSIGNED, ORIGIN, store.kept(Slot.COSIGNED, ORIGIN), kept)
