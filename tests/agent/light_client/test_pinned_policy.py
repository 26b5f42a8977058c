"""Several logs in the configuration: each node serves one of them, and enough are served."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from agent.config.config_file import ConfigError
from agent.config.ledger import LedgerNode
from agent.journal.journal import Proof
from agent.light_client.pinned_policy import (
    kept_proofs,
    load_policy,
    nodes_of,
    policies_in_force,
    trusted_store,
)
from evidence.log_set import parse_log_set
from tests.vectors.several import EAST, NORTH, SOUTH, TEXT

LOGS = parse_log_set(TEXT)


def config(folder, **logs):
    nodes = tuple(LedgerNode(name, "tcp://a:1", "key", log=log) for name, log in logs.items())
    return SimpleNamespace(
        path=folder / "tallyman.toml",
        gateway=SimpleNamespace(state_dir=folder),
        ledger=SimpleNamespace(nodes=nodes),
    )


def test_line_ends_of_another_system_are_named(tmp_path):
    policy = tmp_path / "policy.txt"
    policy.write_bytes(TEXT.replace("\n", "\r\n").encode())
    pinned = SimpleNamespace(path=tmp_path / "tallyman.toml", ledger=SimpleNamespace(policy=policy))
    with pytest.raises(ConfigError, match=r"policy\.txt.*\n?.*line 1: a control character"):
        load_policy(pinned)


def test_nodes_are_told_apart_by_their_log(tmp_path):
    found = nodes_of(config(tmp_path, a=NORTH.origin, b=EAST.origin, c=NORTH.origin), LOGS)
    names = {origin: [node.name for node in nodes] for origin, nodes in found.items()}
    assert names == {EAST.origin: ["b"], NORTH.origin: ["a", "c"], SOUTH.origin: []}


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ({"a": "", "b": EAST.origin}, "node 'a' needs the key 'log'"),
        ({"a": "log.example.com/west"}, "node 'a' serves the log 'log.example.com/west'"),
        ({"a": EAST.origin}, "the nodes serve 1 log, and the policy wants 2 to vouch"),
    ],
)
def test_what_cannot_work_is_refused_with_what_is_wrong(tmp_path, nodes, text):
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path}/tallyman.toml: {text}")):
        nodes_of(config(tmp_path, **nodes), LOGS)


def test_with_one_log_no_node_needs_to_name_it(tmp_path):
    one = parse_log_set(EAST.policy_text())
    assert [node.name for node in nodes_of(config(tmp_path, a=""), one)[EAST.origin]] == ["a"]
    with pytest.raises(ConfigError, match="serves the log"):
        nodes_of(config(tmp_path, a=NORTH.origin), one)


def test_each_log_has_a_folder_and_the_first_one_keeps_its_own(tmp_path):
    given = config(tmp_path)
    alone = trusted_store(given, parse_log_set(EAST.policy_text()), EAST.origin)
    alone.folder.mkdir()
    (alone.folder / "trusted.note").write_bytes(EAST.note())
    folders = {origin: trusted_store(given, LOGS, origin).folder for origin in LOGS.logs}
    assert folders[EAST.origin] == alone.folder
    for world in (NORTH, SOUTH):
        digest = hashlib.sha256(world.origin.encode()).hexdigest()
        assert folders[world.origin] == tmp_path / "trust" / digest[:16]
    own = alone.folder / hashlib.sha256(EAST.origin.encode()).hexdigest()[:16]
    own.mkdir()
    assert trusted_store(given, LOGS, EAST.origin).folder == own, "once it is there"


def pinning(folder, data):
    policy = folder / "policy.txt"
    policy.write_bytes(data)
    given = config(folder)
    given.ledger.policy = policy
    return given


def test_each_log_has_the_policy_in_force_and_old_proofs_are_held_against_all(tmp_path):
    given = pinning(tmp_path, TEXT.encode())
    found = policies_in_force(given)
    assert {origin: known.newest for origin, known in found.items()} == dict(LOGS.logs)
    sealed = [world.sealed[0] for world in (EAST, NORTH)]
    proofs = [
        Proof(world.receipt(each), world.note())
        for world, each in zip((EAST, NORTH), sealed, strict=True)
    ]
    kept = kept_proofs(given)
    statement = sealed[0].statement.encoded
    assert kept.hold(statement, proofs)
    assert not kept.hold(statement, proofs[:1]), "two logs must vouch"


def test_why_the_pinned_policy_cannot_be_read_is_told(tmp_path):
    none = config(tmp_path)
    none.ledger.policy = None
    with pytest.raises(ConfigError, match=r"tallyman\.toml: \[ledger\] names no policy"):
        load_policy(none)
    given = pinning(tmp_path, b"\xff")
    with pytest.raises(ConfigError, match=r"policy\.txt: 'utf-8' codec") as caught:
        load_policy(given)
    assert caught.value.advice == "put the policy file back, or ask the consortium for it"
    given.ledger.policy.unlink()
    with pytest.raises(ConfigError, match=r"policy\.txt: No such file") as caught:
        load_policy(given)
    assert caught.value.advice == "put the policy file back, or ask the consortium for it"


def test_a_witness_serves_no_log(tmp_path):
    given = config(tmp_path, a=EAST.origin, b=NORTH.origin)
    assert nodes_of(given, LOGS)
    beside = LedgerNode("c", "tcp://c:1", "key", log=NORTH.origin, witness=True)
    given.ledger.nodes += (beside,)
    assert nodes_of(given, LOGS), "a witness beside a node that serves"
    given.ledger.nodes = given.ledger.nodes[:2]
    given.ledger.nodes = (given.ledger.nodes[0], replace(given.ledger.nodes[1], witness=True))
    with pytest.raises(ConfigError, match="the nodes serve 1 log, and the policy wants 2"):
        nodes_of(given, LOGS)
    given.ledger.nodes = ()
    assert not any(nodes_of(given, LOGS).values()), "without nodes nothing is sent, and that is all"
