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


@pytest.mark.parametrize("size", [100, 3900, 4000, 4056, 4057, 4062, 5000, 8148, 8149, 20_000])
def test_what_does_not_fit_its_page_is_read_off_others(tmp_path, size):
    blob = bytes(place * 7 % 251 for place in range(size))
    assert written(tmp_path / "db", [(1, blob, 7), (2, "next", 8)]) == [
        (1, [blob, 7]),
        (2, ["next", 8]),
    ]


def test_an_overflow_page_that_is_gone_costs_its_row_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / "db")) as database:
        database.execute(f"PRAGMA page_size = {PAGE}")
        database.execute("CREATE TABLE t (a, b)")
        database.execute("INSERT INTO t VALUES (?, 7)", (bytes(5000),))
        database.execute("INSERT INTO t VALUES ('next', 8)")
        database.commit()
    pages = pages_of(tmp_path / "db")
    for lost in (b"", b"\0\0", bytes(4)):
        assert list(rows_of(pages[2], 2, lambda _, page=lost: page)) == [(2, ["next", 8])]


def test_the_first_page_has_the_file_s_header_before_its_own(tmp_path):
    with closing(sqlite3.connect(tmp_path / "db")) as database:
        database.execute("CREATE TABLE t (a, b)")
        database.commit()
    pages = pages_of(tmp_path / "db")
    assert list(rows_of(pages[1], 1, pages.get)) == [
        (1, ["table", "t", "t", 2, "CREATE TABLE t (a, b)"])
    ]
    assert list(rows_of(pages[1], 2, pages.get)) == []


def leaf(*cells: bytes, kind: int = 0x0D) -> bytes:
    """A page of 512 bytes that is a table's leaf, written out by hand."""
    page, end, pointers = bytearray(512), 512, b""
    for cell in cells:
        end -= len(cell)
        page[end : end + len(cell)] = cell
        pointers += end.to_bytes(2, "big")
    page[:8] = bytes([kind, 0, 0, 0, len(cells)]) + end.to_bytes(2, "big") + b"\0"
    page[8 : 8 + len(pointers)] = pointers
    return bytes(page)


NEXT = b"\x03\x05\x02\x01\x2a"  # three bytes of row 5: a header of two, a number of one, 42


@pytest.mark.parametrize(
    "damaged",
    [
        b"\x00\x01",  # no payload
        b"\x03\x01\x03\x01\x01",  # two numbers, and no byte of either
        b"\x04\x01\x03\x01\x02\x07",  # the second one is cut short
        b"\xff\xff\xff\x7f\x01",  # 256 MiB
        b"\x81\x80\x80\x01\x01",  # 2 MiB and one byte
    ],
)
def test_a_damaged_cell_hides_no_other(damaged):
    assert list(rows_of(leaf(NEXT, damaged), 2, lambda _: b"")) == [(5, [42])]


def test_a_cell_that_begins_or_goes_on_behind_the_page_is_none():
    page = bytearray(leaf(NEXT, NEXT))
    for at in (512, 511, 600):
        page[10:12] = at.to_bytes(2, "big")
        assert list(rows_of(bytes(page), 2, lambda _: b"")) == [(5, [42])]


def test_a_page_that_is_no_leaf_has_no_rows():
    assert list(rows_of(leaf(NEXT, kind=0x05), 2, lambda _: b"")) == []
    for length in (0, 7, 8):
        assert list(rows_of(leaf(NEXT)[:length], 2, lambda _: b"")) == []
