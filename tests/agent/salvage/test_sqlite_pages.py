"""Rows read off a page alone, against SQLite itself, which wrote them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from agent.salvage.sqlite_pages import rows_of

PAGE = 4096
ROWIDS = (1, 127, 128, 16_383, 16_384, 16_385, 2_097_152, 2**35, 2**56, 2**62)
VALUES = (
    None,
    0,
    1,
    -1,
    127,
    -128,
    32_767,
    -8_388_608,
    2**31,
    2**40,
    -(2**47),
    2**62,
    "",
    "naïve",
    b"\0\x80",
)


def pages_of(path):
    data = path.read_bytes()
    return {
        number: data[(number - 1) * PAGE : number * PAGE]
        for number in range(1, len(data) // PAGE + 1)
    }


def written(path, rows):
    """What SQLite was given, and what is read off the pages: by row id."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA page_size = {PAGE}")
        database.execute("CREATE TABLE t (a, b)")
        database.executemany("INSERT INTO t (rowid, a, b) VALUES (?, ?, ?)", rows)
        database.commit()
    pages = pages_of(path)
    found = [
        row
        for number, page in pages.items()
        for row in rows_of(page, number, lambda wanted: pages.get(wanted, b""))
        if len(row[1]) == 2
    ]
    return sorted(found, key=lambda row: row[0])


def test_row_ids_of_every_length_are_read(tmp_path):
    rows = [(rowid, "x", place) for place, rowid in enumerate(ROWIDS)]
    assert written(tmp_path / "db", rows) == [(rowid, ["x", place]) for rowid, _, place in rows]


@pytest.mark.parametrize("value", VALUES)
def test_values_of_every_size_are_read(tmp_path, value):
    assert written(tmp_path / "db", [(1, value, 7)]) == [(1, [value, 7])]


def test_a_real_number_is_no_value_of_ours(tmp_path):
    assert written(tmp_path / "db", [(1, 1.5, 7)]) == [(1, [None, 7])]


@pytest.mark.parametrize("size", [100, 3900, 4000, 4061, 4062, 5000, 8152, 20_000])
def test_what_does_not_fit_its_page_is_read_off_others(tmp_path, size):
    blob = bytes(place * 7 % 251 for place in range(size))
    assert written(tmp_path / "db", [(1, blob, 7), (2, "next", 8)]) == [
        (1, [blob, 7]),
        (2, ["next", 8]),
    ]
