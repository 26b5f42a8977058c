"""Probes in a copy of the product's files: each tells that a statement was reached. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from hil.code_mutants.mutant import Mutant, Spot

_IMPORT = "from hil.code_mutants.reached import reached as _reached"


def probed(text: bytes, path: str, spots: Iterable[Spot]) -> str:
    """Return the file's text with a probe before each statement that begins at one of `spots`."""
    tree = ast.parse(text)
    wanted = set(spots)
    for node in ast.walk(tree):
        for _, block in ast.iter_fields(node):
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                block[:] = [each for one in block for each in _with_probe(one, path, wanted)]
    tree.body[_after_future(tree) : 0] = ast.parse(_IMPORT).body
    return ast.unparse(ast.fix_missing_locations(tree))


def _with_probe(statement: ast.stmt, path: str, wanted: set[Spot]) -> Sequence[ast.stmt]:
    spot = (statement.lineno, statement.col_offset)
    if spot not in wanted:
        return [statement]
    return [*ast.parse(f"_reached({mark(path, spot)!r})").body, statement]


def _after_future(tree: ast.Module) -> int:
    """Return the place behind the docstring and the imports that must come first."""
    future = [
        place
        for place, each in enumerate(tree.body)
        if isinstance(each, ast.ImportFrom) and each.module == "__future__"
    ]
    return future[-1] + 1 if future else int(ast.get_docstring(tree) is not None)


def mark(path: str, spot: Spot) -> str:
    """Return what a probe says."""
    return f"{path}:{spot[0]}:{spot[1]}"


def spots_by_file(mutants: Iterable[Mutant]) -> Mapping[str, set[Spot]]:
    """Return where probes are wanted."""
    wanted: dict[str, set[Spot]] = {}
    for mutant in mutants:
        if mutant.spots:
            wanted.setdefault(mutant.path, set()).update(mutant.spots)
    return wanted
