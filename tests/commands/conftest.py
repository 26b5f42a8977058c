"""A site of both programs, to call them in: made once, copied for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from agent.cli.main import main as tallyman
from ledger.cli import main as tallyman_ledger
from tests.commands.calling import answered

CONFIG = '[gateway]\nname = "g"\nstate_dir = "state"\ncontrol = "c.sock"\n'


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A gateway with its keys, a sequencer and a witness."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "tallyman.toml").write_text(CONFIG)
    for words in (
        ["init", folder / "alpha", "--name", "alpha", "--role", "sequencer"],
        ["init", folder / "bravo", "--name", "bravo", "--role", "witness"],
    ):
        enrol = ["--enrol", "tcp://127.0.0.1:9"] if "sequencer" in words else []
        assert answered(tallyman_ledger, [*words, *enrol])[0] == 0
    assert answered(tallyman, ["keys", "--config", folder / "tallyman.toml"])[0] == 0
    (folder / "text").write_text("no such file\n")
    (folder / "empty").write_bytes(b"")
    (folder / "folder").mkdir()
    return folder


@pytest.fixture
def site(made, monkeypatch):
    """Its copy in a folder that everybody may open, which is the working one."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    shutil.copytree(made, folder, dirs_exist_ok=True)
    folder.chmod(0o755)
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TALLYMAN_CONFIG", str(folder / "tallyman.toml"))
    yield folder
    shutil.rmtree(folder)
