"""What a node is made of: its files, the folders they lie in, and plans that no node comes of."""

from __future__ import annotations

import pytest

from evidence.policy import parse_policy
from foundation.errors import Fatal
from ledger.base.config import NodeConfig, read_config
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role
from ledger.node.init import Plan, check_plan, init_node
from tests.ledger.support import NOW

ADDRESS = "tcp://127.0.0.1:7411"


def plan(**changes):
    given = {"name": "alpha", "role": Role.SEQUENCER, "listen": ADDRESS, "endpoint": ADDRESS}
    return Plan(**{**given, "origin": "a/log", **changes})


@pytest.fixture(scope="module")
def witness(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nodes") / "bravo"
    return init_node(NodeFiles(folder), plan(name="bravo", role=Role.WITNESS), NOW)


@pytest.mark.parametrize(
    ("changes", "said", "advice"),
    [
        ({"name": ""}, "--name : not usable", "63 at most"),
        ({"name": "none"}, "--name none: not usable", "uses it for itself"),
        ({"name": "quorum-group"}, "--name quorum-group: not usable", "uses it for itself"),
        ({"origin": ""}, "--origin : not usable", "example.org/log"),
        ({"origin": "x" * 201}, "not usable", "example.org/log"),
        ({"listen": "x"}, "--listen x: not usable", "tcp://192.0.2.7:7411"),
        ({"endpoint": "x"}, "--endpoint x: not usable", "tcp://192.0.2.7:7411"),
        ({"enrol": "x"}, "--enrol x: not usable", "tcp://0.0.0.0:7412"),
        ({"endpoint": "tcp://[::]:7411"}, "--endpoint", "say how others reach"),
        ({"store": "mysql://x/y"}, "--store mysql://x/y: not usable", "postgresql://HOST/DATABASE"),
        ({"quorum": 0}, "--quorum 0: not usable", "use 1 to 1"),
        ({"role": Role.WITNESS, "enrol": ADDRESS}, "a witness admits no gateways", "--enrol"),
        ({"role": Role.WITNESS, "quorum": 1}, "has no witnesses and no quorum", "sequencer"),
    ],
)
def test_what_cannot_be_is_told_with_what_can(changes, said, advice):
    with pytest.raises(Fatal) as caught:
        check_plan(plan(**changes))
    assert said in str(caught.value)
    assert advice in caught.value.advice


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"origin": "x" * 200},
        {"listen": "tcp://0.0.0.0:7411", "enrol": "tcp://0.0.0.0:7412"},
        {"endpoint": "tcp://[2001:db8::7]:65535"},
        {"store": "postgresql://host/db"},
        {"store": "postgres://host/db"},
        {"quorum": 1},
    ],
)
def test_what_can_be_is_taken(changes):
    check_plan(plan(**changes))


def test_members_are_witnesses_with_keys_and_names_of_their_own(witness):
    check_plan(plan(witnesses=(witness,), quorum=2))
    with pytest.raises(Fatal, match="--quorum 3: not usable"):
        check_plan(plan(witnesses=(witness,), quorum=3))
    with pytest.raises(Fatal, match="a witness has no witnesses and no quorum"):
        check_plan(plan(role=Role.WITNESS, witnesses=(witness,)))
    twin = type(witness)(
        "charlie", *[getattr(witness, name) for name in ("role", "endpoint", "curve", "cosigner")]
    )
    with pytest.raises(Fatal, match="two members have the cosigner key"):
        check_plan(plan(witnesses=(witness, twin)))
    sequencer = type(witness)("charlie", Role.SEQUENCER, ADDRESS, witness.curve, witness.cosigner)
    with pytest.raises(Fatal, match="charlie is no witness") as caught:
        check_plan(plan(witnesses=(sequencer,)))
    assert caught.value.advice == "make it with --role witness"


def test_a_node_s_settings_are_those_of_its_plan(tmp_path, witness):
    files = NodeFiles(tmp_path / "deep" / "alpha")
    enrol = "tcp://127.0.0.1:7412"
    public = init_node(files, plan(witnesses=(witness,), enrol=enrol), NOW)
    assert read_config(files.config) == NodeConfig(
        "alpha", Role.SEQUENCER, ADDRESS, enrol_listen=enrol, witnesses=(witness,)
    )
    policy = parse_policy(files.policy.read_text())
    assert policy.witnesses == {"alpha": public.cosigner, "bravo": witness.cosigner}
    assert policy.groups["quorum-group"].threshold == 2
    assert (public.name, public.endpoint, public.log.name) == ("alpha", ADDRESS, "a/log")
    modes = {path.name: path.stat().st_mode & 0o777 for path in files.folder.iterdir()}
    assert {name: modes[name] for name in ("node.pub", "node.toml", "policy.txt", "keys")} == {
        "node.pub": 0o644, "node.toml": 0o644, "policy.txt": 0o644, "keys": 0o700,
    }  # fmt: skip


def test_a_quorum_that_was_asked_for_is_the_policy_s(tmp_path, witness):
    files = NodeFiles(tmp_path / "alpha")
    init_node(files, plan(witnesses=(witness,), quorum=1), NOW)
    assert parse_policy(files.policy.read_text()).groups["quorum-group"].threshold == 1


def test_a_power_cut_takes_no_folder_whose_node_was_told_of(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("ledger.node.init.sync_folder", synced.append)
    init_node(NodeFiles(tmp_path / "alpha"), plan(), NOW)
    assert tmp_path in synced


def test_folders_that_are_none_are_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(Fatal, match="is no folder") as caught:
        init_node(NodeFiles(tmp_path / "file"), plan(), NOW)
    assert caught.value.advice == "choose another name"
    with pytest.raises(
        Fatal, match=f"cannot make {tmp_path}/file/alpha: Not a directory"
    ) as caught:
        init_node(NodeFiles(tmp_path / "file" / "alpha"), plan(), NOW)
    assert caught.value.advice == "choose a folder that you may write to"
    empty = tmp_path / "empty"
    empty.mkdir()
    init_node(NodeFiles(empty), plan(role=Role.WITNESS), NOW)
    assert (empty / "node.toml").exists()
