"""The floor plan: rooms only at the roots, and no two modules that need each other."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("agent", "drivers", "evidence", "foundation", "hil", "ledger")

ENTRIES = {
    "agent": {"__init__.py"},
    "ledger": {"__init__.py", "cli.py"},
    "hil": {"__init__.py", "__main__.py"},
}
"""The only files that may stand beside the rooms: a package, and what starts it."""

WAITS_FOR_CLIENTS = "serve_forever"
"""Of asyncio's servers: from Python 3.12 on it ends, when cancelled, once the last client left."""


@pytest.fixture(scope="module")
def imports() -> Mapping[str, set[str]]:
    """Each module with the modules that it imports, at its head or later."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}


def circle(arrows: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the nodes of a circle, or nothing."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return error.args[1]
    return []


@pytest.mark.parametrize("root", ENTRIES)
def test_only_rooms_stand_at_a_root(root):
    files = {path.name for path in (ROOT / root).iterdir() if path.suffix == ".py"}
    assert files == ENTRIES[root]


def test_no_two_modules_need_each_other(imports):
    assert circle(imports) == []


@pytest.mark.parametrize("house", ["agent", "ledger"])
def test_no_two_rooms_need_each_other(imports, house):
    rooms = {}
    for name, imported in imports.items():
        if name.startswith(house + "."):
            room = name.split(".")[1]
            others = {each.split(".")[1] for each in imported if each.startswith(house + ".")}
            rooms.setdefault(room, set()).update(others - {room})
    assert circle(rooms) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_server_waits_for_its_clients_to_leave(package):
    for path in (ROOT / package).rglob("*.py"):
        called = {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert WAITS_FOR_CLIENTS not in called, path
