"""One mistake has one exit code in both programs: the table in docs/operate/exit-codes.md."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from contextlib import ExitStack, redirect_stdout
from pathlib import Path

import pytest

from agent.cli.main import main as tallyman
from agent.cli.verbs import VERBS
from foundation.durable import LOCK_NAME, lock_file
from foundation.parser import Parser
from ledger.base.node_files import NodeFiles
from ledger.cli import main as tallyman_ledger
from ledger.cli import parser as ledger_parser
from tests.commands.calling import answered
from tests.ledger.support import Gateway

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operate/exit-codes.md").read_text()
SECTION = PAGE.split("\n## Which mistake is which\n")[1].split("\n## ")[0]
TABLE = {
    what: int(code) for what, code in re.findall(r"^\| (.+?) \| (\d+) \|$", SECTION, re.MULTILINE)
}
NOBODY = 65534
AS_NOBODY = f"""\
import contextlib, importlib, io, os, sys
main = importlib.import_module(sys.argv[1]).main
words = sys.argv[2:]
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    main(words)  # its modules lie where nobody else may read
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
sys.exit(main(words))
"""
MODULES = {"tallyman": "agent.cli.main", "tallyman-ledger": "ledger.cli"}
PROGRAMS = {
    "tallyman": [sys.executable, "-m", "agent.cli.main"],
    "tallyman-ledger": [
        sys.executable,
        "-c",
        "from ledger.cli import main; raise SystemExit(main())",
    ],
}


PROPOSED = ("policy-propose", "alpha", "--witness", "bravo/node.pub", "-o")
PLAIN = {
    "help is asked for": (["--help"], ["--help"]),
    "no agent or node answers": (["status"], ["status", "alpha"]),
    "no verb": ([], []),
    "an unknown verb": (["staus"], ["staus", "alpha"]),
    "an unknown option": (["status", "--rubbish"], ["status", "alpha", "--rubbish"]),
    "an argument is missing": (["read"], ["admit", "alpha"]),
    "a number is none": (
        ["journal", "--last", "x"],
        ["init", "delta", "--name", "d", "--role", "witness", "--quorum", "x"],
    ),
    "a named file is not there": (["notarize", "nothing"], ["admit", "alpha", "nothing"]),
    "a named file is a folder": (["notarize", "folder"], ["admit", "alpha", "folder"]),
    "a named file is something else": (["salvage", "text"], ["admit", "alpha", "text"]),
    "a name that nobody here has": (["read", "nobody"], ["revoke", "alpha", "urn:uuid:nobody"]),
    "the folder for the output is not there": (
        ["support", "--output", "nowhere/x"],
        [*PROPOSED, "nowhere/x"],
    ),
    "the output would replace a folder": (["support", "--output", "folder"], [*PROPOSED, "folder"]),
    "the output would replace a device or a pipe": (
        ["support", "--output", "pipe"],
        [*PROPOSED, "pipe"],
    ),
    "the configuration is not there": (["config", "check", "--config", "no"], ["status", "no"]),
}
"""Words of `tallyman` and of `tallyman-ledger`, in the site's folder."""


def overwrite(*paths):
    def change(folder: Path, _: ExitStack) -> None:
        for path in paths:
            (folder / path).write_bytes(b"rubbish" * 700)

    return change


def open_keys(folder: Path, _: ExitStack) -> None:
    for path in ("state/keys/statement.pem", "alpha/keys/curve.z85"):
        (folder / path).chmod(0o644)


def hold(folder: Path, stack: ExitStack) -> None:
    (folder / "truck.toml").write_text(Gateway().public_toml())
    stack.enter_context(lock_file(folder / "state" / LOCK_NAME))
    stack.enter_context(lock_file(NodeFiles(folder / "alpha").edit_lock))


CHANGED = {
    "another process holds the folder": (
        hold,
        ["keys", "new-epoch", "--reason", "x"],
        ["admit", "alpha", "truck.toml"],
    ),
    "a store is damaged": (
        overwrite("state/journal.sqlite", "alpha/ledger.db"),
        ["journal"],
        ["status", "alpha"],
    ),
    "the configuration is wrong": (
        overwrite("tallyman.toml", "alpha/node.toml"),
        ["config", "check"],
        ["status", "alpha"],
    ),
    "a key is damaged": (
        overwrite("state/keys/statement.pem", "alpha/keys/curve.z85"),
        ["keys"],
        ["status", "alpha"],
    ),
    "others may read a key": (open_keys, ["keys"], ["status", "alpha"]),
}
"""What is done to the site before, and the words."""

