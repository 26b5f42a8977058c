"""The small mistakes that a programmer makes, each as a change to one node of a syntax tree. Pure.

A line of a log, an `assert`, an annotation and a decorator are left as they are: what is only said
is no behaviour. So is what stands in an f-string, whose places Python 3.11 does not know.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Change = tuple[ast.AST, ast.AST]
"""A node of the tree, and what stands in its place."""

_COMPARED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPPOSITE = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
"""Compared by these, the other comparison is the negated condition."""

_COMPUTED: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}


def changes_of(node: ast.AST) -> Iterator[Change]:
    """Yield what may be changed at this node; not at those below it."""
    if (operator := _OPERATORS.get(type(node))) is not None:
        yield from operator(node)


def is_left_alone(node: ast.AST) -> bool:
    """Return whether nothing is changed in this node and below it."""
    match node:
        case ast.JoinedStr() | ast.Assert() | ast.arg() | ast.keyword(arg="strict"):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=logger))):
            return isinstance(logger, ast.Name) and logger.id in {"log", "_log"}
    return False


def _other_comparison(node: ast.Compare) -> Iterator[Change]:
    first, *others = node.ops
    yield node, ast.Compare(node.left, [_COMPARED[type(first)](), *others], node.comparators)
    for place, number in enumerate(node.comparators):
        if isinstance(number, ast.Constant) and type(number.value) is int:
            fewer = [*node.comparators]
            fewer[place] = ast.Constant(number.value - 1)
            yield node, ast.Compare(node.left, node.ops, fewer)


def _and_for_or(node: ast.BoolOp) -> Iterator[Change]:
    yield node, ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)


def _other_arithmetic(node: ast.BinOp) -> Iterator[Change]:
    words = (ast.JoinedStr, ast.List, ast.Tuple)
    for side in (node.left, node.right):
        if isinstance(side, words) or _is_text(side):
            return
    if (other := _COMPUTED.get(type(node.op))) is not None:
        yield node, ast.BinOp(node.left, other(), node.right)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def _without_not(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not):
        yield node, node.operand


def _negated(node: ast.If | ast.While | ast.IfExp) -> Iterator[Change]:
    yield from _negation(node.test)


def _filtered_otherwise(node: ast.comprehension) -> Iterator[Change]:
    for condition in node.ifs:
        yield from _negation(condition)


def _negation(test: ast.expr) -> Iterator[Change]:
    match test:
        case ast.Compare(ops=[op]) if isinstance(op, _OPPOSITE):
            return
        case ast.UnaryOp(op=ast.Not()) | ast.Constant():
            return
    yield test, ast.UnaryOp(ast.Not(), test)


def _other_constant(node: ast.Constant) -> Iterator[Change]:
    match node.value:
        case bool(value):
            yield node, ast.Constant(not value)
        case int(value):
            yield node, ast.Constant(value + 1)
        case float(value):
            yield node, ast.Constant(value * 2 or 1.0)


def _other_builtin(node: ast.Call) -> Iterator[Change]:
    if isinstance(node.func, ast.Name) and (other := _CALLED.get(node.func.id)):
        yield node.func, ast.Name(other)


def _call_removed(node: ast.Expr) -> Iterator[Change]:
    if isinstance(node.value, ast.Call | ast.Await):
        yield node, ast.Pass()


def _assignment_removed(node: ast.Assign | ast.AugAssign) -> Iterator[Change]:
    """Only of what was there before: without a new name, the next line fails in any case."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if isinstance(node, ast.AugAssign) or isinstance(targets[0], ast.Attribute | ast.Subscript):
        yield node, ast.Pass()


def _removed(node: ast.stmt) -> Iterator[Change]:
    yield node, ast.Pass()


def _returns_none(node: ast.Return) -> Iterator[Change]:
    if node.value is None:
        yield node, ast.Pass()
    elif not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield node, ast.Return(ast.Constant(None))


def _goes_on(node: ast.Break) -> Iterator[Change]:
    yield node, ast.Continue()


_OPERATORS: Mapping[type[ast.AST], Callable[[Any], Iterator[Change]]] = {
    ast.Compare: _other_comparison,
    ast.BoolOp: _and_for_or,
    ast.BinOp: _other_arithmetic,
    ast.UnaryOp: _without_not,
    ast.If: _negated,
    ast.While: _negated,
    ast.IfExp: _negated,
    ast.comprehension: _filtered_otherwise,
    ast.Constant: _other_constant,
    ast.Call: _other_builtin,
    ast.Expr: _call_removed,
    ast.Assign: _assignment_removed,
    ast.AugAssign: _assignment_removed,
    ast.Raise: _removed,
    ast.Continue: _removed,
    ast.Return: _returns_none,
    ast.Break: _goes_on,
}
