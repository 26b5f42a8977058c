"""docs/PROMISES.md names tests that exist, in the order of its rows."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| ([A-Z]+)(\d+) \|[^|]+\|(.+)\|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")


def rows():
    return ROW.findall((ROOT / "docs" / "PROMISES.md").read_text())


def test_every_row_names_tests_that_exist():
    for letter, number, cell in rows():
        named = TEST.findall(cell)
        assert named, f"{letter}{number} names no test"
        for path, name in named:
            tree = ast.parse((ROOT / path).read_text())
            kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
            found = {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
            assert name in found, f"{letter}{number}: {path} has no {name}"


def test_rows_are_sorted():
    order = [(letter, int(number)) for letter, number, _ in rows()]
    assert order == sorted(order)
    assert order