REDIRECTED = {
    "the reader of the output leaves, as `head -1` does": "| :",
    "the output is closed": ">&-",
    "the disk of the output is full": ">/dev/full",
}
PRINTS = {"tallyman": "config schema", "tallyman-ledger": "show alpha"}

CLOSED = {
    "this user has no right to the configuration": (
        ("tallyman.toml", "alpha/node.toml"),
        {"tallyman": "config check", "tallyman-ledger": "admitted alpha"},
    ),
    "this user has no right to the folder": (
        ("state", "alpha"),
        {"tallyman": "where", "tallyman-ledger": "init alpha/x --name x --role witness"},
    ),
}
"""What is closed to the user who asks, and the words."""


def test_the_table_has_just_the_mistakes_that_are_made_here():
    assert set(TABLE) == {*PLAIN, *CHANGED, *REDIRECTED, *CLOSED}


def check(code: int, said: str, mistake: str) -> None:
    assert code == TABLE[mistake], said
    assert "Traceback" not in said
    if code:
        assert said.startswith(("error: ", "usage: ")) or not said, said
        assert "\nnext: " in said or not said, said


@pytest.mark.parametrize("program", [0, 1], ids=PROGRAMS)
@pytest.mark.parametrize("mistake", [*PLAIN, *CHANGED])
def test_a_mistake_has_the_code_of_the_table(site, mistake, program):
    with ExitStack() as stack:
        if mistake in CHANGED:
            change, *words = CHANGED[mistake]
            change(site, stack)
        else:
            words = PLAIN[mistake]
        code, said = answered((tallyman, tallyman_ledger)[program], words[program])
    check(code, said, mistake)


def test_an_output_leaves_what_had_its_name(site):
    (site / "kept").write_text("before")
    (site / "link").symlink_to("kept")
    for name in ("pipe", "folder"):
        for main, words in ((tallyman, ["support", "--output"]), (tallyman_ledger, PROPOSED)):
            answered(main, [*words, name])
    assert (site / "pipe").is_fifo()
    assert (site / "folder").is_dir()
    assert answered(tallyman_ledger, [*PROPOSED, "link"])[0] == 0
    assert (site / "link").is_symlink()
    assert (site / "kept").read_bytes() != b"before"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("mistake", REDIRECTED)
def test_an_output_that_takes_nothing(site, mistake, program):
    command = [*PROGRAMS[program], *PRINTS[program].split()]
    line = f'"$@" {REDIRECTED[mistake]}'
    shell = f"set -o pipefail; {line}"
    done = subprocess.run(
        ["bash", "-c", shell, "sh", *command], capture_output=True, text=True, cwd=site,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=60, check=False,
    )  # fmt: skip
    check(done.returncode, done.stderr, mistake)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("mistake", CLOSED)
def test_what_another_user_may_not_read_is_said_so(site, mistake, program):
    closed, words = CLOSED[mistake]
    for name in closed:
        (site / name).chmod(0)
    command = [sys.executable, "-c", AS_NOBODY, MODULES[program], *words[program].split()]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=site, check=False, timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    for name in closed:
        (site / name).chmod(0o755)
    check(done.returncode, done.stderr, mistake)
    assert "make a node first" not in done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_each_verb_tells_its_exit_codes(verb):
    out = io.StringIO()
    with redirect_stdout(out), pytest.raises(SystemExit):
        tallyman([verb, "--help"])
    said = " ".join(out.getvalue().split())
    codes = re.search(r"exit codes: (.*)$", said)[1]
    documented = "0 1 2 3 4" if verb == "verify" else "0 1 2 130"
    assert re.findall(r"\b\d+\b", codes) == documented.split()


def commands(parser: Parser) -> list[list[str]]:
    found = []
    for action in parser._actions:
        if isinstance(getattr(action, "choices", None), dict):
            for name, below in action.choices.items():
                found += [[name], *([name, *more] for more in commands(below))]
    return found


@pytest.mark.parametrize("words", commands(ledger_parser()), ids=" ".join)
def test_the_help_of_each_verb_of_the_ledger_tells_its_exit_codes(words):
    out = io.StringIO()
    with redirect_stdout(out), pytest.raises(SystemExit):
        tallyman_ledger([*words, "--help"])
    assert "exit codes: 0 done; 1 not done" in " ".join(out.getvalue().split())
    assert max(map(len, out.getvalue().splitlines())) < 80


def test_a_verdict_is_no_mistake_s_code(tmp_path):
    """1 and 2 of `verify` are verdicts: what keeps it from one has another code."""
    for words in (["verify"], ["verify", "--rubbish"], ["verify", "x", "--policy"]):
        assert answered(tallyman, words)[0] == 4
    assert answered(tallyman, ["verify", tmp_path, "--policy", tmp_path / "no"])[0] == 4
