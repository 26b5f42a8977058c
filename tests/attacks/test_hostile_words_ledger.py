"""Every verb of `tallyman-ledger`, of the bench and of the scripts, in the words of strangers."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.wire import Envelope, Label, Type
from foundation.parser import Parser
from hil.__main__ import VERBS as BENCH
from hil.__main__ import main as bench
from ledger.base.public_node import read_public_node
from ledger.cli import main as tallyman_ledger
from ledger.cli import parser as ledger_parser
from ledger.gateways import gateways
from ledger.wire.client import NodeClient
from tests.attacks.hostile import ARGUMENT, HOSTILE, faults
from tests.ledger.support import Gateway, Process, asker, make_cluster, wait_for

ROOT = Path(__file__).parents[2]
LINE = ARGUMENT.replace("\n", "").replace("\r", "")
"""As a name in a node's file, which is one line."""

SEED = ("--site", ARGUMENT, "--profile", ARGUMENT, "--expires", ARGUMENT)
FILE = "{given}/" + ARGUMENT
CALLS: dict[str, list[tuple[str, ...]]] = {
    "init": [
        (FILE, "--name", ARGUMENT, "--role", "sequencer"),
        ("{tmp}/a", "--name", ARGUMENT, "--role", "sequencer"),
        ("{tmp}/b", "--name", "b", "--role", "sequencer", "--origin", ARGUMENT),
        ("{tmp}/c", "--name", "c", "--role", "sequencer", "--listen", ARGUMENT),
        ("{tmp}/d", "--name", "d", "--role", "sequencer", "--endpoint", ARGUMENT),
        ("{tmp}/e", "--name", "e", "--role", "sequencer", "--store", ARGUMENT),
        ("{tmp}/f", "--name", "f", "--role", "sequencer", "--enrol", ARGUMENT),
        ("{tmp}/g", "--name", "g", "--role", ARGUMENT),
        ("{tmp}/h", "--name", "h", "--role", "sequencer", "--witness", FILE),
        ("{tmp}/i", "--name", "i", "--role", "sequencer", "--witness", "{given}/node.pub"),
    ],
    "run": [(FILE,), ("{given}/bad",)],
    "admit": [("{alpha}", FILE), ("{alpha}", "{given}/bad/node.toml"), (FILE, FILE)],
    "revoke": [("{alpha}", ARGUMENT), ("{alpha}", ARGUMENT, "--key", ARGUMENT)],
    "replace": [
        ("{alpha}", ARGUMENT, "--reason", ARGUMENT, "--by", ARGUMENT, *SEED),
        ("{alpha}", "truck-7", "--reason", ARGUMENT, "--by", ARGUMENT, "--site", "s", "--profile",
         "warehouse", "--expires", "1d"),
        ("{alpha}", "truck-7", "--reason", "r", "--by", "b", *SEED, "--apn", ARGUMENT),
    ],
    "erase": [
        ("{alpha}", "--gateway", ARGUMENT, "--by", ARGUMENT, "--reason", ARGUMENT),
        ("{alpha}", "--by", ARGUMENT, "--reason", ARGUMENT, "--dry-run"),
        ("{alpha}", "--since", ARGUMENT, "--by", ARGUMENT, "--reason", ARGUMENT),
    ],
    "admitted": [("{alpha}",), (FILE,), ("{alpha}", "--json")],
    "arrivals": [("{alpha}",), (FILE,)],
    "token": [("{alpha}",), (ARGUMENT,)],
    "token new": [
        ("{alpha}", "--label", ARGUMENT, *SEED),
        ("{alpha}", "--label", "x", "--site", "s", "--profile", "warehouse", "--expires", ARGUMENT),
        ("{alpha}", "--label", "x", "--site", ARGUMENT, "--profile", "warehouse", "--expires", "1d"),
    ],
    "token list": [("{alpha}",), (FILE,), ("{alpha}", "--json")],
    "token withdraw": [("{alpha}", ARGUMENT)],
    "pin": [
        ("{bravo}", "--policy", FILE, "--sequencer", FILE),
        ("{bravo}", "--policy", "{alpha}/policy.txt", "--sequencer", "{given}/node.pub"),
        ("{bravo}", "--policy", "{given}/policy", "--sequencer", "{alpha}/node.pub"),
    ],
    "policy-propose": [
        ("{alpha}", "--witness", FILE, "-o", FILE),
        ("{alpha}", "--witness", "{given}/node.pub", "-o", "{tmp}/" + ARGUMENT),
    ],
    "policy-publish": [("{alpha}", "--update", FILE, "--witness", FILE)],
    "policy-sign": [("{alpha}", FILE, "-o", FILE)],
    "status": [("{alpha}",), (FILE,), ("{bravo}",), ("{alpha}", "--json")],
    "metrics": [("{alpha}",), (FILE,)],
    "show": [("{alpha}",), (FILE,), ("{given}",)],
}  # fmt: skip


def commands(parser: Parser, before: tuple[str, ...] = ()) -> list[str]:
    found = []
    for action in parser._actions:
        if isinstance(getattr(action, "choices", None), dict):
            for name, below in action.choices.items():
                found += [" ".join((*before, name)), *commands(below, (*before, name))]
    return found


