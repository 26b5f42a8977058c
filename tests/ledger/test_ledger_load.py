"""The load on a ledger node: its bulk loaded log is a log, and a node is served to the end."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from evidence.merkle import root_at
from evidence.statement import parse_statement
from hil.ledger_load.bulk import PostgresLoader, SqliteLoader, fill
from hil.ledger_load.grow import grow_sqlite
from hil.ledger_load.senders import make_senders
from hil.ledger_load.serve import Load, serve
from ledger.store.chain import Accepted, Submission
from ledger.store.postgres_store import PostgresStore
from ledger.store.sqlite_store import SqliteStore
from tests.ledger.support import naive_root


@pytest.fixture(params=["sqlite", "postgres"])
def bulk(request, tmp_path):
    """An empty log, and what loads it."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        SqliteStore.create(path, b"genesis")
        store = SqliteStore(path)
        yield store, SqliteLoader(path)
        store.close()
        return
    url = request.getfixturevalue("postgres")
    PostgresStore.create(url, b"genesis")
    store = PostgresStore(url)
    yield store, PostgresLoader(url)
    store.close()


def test_a_bulk_loaded_log_is_the_one_that_would_have_grown(bulk):
    store, loader = bulk
    (sender,) = make_senders(1, Random(1))
    for size in (77, 300):
        fill(store, loader, size)
        statement = parse_statement(next(sender.chain()))
        (verdict,) = store.register([Submission(statement)], 0)
        assert isinstance(verdict, Accepted)
    entries = [store.entry(index) for index in range(store.size())]
    assert len(entries) == 300
    assert root_at(store.node, 300) == naive_root(entries)


def test_senders_follow_from_their_seed():
    one, same = (next(iter(make_senders(3, Random(7)))) for _ in range(2))
    assert (one.issuer, one.epoch, one.public) == (same.issuer, same.epoch, same.public)
    first, second = map(parse_statement, islice(one.chain(), 2))
    assert second.claims.previous == first.digest


def test_every_statement_of_every_gateway_is_served_to_its_receipt(tmp_path):
    # `serve` returns only when all receipts came, and fails on any other answer.
    served = serve(tmp_path / "load", Load(gateways=3, statements=70))
    assert served.per_second > 0
    assert 0 < served.node_us < 1e6


def test_costs_are_told_for_every_size(tmp_path):
    costs = list(grow_sqlite(tmp_path, [100, 1000], groups=2))
    assert [cost.entries for cost in costs] == [100, 1000]
    assert all(cost.register_us > 0 < cost.prove_us for cost in costs)
