"""Standard streams that take nothing: every verb that prints ends in plain words, or in silence."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest

from agent.cli.main import main as tallyman
from agent.cli.verbs import VERBS
from hil.__main__ import main as bench
from ledger.cli import main as tallyman_ledger
from tests.agent.salvage.dead_gateway import die
from tests.attacks.hostile import hostile_agent
from tests.commands.calling import answered as called
from tests.evidence.building import World, records
from tests.ledger.support import Gateway

SCRIPTS = Path(__file__).parents[2] / "provisioning"
WORDS = {
    "dock": [],
    "deliver": ["notice.json", "--read-point", "p", "--driver", "d", "--receiver", "r"],
    "shipment": [],
    "find": None,  # nothing there tells of goods
    "shelf": [],
    "label": None,  # its first line comes after the agent's answer
    "decode": ["3074257BF7194E4000001A85"],
    "commission": ["uhf", "3074257BF7194E4000001A85"],
    "config": ["schema"],
    "status": [],
    "why": ["gps"],
    "devices": [],
    "read": ["cold-1"],
    "journal": [],
    "uplink": [],
    "enrol": None,  # its first line comes after the node's answer
    "update": ["--folder", "folder"],
    "inherit": None,  # as is that of an old card
    "salvage": ["salvaged"],
    "support": ["--output", "made.tar.gz"],
    "run": None,  # it prints nothing
    "people": [],
    "keys": [],
    "where": None,
    "gap": ["cold-1"],
    "notarize": ["text"],
    "bundle": None,
    "assess": [],
    "override": ["cold-1", "warm", "--reason", "r", "--operator", "o"],
    "profile": ["list"],
    "zigbee": None,  # the agent tells of its radio
    "watch": ["--looks", "1"],
    "visit": ["show", "--as", "technician-1"],
    "metrics": [],
    "describe": [],
    "completion": ["bash"],
    "driver": None,  # the bench's, in the source
    "verify": ["trip.bundle", "--policy", "policy.txt"],
    "settle": ["trip.bundle", "--policy", "policy.txt"],
    "report": ["trip.bundle", "--policy", "policy.txt", "-o", "page.html"],
    "export": ["csv", "trip.bundle", "-o", "made.csv"],
}
"""Words with which each verb prints something, beside an agent that answers."""

LEDGER = [
    ["init", "gamma", "--name", "g", "--role", "witness"],
    ["admitted", "alpha"],
    ["arrivals", "alpha"],
    ["token", "list", "alpha"],
    ["metrics", "alpha"],
    ["show", "alpha"],
    [
        "token",
        "new",
        "alpha",
        "--label",
        "x",
        "--site",
        "s",
        "--profile",
        "warehouse",
        "--expires",
        "1d",
    ],
]


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """A dead gateway's."""
    folder = tmp_path_factory.mktemp("dead") / "card"
    die(folder)
    return folder


@pytest.fixture
def ready(site, card):
    """A site with a bundle, a notice and a card."""
    world = World()
    sealed = world.seal(records(0, 2))
    (site / "trip.bundle").write_bytes(world.bundle([world.bundled(sealed)]).to_bytes())
    (site / "policy.txt").write_text(world.policy_text())
    (site / "notice.json").write_text("{}")
    (site / "c.sock").unlink(missing_ok=True)
    (site / "state" / "keys").mkdir(exist_ok=True)
    (site / "salvaged").symlink_to(card)
    (site / "truck.toml").write_text(Gateway().public_toml())
    assert called(tallyman_ledger, ["admit", "alpha", "truck.toml"])[0] == 0
    assert called(tallyman_ledger, LEDGER[-1])[0] == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALLYMAN_PIN", "4711")
        patch.setattr(sys, "stdin", io.StringIO())
        with hostile_agent(site / "c.sock"):
            yield site


def full():
    return Path("/dev/full").open("w")


def left():
    ours, theirs = os.pipe()
    os.close(ours)
    return os.fdopen(theirs, "w")


