"""The SQLite store by itself: durable settings, compare and set, evidence, damage."""

from __future__ import annotations

import sqlite3

import pytest

from agent.errors import Fatal
from agent.evidence.statement import parse_statement
from ledger import sqlite_schema
from ledger.chain import Equivocation, Submission
from ledger.errors import StoreFailed
from ledger.sqlite_store import EQUIVOCATIONS_KEPT, SqliteStore
from ledger.store import Exhibit, Kept, Slot


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ledger.db"
    SqliteStore.create(path, b"genesis")
    return path


@pytest.fixture
def store(path):
    store = SqliteStore(path)
    yield store
    store.close()


def test_every_commit_reaches_the_disk(path):
    connection = sqlite_schema.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    connection.close()


def test_a_log_is_founded_once(path):
    with pytest.raises(Fatal, match="exists already"):
        SqliteStore.create(path)


def test_store_that_is_gone_is_never_started_empty(tmp_path):
    with pytest.raises(Fatal, match="is not there"):
        SqliteStore(tmp_path / "ledger.db")


@pytest.mark.parametrize("content", [b"", b"no database at all" * 300])
def test_other_files_are_no_store(tmp_path, content):
    (tmp_path / "ledger.db").write_bytes(content)
    with pytest.raises(Fatal):
        SqliteStore(tmp_path / "ledger.db")


def test_other_version_is_named(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(Fatal, match="version 2, this program knows 1"):
        SqliteStore(path)


def test_compare_and_set(store):
    first = Kept(1, bytes(32), b"note 1", 10)
    second = Kept(2, bytes(32), b"note 2", 20)
    assert store.kept(Slot.SIGNED, "log") is None
    assert store.advance(Slot.SIGNED, "log", None, first)
    assert not store.advance(Slot.SIGNED, "log", None, second)
    assert store.kept(Slot.SIGNED, "log") == first
    assert store.advance(Slot.SIGNED, "log", first, second)
    assert store.kept(Slot.SIGNED, "log") == second
    assert store.kept(Slot.WITNESSED, "log") is None
    assert store.kept(Slot.SIGNED, "other") is None


def test_two_processes_cannot_both_win(path, store):
    other = SqliteStore(path)
    assert store.advance(Slot.SIGNED, "log", None, Kept(1, bytes(32), b"a", 1))
    assert not other.advance(Slot.SIGNED, "log", None, Kept(1, bytes(32), b"b", 1))
    other.close()


def test_evidence_is_kept_once_and_up_to_a_limit(store):
    exhibits = [Exhibit("shown", "truck", (b"%d" % n,), n) for n in range(4)]
    assert [store.keep_evidence(exhibit, 3) for exhibit in exhibits] == [True, True, True, False]
    assert store.keep_evidence(exhibits[0], 3)
    assert store.keep_evidence(Exhibit("shown", "other", (b"0",), 9), 3)
    assert len(store.evidence()) == 4
    assert store.evidence()[:3] == exhibits[:3]


def test_equivocations_do_not_fill_the_disk(store, gateway):
    store.register([Submission(parse_statement(gateway.extend()[0]))], 0)
    for number in range(EQUIVOCATIONS_KEPT + 5):
        again = parse_statement(gateway.sign(0, None, mark=f"again {number}")[0])
        (verdict,) = store.register([Submission(again)], 0)
        assert isinstance(verdict, Equivocation)
    assert len(store.evidence()) == EQUIVOCATIONS_KEPT
    assert store.size() == 2


def test_group_with_a_bad_member_keeps_the_others(store, gateway):
    first, second = (Submission(parse_statement(gateway.extend()[0])) for _ in range(2))
    stray = Submission(parse_statement(gateway.sign(7, bytes(32))[0]))
    verdicts = store.register([first, stray, second], 0)
    assert [type(verdict).__name__ for verdict in verdicts] == ["Accepted", "Gap", "Accepted"]
    assert store.size() == 3


def test_failed_transaction_leaves_nothing_and_the_next_one_works(path, store, gateway):
    submission = Submission(parse_statement(gateway.extend()[0]))
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("CREATE TRIGGER no BEFORE INSERT ON nodes BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(StoreFailed):
        store.register([submission], 0)
    assert store.size() == 1
    blocker.execute("DROP TRIGGER no")
    blocker.close()
    store.register([submission], 0)
    assert store.size() == 2


def test_missing_node_is_damage(path, store):
    with pytest.raises(Fatal, match="lacks node 5 at level 3"):
        store.node(3, 5)


def test_read_only_store_writes_nothing(path):
    store = SqliteStore(path, read_only=True)
    assert store.size() == 1
    with pytest.raises(StoreFailed):
        store.advance(Slot.SIGNED, "log", None, Kept(1, bytes(32), b"", 0))
    store.close()
