"""A gateway breaks while two of three witnesses are down: what it sent is proven all the same.

Real agents, a real sequencer and its witnesses, as processes.
"""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack

import pytest

from evidence.policy import parse_policy
from evidence.report import Outcome
from evidence.verify import verify_bundle
from ledger.gateways.gateways import read_gateways
from tests.agent.enrolment.door import Door, with_card
from tests.independent.verify import exit_code as stranger_verifies
from tests.ledger.support import NodeFiles, Process, command, free_endpoint, make_cluster, wait_for
from tests.scenarios.test_replaced_gateway import (
    DEADLINE_S,
    REASON,
    confirmed,
    now,
    replace,
    run_until,
    status,
    tallyman,
)


@pytest.fixture
def site(tmp_path):
    """A sequencer with three witnesses, all running, and an enrolled gateway."""
    endpoint = free_endpoint()
    cluster = make_cluster(tmp_path, settings=f'enrol_listen = "{endpoint}"\n')
    door = with_card(Door(cluster.sequencer, endpoint, tmp_path / "card"))
    (door.card / "profiles" / "truck.toml").write_text("[health]\nenabled = false\n")
    with ExitStack() as stack:
        nodes = [cluster.sequencer, *cluster.witnesses]
        running = {each.folder.name: stack.enter_context(Process(each)) for each in nodes}
        wait_for(lambda: all("listens" in each.log.read_text() for each in running.values()))
        door.write_seed(now=now())
        assert tallyman(*door.arguments()).returncode == 0
        yield door, running, stack


def accepted_only(seen):
    return seen.get("journal", {}).get("accepted", 0)


def ended(node) -> bool:
    return all(key.revoked is not None for key in read_gateways(node.admitted)[:1])


def test_what_it_sent_without_a_quorum_is_proven_once_there_is_one(site, tmp_path):
    old, running, stack = site
    run_until(old, confirmed)
    for name in ("bravo", "charlie"):
        running[name].kill()
    for _ in range(3):  # each start makes records that go out at once
        run_until(old, accepted_only, end=signal.SIGKILL)
    sent = run_until(old, lambda seen: accepted_only(seen) >= 3, end=signal.SIGKILL)["journal"]

    said = told_of_replacing(old)  # waits for a while, not for the witnesses, who are away
    assert max(map(len, said.splitlines()[1:])) < 80
    told = " ".join(said.split())
    assert "its key has not ended yet; " in told
    assert "still lack the witnesses: the running node writes the end into policy.txt" in told
    new = replace(old, tmp_path)
    assert not ended(old.node)
    listed = command("admitted", old.node.folder).stdout
    assert "shut out" in listed
    assert "its key ends behind what it sent" in listed
    assert "0 admitted, 1 out of service, 1 key to end" in command("status", old.node.folder).stdout

    for name in ("bravo", "charlie"):
        stack.enter_context(Process(NodeFiles(old.node.folder.parent / name)))
    deadline = time.monotonic() + DEADLINE_S
    while not ended(old.node):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    assert tallyman(*new.arguments()).returncode == 0
    run_until(new, confirmed)
    inherited = tallyman("inherit", "--config", new.config, old.state)
    assert inherited.returncode == 0, inherited.stderr
    assert "missing" not in inherited.stdout
    bundle = tmp_path / "both.bundle"
    made = tallyman("bundle", "--config", new.config, "--epochs", "--output", bundle)
    assert made.returncode == 0, made.stderr
    policy = old.node.policy.read_text()
    verified = tallyman("verify", bundle, "--policy", old.node.policy)
    assert verified.returncode == 0, verified.stdout
    assert f"replaced by tech-1: {REASON}" in " ".join(verified.stdout.split())
    assert "1 declared gap" in verified.stdout
    report = verify_bundle(bundle.read_bytes(), parse_policy(policy))
    assert report.outcome is Outcome.AUTHENTIC, report.findings
    assert stranger_verifies(bundle.read_bytes(), policy) == report.outcome
    old_epoch = report.statements[0].claims.epoch
    proven = [each for each in report.statements if each.claims.epoch == old_epoch]
    assert len(proven) >= sent["accepted"] + sent["confirmed"]
    records = sum(each.batch.count for each in proven)
    assert f"{records} proven" in inherited.stdout
    key = parse_policy(policy).gateway_key(proven[0].claims.issuer, proven[0].kid)
    assert key.revoked_at is not None
    assert status(new) == {}


def told_of_replacing(old) -> str:
    """What the node's own command says while the witnesses are away."""
    words = ["replace", old.node.folder, "truck-7", "--reason", REASON, "--by", "tech-1"]
    words += ["--site", "turin", "--profile", "truck", "--expires", "14d"]
    said = command(*words)
    assert said.returncode == 0, said.stderr
    return said.stderr
