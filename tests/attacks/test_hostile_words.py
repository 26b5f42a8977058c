"""Every verb of `tallyman`, with every text that a stranger may have written: nothing comes out raw.

Neither on standard output nor on standard error nor in --json nor as a file's name.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.cli.main import main
from agent.cli.verbs import VERBS
from agent.journal.journal import Confirmation
from agent.journal.ring_journal import RingJournal
from agent.records.registry import KINDS
from agent.signing.file_key import FileKey
from agent.signing.identity import Identity, to_text
from drivers.kind import FieldType
from evidence.leaf import Record
from foundation.logs import OneLine
from foundation.words import json_text, one_line
from tests.agent.dock.goods import APPLE, P1, item, plan
from tests.agent.log_world import EPOCH, ISSUER, LogWorld
from tests.attacks.hostile import (
    ANSWERS,
    ARGUMENT,
    FORGED,
    HOSTILE,
    STEERING,
    faults,
    hostile_agent,
    hostile_records,
)
from tests.evidence.building import World, record, records
from tests.evidence.test_attachments import attachment


def test_the_words_are_what_they_should_be():
    assert len(STEERING) == 0x20 - 1 + 0x21 + 5 + 5 + 4
    assert set(HOSTILE) >= STEERING
    assert faults("\x1b") == ["U+001B"]
    assert faults(f"x\n {FORGED}") == [f" {FORGED}"]
    assert faults(one_line(HOSTILE)) == []


def test_what_is_escaped_in_json_reads_back():
    lone = "\udc80\U000e0001"
    text = json_text({HOSTILE: [HOSTILE, lone]})
    assert faults(text) == []
    assert "\n" not in text
    assert json.loads(text) == {HOSTILE: [HOSTILE, lone]}


CONFIG = """\
[gateway]
name = "t"
state_dir = "state"
control = "c.sock"
[ledger]
policy = "policy.txt"
[[device]]
name = "cold-1"
kind = "sensors.sht3x"
bus = "/dev/i2c-99"
"""


def sound_records(first: int = 0) -> list[Record]:
    """One of each kind but `attachment`, whose envelope must be one or no verifier takes it."""
    made = [each for each in hostile_records() if each.kind != "attachment"]
    return [each._replace(number=first + at) for at, each in enumerate(made)]


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """A gateway whose journal holds every kind of record in hostile words, all of it confirmed."""
    folder = tmp_path_factory.mktemp("card")
    world = LogWorld(FileKey(ec.derive_private_key(3, ec.SECP256R1())))
    state = folder / "state"
    state.mkdir()
    (state / "identity.toml").write_text(to_text(Identity(ISSUER, EPOCH)))
    (folder / "policy.txt").write_text(world.policy_text)
    (folder / "tallyman.toml").write_text(CONFIG)
    journal = RingJournal(state / "journal.sqlite", EPOCH)
    for _ in range(2):
        batch = sound_records(journal.count())
        journal.commit(batch)
        journal.seal(replace(world.seal(batch), urgent=True))
    size = len(world.entries)
    proofs = [Confirmation(seq, seq + 1, world.receipt(seq), size) for seq in range(2)]
    journal.set_accepted([0, 1], 1)
    journal.set_confirmed(proofs, world.note(), 2)
    journal.commit(hostile_records(journal.count())[:3])
    journal.close()
    return folder


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Files that a stranger sent, under hostile names."""
    folder = tmp_path_factory.mktemp("given")
    world = World()
    file = b"%PDF"
    shown = sound_records()
    attached = attachment(world, file=file, name=HOSTILE, type=HOSTILE, about=HOSTILE)
    shown.append(attached._replace(device=HOSTILE, quality=HOSTILE, clock_source=HOSTILE))
    numbered = [each._replace(number=at) for at, each in enumerate(shown)]
    world.seal(numbered, clock_source=HOSTILE)
    bundled = [world.bundled(each) for each in world.sealed]
    bundle = replace(world.bundle(bundled), attachments=(file,))
    (folder / f"{ARGUMENT}.bundle").write_bytes(bundle.to_bytes())
    hidden = world.bundle([world.bundled(each, indexes=()) for each in world.sealed])
    (folder / "hidden.bundle").write_bytes(hidden.to_bytes())
    (folder / "policy.txt").write_text(world.policy_text())
    (folder / f"{ARGUMENT}.policy").write_text(f"log {ARGUMENT}\n# {HOSTILE}\n")
    (folder / "stranger.bundle").write_bytes(of_a_stranger())
    (folder / ARGUMENT).write_text(HOSTILE)
    (folder / f"{ARGUMENT}.json").write_bytes(plan((P1, [item(APPLE, 2)])))
    (folder / "notice.json").write_bytes(plan((P1, [item(APPLE, 2)])))
    (folder / "bad.toml").write_text(bad_config())
    return folder


