"""A mutant: one file of the product with one small mistake in it. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hil.code_mutants.operators import Change, changes_of, is_left_alone

Spot = tuple[int, int]
"""Where a statement begins: its line, and the bytes before it."""

Step = tuple[ast.AST, ast.stmt | None]
"""A node, and the statement of a function that runs it; None where the import does."""

_SAID_ONLY = ("annotation", "returns", "decorator_list")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: the bytes from `begin` to `end` of the file at `path` become `new`."""

    path: str
    line: int
    begin: int
    end: int
    old: str
    new: str
    spots: Sequence[Spot]
    """The statements that run it, or read the private constant it is; none where unknown."""

    def of(self, text: bytes) -> bytes:
        """Return the file's text with the mistake in it."""
        return text[: self.begin] + self.new.encode() + text[self.end :]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.old} -> {self.new}"


def count_of(text: bytes) -> int:
    """Return how many mutants a file has."""
    return sum(1 for node, _ in _walk(ast.parse(text)) for _ in changes_of(node))


def mutants_of(path: str, text: bytes) -> Iterator[Mutant]:
    """Yield all mutants of one file, in a fixed order."""
    tree = ast.parse(text)
    starts = line_starts(text)
    for node, statement in _walk(tree):
        for change in changes_of(node):
            yield _mutant(path, text, starts, change, _spots(tree, change[0], statement))


def _mutant(
    path: str, text: bytes, starts: Sequence[int], change: Change, spots: Sequence[Spot]
) -> Mutant:
    node, other = change
    assert isinstance(node, ast.expr | ast.stmt)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    begin = starts[node.lineno - 1] + node.col_offset
    end = starts[node.end_lineno - 1] + node.end_col_offset
    new = ast.unparse(other)
    if isinstance(other, ast.expr) and not isinstance(other, ast.Constant | ast.Name):
        new = f"({new})"  # whatever stands around it, it stays one
    old = " ".join(text[begin:end].decode().split())
    return Mutant(path, node.lineno, begin, end, old, new, spots)


def line_starts(text: bytes) -> Sequence[int]:
    """Return where each line of a text begins, and where the text ends."""
    starts = [0]
    for line in text.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _walk(node: ast.AST, runs: ast.stmt | None = None) -> Iterator[Step]:
    """Yield all nodes below this one that may be changed."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if name in _SAID_ONLY or not isinstance(child, ast.AST) or is_left_alone(child):
                continue
            runs_child = _statement_of(child, node, name, runs)
            yield child, runs_child
            yield from _walk(child, runs_child)


def _statement_of(
    child: ast.AST, parent: ast.AST, field: str, runs: ast.stmt | None
) -> ast.stmt | None:
    if not isinstance(child, ast.stmt):
        return runs
    begins = isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and field == "body"
    return child if begins or (runs is not None and not isinstance(parent, ast.ClassDef)) else None


def _spots(tree: ast.Module, node: ast.AST, statement: ast.stmt | None) -> Sequence[Spot]:
    if statement is not None:
        return [(statement.lineno, statement.col_offset)]
    names = [_private_name(each) for each in tree.body if any(n is node for n in ast.walk(each))]
    reads = [
        (runs.lineno, runs.col_offset)
        for child, runs in _walk(tree)
        if runs is not None and isinstance(child, ast.Name) and child.id in names
    ]
    return sorted(set(reads))


def _private_name(statement: ast.stmt) -> str | None:
    """Return the name of a constant that only its own module may read."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name if name.startswith("_") else None
    return None
