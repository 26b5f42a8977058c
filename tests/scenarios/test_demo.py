"""The demo, and what a stranger makes of its bundle."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.note import KeyType, NoteKey
from tests.agent.report.reading import read
from tests.independent.verify import exit_code as stranger_verifies

SECONDS = "15"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory, shim) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "hil", "demo", "--seconds", SECONDS]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "AUTHENTIC AND COMPLETE" in done.stdout
    assert done.stdout.rstrip().endswith("build/demo/truck.html")
    assert [line for line in done.stdout.splitlines() if len(line) >= 80] == []
    return folder / "build" / "demo"


def policy(demo: Path) -> Path:
    return demo / "ledger" / "harbour" / "policy.txt"


def tallyman_verifies(bundle: Path, policy: Path) -> int:
    command = ["verify", str(bundle), "--policy", str(policy)]
    return subprocess.run(
        [sys.executable, "-m", "agent.cli.main", *command], capture_output=True, check=False
    ).returncode


def test_it_ends_with_a_page_of_the_day(demo):
    root = read((demo / "truck.html").read_text())
    assert "Authentic and complete" in root.one("div", class_="verdict good").text
    plots = root.all("figure", data_device="cargo")
    assert [each.attributes["data-field"] for each in plots] == ["temperature", "humidity"]
    assert all(each.all("path", class_="unknown") for each in plots), "it was unplugged"
    assert "hit or dropped" in root.text


def test_the_independent_verifier_agrees(demo):
    bundle = demo / "truck.bundle"
    assert stranger_verifies(bundle.read_bytes(), policy(demo).read_text()) == 0
    assert tallyman_verifies(bundle, policy(demo)) == 0


@pytest.mark.parametrize("place", [0.01, 0.3, 0.6, 0.99])
def test_both_refuse_an_altered_bundle(demo, tmp_path, place):
    data = bytearray((demo / "truck.bundle").read_bytes())
    data[int(len(data) * place)] ^= 1
    altered = tmp_path / "altered.bundle"
    altered.write_bytes(data)
    assert tallyman_verifies(altered, policy(demo)) in (1, 4)
    assert stranger_verifies(bytes(data), policy(demo).read_text()) in (1, 4)


def test_the_policy_of_another_log_does_not_vouch(demo, tmp_path):
    """Same origin, another log key: whoever founded that log is not who signed this bundle."""
    text = policy(demo).read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("log ")]
    name = line.split()[1].partition("+")[0]
    stranger = NoteKey(
        name, KeyType.NOTE, Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    )
    other = tmp_path / "policy.txt"
    other.write_text(text.replace(line, f"log {stranger.to_text()}"))
    assert tallyman_verifies(demo / "truck.bundle", other) == 3
    assert stranger_verifies((demo / "truck.bundle").read_bytes(), other.read_text()) == 3
