"""What tallyman-ledger is told, and what it says: each verb as its operator types it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from evidence.errors import MalformedError
from evidence.policy_update import parse_update
from foundation.parser import UsageError
from ledger import cli
from ledger.base import times
from ledger.base.node_files import NodeFiles
from ledger.base.public_node import read_public_node
from ledger.commands import gateway_verbs, verbs
from ledger.commands.arguments import help_line, parser
from ledger.enrolling.end_of_key import Waiting
from ledger.enrolling.tokens import read_tokens
from ledger.gateways.gateways import read_gateways, to_toml
from tests.ledger.support import FakeClock, Gateway, free_endpoint, make_cluster

DIR = Path("node")
LOG_LINE = {"levelname": "ERROR", "message": "no disk"}
SEED = ["--site", "turin", "--profile", "truck", "--expires", "14d"]
OF_SEED = {"site": "turin", "profile": "truck", "profiles": [], "expires": "14d", "apn": ""}
INIT = {
    "role": "witness", "listen": "tcp://127.0.0.1:7411", "endpoint": None, "origin": None,
    "witness": [], "quorum": None, "enrol": None, "store": None,
}  # fmt: skip

CALLS = [
    (["init", "node", "--name", "a", "--role", "witness"], verbs.init, {"name": "a", **INIT}),
    (
        ["init", "node", "--name", "a", "--role", "sequencer", "--witness", "b", "c", "--witness", "d",
         "--quorum", "3", "--listen", "l", "--endpoint", "e", "--origin", "o", "--enrol", "x", "--store", "s"],
        verbs.init,
        {"name": "a", "role": "sequencer", "witness": [Path("b"), Path("c"), Path("d")], "quorum": 3,
         "listen": "l", "endpoint": "e", "origin": "o", "enrol": "x", "store": "s"},
    ),
    (["run", "node"], verbs.run_node, {}),
    (["admit", "node", "f"], gateway_verbs.admit, {"file": Path("f")}),
    (["revoke", "node", "g"], gateway_verbs.revoke, {"gateway": "g", "key": None}),
    (["revoke", "node", "g", "--key", "k"], gateway_verbs.revoke, {"gateway": "g", "key": "k"}),
    (
        ["replace", "node", "old", "--reason", "r", "--by", "b", *SEED],
        gateway_verbs.replace,
        {"old": "old", "reason": "r", "by": "b", **OF_SEED},
    ),
    (
        ["erase", "node", "--by", "b", "--reason", "r"],
        gateway_verbs.erase,
        {"gateway": None, "since": None, "until": None, "by": "b", "reason": "r", "dry_run": False},
    ),
    (
        ["erase", "node", "--by", "b", "--reason", "r", "--gateway", "g", "--dry-run",
         "--since", "1970-01-01T00:00:10Z", "--until", "1970-01-02T00:00:00Z"],
        gateway_verbs.erase,
        {"gateway": "g", "since": 10, "until": 86_400, "by": "b", "reason": "r", "dry_run": True},
    ),
    (["admitted", "node"], gateway_verbs.admitted, {"json": False}),
    (["admitted", "node", "--json"], gateway_verbs.admitted, {"json": True}),
    (["arrivals", "node"], gateway_verbs.show_arrivals, {}),
    (
        ["token", "new", "node", "--label", "l", *SEED, "--apn", "internet.example", "--profiles", "p", "--profiles", "q"],
        gateway_verbs.new_token,
        {"label": "l", **OF_SEED, "apn": "internet.example", "profiles": [Path("p"), Path("q")]},
    ),
    (["token", "list", "node", "--json"], gateway_verbs.list_tokens, {"json": True}),
    (["token", "withdraw", "node", "3f"], gateway_verbs.withdraw_token, {"digest": "3f"}),
    (
        ["pin", "node", "--policy", "p", "--sequencer", "s"],
        verbs.pin,
        {"policy": Path("p"), "sequencer": Path("s")},
    ),
    (
        ["policy-propose", "node", "-o", "f"],
        verbs.propose,
        {"witness": [], "quorum": None, "output": Path("f")},
    ),
    (
        ["policy-sign", "node", "u", "--output", "f"],
        verbs.sign,
        {"file": Path("u"), "output": Path("f")},
    ),
    (
        ["policy-publish", "node", "--update", "u", "v", "--witness", "w"],
        verbs.publish,
        {"update": [Path("u"), Path("v")], "witness": [Path("w")]},
    ),
    (["status", "node"], verbs.show_status, {"json": False}),
    (["metrics", "node"], verbs.print_metrics, {}),
    (["show", "node"], verbs.show, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "command", "options"),
    CALLS,
    ids=lambda v: " ".join(v) if isinstance(v, list) else None,
)
def test_what_is_typed_is_what_is_asked(words, command, options):
    assert vars(parser().parse_args(words)) == {"folder": DIR, "command": command, **options}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "COMMAND"),
        (["token"], "ACTION"),
        (["init", "node", "--role", "witness"], "--name"),
        (["init", "node", "--name", "a"], "--role"),
        (["init", "node", "--name", "a", "--role", "notary"], "none of sequencer, witness"),
        (["init", "node", "--name", "a", "--role", "witness", "--quorum", "x"], "invalid int"),
        (["replace", "node", "old", "--by", "b", *SEED], "--reason"),
        (["replace", "node", "old", "--reason", "r", *SEED], "--by"),
        (["erase", "node", "--reason", "r"], "--by"),
        (["erase", "node", "--by", "b"], "--reason"),
        (["erase", "node", "--by", "b", "--reason", "r", "--since", "now"], "'now' is no time like"),
        (["token", "new", "node", *SEED], "--label"),
        (["token", "new", "node", "--label", "l", *SEED[2:]], "--site"),
        (["token", "new", "node", "--label", "l", *SEED[:2], *SEED[4:]], "--profile"),
        (["token", "new", "node", "--label", "l", *SEED[:4]], "--expires"),
        (["token", "new", "node", "--label", "l", *SEED, "--apn", "x y"], "no access point name"),
        (["pin", "node", "--policy", "p"], "--sequencer"),
        (["pin", "node", "--sequencer", "s"], "--policy"),
        (["policy-propose", "node"], "-o/--output"),
        (["policy-sign", "node", "u"], "-o/--output"),
        (["policy-publish", "node", "--witness", "w"], "--update"),
    ],
)  # fmt: skip
def test_what_is_missing_or_is_none_is_named(words, said):
    with pytest.raises(UsageError) as caught:
        parser().parse_args(words)
    assert said in str(caught.value)


def test_a_verb_s_help_is_the_first_line_of_what_it_does():
    assert help_line(verbs.publish) == "on a sequencer: put a signed change in force"
    assert help_line(lambda _: None) == ""


class Console:
    """Runs verbs in this process."""

    def __init__(self, capsys):
        self.capsys = capsys

    def __call__(self, *words, code=0):
        assert cli.main([str(word) for word in words]) == code
        said = self.capsys.readouterr()
        return said.out, said.err


@pytest.fixture
def console(capsys):
    return Console(capsys)


@pytest.fixture
def door(tmp_path, gateway):
    cluster = make_cluster(tmp_path, witnesses=0, settings=f'enrol_listen = "{free_endpoint()}"\n')
    cluster.admit(gateway)
    return cluster


def test_a_consortium_is_told_what_to_give_to_whom(console, tmp_path):
    names = {name: tmp_path / name for name in ("alpha", "bravo")}
    out, _ = console("init", names["bravo"], "--name", "bravo", "--role", "witness")
    assert out == (
        f"made the witness bravo in {names['bravo']}\n"
        f"give to the other operators: {names['bravo']}/node.pub\n"
    )
    out, _ = console(
        "init", names["alpha"], "--name", "alpha", "--role", "sequencer",
        "--witness", names["bravo"] / "node.pub", "--endpoint", "tcp://192.0.2.7:7411",
    )  # fmt: skip
    assert out == (
        f"made the sequencer alpha in {names['alpha']}\n"
        f"give to the other operators: {names['alpha']}/node.pub\n"
        f"give to witnesses and gateways: {names['alpha']}/policy.txt\n"
        "each witness then runs: tallyman-ledger pin DIR --policy … --sequencer …\n"
    )
    policy, public = names["alpha"] / "policy.txt", names["alpha"] / "node.pub"
    node = read_public_node(public)
    assert (node.endpoint, node.log.name) == ("tcp://192.0.2.7:7411", "alpha/log")
    out, _ = console("pin", names["bravo"], "--policy", policy, "--sequencer", public)
    assert out == "this witness cosigns alpha/log for alpha\n"
    out, _ = console("show", names["alpha"])
    assert out == (
        '[[ledger.node]]\nname = "alpha"\nendpoint = "tcp://192.0.2.7:7411"\n'
        f'server_key = "{node.curve}"\n'
    )


def test_gateways_come_and_go_by_name(console, door, gateway):
    folder, kid = door.sequencer.folder, gateway.signer.public.kid.hex()
    (listed,) = read_gateways(door.sequencer.admitted)
    since = times.to_text(listed.since)
    out, _ = console("admitted", folder)
    assert out == f"{gateway.issuer}  since {since}\n    truck-7, key {kid}\n"
    out, _ = console("admitted", folder, "--json")
    assert json.loads(out) == {"gateways": [{**listed.to_values(), "kid": kid}]}
    other = Gateway("truck-8")
    path = door.folder / "truck-8.toml"
    path.write_text(other.public_toml())
    out, _ = console("admit", folder, path)
    assert out == f"truck-8 ({other.issuer}) may talk to this node\n"
    out, _ = console("revoke", folder, "truck-8", "--key", other.signer.public.kid.hex())
    assert out == (
        f"key {other.signer.public.kid.hex()} of truck-8 ({other.issuer}) is let in no longer\n"
        f"its key has ended: give {door.sequencer.policy} to whoever verifies\n"
    )
    out, _ = console("admitted", folder)
    ended = read_gateways(door.sequencer.admitted)[1].revoked
    assert out.splitlines()[2:] == [
        f"{other.issuer}  revoked {times.to_text(ended)}",
        f"    truck-8, key {other.signer.public.kid.hex()}",
    ]


def test_a_key_that_has_not_ended_yet_is_told_with_what_it_waits_for(console, door, monkeypatch):
    monkeypatch.setattr(gateway_verbs, "await_end", lambda *_: Waiting(3, running=False))
    out, _ = console("revoke", door.sequencer.folder, "truck-7")
    first, *told = out.splitlines()
    assert first.endswith(" is let in no longer")
    assert " ".join(map(str.strip, told)) == str(Waiting(3, running=False))
    assert max(map(len, told)) < 80
    assert [line.startswith("  ") for line in told] == [False] + [True] * (len(told) - 1)


def test_a_gateway_that_is_replaced_is_shut_out_and_its_heir_has_a_seed(console, door, gateway):
    folder = door.sequencer.folder
    out, err = console("replace", folder, "truck-7", "--reason", "PSU", "--by", "tech-1", *SEED)
    assert err == (
        f"truck-7 ({gateway.issuer}) is out of service from now on\n"
        f"its key has ended: give {door.sequencer.policy} to whoever verifies\n"
    )
    assert 'label = "truck-7"\nsite = "turin"\nprofile = "truck"\n' in out
    (token,) = read_tokens(door.sequencer.tokens)
    assert (token.label, token.continues) == ("truck-7", "")
    out, _ = console("admitted", folder)
    assert out.splitlines()[0].endswith(", replaced by tech-1: PSU")
    _, arrival = map(json.loads, console("arrivals", folder)[0].splitlines())
    assert (arrival["state"], arrival["reason"]) == ("out of service", "replaced by tech-1: PSU")


def test_an_heir_of_a_profile_that_no_card_has_shuts_nobody_out(console, door, gateway, tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/lorry.toml").touch()
    wrong = ["--profiles", tmp_path / "profiles", *SEED[:2], "--profile", "lory", *SEED[4:]]
    order = ["truck-7", "--reason", "PSU", "--by", "tech-1"]
    _, err = console("replace", door.sequencer.folder, *order, *wrong, code=2)
    assert "there is no profile 'lory': did you mean 'lorry'?" in " ".join(err.split())
    assert [each.out for each in read_gateways(door.sequencer.admitted)] == [False]


def test_tokens_are_made_listed_and_withdrawn(console, door):
    folder = door.sequencer.folder
    assert console("token", "list", folder)[0] == ""
    out, err = console("token", "new", folder, "--label", "truck-9", *SEED, "--apn", "internet")
    assert err == ""
    assert 'apn = "internet"\n' in out
    (token,) = read_tokens(door.sequencer.tokens)
    until = times.to_text(token.expires)
    out, _ = console("token", "list", folder)
    assert out == f"{token.digest[:12]}  until {until}  unused\n    truck-9, turin, truck\n"
    out, _ = console("token", "list", folder, "--json")
    (told,) = json.loads(out)["tokens"]
    assert (told["digest"], told["used_by"]) == (token.digest, None)
    states = [json.loads(line)["state"] for line in console("arrivals", folder)[0].splitlines()]
    assert states == ["enrolled", "waiting"]
    out, _ = console("token", "withdraw", folder, token.digest[:6])
    assert out == "the token for truck-9 at turin admits nobody any more\n"
    _, err = console("token", "withdraw", folder, token.digest[:6], code=2)
    assert f"0 tokens begin with '{token.digest[:6]}'" in err
    assert read_tokens(door.sequencer.tokens) == ()


def test_a_token_is_listed_as_expired_from_its_last_second_on_and_with_who_used_it(
    console, door, monkeypatch
):
    folder = door.sequencer.folder
    for label in ("truck-8", "truck-9"):
        console("token", "new", folder, "--label", label, *SEED)
    first, second = read_tokens(door.sequencer.tokens)
    (listed,) = read_gateways(door.sequencer.admitted)
    door.sequencer.admitted.write_text(to_toml([replace(listed, tokens=(second.digest,))]))
    for passed, state in ((-1, "unused"), (0, "expired")):
        clock = FakeClock(first.expires + passed)
        monkeypatch.setattr(gateway_verbs, "SystemClock", lambda clock=clock: clock)
        one, _, other, _ = console("token", "list", folder)[0].splitlines()
        assert one.endswith(f"  {state}")
        assert other.endswith("  used by truck-7")
    out, _ = console("token", "list", folder, "--json")
    assert [each["used_by"] for each in json.loads(out)["tokens"]] == [None, "truck-7"]


def test_where_nobody_checked_the_profile_that_is_said(console, door, monkeypatch):
    monkeypatch.setattr("ledger.enrolling.profiles.FOLDERS", ())
    _, err = console("token", "new", door.sequencer.folder, "--label", "truck-9", *SEED)
    assert " ".join(err.split()) == (
        "note: there are no profiles on this machine: nobody checked that cards have a profile "
        "'truck'"
    )


ASKED = ["--by", "A. Keeper", "--reason", "asked for"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (ASKED, "nothing says what to erase"),
        (
            [*ASKED, "--since", "2026-01-02T00:00:00Z", "--until", "2026-01-01T23:59:59Z"],
            "--until lies before --since",
        ),
        (["--by", " ", "--reason", "r", "--gateway", "truck-7"], "must be words on one line"),
        (["--by", "b", "--reason", "r\nx", "--gateway", "truck-7"], "must be words on one line"),
        ([*ASKED, "--gateway", "truck-8"], "no gateway truck-8 is admitted here"),
    ],
)
def test_what_cannot_be_meant_erases_nothing(console, door, words, said):
    _, err = console("erase", door.sequencer.folder, *words, code=2)
    assert said in err
    assert not door.sequencer.erased.exists()


def test_what_is_erased_is_told_with_where_copies_may_be(console, door):
    folder = door.sequencer.folder
    day = ["--since", "2026-01-01T00:00:00Z", "--until", "2026-01-01T00:00:00Z"]
    out, _ = console("erase", folder, *ASKED, *day, "--dry-run")
    assert out == "would erase the records of 0 batches here; nothing was changed\n"
    assert not door.sequencer.erased.exists()
    out, _ = console("erase", folder, *ASKED, *day)
    assert [line.split()[0] for line in out.splitlines()] == [
        "erased", "stays", "noted", "elsewhere", "store,",
    ]  # fmt: skip
    assert f"{door.sequencer.erased}" in out
    assert 'by = "A. Keeper"\nreason = "asked for"\n' in door.sequencer.erased.read_text()


def test_a_change_of_witnesses_is_told_to_everybody_who_must_act(console, tmp_path, gateway):
    cluster = make_cluster(tmp_path, witnesses=1)
    alpha, (bravo,) = cluster.sequencer.folder, cluster.witnesses
    change, signed = tmp_path / "change", tmp_path / "signed"
    out, _ = console("policy-propose", alpha, "-o", change)
    key = read_public_node(NodeFiles(alpha).public).cosigner.to_text()
    told = parse_update(change.read_bytes()).change
    lines = [
        f"change 1 of example.org/log, from {times.to_text(told.valid_from)}",
        f"  alpha  {key}",
        "  quorum-group: 1 of alpha",
    ]
    given = f"give to every member of now, for policy-sign: {change}"
    assert out.splitlines() == [*lines, given]
    out, _ = console("policy-sign", bravo.folder, change, "-o", signed)
    given = f"signed; give back to the sequencer's operator: {signed}"
    assert out.splitlines() == [*lines, given]
    assert change.stat().st_mode & 0o777 == signed.stat().st_mode & 0o777 == 0o644
    out, _ = console("policy-publish", alpha, "--update", signed)
    assert out == (
        "in force, signed by alpha, bravo: start the node again\n"
        f"give to new witnesses, and to who verifies: {alpha}/policy.txt\n"
    )


def test_a_node_that_does_not_run_is_shown_and_to_be_started(console, lone, monkeypatch):
    monkeypatch.setattr("ledger.node.status.TIME_OUT", 0.05)
    out, err = console("status", lone.sequencer.folder, code=1)
    assert re.search(
        r"^ask alpha +no answer from tcp://127.0.0.1:\d+ within 0.05 s$", out, re.MULTILINE
    )
    assert err == (
        "error: alpha does not answer\nnext: start it: sudo systemctl start tallyman-ledger\n"
    )
    out, _ = console("metrics", lone.sequencer.folder)
    assert 'tallyman_ledger_entries{log="example.org/log"} 1\n' in out
    assert 'tallyman_ledger_answers{node="alpha"} 0\n' in out


def test_a_node_runs_with_all_the_descriptors_it_may_have(console, lone, monkeypatch):
    done = []

    async def run(files, around):
        clock = type(around.clock).__name__
        done.append((files, clock, around.watchdog, around.open_store))

    monkeypatch.setattr("ledger.node.run.run", run)
    monkeypatch.setattr("ledger.base.descriptors.raise_limit", lambda: done.append("descriptors"))
    monkeypatch.setattr(verbs, "log_to_stderr", lambda form: done.append(form % LOG_LINE))
    monkeypatch.setenv("WATCHDOG_USEC", "3000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    console("run", lone.sequencer.folder)
    assert done == ["ERROR: no disk", "descriptors", (lone.sequencer, "SystemClock", 3.0, None)]


def test_errors_of_a_group_are_all_told_and_bugs_are_none(console, monkeypatch):
    from foundation.errors import Fatal, Retry

    def failing(*errors):
        def run(_options):
            raise BaseExceptionGroup("node", errors)

        monkeypatch.setattr(verbs, "show", run)

    nested = ExceptionGroup("tasks", [Fatal("two", advice="mend it")])
    failing(Retry("one"), nested)
    _, err = console("show", "node", code=2)
    assert err == "error: one\nerror: two\nnext: mend it\n"
    failing(Retry("one"))
    console("show", "node", code=1)
    failing(Retry("one"), ValueError("a bug"))
    with pytest.raises(BaseExceptionGroup, match="node"):
        cli.main(["show", "node"])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (
            OSError(13, "Permission denied", "/etc/x"),
            1,
            "error: /etc/x: Permission denied\nnext: do it as ",
        ),
        (
            MalformedError("note-size", "a note of 9 MB"),
            1,
            "error: a note of 9 MB\nnext: put back the file that the text is about, from the node's ",
        ),
    ],
)
def test_what_else_ends_a_command(console, monkeypatch, error, code, said):
    def run(_options):
        raise error

    monkeypatch.setattr(verbs, "show", run)
    assert console("show", "node", code=code)[1].startswith(said)


@pytest.mark.parametrize("left", ["before", "at the end"])
def test_a_reader_that_leaves_is_no_news_and_hears_nothing_more(console, monkeypatch, left):
    """As `| head` does: what waits to be written would fail again when the interpreter ends."""
    done = []

    def gone(*_):
        raise BrokenPipeError

    monkeypatch.setattr(cli, "prepare_streams", lambda: done.append("prepared"))
    monkeypatch.setattr(cli, "forget_output", lambda: done.append("forgotten"))
    monkeypatch.setattr(verbs, "show", gone if left == "before" else lambda _: None)
    if left == "at the end":
        monkeypatch.setattr(cli, "sys", SimpleNamespace(stdout=SimpleNamespace(flush=gone)))
    assert console("show", "node") == ("", "")
    assert done == ["prepared", "forgotten"]
