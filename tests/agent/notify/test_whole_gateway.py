"""The whole gateway as its user has it: agent, tallyman-notify, commands; only the probe is made up."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.notify.main import main as notify
from drivers.zigbee.host.main import main as zigbee
from tests.agent.assembly.test_agent_process import wait_for
from tests.agent.notify.conftest import ROOT

IMPORT = re.compile(r"^\s*(from|import) (agent\.notify|paho)", re.MULTILINE)
CONFIG = """
[gateway]
name = "truck-7"
state_dir = "state"
control = "control.sock"

[journal]
window = 0.1

[notify]
webhook = "{url}"
socket = "run/agent.sock"

[[device]]
name = "cold-1"
kind = "fake.thermometer"
port = "/dev/x"
interval = 0.2
profile = "frozen"
"""


class Whole:
    """The processes of a gateway in a folder."""

    def __init__(self, folder, url):
        self.folder = folder
        self.file = folder / "tallyman.toml"
        self.file.write_text(CONFIG.format(url=url))
        self.processes = []

    def start(self, *argv):
        with (self.folder / "said").open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", *argv], cwd=ROOT, stdout=said, stderr=said
            )
        self.processes.append(process)
        return process

    def __enter__(self):
        self.agent = self.start("tests.agent.agent_process", self.file)
        more = ("--config", self.file, "--state", self.folder / "told")
        self.notifier = self.start("agent.notify.main", *more)
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
            process.wait()


def test_an_excursion_reaches_a_webhook_and_status_says_when_none_does(receiver, tmp_path, capsys):
    receiver.answers = [401]

    def page(*words):
        main([*words, "--config", str(tmp_path / "tallyman.toml")])
        return capsys.readouterr().out

    with Whole(tmp_path, receiver.url) as whole:
        wait_for(lambda: receiver.taken)
        event = receiver.taken[0]
        assert event["kind"] == "excursion"
        assert event["name"] == "truck-7"
        assert event["text"].startswith("too warm: excursion, was ok: temperature above")
        wait_for(lambda: "alarms    webhook ok, 2 events told" in page("status"))
        receiver.down()
        main(["override", "--config", str(whole.file), "cold-1", "too warm",
              "--operator", "keeper-2", "--reason", "a trial"])  # fmt: skip
        wait_for(lambda: "webhook: FAILING" in page("status"))
        assert "an event waits: 127.0.0.1" in page("status")
        receiver.up()
        wait_for(lambda: "override" in {each["kind"] for each in receiver.taken})
        maps = Path(f"/proc/{whole.agent.pid}/maps").read_text()
        assert "_ssl." not in maps, "TLS stays out of the agent"
        lines = page("journal", "--json").splitlines()
        records = {each["n"]: each for each in map(json.loads, lines)}
        assert {each["record"] for each in receiver.taken} <= records.keys()
        assert records[event["record"]]["kind"] == "excursion"


def test_nothing_of_notify_or_paho_is_imported_by_the_agent():
    for path in ROOT.glob("*/**/*.py"):
        room = path.relative_to(ROOT).parts[:2]
        if room[0] in {"agent", "drivers", "evidence", "foundation"} and room != (
            "agent",
            "notify",
        ):
            assert not IMPORT.search(path.read_text()), path
    only = [path.name for path in ROOT.glob("agent/notify/*.py") if "paho.mqtt" in path.read_text()]
    assert only == ["mqtt.py"]


def test_a_trial_says_of_each_channel_what_became_of_it(receiver, tmp_path, capsys):
    file = tmp_path / "tallyman.toml"
    file.write_text(
        f'[gateway]\nname = "truck-7"\n[notify]\nwebhook = "{receiver.url}"\ncommand = "hook"\n'
    )
    assert notify(["--config", str(file), "--test"]) == 1
    said = capsys.readouterr().out
    assert "webhook: delivered\n" in said
    words = " ".join(said.split())
    assert f"command: not delivered: {tmp_path / 'hook'}: there is no such file next: run" in words
    assert max(len(line) for line in said.splitlines() if str(tmp_path) not in line) < 80
    assert receiver.taken[0]["kind"] == "test"
    (tmp_path / "hook").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "hook").chmod(0o755)
    assert notify(["--config", str(file), "--test"]) == 0


@pytest.mark.parametrize(("main", "name"), [(notify, "notify"), (zigbee, "zigbee")])
def test_wrong_words_are_answered_as_those_of_tallyman_are(capsys, main, name):
    assert main(["--tset"]) == 2
    said = capsys.readouterr().err
    assert "unrecognized arguments: --tset" in said
    assert f"see: tallyman-{name} --help" in said


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", 0, "[notify] names nobody to be told: nothing to do"),
        ("[notify]\nwebhook = 7\n", 2, "tallyman.toml:2: webhook must be text in "),
        ('[notify]\ncommand = "x"\nauthorities = "none"\n', 2, "none: No such file or directory"),
    ],
)
def test_a_start_that_makes_no_sense_says_so(tmp_path, capsys, text, code, said):
    file = tmp_path / "tallyman.toml"
    file.write_text(text)
    assert notify(["--config", str(file), "--state", str(tmp_path / "state")]) == code
    assert said in capsys.readouterr().err


def test_a_second_one_on_the_same_state_is_refused(receiver, tmp_path, capsys):
    from foundation.durable import LOCK_NAME, lock_file

    file = tmp_path / "tallyman.toml"
    file.write_text(f'[notify]\nwebhook = "{receiver.url}"\n')
    with lock_file(tmp_path / LOCK_NAME):
        assert notify(["--config", str(file), "--state", str(tmp_path)]) == 1
    assert f"process {os.getpid()} already runs here" in capsys.readouterr().err
