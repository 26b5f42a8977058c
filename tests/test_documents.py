"""What a document names is there: files, headings, names in them, targets of make, modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("agent", "docs", "drivers", "evidence", "foundation", "hil", "ledger", "provisioning",
         "systemd", "tests")  # fmt: skip
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.md"))]
)


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


each = pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
of_today = pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.name != "CHANGELOG.md"], ids=name_of
)

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(rf"`((?:{'|'.join(ROOMS)})/[\w./-]*)`")
NAME_IN = re.compile(r"`([\w/]+\.py)`,\s+`([\w.]+)`")
TARGET = re.compile(r"(?:^ {4,}|`)make ([a-z][a-z0-9-]*)", re.MULTILINE)
MODULE = re.compile(r"python -m ((?:hil|tests|agent|ledger)[\w.]*)")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def headings(document: Path) -> set[str]:
    """Return the anchors of a page, as its hosts make them of headings."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@cache
def names(path: Path) -> set[str]:
    """Return what a module defines, methods as `Class.method` and alone."""
    return set(_defined(ast.parse(path.read_text())))


def _defined(tree: ast.Module | ast.ClassDef) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, Definition):
            yield node.name
        if isinstance(node, ast.ClassDef):
            for inner in _defined(node):
                yield from (inner, f"{node.name}.{inner}")
        if isinstance(node, ast.Assign):
            yield from (one.id for one in node.targets if isinstance(one, ast.Name))


@each
def test_every_link_leads_somewhere(document):
    for link in LINK.findall(document.read_text()):
        if ":" not in link:
            file, _, heading = link.partition("#")
            target = document.parent / file if file else document
            assert target.exists(), link
            assert not heading or heading in headings(target), link


@of_today
def test_every_file_and_folder_of_ours_is_there(document):
    for path in PATH.findall(document.read_text()):
        if not re.search(r"\b[A-Z]{3,}", path):  # drivers/FAMILY/NAME.py is for the reader to fill
            assert (ROOT / path).exists(), path


@of_today
def test_every_name_is_in_the_file_that_is_said_to_have_it(document):
    for path, name in NAME_IN.findall(document.read_text()):
        assert name in names(ROOT / path), f"{path}: {name}"


@of_today
def test_every_target_of_make_and_every_module_is_there(document):
    text = document.read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(TARGET.findall(text)) <= targets
    for module in MODULE.findall(text):
        path = ROOT / module.rstrip(".").replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_every_room_on_the_plan_is_there():
    """In ARCHITECTURE.md a folder stands at the margin, and what is in it behind or below."""
    plan = (ROOT / "ARCHITECTURE.md").read_text().split("## Rooms")[1].split("```")[1]
    room = ROOT
    for line in plan.splitlines():
        if head := re.match(r"(\w+)/", line):
            room = ROOT / head[1]
        for folder in re.findall(r"\b(\w+)/", line.removeprefix(f"{room.name}/")):
            found = [path for path in room.rglob(folder) if path.is_dir()]
            assert found or (ROOT / folder).is_dir(), f"{folder}/ in {room.name}/"


def test_every_page_for_operators_is_on_the_map():
    """Who looks for help begins at docs/README.md."""
    on_map = {
        link.partition("#")[0] for link in LINK.findall((ROOT / "docs/README.md").read_text())
    }
    assert {f"operate/{path.name}" for path in (ROOT / "docs/operate").iterdir()} <= on_map
