"""What is kept for proofs is damaged: the gateway goes on collecting, and `status` says so."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.signing.file_key import FileKey
from agent.upstream.mode import Mode
from foundation.errors import Fatal
from tests.agent.assembly.joined import BARE, started
from tests.agent.assembly.test_agent_process import Gateway, gateway, wait_for  # noqa: F401  a fixture
from tests.agent.log_world import ORIGIN, LogWorld

LEDGER = """
[ledger]
policy = "policy.txt"

[[ledger.node]]
name = "harbour"
endpoint = "tcp://127.0.0.1:9"
server_key = "-/?oT^UBJ#6gq$Wo!bu(2Q^gc@EMwKP2VcqIJa5n"
"""


def no_policy(folder):
    (folder / "policy.txt").unlink()


def no_policy_at_all(folder):
    (folder / "policy.txt").write_text("lorem ipsum\n")


def damaged_notes(folder):
    trust = folder / "state" / "trust"
    trust.mkdir(parents=True)
    for name in ("trusted.note", "trusted-2.note"):
        (trust / name).write_bytes(f"{ORIGIN}\n".encode() + b"\xff\x00 noise")


def damaged_gap(folder):
    (folder / "state" / "gaps").mkdir(parents=True)
    (folder / "state" / "gaps" / "x.toml").write_text("statement = 7\n")


def damaged_conflict(folder):
    (folder / "state").mkdir(exist_ok=True)
    (folder / "state" / "conflict.toml").write_text("noise")


DAMAGE = {
    no_policy: "policy.txt: No such file or directory",
    no_policy_at_all: "policy.txt",
    damaged_notes: "trusted.note is not a checkpoint of the pinned policy",
    damaged_gap: "x.toml",
    damaged_conflict: "conflict.toml",
}


async def test_why_nothing_is_proven_is_the_error_of_a_task_that_is_not_tried_again(tmp_path):
    async with started(tmp_path, BARE + LEDGER) as rig:
        (task,) = rig.agent.upstream.tasks
        assert (task.name, task.essential) == ("ledger", False)
        with pytest.raises(Fatal, match=r"^nothing is sent or proven: .*policy\.txt") as caught:
            await task.run()
        restart = "then restart the agent, which goes on collecting meanwhile"
        asked = "put the policy file back, or ask the consortium for it"
        assert caught.value.advice == f"{asked}; {restart}"
        status = rig.agent.upstream.status()
        assert (status.trust.mode, status.nodes, status.key) == (Mode.PROOF_ONLY, (), None)


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damaged_proof_state_stops_proving_not_collecting(gateway, damage):  # noqa: F811
    gateway.file.write_text(gateway.file.read_text() + LEDGER)
    world = LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1())))
    (gateway.folder / "policy.txt").write_text(world.policy_text)
    (gateway.folder / "state").mkdir(mode=0o700)
    damage(gateway.folder)
    agent = gateway.started()
    wait_for(lambda: json.loads(gateway.ask("status", "--json").stdout)["journal"]["records"] > 5)
    plain = json.loads(gateway.ask("status", "--json").stdout)
    (task,) = [task for task in plain["tasks"] if task["name"] == "ledger"]
    assert task["state"] == "given-up"
    assert DAMAGE[damage] in task["error"]
    assert task["error"].startswith("nothing is sent or proven")
    assert "restart the agent" in task["advice"]
    page = gateway.ask("status").stdout
    assert "nothing is sent or proven" in page
    assert "next " in page
    assert agent.poll() is None
