"""The table "Attacks" of docs/PROTOCOL.md: each row names a test that exists, and a known outcome."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.attacks.test_proof_shape import CASES

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
SECTION = PAGE.split("\n## Attacks\n")[1].split("\n## ")[0]
ROWS = re.findall(r"^\| (.+) \| (.+) \| `(.+)` \|$", SECTION, re.MULTILINE)
GROUPS = ["Proof shape", "Tree", "Binding", "Signature", "CBOR", "Time and state", "Network"]
NODE_CODES = {"equivocation", "too-large"}


def functions(path):
    tree = ast.parse((CHECKOUT / "tests" / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


def known_reasons():
    """Every word in quotes in the sources of the checks: a reason code is one of them."""
    found = set(NODE_CODES)
    for folder in ("evidence", "agent/light_client", "agent/upstream"):
        for path in (CHECKOUT / folder).glob("*.py"):
            found |= set(re.findall(r'"([a-z0-9-]+)"', path.read_text(encoding="utf-8")))
    return found | {f"cbor-{word}" for word in found}


def test_all_groups_have_rows():
    assert re.findall(r"^### (.+)$", SECTION, re.MULTILINE) == GROUPS
    assert len(ROWS) == SECTION.count("\n| ") - len(GROUPS)
    assert len(ROWS) > 70


@pytest.mark.parametrize(("case", "outcome", "test"), ROWS, ids=[row[0] for row in ROWS])
def test_row_names_a_test_and_an_outcome(case, outcome, test):
    path, _, name = test.partition("::")
    assert name.partition("[")[0] in functions(path)
    assert re.match(r"(refused|ignored|retried|accepted)\b", outcome)
    assert set(re.findall(r"`(.+?)`", outcome)) <= known_reasons()


def test_rows_of_proof_shape_are_the_cases_and_their_reasons():
    listed = {
        case: re.findall(r"`(.+?)`", outcome)
        for case, outcome, test in ROWS
        if test == f"attacks/test_proof_shape.py::test_refused[{case}]"
    }
    assert listed == {case: [reason] for case, (_, reason) in CASES.items()}