def of_a_stranger() -> bytes:
    """A bundle of a gateway that no policy lists, with a hostile name."""
    world = World(issuer="urn:x:\x9b\u202e" + FORGED)
    sealed = world.seal(records(0, 2))
    honest = World()
    honest.tree, honest.sealed = world.tree, world.sealed
    return honest.bundle([honest.bundled(sealed)]).to_bytes()


def bad_config() -> str:
    quoted = json.dumps(HOSTILE)
    return (
        f"[gateway]\nname = {quoted}\n{quoted} = 1\n[[device]]\nname = {quoted}\n"
        f"kind = {quoted}\nread_point = {quoted}\n[{quoted}]\n# \x9b\u202e\n"
    )


class Said:
    """What a command printed on either stream."""

    def __init__(self, argv, environ) -> None:
        self.argv = argv
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO("q\n"))
            try:
                self.code = main(list(map(str, argv)))
            except SystemExit as end:
                self.code = end.code
        self.out, self.err = out.getvalue(), err.getvalue()

    def check(self) -> None:
        assert faults(self.out) == [], self.argv
        assert faults(self.err) == [], self.argv
        assert "Traceback" not in self.err


SECRETS = dict.fromkeys(
    ("TALLYMAN_PIN", "TALLYMAN_NEW_PIN", "TALLYMAN_DRIVER_PIN", "TALLYMAN_RECEIVER_PIN"), "4711"
)
ENVIRON = SECRETS | {"TALLYMAN_TAG_PASSWORD": "1234ABCD", "COLUMNS": "80"}

NOTICE, PLACE = "{given}/" + ARGUMENT + ".json", ("--read-point", ARGUMENT)
POLICY, BUNDLE = "{given}/policy.txt", "{given}/" + ARGUMENT + ".bundle"
NAMED = "{given}/" + ARGUMENT

