"""What only PostgreSQL does: standbys that are gone, a failover, a second writer."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from evidence.statement import parse_statement
from foundation.errors import Fatal
from ledger.base.errors import StoreFailed
from ledger.store import postgres_schema
from ledger.store.chain import Accepted, Submission
from ledger.store.postgres_store import PostgresStore
from ledger.store.store import Kept, Slot
from ledger.store.store_thread import StoreThread
from tests.ledger.postgres import Servers, require_postgres

ENDLESS_S = 60.0
"""Longer than any test waits."""


@pytest.fixture
def pair():
    """A primary with a synchronous standby, and a founded store on them."""
    require_postgres()
    servers = Servers()
    try:
        servers.add_standby()
        PostgresStore.create(servers.url("postgres"), b"genesis")
        yield servers
    finally:
        servers.close()


def submit(gateway):
    return Submission(parse_statement(gateway.extend()[0]))


def test_commits_wait_for_the_disk(postgres):
    PostgresStore.create(postgres)
    connection = postgres_schema.connect(postgres)
    assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    assert connection.execute("SHOW statement_timeout").fetchone() == ("10s",)
    told = connection.info.get_parameters()
    assert (told["connect_timeout"], told["application_name"]) == ("5", "tallyman-ledger")
    assert told["target_session_attrs"] == "read-write", "of several hosts the primary"
    connection.close()


def test_a_second_writer_is_refused_and_a_reader_is_not(postgres, monkeypatch):
    PostgresStore.create(postgres, b"genesis")
    first = PostgresStore(postgres)
    with pytest.raises(StoreFailed, match="another node writes"):
        PostgresStore(postgres)
    settings, connect = [], postgres_schema.connect

    def connected(*words, **more):
        found = connect(*words, **more)
        settings.append(found.execute("SHOW default_transaction_read_only").fetchone()[0])
        return found

    with monkeypatch.context() as patch:
        patch.setattr(postgres_schema, "connect", connected)
        reader = PostgresStore(postgres, read_only=True)
        assert (reader.size(), settings) == (1, ["on"])
    reader.close()
    first.close()
    PostgresStore(postgres).close()


def test_writer_whose_turn_was_taken_writes_nothing(postgres, gateway):
    """A lock may get lost in a connection pool; the count of turns does not."""
    PostgresStore.create(postgres, b"genesis")
    store = PostgresStore(postgres)
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("UPDATE store SET turn = turn + 1")
    submission = submit(gateway)
    with pytest.raises(StoreFailed, match="another node wrote"):
        store.register([submission], 0)
    assert store.size() == 1  # opened anew
    assert store.register([submission], 0) == [Accepted(1)]
    store.close()


def test_lost_connection_is_a_failure_and_the_next_call_connects_anew(postgres, gateway):
    PostgresStore.create(postgres, b"genesis")
    store = PostgresStore(postgres)
    submission = submit(gateway)
    with psycopg.connect(postgres, autocommit=True) as other:
        sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        other.execute(sql + " AND datname = current_database()")
    with pytest.raises(StoreFailed):
        store.register([submission], 0)
    assert store.register([submission], 0) == [Accepted(1)]
    store.close()


def test_password_is_never_shown():
    assert "secret" not in postgres_schema.name_of("postgresql://me:secret@db.example/tallyman")
    with pytest.raises(StoreFailed) as failed:
        PostgresStore("postgresql://me:secret@127.0.0.1:1/tallyman")
    assert "secret" not in f"{failed.value}{failed.value.advice}"


def test_database_without_tables_is_no_store(postgres):
    with pytest.raises(Fatal, match="holds no store"):
        PostgresStore(postgres)


def test_other_version_is_named(postgres):
    PostgresStore.create(postgres)
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("UPDATE store SET version = 2")
    with pytest.raises(Fatal, match="version 2, this program knows 1"):
        PostgresStore(postgres)
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("DELETE FROM store")
    with pytest.raises(StoreFailed, match="has no version"):
        PostgresStore(postgres)


def test_commit_that_no_standby_holds_is_not_acknowledged(pair, gateway):
    """It is on the primary all the same; once a standby is back, the same statement is accepted."""
    store = PostgresStore(pair.url("postgres"), commit_s=0.5)
    first, second = submit(gateway), submit(gateway)
    assert store.register([first], 0) == [Accepted(1)]
    pair.standby.kill()
    with pytest.raises(StoreFailed, match="may not be on the standbys"):
        store.register([second], 0)
    assert pair.primary.sql("SELECT count(*) FROM entries") == [(3,)]  # committed, not acknowledged
    for ask in (store.size, lambda: store.register([second], 0), lambda: store.newest("", b"")):
        with pytest.raises(StoreFailed):
            ask()  # what only the primary has is not even shown
    kept = Kept(1, bytes(32), b"note", 0)
    with pytest.raises(StoreFailed):
        store.advance(Slot.SIGNED, "log", None, kept)
    pair.standby.start()
    replica = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'quorum'"
    pair.primary.wait(lambda connection: connection.execute(replica).fetchone())
    assert store.register([second], 0) == [Accepted(2)]
    assert store.size() == 3
    store.close()


async def test_a_node_that_ends_does_not_wait_for_a_standby(pair, gateway):
    """Neither the commit under way waits on, nor the one that a new session begins with."""
    store = await StoreThread.open(lambda: PostgresStore(pair.url("postgres"), commit_s=ENDLESS_S))
    pair.standby.kill()
    new = submit(gateway)
    works = [asyncio.create_task(store(lambda held: held.register([new], 0))) for _ in range(2)]
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    await asyncio.to_thread(
        pair.primary.wait, lambda connection: connection.execute(waiting).fetchone()
    )
    async with asyncio.timeout(ENDLESS_S / 2):
        await store.close()
        ended = await asyncio.gather(*works, return_exceptions=True)
    assert [type(each) for each in ended] == [StoreFailed, StoreFailed]


def test_failover_keeps_what_was_acknowledged(pair, gateway):
    store = PostgresStore(pair.url("postgres"))
    submissions = [submit(gateway) for _ in range(5)]
    store.register(submissions[:4], 0)
    pair.fail_over()
    with pytest.raises(StoreFailed):
        store.register(submissions[4:], 0)
    assert store.register(submissions, 0) == [Accepted(index) for index in range(1, 6)]
    assert store.size() == 6
    store.close()
