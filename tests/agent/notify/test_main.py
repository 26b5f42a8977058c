"""`tallyman-notify` as a command: what it says where there is nobody to tell, and of a test."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from agent.notify.main import main


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
