"""`tallyman-notify` as a command: what it says where there is nobody to tell, and of a test."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from agent.desks.notify import SILENT_AFTER
from agent.notify import main as notify_main
from agent.notify.courier import Courier
from agent.notify.main import CourierDied, Notifier, configured, main
from foundation.errors import Retry


@pytest.fixture
def run(tmp_path, capsys):
    def with_config(text: str, *more: str) -> tuple[int, list[str], list[str]]:
        config = tmp_path / "tallyman.toml"
        config.write_text(f'[gateway]\nname = "truck-7"\n{text}\n')
        code = main(["--config", str(config), "--state", str(tmp_path / "state"), *more])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err.splitlines()

    return with_config


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_where_nobody_is_to_be_told_there_is_nothing_to_do(run, tmp_path):
    assert run("") == (0, [], ["[notify] names nobody to be told: nothing to do"])
    assert not (tmp_path / "state").exists()


def test_a_wrong_configuration_is_named(run, tmp_path):
    code, out, (first, *_) = run('[notify]\nwebhok = "x"')
    assert (code, out) == (2, [])
    assert f"{tmp_path}/tallyman.toml:4: unknown key 'webhok' in [notify]" in first


def test_a_test_says_of_each_channel_how_it_went(run, tmp_path):
    heard = program(tmp_path, "heard", f"cat > {tmp_path}/event")
    assert run(f'[notify]\ncommand = "{heard}"', "--test") == (0, ["command: delivered"], [])
    event = json.loads((tmp_path / "event").read_text())
    assert (event["name"], event["gateway"], event["kind"]) == ("truck-7", "", "test")
    written = (tmp_path / "event").stat().st_mtime
    assert abs(datetime.fromisoformat(event["time"]).timestamp() - written) < 600
    first = event["id"]
    run(f'[notify]\ncommand = "{heard}"', "--test")
    assert json.loads((tmp_path / "event").read_text())["id"] != first


def test_a_test_that_does_not_arrive_says_what_to_do_in_80_columns(run, tmp_path):
    away = 'webhook = "http://127.0.0.1:1/"\ncommand = "/bin/false"'
    assert run(f"[notify]\n{away}", "--test") == (
        1,
        [
            "webhook: not delivered: 127.0.0.1: Connection refused",
            "  next: look at the network, and whether the receiver runs; then at its address",
            "        in [notify]",
            "command: not delivered: /bin/false: it ended with 1",
            "  next: run it by hand with an event on its standard input: tallyman-notify",
            "        --test",
        ],
        [],
    )
    long = program(tmp_path, "a-program-of-a-name-that-is-long", "exit 3")
    code, (first, second, *_), _ = run(f'[notify]\ncommand = "{long}"', "--test")
    assert (code, first, second[:3]) == (1, "command: not delivered:", "  /")


class Agent:
    """An agent that answers nobody's first question; what it is told it keeps."""

    def __init__(self, path):
        self.path, self.told, self.then = path, [], lambda: None
        Agent.made = self

    def begin(self):
        raise Retry("no agent answers")

    def say(self, channels):
        self.told.append(channels)
        self.then()


@pytest.fixture
def notifier(tmp_path, monkeypatch):
    monkeypatch.setattr(notify_main, "Source", Agent)
    config = tmp_path / "tallyman.toml"
    config.write_text(
        '[gateway]\nname = "truck-7"\n[notify]\nsocket = "a.sock"\ncommand = "/bin/true"\n'
    )
    return Notifier(configured(config).notify, tmp_path)


def test_until_it_is_stopped_the_agent_hears_how_each_channel_does(notifier, tmp_path):
    def refuse():
        Agent.made.then = notifier.stop
        notifier._changed.set()  # a channel has news
        raise Retry("the agent does not hear")

    Agent.made.then = refuse
    notifier.run()
    assert Agent.made.path == tmp_path / "a.sock"
    told = [[(each["name"], each["state"]) for each in channels] for channels in Agent.made.told]
    assert told == [[("command", "unknown")]] * 2
    assert b'"next": 0' in (tmp_path / "command.cursor").read_bytes()


def test_where_there_is_no_news_the_agent_hears_thrice_before_it_takes_it_for_silence(
    notifier, monkeypatch
):
    waits = []

    def wait(seconds):
        waits.append(seconds)
        notifier.stop()

    monkeypatch.setattr(notifier._changed, "wait", wait)
    notifier.run()
    (pause,) = waits
    assert SILENT_AFTER / 4 < pause < SILENT_AFTER / 3


def test_a_channel_whose_thread_broke_off_ends_the_process(notifier, monkeypatch):
    monkeypatch.setattr(Courier, "run", lambda self: None)
    Agent.made.then = notifier._changed.set
    with pytest.raises(CourierDied, match="ended by a mistake of this program"):
        notifier.run()


@pytest.mark.parametrize(("systemd", "level"), [(False, "WARNING "), (True, "")])
def test_a_line_of_the_log_has_its_level_where_nobody_else_adds_it(
    run, tmp_path, monkeypatch, systemd, level
):
    forms = []
    monkeypatch.setattr(notify_main, "log_to_stderr", forms.append)
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    if systemd:
        monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    run("")
    made = {"levelname": "WARNING", "message": "it broke off"}
    assert [each % made for each in forms] == [f"{level}it broke off"]
