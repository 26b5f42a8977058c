"""docs/PROTOCOL.md against the code: its example, its names, its headings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from evidence import wire
from evidence.policy import parse_policy
from evidence.report import SEVERITY
from tests.evidence.building import World
from tests.evidence.disclosure import world_of_parts
from tests.independent.policy import read_policy

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
HEADINGS = set(re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE))


def example():
    block = PAGE.split("<!-- example-policy -->")[1].split("<!-- /example-policy -->")[0]
    return "\n".join(line.removeprefix("    ") for line in block.strip("\n").split("\n"))


def test_the_example_policy_is_one():
    assert parse_policy(example()).digest == World().policy().digest
    assert read_policy(example().encode()).digest == World().policy().digest


@pytest.mark.skipif(
    shutil.which("openssl") is None and os.environ.get("CI") != "true",
    reason="openssl is missing: apt install openssl",
)
def test_the_shell_steps_prove_what_they_say(tmp_path):
    world, bundle = world_of_parts()
    (tmp_path / "policy.txt").write_text(world.policy_text())
    block = PAGE.split("<!-- shell-steps -->")[1].split("<!-- /shell-steps -->")[0]
    steps = "\n".join(line.removeprefix("    ") for line in block.strip("\n").split("\n"))

    def run(data: bytes) -> tuple[int, list[str]]:
        (tmp_path / "trip.bundle").write_bytes(data)
        done = subprocess.run(
            ["sh", "-c", steps], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout.split()

    data = bundle.to_bytes()
    code, said = run(data)
    assert (code, said[0]) == (0, said[2])
    assert said[3:] == ["Signature", "Verified", "Successfully"]
    at = data.index(b"log.example.com/north\n") + len("log.example.com/north\n")
    code, said = run(data[:at] + b"9" + data[at + 1 :])
    assert code != 0
    assert said[0] != said[2]


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
