"""docs/PROTOCOL.md against the code: its example, its names, its headings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.evidence import wire
from agent.evidence.policy import parse_policy
from agent.evidence.verify import SEVERITY
from tests import independent_verifier
from tests.agent.evidence.building import World

CHECKOUT = Path(__file__).resolve().parents[3]
PAGE = (CHECKOUT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
HEADINGS = set(re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE))


def example():
    block = PAGE.split("<!-- example-policy -->")[1].split("<!-- /example-policy -->")[0]
    return "\n".join(line.removeprefix("    ") for line in block.strip("\n").split("\n"))


def test_the_example_policy_is_one():
    assert parse_policy(example()).digest == World().policy().digest
    assert independent_verifier.parse_policy(example()).digest() == World().policy().digest


def test_types_labels_and_codes_are_listed():
    for label in wire.Label:
        assert re.search(rf"^\| {int(label)} \| {label.name} \|", PAGE, re.MULTILINE), label
    for type_ in wire.Type:
        assert re.search(rf"\b{int(type_)} {type_.name}\b", PAGE), type_
    codes = [value for name, value in vars(wire.Code).items() if name.isupper()]
    for code in codes:
        assert f"| `{code}` |" in PAGE


def test_severity_is_as_written():
    assert "from best to worst 0, 2, 3, 1, 4" in PAGE
    assert [int(outcome) for outcome in SEVERITY] == [0, 2, 3, 1, 4]


def references():
    for folder in ("agent", "ledger", "drivers", "hil"):
        for file in sorted((CHECKOUT / folder).rglob("*.py")):
            text = re.sub(r"\s+", " ", file.read_text(encoding="utf-8"))
            for heading in re.findall(r'PROTOCOL\.md, "([^"]+)"', text):
                yield pytest.param(heading, id=f"{file.relative_to(CHECKOUT)}: {heading}")


@pytest.mark.parametrize("heading", list(references()))
def test_headings_that_the_code_names_exist(heading):
    assert heading in HEADINGS or any(found.startswith(heading) for found in HEADINGS)
