"""No test depends on how fast its machine is: it waits for what it wants, with a bound against a hang.

That something took less than a while is told by an injected clock, by the constant that bounds it, or
by a wait that would never end.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PATIENCE_S = 30.0
"""The least bound against a hang: what takes milliseconds has taken ten seconds beside other work."""

CLOCKS = {"monotonic", "perf_counter", "time"}
WAITS = {"timeout": 0, "wait_for": 1}
"""Functions of asyncio that give up, and which argument says when."""


def named(node: ast.expr) -> str:
    """`attr` of a call of `module.attr()`, else nothing."""
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return node.func.attr if called else ""


def is_short(node: ast.expr) -> bool:
    """Whether this is a number written out, and below the least bound; 0 is no wait at all."""
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and 0 < node.value < PATIENCE_S
    )


def is_elapsed(node: ast.expr) -> bool:
    """Whether this is what a clock says now, less something."""
    subtracted = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
    return subtracted and named(node.left) in CLOCKS


def races(node: ast.AST) -> Iterator[int]:
    """Yield the lines below `node` that give a machine too little time."""
    if isinstance(node, ast.With | ast.AsyncWith) and any(
        named(item.context_expr) == "raises" for item in node.items
    ):
        return  # the end of the wait is what is wanted there
    if isinstance(node, ast.Compare) and is_elapsed(node.left):
        pairs = zip(node.ops, node.comparators, strict=True)
        if any(isinstance(op, ast.Lt | ast.LtE) and is_short(bound) for op, bound in pairs):
            yield node.lineno
    if isinstance(node, ast.Call) and (name := named(node)) in WAITS:
        given = node.args[WAITS[name] :]
        if given and is_short(given[0]):
            yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from races(child)


def test_no_test_gives_a_machine_too_little_time():
    found = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        for line in races(ast.parse(path.read_text()))
    ]
    assert not found


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("assert time.monotonic() - began < 2.0", [1]),
        ("assert 0.1 < time.monotonic() - began", []),
        ("assert time.monotonic() - began < 60", []),
        ("async with asyncio.timeout(5):\n    await it()", [1]),
        ("await asyncio.wait_for(it(), 1.0)", [1]),
        ("with pytest.raises(TimeoutError):\n    await asyncio.wait_for(it(), 0.1)", []),
    ],
)
def test_what_is_too_little_time(text, lines):
    assert list(races(ast.parse(text))) == lines
