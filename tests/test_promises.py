"""docs/PROMISES.md names a test for each promise, and each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| ([A-Z]+[0-9]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall((ROOT / "docs/PROMISES.md").read_text())


def test_every_promise_names_tests_that_exist():
    assert rows()
    for row, promise, tests in rows():
        named = TEST.findall(tests)
        assert named, f"{row} ({promise}) names no test"
        for path, name in named:
            tree = ast.parse((ROOT / path).read_text())
            functions = ast.FunctionDef | ast.AsyncFunctionDef
            names = {node.name for node in ast.walk(tree) if isinstance(node, functions)}
            assert name in names, f"{row}: there is no {path}::{name}"


def test_the_rows_are_sorted():
    def key(row: str) -> tuple[str, int]:
        letters = row.rstrip("0123456789")
        return letters, int(row[len(letters) :])

    ids = [row for row, _, _ in rows()]
    assert ids == sorted(ids, key=key)
