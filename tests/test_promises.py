"""Every promise in docs/PROMISES.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| ([A-Z]+)(\d+) \| [^|]+ \| ([^|]+) \|$")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows() -> list[tuple[str, int, str]]:
    lines = (ROOT / "docs" / "PROMISES.md").read_text().splitlines()
    found = [ROW.match(line) for line in lines if re.match(r"^\| [A-Z]+\d+ ", line)]
    return [(match[1], int(match[2]), match[3]) for match in found if match is not None]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row[0]}{row[1]}")
def test_each_row_names_tests_that_exist(row):
    named = TEST.findall(row[2])
    assert named, "a promise without a test"
    for file, name in named:
        text = (ROOT / file).read_text()
        assert re.search(rf"^\s*(?:async )?def {name}\(", text, re.MULTILINE), f"{file}::{name}"


def test_rows_are_sorted_and_named_once():
    names = [(letter, number) for letter, number, _ in rows()]
    assert names == sorted(set(names))
