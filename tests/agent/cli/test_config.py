"""`tallyman config`: a file that is correct, its schema, and whose signatures count."""

from __future__ import annotations

import json

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.cli.main import main
from agent.signing.file_key import FileKey
from evidence.policy import parse_policy
from tests.agent import log_world
from tests.agent.cli.test_bundle_policies import Card
from tests.agent.log_world import MEMBERS, NOW, ORIGIN, LogWorld


@pytest.fixture
def card(tmp_path):
    card = Card(tmp_path)
    card.journal.close()
    return card


@pytest.fixture
def run(tmp_path, capsys):
    def run(*words):
        code = main(["config", *words, "--config", str(tmp_path / "tallyman.toml")])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def test_a_correct_file(card, run, tmp_path):
    file = tmp_path / "tallyman.toml"
    assert run("check") == (0, f"{file} is correct: t, 0 devices\n", "")
    code, shown, _ = run("check", "--json")
    assert (code, json.loads(shown)) == (0, {"file": str(file), "gateway": "t", "devices": 0})


def test_a_policy_that_is_pinned_is_checked_where_it_is_there(card, run):
    card.policy.write_text("rubbish\n")
    code, _, said = run("check")
    assert code == 2
    assert "policy.txt" in said
    card.policy.unlink()
    assert run("check")[0] == 0
    assert run("policy")[0] == 2


def test_a_node_of_no_log_of_the_policy_is_named(card, run, tmp_path):
    file = tmp_path / "tallyman.toml"
    node = (
        '[[ledger.node]]\nname = "n"\nendpoint = "tcp://h:7701"\nlog = "elsewhere.example/log"\n'
        'server_key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"\n'
    )
    file.write_text(file.read_text() + node)
    code, _, said = run("check")
    assert code == 2
    assert "elsewhere.example/log" in said


def test_the_schema_is_one_that_correct_files_follow(run, tmp_path):
    code, shown, _ = run("schema")
    assert code == 0
    assert shown.startswith('{\n  "')
    code, one_line, _ = run("schema", "--json")
    assert (code, one_line.count("\n")) == (0, 1)
    assert json.loads(one_line) == json.loads(shown)
    jsonschema.validate({"gateway": {"name": "t"}}, json.loads(shown))


def witnesses(policy):
    return [f"          witness {name}, key {key.identifier.hex()}"
            for name, key in policy.witnesses.items()]  # fmt: skip


def test_the_policy_in_force_and_what_it_followed_from(card, run):
    old = card.world.policy
    members = f"          quorum members: 3 of {', '.join(MEMBERS)}"
    assert run("policy") == (0, "\n".join([
        f"log       {ORIGIN}", f"pinned    {old.digest.hex()}", *witnesses(old), members,
        "          it is in force", "",
    ]), "")  # fmt: skip
    card.exchange("dan")
    new = card.world.policy
    assert run("policy")[1].splitlines() == [
        f"log       {ORIGIN}", f"pinned    {old.digest.hex()}", *witnesses(old), members,
        "change 1  from 2027-01-15T08:00:00.000Z",
        "          signed by ada, bob, cyd, members until then",
        f"          {parse_policy(new_text(card)).digest.hex()}", *witnesses(new), members,
        "          the last one is in force",
    ]  # fmt: skip
    code, shown, _ = run("policy", "--json")
    assert code == 0
    told = json.loads(shown)
    first, second = told["logs"][ORIGIN]
    groups = {"members": {"threshold": 3, "members": list(MEMBERS)}}
    assert told["threshold"] == 1
    assert first == {
        "digest": old.digest.hex(), "groups": groups, "quorum": "members",
        "witnesses": {name: key.identifier.hex() for name, key in old.witnesses.items()},
    }  # fmt: skip
    assert second["witnesses"]["dan"] != first["witnesses"]["dan"]
    change = {"sequence": 1, "from_ms": 1000 * NOW, "signers": ["ada", "bob", "cyd"]}
    assert second["change"] == change


def new_text(card):
    """The text that the members signed says nothing of gateways."""
    return "".join(
        f"{line}\n"
        for line in card.world.policy_text.splitlines()
        if not line.startswith("gateway")
    )


def test_of_several_logs_it_says_how_many_must_vouch(card, run, monkeypatch):
    assert "logs      " not in run("policy")[1]
    here = card.world.policy_text
    monkeypatch.setattr(log_world, "ORIGIN", "west.example/log")
    west = LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1())))
    card.pin("logs 2\n" + here + west.policy_text)
    code, shown, _ = run("policy")
    assert code == 0
    assert shown.startswith("logs      2 of 2 must vouch\nlog       ")
    named = [line.split()[1] for line in shown.splitlines() if line.startswith("log  ")]
    assert sorted(named) == [ORIGIN, "west.example/log"]
    told = json.loads(run("policy", "--json")[1])
    assert (told["threshold"], sorted(told["logs"])) == (2, sorted(named))
