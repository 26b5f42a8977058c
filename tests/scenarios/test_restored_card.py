"""An old image of a gateway's card is put back: caught, explained, healed; and a key is rotated.

Real agents and a real ledger node, as processes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from agent.desks.control_client import NotRunning, ask_one
from evidence.policy import parse_policy
from evidence.report import Outcome
from evidence.verify import verify_bundle
from ledger.gateways.gateways import read_gateways
from tests.independent.verify import exit_code as stranger_verifies
from tests.ledger.support import Process, command, make_cluster

DEADLINE_S = 60.0

CONFIG = """\
[gateway]
name = "truck-7"
state_dir = "state"
control = "control.sock"

[health]
enabled = false

[signing]
algorithm = "{algorithm}"

[ledger]
policy = "{policy}"

{node}"""


class Gateway:
    """A gateway's folder, its agent and its commands."""

    def __init__(self, folder, policy, node):
        self.folder, self.state = folder, folder / "state"
        folder.mkdir()
        self.policy, self.node = policy, node
        self.file = folder / "tallyman.toml"
        self.configure("ES256")

    def configure(self, algorithm):
        text = CONFIG.format(policy=self.policy, node=self.node, algorithm=algorithm)
        self.file.write_text(text)

    def argv(self, *words):
        verb, *rest = words
        return [sys.executable, "-m", "agent.cli.main", verb, "--config", str(self.file), *rest]

    def ask(self, *words):
        done = subprocess.run(
            self.argv(*words), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run_until(self, condition):
        """Run the agent until its status satisfies `condition`, then stop it in order."""
        with (self.folder / "log").open("ab") as log:
            agent = subprocess.Popen(self.argv("run"), stderr=log, env=os.environ)
            try:
                end = time.monotonic() + DEADLINE_S
                while not condition(status := self.status()):
                    assert time.monotonic() < end, (status, (self.folder / "log").read_text())
                    time.sleep(0.05)
            finally:
                agent.send_signal(signal.SIGTERM)
                agent.wait(DEADLINE_S)

    def status(self):
        with suppress(NotRunning):
            return ask_one(self.folder / "control.sock", {"verb": "status"})
        return {}


def confirmed(count):
    def reached(status):
        return (status.get("journal", {}).get("confirmed") or 0) >= count

    return reached


def in_conflict(status):
    return any(node["state"] == "conflict" for node in status.get("nodes", ()))


@pytest.fixture
def gateway(tmp_path):
    cluster = make_cluster(tmp_path, witnesses=0)
    files = cluster.sequencer
    node = command("show", files.folder).stdout
    gateway = Gateway(tmp_path / "gateway", files.policy, node)
    public = tmp_path / "truck-7.pub"
    public.write_text(gateway.ask("keys", "--public"))
    assert command("admit", files.folder, public).returncode == 0
    gateway.files = files
    with Process(files):
        yield gateway


def verdict(gateway, *options):
    """Make a bundle of all epochs; return the report that both verifiers agree on."""
    file = gateway.folder / "trip.bundle"
    gateway.ask("bundle", "--output", str(file), "--epochs", *options)
    policy = gateway.policy.read_text()
    report = verify_bundle(file.read_bytes(), parse_policy(policy))
    assert stranger_verifies(file.read_bytes(), policy) == report.outcome
    return report


def test_restored_card_is_caught_explained_and_healed(gateway):
    gateway.run_until(confirmed(1))
    image = gateway.folder / "image"
    shutil.copytree(gateway.state, image)
    gateway.run_until(confirmed(3))
    gateway.run_until(confirmed(5))
    shutil.rmtree(gateway.state)
    shutil.copytree(image, gateway.state)

    gateway.run_until(in_conflict)
    log = (gateway.folder / "log").read_text()
    gateway.run_until(in_conflict)  # and stays so
    conflict = (gateway.state / "conflict.toml").read_text()
    assert "theirs" in conflict

    told = gateway.ask("keys", "new-epoch", "--reason", "restored card")
    assert "carried" in told
    gateway.run_until(confirmed(2))
    report = verdict(gateway)
    assert report.outcome is Outcome.AUTHENTIC, report.findings
    (loss,) = report.losses
    assert loss.reason == "restored card"
    epochs = {statement.claims.epoch for statement in report.statements}
    assert len(epochs) == 2
    starts = [record for record in report.records if record.kind == "boot"]
    assert len(starts) == 4, "what the old card recorded is in the new epoch"
    evidence = command("status", gateway.files.folder).stdout
    assert "gateway-equivocation" in evidence or "equivocation" in evidence, evidence + log


def test_keys_rotate_to_another_algorithm_and_old_batches_still_verify(gateway):
    gateway.run_until(confirmed(1))
    gateway.configure("ES384")
    told = gateway.ask("keys", "rotate")
    assert "ECDSA P384" in told
    gateway.run_until(confirmed(3))
    gateway.run_until(confirmed(5))
    report = verdict(gateway)
    assert report.outcome is Outcome.AUTHENTIC, report.findings
    kids = {statement.kid for statement in report.statements}
    assert len(kids) == 2
    assert {len(statement.sign1.signature) for statement in report.statements} == {64, 96}
    assert len(read_gateways(gateway.files.admitted)) == 2