CALLS: dict[str, list[tuple[str, ...]]] = {
    "dock": [
        (),
        (NOTICE, *PLACE),
        (NOTICE, *PLACE, "--lang", "zh"),
        (NOTICE, *PLACE, "--label", ARGUMENT, "--remark", "X34", ARGUMENT),
        (NOTICE, *PLACE, "--decide", "accepted", "--sign", "--operator", ARGUMENT),
        (NOTICE, *PLACE, "--trip", BUNDLE, "--policy", POLICY),
        (NAMED, *PLACE),
        (NOTICE,),
        (NOTICE, "--preview"),
        (NAMED, "--preview"),
        (NOTICE, *PLACE, "--undo", "--passed"),
        (ARGUMENT,),
        (ARGUMENT, "--stages"),
        (ARGUMENT, "--as", "recadv", "-o", "{tmp}/paper"),
    ],
    "deliver": [
        (NOTICE, *PLACE, "--driver", ARGUMENT, "--receiver", ARGUMENT, "--decide", "accepted")
    ],
    "shipment": [
        (),
        ("start", ARGUMENT, "--notice", NOTICE, "--vehicle", ARGUMENT, "--seal", ARGUMENT),
        ("end", ARGUMENT),
        ("bind", ARGUMENT, "--device", ARGUMENT, "--as", ARGUMENT),
        ("unbind", ARGUMENT, "--seal", ARGUMENT),
        ("split", ARGUMENT, "--into", ARGUMENT, "--seal", ARGUMENT),
        ("merge", ARGUMENT, "--into", ARGUMENT),
        ("check", ARGUMENT),
        ("custody", ARGUMENT, "--to", ARGUMENT, "--from", "x", "--remark", ARGUMENT),
        ("custody", "--bundle", BUNDLE, "--policy", POLICY),
        ("custody", ARGUMENT),
        ("summary", "--bundle", BUNDLE, "--policy", POLICY),
        ("summary", "--bundle", NAMED, "--policy", POLICY),
        ("summary", ARGUMENT),
    ],
    "find": [(ARGUMENT,), (ARGUMENT, "--bundle", BUNDLE, "--policy", POLICY), ("04012345111118",)],
    "shelf": [(), (ARGUMENT, "--reads")],
    "label": [
        (ARGUMENT, "-o", "{tmp}/label.zpl"),
        ("--again", "(00)106141412345678908", "-o", "{tmp}/label.zpl"),
        ("--again", ARGUMENT, "-o", "{tmp}/label.zpl"),
        ("--printer", ARGUMENT),
    ],
    "decode": [
        (ARGUMENT,),
        (f"]C1{ARGUMENT}",),
        (f"(01){ARGUMENT}",),
        (f"urn:epc:id:{ARGUMENT}",),
        (f"urn:epc:raw:{ARGUMENT}",),
        (f"https://id.example/01/09506000134352/21/A?x={ARGUMENT}",),
        (f"https://id.example/{ARGUMENT}",),
    ],
    "commission": [("uhf", "3034257BF7194E4000001A85"), (ARGUMENT, ARGUMENT)],
    "config": [("check",), ("schema",), ("policy",), ("check", "--config", "{given}/bad.toml")],
    "status": [()],
    "watch": [("--looks", "2"), (ARGUMENT, "--looks", "1")],
    "visit": [
        ("--as", ARGUMENT),
        ("show",),
        ("begin", "--as", ARGUMENT),
        ("did", ARGUMENT, "--device", ARGUMENT),
        ("end",),
        (ARGUMENT,),
    ],
    "why": [
        (),
        ("cold-1",),
        ("agent",),
        ("dock",),
        (ARGUMENT,),
        ("cold-1", "--list"),
        ("cold-1", "--ignore", "i2c.no-answer", "--reason", ARGUMENT, "--until", "3d"),
    ],
    "devices": [(), ("--kinds",)],
    "read": [("cold-1",), (ARGUMENT,)],
    "journal": [(), ("--follow",), ("--last", "5"), ("--kinds",)],
    "enrol": [("--seed", NAMED, "--state-dir", "{tmp}/enrolled"), ("--seed", "{given}/bad.toml")],
    "update": [
        (NAMED, "--folder", "{tmp}", "--keys", NAMED),
        ("--folder", "{tmp}"),
        ("--back", ARGUMENT, "--folder", "{tmp}"),
    ],
    "inherit": [(NAMED,), ("{given}",)],
    "salvage": [
        ("{card}/state",),
        ("{card}/state", "--import", "-o", "{tmp}/" + ARGUMENT),
        (NAMED,),
        ("{card}/state", "--policy", "{given}/" + ARGUMENT + ".policy"),
    ],
    "support": [("--output", "{tmp}/" + ARGUMENT)],
    "run": [("--config", NAMED), ("--config", "{given}/bad.toml")],
    "people": [
        (),
        ("add", ARGUMENT),
        ("remove", ARGUMENT),
        ("pin", ARGUMENT),
        ("unlock", ARGUMENT),
    ],
    "keys": [(), ("--public",), ("new-epoch", "--reason", ARGUMENT, "--lost", "x" + ARGUMENT)],
    "where": [(), ("3",)],
    "uplink": [(), ("--flight", "on", "--operator", ARGUMENT)],
    "gap": [
        (),
        ("--declare", "--reason", ARGUMENT),
        (ARGUMENT,),
        (ARGUMENT, "--note", ARGUMENT, "--as", ARGUMENT),
    ],
    "metrics": [()],
    "describe": [(), ("--config", "{given}/bad.toml")],
    "completion": [("bash",), (ARGUMENT,)],
    "driver": [("check", ARGUMENT)],
    "assess": [
        (),
        ("4711", "released", "--operator", ARGUMENT, "--reason", ARGUMENT),
        (ARGUMENT, ARGUMENT),
    ],
    "override": [(ARGUMENT, ARGUMENT, "--reason", ARGUMENT, "--operator", ARGUMENT)],
    "profile": [
        ("list",),
        ("show", ARGUMENT),
        ("check", NAMED),
        ("check", "{given}/bad.toml"),
        ("try", ARGUMENT, NAMED),
        ("try", NAMED, NAMED, "--zone", ARGUMENT),
        (ARGUMENT,),
    ],
    "zigbee": [("list",), ("list", "--radio", ARGUMENT), ("remove",), (ARGUMENT,)],
    "notarize": [
        (NAMED, "--for", ARGUMENT, "--location", ARGUMENT),
        (NAMED, "--name", ARGUMENT, "--to", NAMED),
    ],
    "bundle": [
        ("-o", "{tmp}/" + ARGUMENT),
        ("-o", "{tmp}/x", "--device", ARGUMENT, "--shipment", ARGUMENT),
        ("-o", "{tmp}/x", "--owner", ARGUMENT),
        ("-o", "{tmp}/x", "--kind", ARGUMENT),
        ("-o", "{tmp}/x", "--for", ARGUMENT),
        ("-o", NAMED + "/x"),
        ("-o", NAMED, "--timestamp", NAMED),
        ("-o", BUNDLE, "--timestamp", "{given}/" + ARGUMENT + ".policy"),
    ],
    "verify": [
        (BUNDLE, "--policy", POLICY, "--authority", NAMED),
        (BUNDLE, "--policy", POLICY),
        (BUNDLE, "--policy", POLICY, "--records"),
        (BUNDLE, "--policy", POLICY, "--attach", NAMED, "--extract", "{tmp}/out"),
        (BUNDLE, "--policy", "{given}/" + ARGUMENT + ".policy"),
        ("{given}/hidden.bundle", "--policy", POLICY),
        ("{given}/stranger.bundle", "--policy", POLICY),
        (NAMED, "--policy", POLICY),
        (BUNDLE, "--policy", POLICY, "--decrypt", NAMED),
    ],
    "report": [
        (BUNDLE, "--policy", POLICY, "-o", "{tmp}/" + ARGUMENT + ".html"),
        (BUNDLE, "--policy", POLICY, "-o", BUNDLE),
        (NAMED, "--policy", POLICY, "-o", "{tmp}/page.html", "--zone", ARGUMENT),
        ("{given}/stranger.bundle", "--policy", POLICY, "-o", "{tmp}/page.html"),
        (ARGUMENT, "-o", "{tmp}/page.html"),
        ("R-20261122-0001", "-o", "{tmp}/receipt.html"),
    ],
    "settle": [
        (BUNDLE, "--policy", POLICY),
        (NAMED, "--policy", POLICY),
        (BUNDLE, "--policy", NAMED),
    ],
    "export": [
        *(
            (form, BUNDLE, "-o", "{tmp}/" + ARGUMENT)
            for form in ("epcis", "senml", "csv", "fsma204")
        ),
        ("csv", BUNDLE, "-o", "{tmp}/x", "--policy", POLICY),
        ("csv", NAMED, "-o", "{tmp}/x", "--policy", "{given}/" + ARGUMENT + ".policy"),
        ("fsma204", BUNDLE, "-o", "{tmp}/x", "--lot", ARGUMENT),
        ("epcis", BUNDLE, "-o", "{tmp}/x", "--post", ARGUMENT),
        ("epcis", BUNDLE, "-o", "{tmp}/x", "--post", "http://127.0.0.1:9/" + ARGUMENT),
        (ARGUMENT, BUNDLE, "-o", "{tmp}/x"),
    ],
}
"""Of each verb the calls that print what a stranger wrote; --json is tried with each."""