def answered(main, words, stream) -> tuple[int, str]:
    errors = io.StringIO()
    try:
        with redirect_stdout(stream), redirect_stderr(errors):
            code = main(words)
    finally:
        with suppress(OSError):
            stream.close()
    return code, errors.getvalue()


def test_every_verb_is_here():
    assert set(WORDS) == set(VERBS)


@pytest.mark.parametrize("verb", [verb for verb, words in WORDS.items() if words is not None])
@pytest.mark.parametrize("make", [full, left])
def test_a_verb_of_tallyman(ready, verb, make):
    code, said = answered(tallyman, [verb, *WORDS[verb]], make())
    assert "Traceback" not in said
    if make is left:
        assert (code, said) == (0, "")  # of `verify` it is the verdict
    else:
        assert code == (4 if verb == "verify" else 1), said
        assert said.startswith("error: the output cannot be written: the disk is full\nnext: ")


@pytest.mark.parametrize("words", LEDGER, ids=lambda words: words[0])
@pytest.mark.parametrize("make", [full, left])
def test_a_verb_of_tallyman_ledger(ready, words, make):
    code, said = answered(tallyman_ledger, words, make())
    assert "Traceback" not in said
    assert code == (0 if make is left else 1), said


def test_a_refused_bundle_whose_reader_leaves_is_not_authentic(ready):
    """`verify … | head -1` with pipefail: the verdict is the exit code, whoever reads."""
    (ready / "trip.bundle").write_bytes(b"rubbish")
    words = ["verify", "trip.bundle", "--policy", "policy.txt"]
    assert answered(tallyman, words, left()) == (4, "")


def test_an_error_that_nobody_can_be_told_of_keeps_its_code(ready):
    for main, words, code in (
        (tallyman, ["staus"], 2),
        (tallyman, ["status", "--config", "nothing"], 2),
        (tallyman_ledger, ["status", "nothing"], 2),
        (bench, ["replay", "gnss.nmea", "nothing"], 2),
    ):
        stream = full()
        with redirect_stderr(stream):
            assert main(words) == code
        with suppress(OSError):
            stream.close()


@pytest.mark.parametrize(
    "words",
    [
        ["flash", "check", "plan.csv"],
        ["flash", "labels", "plan.csv"],
        ["watch", "--node", "alpha", "--once", "--plan", "plan.csv"],
        ["image/sbom", "root"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(("redirection", "code"), [(">/dev/full", 1), ("| :", 0), (">&-", 0)])
def test_a_script(ready, words, redirection, code):
    (ready / "plan.csv").write_text("label,site,profile,apn\ntruck-7,turin,truck,internet\n")
    (ready / "root/var/lib/dpkg").mkdir(parents=True)
    (ready / "root/var/lib/dpkg/status").write_text("")
    line = f'set -o pipefail; "$@" {redirection}'
    command = [sys.executable, SCRIPTS / words[0], *words[1:]]
    done = subprocess.run(
        ["bash", "-c", line, "sh", *map(str, command)], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(
    ("script", "words", "code"),
    [
        (SCRIPTS / "personalise", [], 2),
        (SCRIPTS / "personalise", ["--seed"], 2),
        (SCRIPTS / "personalise", ["--sed", "x"], 2),
        (SCRIPTS / "personalise", ["nothing", "--seed", "text", "--package", "text"], 2),
        (SCRIPTS / "personalise", ["text", "--seed", "text", "--package", "text"], 2),
        (SCRIPTS / "build-image", [], 2),
        (SCRIPTS / "build-image", ["--profile"], 2),
        (SCRIPTS / "build-image", ["--profil", "truck"], 2),
        (SCRIPTS / "build-image", ["--profile", "nothing"], 2),
        (SCRIPTS / "build-image", ["--profile", "truck", "--roles", "nothing"], 2),
    ],
)
def test_a_wrong_call_of_a_shell_script(ready, script, words, code):
    done = subprocess.run([script, *words], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("error: ")
    assert "\nnext: " in done.stderr
    assert f"{script}: line " not in done.stderr  # the shell's own words
