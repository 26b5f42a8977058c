"""The stores by themselves: compare and set, groups, evidence, damage; SQLite's own settings."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from evidence import merkle
from evidence.statement import parse_statement
from foundation.errors import Fatal
from ledger.base.errors import StoreFailed
from ledger.store import sql_store, sqlite_schema
from ledger.store.chain import Accepted, Equivocation, Gap, Submission
from ledger.store.group import EQUIVOCATIONS_KEPT
from ledger.store.postgres_store import PostgresStore
from ledger.store.sqlite_store import SqliteStore
from ledger.store.store import Exhibit, Kept, Slot
from tests.evidence.test_chain import FIRST, LOST, NEXT, WRONG, batch, follows
from tests.ledger.support import naive_root


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ledger.db"
    SqliteStore.create(path, b"genesis")
    return path


@pytest.fixture(params=[SqliteStore, PostgresStore])
def place(request, tmp_path):
    """Each kind of store, and where one of them is founded."""
    postgres = request.param is PostgresStore
    where = request.getfixturevalue("postgres") if postgres else tmp_path / "ledger.db"
    request.param.create(where, b"genesis")
    return request.param, where


@pytest.fixture
def store(place):
    kind, where = place
    store = kind(where)
    yield store
    store.close()


def break_nodes(place):
    """Make every write of a node fail; return what mends it."""
    kind, where = place
    if kind is SqliteStore:
        blocker = sqlite3.connect(where, isolation_level=None)
        make = "CREATE TRIGGER no BEFORE INSERT ON nodes BEGIN SELECT RAISE(ABORT, 'no'); END"
        drop = "DROP TRIGGER no"
    else:
        blocker = psycopg.connect(where, autocommit=True)
        make = "ALTER TABLE nodes ADD CONSTRAINT no CHECK (level > 99) NOT VALID"
        drop = "ALTER TABLE nodes DROP CONSTRAINT no"
    blocker.execute(make)

    def mend():
        blocker.execute(drop)
        blocker.close()

    return mend


def test_every_commit_reaches_the_disk(path):
    connection = sqlite_schema.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)  # ms
    connection.close()


def test_the_file_says_whose_it_is(path):
    """At the places where file(1) looks (sqlite.org/fileformat.html, 1.3): version and program."""
    head = path.read_bytes()[:100]
    assert (head[60:64], head[68:72]) == (bytes([0, 0, 0, 1]), b"TALL")


def test_nodes_are_remembered_as_long_as_the_connection_lives(path, gateway, monkeypatch):
    store = SqliteStore(path)
    root = store.node(0, 0)

    def replaced(value):
        with sqlite3.connect(path) as other:
            other.execute("UPDATE nodes SET hash = ? WHERE level = 0 AND idx = 0", (value,))
        other.close()

    replaced(bytes(32))
    assert store.node(0, 0) == root
    store.close()
    assert store.node(0, 0) == bytes(32), "another connection may see another file"
    replaced(root)
    monkeypatch.setattr(sql_store, "MAX_CACHED_NODES", 3)
    for count, seen in ((1, bytes(32)), (1, bytes(32)), (1, root)):
        new = [parse_statement(gateway.extend()[0]) for _ in range(count)]
        store.register([Submission(each) for each in new], 0)
        assert store.node(0, 0) == seen, "the first node, and one or two more for each entry"
    store.close()


@pytest.mark.parametrize("together", [True, False], ids=["in one group", "one by one"])
@pytest.mark.parametrize(
    ("told", "taken"),
    [
        (follows(3, LOST.digest, 3), True),
        (follows(0, FIRST.digest, 3), True),
        (follows(None, None, 3), True),
        (follows(0, FIRST.digest, 0), False),
        (follows(0, WRONG, 3), False),
        (follows(3, WRONG, 3), False),
        (follows(5, WRONG, 5), False),
        (follows(5, WRONG, 5, NEXT), True),
    ],
    ids=["a gap is its last", "up to its first", "from none", "less than is here", "wrong first",
         "wrong last", "beyond what is here", "of an epoch that is not here"],
)  # fmt: skip
def test_a_new_epoch_is_held_against_what_is_here_of_the_one_before(path, told, taken, together):
    store = SqliteStore(path)
    new = batch(0, None, epoch=bytes(reversed(NEXT[:15])) + b"x", follows=told)
    chain = [Submission(each) for each in (FIRST, LOST, new)]
    groups = [chain] if together else [[each] for each in chain]
    *before, verdict = [each for group in groups for each in store.register(group, 0)]
    assert before == [Accepted(1), Accepted(2)]
    assert (verdict == Accepted(3)) is taken
    assert isinstance(verdict, Accepted if taken else Gap)
    assert store.size() == (4 if taken else 3)
    store.close()


def test_a_log_is_founded_once(place):
    kind, where = place
    with pytest.raises(Fatal, match="already"):
        kind.create(where)


def test_a_disk_that_takes_no_store_is_named(tmp_path):
    with pytest.raises(StoreFailed, match=r"cannot make .*nowhere/ledger\.db: unable to open"):
        SqliteStore.create(tmp_path / "nowhere" / "ledger.db", b"genesis")


def test_store_that_is_gone_is_never_started_empty(tmp_path):
    with pytest.raises(Fatal, match="is not there"):
        SqliteStore(tmp_path / "ledger.db")


@pytest.mark.parametrize("content", [b"", b"no database at all" * 300])
def test_other_files_are_no_store(tmp_path, content):
    (tmp_path / "ledger.db").write_bytes(content)
    with pytest.raises(Fatal):
        SqliteStore(tmp_path / "ledger.db")


def test_a_file_that_somebody_holds_is_busy_and_not_damaged(path, monkeypatch):
    monkeypatch.setattr(sqlite_schema, "BUSY_SECONDS", 0.0)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreFailed, match="database is locked"):
        SqliteStore(path)
    holder.close()


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
    assert store.advance(Slot.SIGNED, "log", None, second) is False
    assert store.kept(Slot.SIGNED, "log") == first
    assert store.advance(Slot.SIGNED, "log", first, second)
    assert store.kept(Slot.SIGNED, "log") == second
    assert store.kept(Slot.WITNESSED, "log") is None
    assert store.kept(Slot.SIGNED, "other") is None


def test_two_processes_cannot_both_win(path):
    store, other = SqliteStore(path), SqliteStore(path)
    assert store.advance(Slot.SIGNED, "log", None, Kept(1, bytes(32), b"a", 1))
    assert not other.advance(Slot.SIGNED, "log", None, Kept(1, bytes(32), b"b", 1))
    other.close()
    store.close()


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


def test_failed_transaction_leaves_nothing_and_the_next_one_works(place, store, gateway):
    submission = Submission(parse_statement(gateway.extend()[0]))
    mend = break_nodes(place)
    with pytest.raises(StoreFailed):
        store.register([submission], 0)
    assert store.size() == 1
    mend()
    store.register([submission], 0)
    assert store.size() == 2


def test_missing_node_is_damage(store):
    with pytest.raises(Fatal, match="lacks node 5 at level 3"):
        store.node(3, 5)


def test_read_only_store_writes_nothing(place):
    kind, where = place
    store = kind(where, read_only=True)
    assert store.size() == 1
    with pytest.raises(StoreFailed):
        store.advance(Slot.SIGNED, "log", None, Kept(1, bytes(32), b"", 0))
    store.close()


def test_chain_is_judged_within_a_group_and_across_groups(store, gateway):
    """Next, again, other history, hole, wrong prev: in one transaction and in several."""
    signed = [gateway.extend() for _ in range(4)]
    first, second, third, _ = (Submission(parse_statement(item[0])) for item in signed)
    other = Submission(parse_statement(gateway.sign(1, first.statement.digest, mark="other")[0]))
    stray = Submission(parse_statement(gateway.sign(2, bytes(32))[0]))
    hole = Submission(parse_statement(signed[3][0]))
    verdicts = store.register([first, second, first, other, stray, hole], 7)
    assert [type(verdict).__name__ for verdict in verdicts] == [
        "Accepted", "Accepted", "Accepted", "Equivocation", "Gap", "Gap",
    ]  # fmt: skip
    assert [verdict.index for verdict in verdicts[:3]] == [1, 2, 1]
    assert verdicts[3].entry.encoded == second.statement.encoded
    assert (verdicts[4].wanted, verdicts[5].wanted) == (2, 2)
    assert store.register([second, other, third], 8)[::2] == [Accepted(2), Accepted(3)]
    (exhibit,) = store.evidence()
    assert exhibit.pieces == (second.statement.encoded, other.statement.encoded)
    assert exhibit.at == 7


def test_bodies_entries_and_places_are_read_back(store, gateway):
    signed = [gateway.extend() for _ in range(3)]
    store.register([Submission(parse_statement(text), body) for text, body in signed], 0)
    assert [store.entry(index) for index in range(5)] == [
        b"genesis", *(text for text, _ in signed), None,
    ]  # fmt: skip
    assert [store.body(index) for index in range(4)] == [None, *(body for _, body in signed)]
    assert store.indices(gateway.issuer, gateway.epoch, [0, 2, 9]) == {0: 1, 2: 3}
    assert store.newest(gateway.issuer, gateway.epoch).seq == 2
    assert store.newest(gateway.issuer, bytes(16)) is None
    assert store.last(gateway.issuer).encoded == signed[2][0]
    assert store.last("urn:uuid:nobody") is None


def test_body_that_came_late_is_kept(store, gateway):
    text, body = gateway.extend()
    statement = parse_statement(text)
    store.register([Submission(statement)], 0)
    store.register([Submission(statement, body), Submission(statement, body)], 0)
    assert store.body(1) == body


@pytest.mark.parametrize("groups", [[1] * 33, [33], [5, 1, 8, 19]], ids=str)
def test_tree_is_rfc_9162_s_however_it_grew(store, gateway, groups):
    entries = [b"genesis"]
    for count in groups:
        new = [gateway.extend()[0] for _ in range(count)]
        store.register([Submission(parse_statement(text)) for text in new], 0)
        entries += new
    for size in range(1, store.size() + 1):
        assert merkle.root_at(store.node, size) == naive_root(entries[:size])


def test_every_node_is_read_from_the_database_after_reopening(place, store, gateway):
    kind, where = place
    for _ in range(20):
        store.register([Submission(parse_statement(gateway.extend()[0]))], 0)
    root = merkle.root_at(store.node, 21)
    store.close()
    again = kind(where, read_only=True)
    assert merkle.root_at(again.node, 21) == root
    again.close()
