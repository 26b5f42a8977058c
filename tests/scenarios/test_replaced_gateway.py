"""A dead gateway is replaced: its order goes on, its gap is declared, and it is fenced for good.

Real agents and a real ledger node, as processes; the new card is written by the scripts that a
person uses, but for the card itself.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from agent.desks.control_client import NotRunning, ask_one
from evidence.policy import parse_policy
from evidence.report import Outcome
from evidence.verify import verify_bundle
from hil.site.processes import program
from ledger.gateways.gateways import read_gateways
from tests.agent.enrolment.door import make_door
from tests.independent.verify import exit_code as stranger_verifies
from tests.ledger.support import Process

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0
REASON = "PSU failure"


def now() -> int:
    return int(time.clock_gettime(time.CLOCK_REALTIME))


def tallyman(*words: object) -> subprocess.CompletedProcess[str]:
    command = [program("tallyman"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def status(door):
    with suppress(NotRunning):
        return ask_one(door.state / "control.sock", {"verb": "status"})
    return {}


def run_until(door, condition, end=signal.SIGTERM):
    """Run the agent on a card until its status satisfies `condition`; return that status."""
    with (door.card / "log").open("ab") as log:
        command = [program("tallyman"), "run", "--config", str(door.config)]
        agent = subprocess.Popen(command, stderr=log)
        try:
            deadline = time.monotonic() + DEADLINE_S
            while not condition(seen := status(door)):
                assert time.monotonic() < deadline, (seen, (door.card / "log").read_text())
                time.sleep(0.05)
            return seen
        finally:
            agent.send_signal(end)
            agent.wait(DEADLINE_S)


def confirmed(seen):
    return seen.get("journal", {}).get("confirmed", 0)


def states(seen):
    return [node["state"] for node in seen.get("nodes", ())]


@pytest.fixture
def old(tmp_path):
    door = make_door(tmp_path)
    (door.card / "profiles" / "truck.toml").write_text("[health]\nenabled = false\n")
    door.write_seed(now=now())
    with Process(door.node):
        assert tallyman(*door.arguments()).returncode == 0
        yield door


def replace(old, folder: Path):
    """Run provisioning/replace, and put its seed on a new card."""
    plan = folder / "fleet.csv"
    plan.write_text("label,site,profile,apn\ntruck-7,turin,truck,internet\n")
    command = [sys.executable, ROOT / "provisioning/replace", "truck-7", "--reason", REASON]
    command += [
        "--by",
        "tech-1",
        "--node",
        old.node.folder,
        "--plan",
        plan,
        "--out",
        folder / "out",
    ]
    said = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 0, said.stderr
    assert "out of service from now on" in said.stderr
    new = old.__class__(old.node, old.endpoint, folder / "new")
    new.seed.parent.mkdir(parents=True)
    seed = folder / "out/seeds/truck-7.toml"
    assert seed.stat().st_mode & 0o777 == 0o600
    new.seed.write_bytes(seed.read_bytes())
    (old.card / "profiles").rename(new.card / "profiles")
    return new


def watch(node, *words: str) -> str:
    command = [sys.executable, ROOT / "provisioning/watch", "--node", node.folder, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def watched(node) -> list[str]:
    """The states that `watch` shows, of truck-7."""
    *lines, _ = watch(node, "--once").splitlines()
    assert all(line.startswith("truck-7 ") and len(line) <= 80 for line in lines)
    return [line[23:37].strip() for line in lines]


def test_a_replaced_gateway_is_fenced_and_its_order_goes_on(old, tmp_path):
    run_until(old, confirmed, end=signal.SIGKILL)
    run_until(old, confirmed)  # its last batches are in the log, and it has no receipt for them
    new = replace(old, tmp_path)
    assert watched(old.node) == ["waiting", "out of service"]

    seen = run_until(old, lambda seen: states(seen) == ["replaced"])
    (node,) = seen["nodes"]
    assert f"replaced by tech-1: {REASON}" in node["detail"]
    assert "out of service" in node["advice"]
    shown = tallyman("journal", "--config", old.config, "--json").stdout
    assert '"state": "replaced"' in shown, "what it records from then on is marked by a record"

    enrolled = tallyman(*new.arguments())
    assert enrolled.returncode == 0, enrolled.stderr
    run_until(new, confirmed)
    report = watch(old.node, "--report")
    assert f"replaced by tech-1: {REASON}" in report
    assert "2 gateways: 1 confirmed, 1 out of service" in report
    entries = read_gateways(old.node.admitted)
    assert [bool(entry.revoked) for entry in entries] == [True, False]
    assert len({entry.issuer for entry in entries}) == 1
    assert len({entry.key.kid for entry in entries}) == 2

    foreign = tallyman("inherit", "--config", new.config, new.state)
    assert (foreign.returncode, "belongs to urn:uuid" in foreign.stderr) == (2, True)
    for _ in range(2):
        inherited = tallyman("inherit", "--config", new.config, old.state)
        assert inherited.returncode == 0, inherited.stderr
    bundle = tmp_path / "claim.bundle"
    made = tallyman("bundle", "--config", new.config, "--epochs", "--output", bundle)
    assert made.returncode == 0, made.stderr
    policy = old.node.policy.read_text()
    report = verify_bundle(bundle.read_bytes(), parse_policy(policy))
    assert report.outcome is Outcome.AUTHENTIC, report.findings
    assert stranger_verifies(bundle.read_bytes(), policy) == report.outcome
    assert len({statement.claims.epoch for statement in report.statements}) == 2
    (gap,) = report.gaps
    assert f"replaced by tech-1: {REASON}" in gap.values["reason"]
    verified = tallyman("verify", bundle, "--policy", old.node.policy).stdout
    assert "declared gap" in verified
    said = f"this epoch follows the one before: replaced by tech-1: {REASON}"
    assert said in " ".join(verified.split())


def test_another_token_does_not_let_anybody_take_a_place(old, tmp_path):
    """A card with a token of its own and the id of a gateway that is there: refused."""
    new = replace(old, tmp_path)
    assert tallyman(*new.arguments()).returncode == 0
    thief = old.__class__(old.node, old.endpoint, tmp_path / "thief")
    thief.write_seed(label="truck-8", now=now())
    gateway = read_gateways(old.node.admitted)[0].issuer
    (thief.card / "profiles").mkdir()
    (thief.card / "profiles" / "truck.toml").write_text("[health]\nenabled = false\n")
    table = f'\n[continues]\ngateway = "{gateway}"\nepoch = "{"0" * 32}"\nseq = 0\n'
    thief.seed.write_text(
        thief.seed.read_text() + table + f'digest = "{"0" * 64}"\nreason = "theft"\n'
    )
    refused = tallyman(*thief.arguments())
    assert refused.returncode == 2
    assert "another gateway has this id, and this is not its token" in refused.stderr
