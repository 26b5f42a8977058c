"""Databases in an image that no file system opens: where they lie, and the rows in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from agent.salvage.blocks import Blocks
from agent.salvage.sqlite_file import databases, rows

PAGE = 1024
ROWS = [(1, [b"a" * 5000, 7]), (2, ["next", 8])]
"""The first one runs on into other pages."""


@pytest.fixture
def database(tmp_path):
    with closing(sqlite3.connect(tmp_path / "db")) as database:
        database.execute(f"PRAGMA page_size = {PAGE}")
        database.execute("CREATE TABLE t (a, b)")
        database.executemany("INSERT INTO t VALUES (?, ?)", [values for _, values in ROWS])
        database.commit()
    return (tmp_path / "db").read_bytes()


@pytest.fixture
def image(tmp_path):
    def made(*parts: bytes) -> Blocks:
        (tmp_path / "image").write_bytes(b"".join(parts))
        opened.append(Blocks(tmp_path / "image"))
        return opened[-1]

    opened: list[Blocks] = []
    yield made
    for each in opened:
        each.__exit__()


def of_table(found) -> list:
    return sorted(row for row in found if len(row[1]) == 2)


def test_each_is_found_with_its_end_and_read_where_it_lies(image, database):
    gap = b"\xee" * 5 * PAGE
    raw = image(gap, database, gap, database)
    second = 2 * len(gap) + len(database)
    places = [(len(gap), len(gap) + len(database)), (second, second + len(database))]
    assert list(databases(raw)) == places
    for begin, end in places:
        assert of_table(rows(raw, None, begin, end)) == ROWS


def test_one_that_is_cut_short_ends_with_the_image(image, database):
    raw = image(bytes(PAGE), database[:-PAGE])
    assert list(databases(raw)) == [(PAGE, len(database))]


def test_one_that_lies_over_the_border_of_two_pieces_is_found(image, database):
    border = 256 * 4096
    for before in (1, 15, 16):
        raw = image(bytes(border - before), database)
        assert list(databases(raw)) == [(border - before, border - before + len(database))]


def test_a_whole_file_is_read_to_its_end(image, database):
    assert of_table(rows(image(database), None)) == ROWS
    assert list(rows(None, None)) == []


def frame(number: int, page: bytes, salt: bytes = b"saltsalt") -> bytes:
    """A frame of a write-ahead log (SQLite file format, 4.1); its checksum is not looked at."""
    return number.to_bytes(4, "big") + bytes(4) + salt + bytes(8) + page


def test_a_page_in_the_log_counts_with_the_newest_of_the_others(tmp_path, database):
    pages = [database[at : at + PAGE] for at in range(0, len(database), PAGE)]
    newest = [frame(number, page) for number, page in enumerate(pages, 1)]
    older = [frame(number, b"\xee" * PAGE) for number in range(2, len(pages) + 1)]
    before = [frame(2, pages[1], b"oldsalt!")]  # of a round that is in the file already
    (tmp_path / "log").write_bytes(bytes(32) + b"".join(older + newest + before))
    with Blocks(tmp_path / "log") as log:
        assert of_table(rows(None, log)) == ROWS


def test_a_frame_that_is_cut_short_is_none(tmp_path, database):
    leaf = database[PAGE : 2 * PAGE]
    (tmp_path / "log").write_bytes((bytes(32) + frame(2, leaf))[:-1])
    with Blocks(tmp_path / "log") as log:
        assert list(rows(None, log)) == []
    (tmp_path / "log").write_bytes(bytes(32) + frame(2, leaf))
    with Blocks(tmp_path / "log") as log:
        assert of_table(rows(None, log)) == ROWS[1:]
