"""`tallyman support`: what is in the archive, what is not, and why a part is missing."""

from __future__ import annotations

import io
import json
import platform
import re
import stat
import subprocess
import tarfile
from types import SimpleNamespace

import pytest

from agent.cli import support
from agent.cli.support import COMMANDS, attempt, output_of, packed, without_secrets
from agent.journal.ring_block import MIN_BYTES
from agent.journal.ring_journal import RingJournal
from agent.machine.version import VERSION
from foundation.errors import Fatal
from tests.agent.cli.asked import Agent
from tests.agent.log_world import EPOCH, record

PARTS = [
    "configuration.toml", "problems.txt", "status.json", "why.json", "devices.json",
    "identity.toml", "records.json", "system.txt", *COMMANDS,
]  # fmt: skip


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, support)
    agent.answers |= {"status": {"name": "g"}, "devices": {"devices": []}}
    monkeypatch.setattr(support, "output_of", lambda *command: " ".join(command))
    monkeypatch.chdir(tmp_path)
    return agent


def unpacked(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {entry.name: (entry, archive.extractfile(entry).read()) for entry in archive}


def texts(path):
    found = unpacked(path.read_bytes())
    return {name.removeprefix("tallyman-support/"): data for name, (_, data) in found.items()}


def test_everything_that_can_be_had_is_in_it(agent, tmp_path, capsys):
    (tmp_path / "state").mkdir()
    (tmp_path / "state/identity.toml").write_text("gateway = 'urn:a'\n")
    journal = RingJournal(tmp_path / "state/journal.sqlite", EPOCH, MIN_BYTES)
    for first in range(0, 203, 29):
        journal.commit([record(n) for n in range(first, first + 29)])
    journal.close()
    assert agent.run("support", "--output", "s.tar.gz") == 0
    assert stat.S_IMODE((tmp_path / "s.tar.gz").stat().st_mode) == 0o600
    found = texts(tmp_path / "s.tar.gz")
    assert list(found) == PARTS
    assert found["configuration.toml"] == agent.config.read_bytes()
    assert found["problems.txt"] == b"the configuration is correct\n"
    assert json.loads(found["status.json"]) == {"name": "g"}
    assert found["status.json"].startswith(b"{\n  ")
    assert json.loads(found["devices.json"]) == {"devices": []}
    assert isinstance(json.loads(found["why.json"]), dict)
    assert found["identity.toml"] == b"gateway = 'urn:a'\n"
    told = json.loads(found["records.json"])
    assert [each["n"] for each in told["records"]] == list(range(3, 203)), "the newest 200"
    assert told["counts"]["records"] == 203
    assert found["kernel.txt"] == b"journalctl --dmesg --no-pager --lines=2000"
    assert found["log.txt"] == b"journalctl --unit=tallyman --no-pager --lines=2000"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "s.tar.gz holds"
    assert all((line[:2], line[2:3].isalpha()) == ("  ", True) for line in lines[1:])
    assert re.split(r",\s+", " ".join(lines[1:]).strip()) == PARTS


def test_what_is_missing_says_why(agent, tmp_path, capsys):
    agent.config.write_text("[gateway\n")
    assert agent.run("support", "--output", "s.tar.gz", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"file": "s.tar.gz", "parts": PARTS}
    found = texts(tmp_path / "s.tar.gz")
    for name in ("problems.txt", "status.json", "identity.toml", "records.json"):
        assert found[name].startswith(b"not available: "), name
    assert found["configuration.toml"] == b"[gateway\n"


def test_without_a_name_it_is_dated(agent, tmp_path, monkeypatch):
    clock = SimpleNamespace(CLOCK_REALTIME=0, clock_gettime=lambda _: 1_790_000_000.9)
    monkeypatch.setattr(support, "time", clock)
    assert agent.run("support") == 0
    (made,) = tmp_path.glob("tallyman-support-*")
    assert made.name == "tallyman-support-20260921T141320Z.tar.gz"
    assert {entry.mtime for entry, _ in unpacked(made.read_bytes()).values()} == {1_790_000_000}


def test_the_machine_is_told(agent, tmp_path, monkeypatch):
    monkeypatch.setattr(support.os, "getloadavg", lambda: (0.5, 1.256, 2))
    version, python, machine, load = support.system().splitlines()
    assert (version, python) == (f"tallyman {VERSION}", f"python {platform.python_version()}")
    assert (machine.split()[0], load) == ("Linux", "load 0.50 1.26 2.00")


def test_its_files_are_the_owners_alone():
    found = unpacked(packed({"a": "ü", "b": "\ud800"}, 7))
    (entry, data), (_, odd) = found["tallyman-support/a"], found["tallyman-support/b"]
    assert (entry.size, entry.mtime, entry.mode) == (2, 7, 0o600)
    assert (data, odd) == ("ü".encode(), b"?")


@pytest.mark.parametrize(
    "error", [Fatal("no"), FileNotFoundError("no"), UnicodeDecodeError("utf-8", b"x", 0, 1, "no")]
)
def test_a_part_that_fails_leaves_the_others(error):
    def fail():
        raise error

    assert attempt(fail) == f"not available: {error}\n"
    assert attempt(lambda: "found") == "found"


def test_commands_that_are_not_there_or_hang(monkeypatch):
    assert output_of("no-such-command-here").startswith("not available: ")
    asked = []

    def run(command, **how):
        asked.append((command, how))
        if command == ("hangs",):
            raise subprocess.TimeoutExpired(command, how["timeout"])
        return SimpleNamespace(stdout=b"out\xff", stderr=b"err")

    monkeypatch.setattr(support.subprocess, "run", run)
    assert output_of("df", "-h") == "out\ufffderr"
    assert asked == [(("df", "-h"), {"capture_output": True, "timeout": 20.0, "check": False})]
    assert output_of("hangs").startswith("not available: ")


@pytest.mark.parametrize(
    ("line", "struck"),
    [
        ('pin = "1"', 'pin = "***"'), ("pin-source = 'x'", "pin-source = 'x'"),
        ("  sim.PUK=1", '  sim.PUK="***"'), ("#psk = 1", '#psk = "***"'),
        ('"my secret" = 1', '"my secret" = 1'), ("passphrase = 1 # x", 'passphrase = "***"'),
        ('name = "pin = 1"', 'name = "pin = 1"'), ("pinned = 1", "pinned = 1"),
    ],
)  # fmt: skip
def test_which_values_are_struck_out(line, struck):
    assert without_secrets(f"a = 1\n{line}\nb = 2\n") == f"a = 1\n{struck}\nb = 2\n"
