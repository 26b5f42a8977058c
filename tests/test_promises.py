"""docs/PROMISES.md: every row names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
PAGE = (CHECKOUT / "docs" / "PROMISES.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]\d+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)


def functions(path):
    tree = ast.parse((CHECKOUT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_rows_are_sorted_and_whole():
    assert len(ROWS) == PAGE.count("\n| ") - 1
    assert [row for row, _, _ in ROWS] == sorted(row for row, _, _ in ROWS)


@pytest.mark.parametrize(("row", "promise", "tests"), ROWS, ids=[row[0] for row in ROWS])
def test_row_names_tests_that_exist(row, promise, tests):
    named = re.findall(r"`(tests/.+?\.py)::(\w+)", tests)
    assert named
    for path, name in named:
        assert name in functions(path)