def test_every_verb_is_called():
    assert set(CALLS) == set(commands(ledger_parser()))


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A sequencer and a witness with what a hostile operator, gateway and editor wrote."""
    folder = tmp_path_factory.mktemp("nodes")
    cluster = make_cluster(folder, witnesses=1)
    gateway = Gateway()
    cluster.admit(gateway)
    (entry,) = gateways.read_gateways(cluster.sequencer.admitted)
    listed = [entry, replace(entry, curve=Gateway().curve.public.decode(), replaced=HOSTILE)]
    cluster.sequencer.admitted.write_text(gateways.to_toml(listed))
    given = folder / "given"
    given.mkdir()
    (given / ARGUMENT).write_text(HOSTILE)
    (given / "policy").write_text(f"log {HOSTILE}\n")
    public = read_public_node(cluster.witnesses[0].public)
    hostile = replace(public, name=LINE, endpoint=LINE)
    (given / "node.pub").write_text(hostile.to_toml())
    quoted = json.dumps(HOSTILE)
    (given / "bad").mkdir()
    (given / "bad" / "node.toml").write_text(f"name = {quoted}\n{quoted} = 1\nrole = {quoted}\n")
    return {"given": given, "alpha": cluster.sequencer.folder, "bravo": cluster.witnesses[0].folder}


def check(main, words) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as end:
            code = end.code
    for said in (out.getvalue(), err.getvalue()):
        assert faults(said) == [], words
    assert "Traceback" not in err.getvalue()
    return code, out.getvalue()


@pytest.mark.parametrize(
    ("verb", "words"), [(verb, words) for verb, each in CALLS.items() for words in each]
)
def test_nothing_that_a_stranger_wrote_steers_an_operator_s_terminal(
    places, tmp_path, monkeypatch, verb, words
):
    async def answer(_, message):
        return Envelope(Type.ERROR, message.request, {Label.TEXT: HOSTILE, Label.CODE: HOSTILE})

    monkeypatch.setattr(NodeClient, "ask", answer)
    known = {**places, "tmp": tmp_path}
    filled = [re.sub(r"\{(\w+)\}", lambda m: str(known[m[1]]), word) for word in words]
    check(tallyman_ledger, [*verb.split(), *filled])
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert [name for name in made if ARGUMENT not in name and faults(name)] == []


@pytest.mark.parametrize("verb", BENCH)
@pytest.mark.parametrize("words", [(ARGUMENT,), (f"--{ARGUMENT}",)], ids=["word", "option"])
def test_the_bench_s_commands(verb, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    takes_a_word = {"up", "causes", "emulate", "replay", "device-bytes"}
    if verb in takes_a_word or words[0].startswith("--"):
        check(bench, [verb, *words])


def test_what_a_capture_holds_is_escaped(tmp_path):
    file = tmp_path / ARGUMENT
    file.write_text(f"{HOSTILE}\r\n")
    for name in (ARGUMENT, "x"):
        check(bench, ["replay", "barcode.serial", str(file), "--name", name])


async def test_what_a_gateway_writes_forges_no_line_of_a_node_s_log(tmp_path):
    """An issuer goes into the log when its statement is refused, by whatever name."""
    cluster = make_cluster(tmp_path, witnesses=0)
    gateway = Gateway()
    cluster.admit(gateway)
    thief = replace(gateway, issuer=f"urn:x:{HOSTILE}", chain=[])
    with Process(cluster.sequencer) as node:
        wait_for(lambda: "listens" in node.log.read_text())
        async with asker(cluster.sequencer, gateway) as asking:
            assert (await asking.register(thief.extend())).type is Type.ERROR
        wait_for(lambda: "REGISTER from truck-7 refused" in node.log.read_text())
        said = node.log.read_text()
    assert faults(said) == []
    assert not [line for line in said.splitlines() if not line.startswith(("INFO: ", "WARN"))]


SAYS = """\
#!/bin/sh
cat <<'END'
{arrivals}
END
"""


def script(name, *words):
    command = [sys.executable, ROOT / "provisioning" / name, *words]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    for said in (done.stdout, done.stderr):
        assert faults(said) == [], words
    assert "Traceback" not in done.stderr
    return done


def test_what_a_node_tells_of_its_gateways_is_escaped_by_the_scripts(tmp_path):
    arrival = {
        "label": HOSTILE, "site": HOSTILE, "profile": HOSTILE, "state": "confirmed",
        "reason": HOSTILE, "clock": HOSTILE, "since": 1, "batches": 1, "last_ms": 1,
        "enrolment": HOSTILE, "gateway": HOSTILE, "key": HOSTILE,
    }  # fmt: skip
    program = tmp_path / "ledger"
    program.write_text(SAYS.format(arrivals=json.dumps(arrival)))
    program.chmod(0o755)
    for more in ("--once", "--report"):
        done = script("watch", "--node", tmp_path, "--tallyman-ledger", program, more)
        assert done.returncode == 0
        assert "[2J" in done.stdout


def test_what_a_plan_holds_is_escaped_by_the_scripts(tmp_path):
    plan = tmp_path / f"{ARGUMENT}.csv"
    plan.write_text(f'label,site,profile,apn,note\n"{LINE}",{LINE},{LINE},{LINE},{LINE}\n')
    for words in (
        ("flash", "check", plan),
        ("flash", "labels", plan),
        ("flash", "seeds", plan, "--node", tmp_path, "--out", tmp_path / "out"),
        ("flash", "write", plan, plan, plan, "--seeds", tmp_path),
        ("flash", ARGUMENT, plan),
        ("watch", "--node", tmp_path, "--plan", plan),
        ("replace", ARGUMENT, "--reason", ARGUMENT, "--node", tmp_path, "--plan", plan, "--out",
         tmp_path / "out"),
        ("build-deb", "--arch", ARGUMENT),
        ("update/build-update", "--arch", ARGUMENT),
        ("image/sbom", tmp_path / ARGUMENT),
    ):  # fmt: skip
        assert script(*words).returncode == 2
