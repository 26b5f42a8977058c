"""Which rows are moved so that nothing of erased ones is left, and what free pages hold then."""

from __future__ import annotations

import sqlite3

import pytest

from agent.journal.wiping import (
    AT_ONCE,
    cut_log,
    fill_free,
    forget_filled,
    is_filled,
    next_unwiped,
    rewrite,
)

COLUMNS = ", ".join(f"c{at}" for at in range(15))


@pytest.fixture
def database(tmp_path):
    connection = sqlite3.connect(tmp_path / "j.sqlite", isolation_level=None)
    connection.execute(f"CREATE TABLE batch (seq INTEGER PRIMARY KEY, {COLUMNS})")
    connection.execute("CREATE TABLE cut (seq INTEGER PRIMARY KEY, body, remaining)")
    connection.execute("CREATE TABLE unwiped (seq INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value)")
    connection.execute("PRAGMA synchronous = OFF")
    yield connection
    connection.close()


def query(connection):
    return lambda sql, *args: connection.execute(sql, args).fetchall()


def filled(connection, count):
    row = "(" + ", ".join("?" * 16) + ")"
    rows = [(seq, *(f"{seq} {at}" for at in range(15))) for seq in range(count)]
    inserted(connection, f"INSERT INTO batch VALUES {row}", rows)
    inserted(connection, "INSERT INTO cut VALUES (?, ?, 1)", [(seq, b"") for seq in range(count)])
    return rows


def inserted(connection, sql, rows):
    connection.execute("BEGIN")
    connection.executemany(sql, rows)
    connection.execute("COMMIT")


@pytest.mark.parametrize(
    ("erased", "moved"),
    [
        ([100], [(68, 132)]),
        ([3], [(-29, 35)]),
        ([100, 164], [(68, 196)]),  # 64 apart: the rows between are around both
        ([100, 165], [(68, 132), (133, 197)]),
        ([10, 40, 70, 300], [(-22, 102), (268, 332)]),
    ],
)
def test_the_rows_around_each_erased_one_go_into_other_pages(database, erased, moved):
    rows = filled(database, 400)
    inserted(database, "INSERT INTO unwiped VALUES (?)", [(seq,) for seq in (*erased, 399)])
    said = []
    database.set_trace_callback(said.append)
    database.execute("BEGIN")
    rewrite(database, erased)
    database.execute("COMMIT")
    database.set_trace_callback(None)
    for table in ("batch", "cut"):
        stretches = [
            f"DELETE FROM {table} WHERE seq BETWEEN {low} AND {high}" for low, high in moved
        ]
        assert [each for each in said if each.startswith(f"DELETE FROM {table}")] == stretches
    assert database.execute("SELECT * FROM batch ORDER BY seq").fetchall() == rows
    assert database.execute("SELECT count(*) FROM cut").fetchone() == (400,)
    assert next_unwiped(query(database)) == [399]


def test_so_many_are_wiped_at_once_the_oldest_first(database):
    inserted(database, "INSERT INTO unwiped VALUES (?)", [(seq,) for seq in range(500, 0, -1)])
    assert next_unwiped(query(database)) == list(range(1, AT_ONCE + 1))


def test_free_pages_are_zeros_until_others_become_free(database, tmp_path):
    database.execute("PRAGMA secure_delete = OFF")
    secret = b"told to nobody " * 100_000  # more than one row of zeros
    database.execute("CREATE TABLE old (told BLOB)")
    database.execute("INSERT INTO old VALUES (?)", (secret,))
    database.execute("DROP TABLE old")
    assert secret[:15] in (tmp_path / "j.sqlite").read_bytes()
    assert is_filled(query(database)) is False
    forget_filled(database)  # of nothing
    fill_free(database)
    assert is_filled(query(database)) is True
    assert secret[:15] not in (tmp_path / "j.sqlite").read_bytes()
    forget_filled(database)
    assert is_filled(query(database)) is False


def test_a_log_is_cut_unless_somebody_reads_it_who_is_not_waited_for(database, tmp_path):
    database.execute("PRAGMA journal_mode = WAL")
    filled(database, 3)
    reader = sqlite3.connect(tmp_path / "j.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM batch").fetchall()
    said = []
    database.set_trace_callback(said.append)
    assert cut_log(database) is False
    assert said == [
        "PRAGMA busy_timeout = 0",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA busy_timeout = 5000",
    ]
    reader.close()
    assert cut_log(database) is True
    assert (tmp_path / "j.sqlite-wal").stat().st_size == 0