NO_CONFIG = {"profile", "decode", "verify", "settle", "export", "completion", "driver"}
NO_JSON = {"run", "completion", "driver"}


def test_every_verb_is_called():
    assert set(CALLS) == set(VERBS)


def calls():
    for verb, variants in CALLS.items():
        for number, words in enumerate(variants):
            yield pytest.param(verb, words, id=f"{verb}-{number}")


@pytest.fixture
def asked(card, given, tmp_path):
    def asked(verb, words, *more):
        places = {"card": card, "given": given, "tmp": tmp_path}
        argv = [re.sub(r"\{(card|given|tmp)\}", lambda m: str(places[m[1]]), w) for w in words]
        if verb not in NO_CONFIG and "--config" not in argv:
            argv = ["--config", str(card / "tallyman.toml"), *argv]
        said = Said([verb, *argv, *more], ENVIRON)
        said.check()
        return said

    return asked


@pytest.mark.parametrize("agent", ["answers", "refuses", "away"])
@pytest.mark.parametrize(("verb", "words"), [*calls()])
def test_nothing_that_a_stranger_wrote_steers_a_terminal(asked, card, tmp_path, verb, words, agent):
    if verb == "run" and agent != "away":
        return  # it asks no agent
    forms = [()] if verb in NO_JSON or "--kinds" in words else [(), ("--json",)]
    for more in forms:
        if agent == "away":
            asked(verb, words, *more)
            continue
        with hostile_agent(card / "c.sock") as told:
            told.refuses = agent == "refuses"
            said = asked(verb, words, *more)
        if more and said.out:
            for line in said.out.splitlines():
                json.loads(line)
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    ours = [name for name in made if ARGUMENT not in name]
    assert [name for name in ours if faults(name)] == []


