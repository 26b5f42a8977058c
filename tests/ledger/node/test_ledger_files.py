"""What operators type and exchange: init, node.toml, node.pub, lists, policy; and every complaint."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import tomllib

import pytest

from evidence.errors import EvidenceError
from evidence.policy import parse_policy
from foundation.durable import lock_file
from foundation.errors import Fatal
from ledger import cli
from ledger.base.config import NodeConfig, read_config
from ledger.base.curve_text import is_curve
from ledger.base.key_files import load_curve_key, load_signing_key, make_signing_key
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import Role, read_public_node
from ledger.base.rate import RateLimit, cost
from ledger.enrolling import lists
from ledger.enrolling.end_of_key import await_end
from ledger.gateways.gateways import read_gateways
from ledger.gateways.pins import read_pins
from ledger.log.genesis import Genesis, sign_genesis, verify_genesis
from ledger.node.init import Plan, check_plan, init_node
from ledger.policy.text import quorum_for
from tests.ledger.support import COMMAND, NOW, Gateway, curve_key, make_cluster, running

ADDRESS = "tcp://127.0.0.1:7411"


def plan(**changes):
    given = {"name": "alpha", "role": Role.SEQUENCER, "listen": ADDRESS, "endpoint": ADDRESS}
    return Plan(**{**given, "origin": "a/log", **changes})


@pytest.mark.parametrize(
    ("members", "quorum"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (10, 7)]
)
def test_default_quorum(members, quorum):
    assert quorum_for(members) == quorum
    liars = (members - 1) // 3
    assert 2 * quorum - members > liars, "two quorums must share an honest member"
    assert quorum <= members - liars, "the honest ones must reach it alone"


def test_init_makes_keys_for_their_owner_only(tmp_path):
    files = NodeFiles(tmp_path / "alpha")
    public = init_node(files, plan(), NOW)
    keys = sorted(files.keys.iterdir())
    assert [key.name for key in keys] == ["cosigner.pem", "curve.z85", "log.pem", "receipt.pem"]
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    assert read_public_node(files.public) == public
    assert read_config(files.config) == NodeConfig("alpha", Role.SEQUENCER, ADDRESS)
    policy = parse_policy(files.policy.read_text())
    assert policy.log == public.log
    assert policy.receipt_key == public.receipt
    assert list(policy.witnesses.values()) == [public.cosigner]
    secrets = [key.read_text().strip() for key in keys]
    shown = files.public.read_text() + files.policy.read_text() + files.config.read_text()
    assert not any(secret in shown for secret in secrets)


def test_witness_has_only_the_keys_of_its_job(tmp_path):
    files = NodeFiles(tmp_path / "bravo")
    init_node(files, plan(name="bravo", role=Role.WITNESS), NOW)
    assert sorted(key.name for key in files.keys.iterdir()) == ["cosigner.pem", "curve.z85"]
    assert not files.policy.exists()


def test_init_never_overwrites(tmp_path):
    files = NodeFiles(tmp_path / "alpha")
    init_node(files, plan(), NOW)
    before = {path: path.read_bytes() for path in files.folder.rglob("*") if path.is_file()}
    with pytest.raises(Fatal, match="holds a node already"):
        init_node(files, plan(), NOW)
    assert {path: path.read_bytes() for path in before} == before
    files.config.unlink()
    with pytest.raises(Fatal, match="is not empty"):
        init_node(files, plan(), NOW)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": "two words"}, "--name"),
        ({"name": "a+b"}, "--name"),
        ({"origin": "with space"}, "--origin"),
        ({"origin": "plus+sign"}, "--origin"),
        ({"listen": "127.0.0.1:7411"}, "--listen"),
        ({"endpoint": "tcp://0.0.0.0:7411"}, "--endpoint"),
        ({"endpoint": "tcp://*:7411"}, "--endpoint"),
        ({"quorum": 0}, "--quorum"),
        ({"quorum": 2}, "--quorum"),
        ({"role": Role.WITNESS, "quorum": 1}, "a witness has no"),
    ],
)
def test_plans_that_no_node_comes_of(changes, complaint):
    with pytest.raises(Fatal, match=complaint) as refused:
        check_plan(plan(**changes))
    assert refused.value.advice


def test_members_must_differ(tmp_path):
    publics = tuple(
        init_node(NodeFiles(tmp_path / name), plan(name=name, role=Role.WITNESS), NOW)
        for name in ("bravo", "charlie")
    )
    check_plan(plan(witnesses=publics))
    with pytest.raises(Fatal, match="the name bravo"):
        check_plan(plan(witnesses=(publics[0], publics[0])))
    with pytest.raises(Fatal, match="the name bravo"):
        check_plan(plan(name="bravo", witnesses=publics))


@pytest.mark.parametrize(
    ("old", "new", "complaint", "advice"),
    [
        (
            "listen",
            "lisen",
            ":7: unknown key 'lisen' in node.toml: did you mean 'listen'",
            "correct",
        ),
        (
            'role = "sequencer"',
            'role = "boss"',
            ":6: role must be one of sequencer, witness, not boss",
            "correct",
        ),
        (
            "checkpoint_every_ms = 20",
            "checkpoint_every_ms = 0",
            ":1: checkpoint_every_ms must be from 10 to 60000 ms, not 0",
            "correct",
        ),
        (
            "checkpoint_every_ms = 20",
            "checkpoint_evry_ms = 20",
            ":1: unknown key .*: did you mean 'checkpoint_every_ms'",
            "correct",
        ),
        ("checkpoint_every_ms = 20", "checkpoint_every_ms = true", "whole number", "correct"),
        ("checkpoint_every_ms = 20", "keep_bodies = 1", "must be true or false", "correct"),
        ("checkpoint_every_ms = 20", "what is this", ":1: not TOML: .* what is this", "correct"),
        (
            'listen = "tcp',
            'listen = "udp',
            ":7: listen must look like 'tcp://0.0.0.0:7411'",
            "correct",
        ),
        (
            "[[witness]]",
            "[witness]",
            r":9: witness must be an array of tables: \[\[witness\]\]",
            "correct",
        ),
        (
            "[[witness]]",
            "[[witnes]]",
            ":9: unknown key 'witnes' in node.toml: did you mean 'witness'",
            "correct",
        ),
        ('curve = "', 'curve = "short', ":13: curve: no CURVE public key", "correct"),
        ('cosigner = "', 'cosigner = "x', ":14: cosigner: no verifier key", "correct"),
    ],
)
def test_mistakes_in_node_toml_are_found_with_their_line(tmp_path, old, new, complaint, advice):
    files = make_cluster(tmp_path, witnesses=1).sequencer
    text = files.config.read_text()
    assert old in text
    files.config.write_text(text.replace(old, new, 1))
    with pytest.raises(Fatal, match=complaint) as refused:
        read_config(files.config)
    assert str(files.config) in str(refused.value)
    assert advice in refused.value.advice


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_ports_that_are_none_are_no_address(port):
    with pytest.raises(Fatal, match="--listen"):
        check_plan(plan(listen=f"tcp://127.0.0.1:{port}"))
    check_plan(plan(listen="tcp://127.0.0.1:65535"))


def test_a_byte_order_mark_changes_nothing(lone):
    config = read_config(lone.sequencer.config)
    text = lone.sequencer.config.read_text()
    lone.sequencer.config.write_text(text, encoding="utf-8-sig")
    assert read_config(lone.sequencer.config) == config


def test_keys_that_others_can_read_are_refused(tmp_path):
    files = NodeFiles(tmp_path / "alpha")
    init_node(files, plan(), NOW)
    files.log_key.chmod(0o640)
    with pytest.raises(Fatal, match="others may read") as refused:
        load_signing_key(files.log_key)
    assert refused.value.advice == f"chmod 600 {files.log_key}"
    files.curve_key.write_bytes(b"short")
    with pytest.raises(Fatal, match="no CURVE key"):
        load_curve_key(files.curve_key)
    files.receipt_key.write_bytes(b"no key")
    with pytest.raises(Fatal, match="no private key"):
        load_signing_key(files.receipt_key)
    files.cosigner_key.unlink()
    with pytest.raises(Fatal, match="is not there"):
        load_signing_key(files.cosigner_key)


async def test_node_with_a_strange_key_or_policy_does_not_start(cluster):
    files = cluster.sequencer
    policy = files.policy.read_text()
    files.policy.write_text(policy.replace("quorum-group 3", "quorum-group 2"))
    with pytest.raises(Fatal, match="not the one that this log was founded under"):
        async with running(files):
            pass
    files.policy.write_text(policy)
    files.log_key.unlink()
    make_signing_key(files.log_key)
    with pytest.raises(Fatal, match="names another log key"):
        async with running(files):
            pass


def test_admit_writes_policy_and_list_once(lone, gateway):
    for _ in range(2):
        lone.admit(gateway)
    (entry,) = read_gateways(lone.sequencer.admitted)
    assert (entry.name, entry.issuer) == ("truck-7", gateway.issuer)
    assert entry.curve == gateway.curve.public.decode()
    (line,) = lone.policy.gateways
    assert line.key == gateway.signer.public
    line.check(NOW, NOW)
    line.check(NOW, NOW - 300)
    with pytest.raises(EvidenceError):
        line.check(NOW, NOW - 301)


def test_admission_never_changes_what_the_log_was_founded_under(lone):
    before = lone.policy.digest
    lone.admit(Gateway("truck-9"))
    assert lone.policy.digest == before


def test_policy_is_completed_after_a_power_cut_between_the_two_files(lone, gateway):
    """The policy is written first: admitting again completes the list."""
    lone.sequencer.admitted.unlink()
    lone.admit(gateway)
    assert len(read_gateways(lone.sequencer.admitted)) == 1
    assert len(lone.policy.gateways) == 1


def test_revoke_keeps_the_line_and_a_revoked_key_stays_out(lone, gateway):
    text = lone.sequencer.policy.read_text()
    lone.sequencer.policy.write_text(text.rstrip("\n") + " until 2030-01-01T00:00:00Z\n")
    for now in (NOW + 5, NOW + 9):
        lists.fence(lone.sequencer, gateway.issuer, now)
        assert await_end(lone.sequencer, gateway.issuer, lambda at=now: at, no_sleep) is None
    (line,) = lone.policy.gateways
    assert line.revoked_at == NOW + 5
    assert line.valid_until == 1893456000
    with pytest.raises(Fatal, match="was revoked on"):
        lone.admit(gateway)
    with pytest.raises(Fatal, match="no gateway"):
        lists.fence(lone.sequencer, "urn:uuid:nobody", NOW)


def no_sleep(_seconds):
    raise AssertionError("nothing had to be waited for")


def test_copied_cards_are_found_when_they_are_admitted(lone, gateway):
    with pytest.raises(Fatal, match="CURVE key of truck-8 is that of truck-7"):
        lone.admit(Gateway("truck-8", curve=gateway.curve))
    with pytest.raises(Fatal, match="statement key of truck-8 is that of truck-7"):
        lone.admit(Gateway("truck-8", signer=gateway.signer))


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("name", "two words", ":1: name must be letters"),
        ("issuer", "urn:uuid:7", ":2: issuer must be urn:uuid:"),
        ("issuer", "https://example.org", ":2: issuer must be urn:uuid:"),
        ("curve", "x" * 40 + "y", ":3: curve: no CURVE public key"),
        ("statement_key", "AAAA", ":4: statement_key: no COSE_Key"),
        ("surplus", "x", ":5: unknown key 'surplus' in bad.toml"),
    ],
)
def test_bad_gateway_files_are_refused(lone, tmp_path, key, value, complaint):
    values = {**tomllib.loads(Gateway("truck-8").public_toml()), key: value}
    path = tmp_path / "bad.toml"
    path.write_text("".join(f'{name} = "{text}"\n' for name, text in values.items()))
    with pytest.raises(Fatal, match=complaint):
        lists.admit(lone.sequencer, path, NOW)


def test_two_edits_at_once_do_not_lose_one(lone, tmp_path):
    with lock_file(lone.sequencer.edit_lock), pytest.raises(Fatal, match="already runs here"):
        lone.admit(Gateway("truck-8"))
    assert len(read_gateways(lone.sequencer.admitted)) == 1


def test_pin_takes_only_what_belongs_together(cluster, tmp_path):
    witness, sequencer = cluster.witnesses[0], cluster.sequencer
    (pinned,) = read_pins(witness.pinned)
    assert pinned.log == cluster.policy.log
    lists.pin(witness, sequencer.policy, sequencer.public)
    assert read_pins(witness.pinned) == (pinned,)
    other = make_cluster(tmp_path / "other", witnesses=1)
    with pytest.raises(Fatal, match="has another key"):
        lists.pin(witness, sequencer.policy, other.sequencer.public)
    with pytest.raises(Fatal, match="does not name this witness's key"):
        lists.pin(witness, other.sequencer.policy, other.sequencer.public)
    with pytest.raises(Fatal, match="pinned here with another key"):
        text = other.sequencer.policy.read_text()
        own = read_public_node(witness.public).cosigner.to_text()
        theirs = read_public_node(other.witnesses[0].public).cosigner.to_text()
        other.sequencer.policy.write_text(text.replace(theirs, own))
        lists.pin(witness, other.sequencer.policy, other.sequencer.public)
    with pytest.raises(Fatal, match="is a witness, not a sequencer"):
        lists.pin(witness, sequencer.policy, cluster.witnesses[1].public)
    with pytest.raises(Fatal, match="alpha is a sequencer"):
        lists.pin(sequencer, sequencer.policy, sequencer.public)


def test_genesis_is_read_strictly(tmp_path):
    key = make_signing_key(tmp_path / "key.pem")
    genesis = Genesis("example.org/log", NOW, bytes(range(32)))
    entry = sign_genesis(genesis, key.cose_key(), key.sign)
    assert verify_genesis(entry, key.cose_key()) == genesis
    for at in range(len(entry)):
        with pytest.raises(EvidenceError):
            verify_genesis(entry[:at] + bytes([entry[at] ^ 1]) + entry[at + 1 :], key.cose_key())


def test_curve_keys_as_text():
    assert is_curve(curve_key().public.decode())
    for wrong in ("", "x" * 39, "x" * 41, "é" * 40, "#" * 40, " " * 40):
        assert is_curve(wrong) is False


def test_rate_limit_refills_and_charges_by_size_and_by_what_is_asked():
    now = [0.0]
    rate = RateLimit(lambda: now[0], per_second=10, burst=20, pause=0)
    assert [rate.wait("a") for _ in range(20)] == [0.0] * 20
    assert rate.wait("a") == pytest.approx(0.1)
    assert rate.wait("b") == 0.0
    now[0] = 0.5
    assert rate.wait("a", cost(4 * 16 * 1024)) == 0.0
    assert rate.wait("a") > 0
    now[0] = 100.0
    assert [rate.wait("a") for _ in range(21)].count(0.0) == 20
    assert [cost(0), cost(300), cost(16 * 1024), cost(300, 64)] == [1, 1, 2, 9]


def test_what_was_sent_behind_a_refused_message_does_not_overtake_it():
    now = [0.0]
    rate = RateLimit(lambda: now[0], per_second=100, burst=200, pause=0.5)
    assert [rate.wait("a") for _ in range(200)] == [0.0] * 200
    assert rate.wait("a") == 0.5
    now[0] = 0.3
    assert rate.wait("a") == pytest.approx(0.2), "30 tokens are there, but not for who came later"
    assert rate.wait("b") == 0.0
    now[0] = 0.5
    assert [rate.wait("a") for _ in range(50)] == [0.0] * 50
    assert rate.wait("a") > 0


def test_commands_speak_plainly_and_exit_with_2(tmp_path, capsys):
    folder = str(tmp_path / "alpha")
    assert cli.main(["init", folder, "--name", "alpha", "--role", "sequencer"]) == 0
    assert "made the sequencer alpha" in capsys.readouterr().out
    assert cli.main(["init", folder, "--name", "alpha", "--role", "sequencer"]) == 2
    error = capsys.readouterr().err
    assert "holds a node already" in error
    assert "next: " in error
    gateway = Gateway()
    (tmp_path / "truck.toml").write_text(gateway.public_toml())
    assert cli.main(["admit", folder, str(tmp_path / "truck.toml")]) == 0
    assert cli.main(["admitted", folder]) == 0
    out = capsys.readouterr().out
    assert gateway.issuer in out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert cli.main(["revoke", folder, gateway.issuer]) == 0
    assert cli.main(["admitted", folder]) == 0
    assert "revoked 20" in capsys.readouterr().out
    assert cli.main(["show", folder]) == 0
    (node,) = tomllib.loads(capsys.readouterr().out)["ledger"]["node"]
    assert node == {
        "name": "alpha",
        "endpoint": ADDRESS,
        "server_key": read_public_node(NodeFiles(tmp_path / "alpha").public).curve,
    }
    assert cli.main(["run", str(tmp_path / "nowhere")]) == 2
    assert "make a node first" in capsys.readouterr().err


NOWHERE, A_FILE = "{0}/nowhere", "{0}/file"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("runn", NOWHERE),
        ("init", NOWHERE),
        ("init", NOWHERE, "--name", "alpha", "--role", "notary"),
        ("token",),
        ("status", NOWHERE, "--verbose"),
        ("admitted", NOWHERE),
        ("token", "list", NOWHERE),
        ("token", "withdraw", NOWHERE, "3f9a"),
        ("status", A_FILE),
        ("init", A_FILE, "--name", "alpha", "--role", "witness"),
        ("init", NOWHERE, "--name", "none", "--role", "sequencer"),
        ("init", NOWHERE, "--name", "quorum-group", "--role", "sequencer"),
        ("policy-sign", "{0}/alpha", NOWHERE, "-o", NOWHERE),
        ("run", "{0}/" + "a-folder-with-a-long-name/" * 4),
    ],
    ids=" ".join,
)
def test_rubbish_gets_two_plain_lines_and_leaves_nothing(lone, tmp_path, capsys, words):
    (tmp_path / "file").write_text("x")
    assert cli.main([word.format(tmp_path) for word in words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    error, advice = said.err.startswith("error: "), "\nnext: " in said.err
    assert (error, advice, "Errno" in said.err) == (True, True, False)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        (">/dev/full", 1, "error: the output cannot be written: the disk is full\nnext: "),
        ("<&- >&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
    ],
)
def test_an_output_that_takes_nothing(lone, redirection, code, said):
    command = shlex.join([str(COMMAND), "show", str(lone.sequencer.folder)])
    done = subprocess.run(
        ["sh", "-c", f"{command} {redirection}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr


def test_without_its_policy_a_node_lets_nobody_in(lone, tmp_path, capsys):
    lone.sequencer.policy.unlink()
    (tmp_path / "truck.toml").write_text(Gateway().public_toml())
    before = lone.sequencer.admitted.read_text()
    folder = str(lone.sequencer.folder)
    assert cli.main(["admit", folder, str(tmp_path / "truck.toml")]) == 2
    assert "policy.txt is not there" in " ".join(capsys.readouterr().err.split())
    assert lone.sequencer.admitted.read_text() == before


def test_the_list_says_of_a_command_what_its_own_help_says(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) < 80
    assert re.search(r"^    admit +let a gateway in$", told, re.MULTILINE)
    with pytest.raises(SystemExit):
        cli.main(["admit", "--help"])
    assert "\nlet a gateway in\n" in capsys.readouterr().out


def test_complaints_fit_on_a_console(capsys):
    assert cli.main(["run", "word " * 50]) == 2
    assert max(map(len, capsys.readouterr().err.splitlines())) < 80


def test_a_reader_that_leaves_is_no_news(lone):
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        argv = [COMMAND, "admitted", str(lone.sequencer.folder)]
        done = subprocess.run(argv, stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False)
    finally:
        os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")
