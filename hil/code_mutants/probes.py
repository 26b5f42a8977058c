"""Probes in a copy of the product's files: each tells that a statement was reached. Pure.

They are put into the text as it is, since some read a module's text (`foundation.verbs`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hil.code_mutants.mutant import Mutant, Spot, line_starts

_IMPORT = b"\nfrom hil.code_mutants.reached import reached as _reached\n"

_Insertion = tuple[int, bytes]
"""A place in the text, and what is put there."""


def probed(text: bytes, path: str, spots: Iterable[Spot]) -> bytes:
    """Return the file's text with a probe before each statement that begins at one of `spots`."""
    tree = ast.parse(text)
    starts = line_starts(text)
    wanted = set(spots)
    insertions = [(_behind_future(tree, starts), _IMPORT)]
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and (spot := (node.lineno, node.col_offset)) in wanted:
            call = f"_reached({mark(path, spot)!r})".encode()
            insertions += _probe(text, starts, node, call)
    for place, more in sorted(insertions, reverse=True):
        text = text[:place] + more + text[place:]
    return text


def _probe(
    text: bytes, starts: Sequence[int], statement: ast.stmt, call: bytes
) -> Iterator[_Insertion]:
    """Yield the call before a statement; before the condition of an `elif`, which has no before."""
    line = _first_line(statement)
    begin = starts[line - 1] + statement.col_offset
    indent = text[starts[line - 1] : begin]
    if isinstance(statement, ast.If) and text[begin:].startswith(b"elif"):
        assert statement.test.end_lineno is not None
        assert statement.test.end_col_offset is not None
        yield starts[statement.test.lineno - 1] + statement.test.col_offset, call + b" or ("
        yield starts[statement.test.end_lineno - 1] + statement.test.end_col_offset, b")"
    elif indent.strip():
        yield begin, call + b"; "
    else:
        yield begin, call + b"\n" + indent


def _first_line(statement: ast.stmt) -> int:
    """Return the line of a statement, or of its first decorator."""
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _behind_future(tree: ast.Module, starts: Sequence[int]) -> int:
    """Return the place behind the docstring and the imports that must come first."""
    first = [
        each.end_lineno
        for place, each in enumerate(tree.body)
        if (isinstance(each, ast.ImportFrom) and each.module == "__future__")
        or (place == 0 and ast.get_docstring(tree) is not None)
    ]
    return starts[first[-1] or 0] if first else 0


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