def test_every_verb_of_the_agent_was_answered_in_hostile_words(asked, card):
    with hostile_agent(card / "c.sock") as told:
        for verb, variants in CALLS.items():
            for words in () if verb in NO_CONFIG | {"run"} else variants:
                asked(verb, words)
        assert told.asked == set(ANSWERS)


@pytest.mark.parametrize("more", [(), ("--records",), ("--json",)], ids=str)
def test_a_bundle_in_hostile_words_alone_is_authentic(asked, given, tmp_path, more):
    """So what the walk prints of it is all there is, and no shorter page of a refused bundle."""
    said = asked("verify", (BUNDLE, "--policy", POLICY, "--extract", "{tmp}/out"), *more)
    assert said.code == 0
    (extracted,) = (tmp_path / "out").iterdir()
    assert re.fullmatch(r"\d+-[A-Za-z0-9._-]+", extracted.name)


class Terminal(io.StringIO):
    def isatty(self):
        return True


OURS = re.compile(r"\x1b\[(?:3[123]m|0m|H|K|J)|\r")
"""Colours, and a page that is drawn over the last one."""


@pytest.mark.parametrize("words", [("status",), ("devices",), ("watch", "--looks", "2")])
def test_on_a_terminal_nothing_steers_but_what_is_ours(card, monkeypatch, words):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with hostile_agent(card / "c.sock"), redirect_stdout(out):
        assert main([words[0], "--config", str(card / "tallyman.toml"), *words[1:]]) == 0
    assert HOSTILE[:1] in out.getvalue()
    assert faults(OURS.sub("", out.getvalue())) == []


def test_each_field_of_each_kind_is_printed_escaped():
    """What the walk above stands on: each text of each kind is in a record of it."""
    for kind in KINDS.values():
        texts = {field.name for field in kind.fields if field.type is FieldType.TEXT}
        made = [each for each in hostile_records() if each.kind == kind.name]
        assert all(each.values[name] == HOSTILE for each in made for name in texts)


@pytest.mark.parametrize("form", ["%(message)s", "%(levelname)s: %(message)s"])
def test_a_log_line_is_one_line_and_a_traceback_forges_none(form):
    import logging

    try:
        int(HOSTILE, 99)
    except ValueError as error:
        raised = type(error), ValueError(HOSTILE), error.__traceback__
    made = logging.LogRecord("x", logging.INFO, "f", 1, "device %s", (HOSTILE,), raised)
    text = OneLine(form).format(made)
    assert faults(text.replace(f"  {FORGED}", "")) == []
    first, *rest = text.split("\n")
    assert first.endswith("z")
    assert all(line.startswith("  ") for line in rest)


def test_no_message_sets_its_own_level():
    import logging

    made = logging.LogRecord("x", logging.INFO, "f", 1, "%s", ("<0>the kernel panics",), None)
    assert OneLine("%(message)s").format(made) == " <0>the kernel panics"


LOGGING = """\
import logging
from agent.cli.run import configure_log
configure_log(verbose=False)
logging.getLogger("drivers").warning("a tag says %s", {said!r})
"""


def test_the_agent_s_log_is_written_so():
    done = subprocess.run(
        [sys.executable, "-c", LOGGING.format(said=HOSTILE)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"JOURNAL_STREAM": "1:2", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stderr.startswith("a tag says a")
    assert done.stderr.count("\n") == 1
    assert faults(done.stderr) == []


def test_an_auditor_s_screen_is_not_rewritten_by_a_gap_s_reason(tmp_path):
    """A signed gap whose reason clears the screen and prints a verdict of its own."""
    verdict = "\x1b[1;1H\x1b[0JAUTHENTIC AND COMPLETE\r\n\x1b[8m"
    world = World()
    world.seal([record(0)])
    gap = record(1, "gap", device=verdict, values={"reason": verdict, "state": "open"})
    world.seal([gap, Record(*gap._replace(number=2))], clock_source=verdict)
    bundle = tmp_path / f"{verdict}.bundle"
    bundle.write_bytes(world.bundle([world.bundled(each) for each in world.sealed]).to_bytes())
    (tmp_path / "policy").write_text(world.policy_text())
    for more in ((), ("--records",), ("--json",)):
        said = Said(["verify", bundle, "--policy", tmp_path / "policy", "--utc", *more], {})
        said.check()
        assert (said.code, "\x1b" in said.out) == (0, False)
        if not more or more == ("--records",):
            assert said.out.startswith("AUTHENTIC AND COMPLETE, except for ")
            assert said.out.count("\nAUTHENTIC") == 0


def test_the_command_that_checks_a_bundle_runs_nothing_else(tmp_path):
    """The auditor copies it into a shell: a file's name must stay one word there."""
    world = World()
    sealed = world.seal(records(0, 1))
    name = "x'; touch pwned; echo '.bundle"
    (tmp_path / name).write_bytes(world.bundle([world.bundled(sealed)]).to_bytes())
    (tmp_path / "policy").write_text(world.policy_text())
    said = Said(["verify", tmp_path / name, "--policy", tmp_path / "policy"], {})
    (command,) = [line for line in said.out.splitlines() if line.startswith("  head -c")]
    digest = said.out.splitlines()[said.out.splitlines().index(command) + 1].strip()
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == digest
    assert not (tmp_path / "pwned").exists()
