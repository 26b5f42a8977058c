"""A site of both programs, to call them in."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from agent.cli.main import main as tallyman
from ledger.cli import main as tallyman_ledger
from tests.commands.calling import answered


@pytest.fixture
def site(monkeypatch):
    """A gateway and two nodes in a folder that everybody may open, which is the working one."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.chdir(folder)
    config = folder / "tallyman.toml"
    config.write_text('[gateway]\nname = "g"\nstate_dir = "state"\ncontrol = "c.sock"\n')
    config.chmod(0o644)
    monkeypatch.setenv("TALLYMAN_CONFIG", str(config))
    for words in (
        ["init", "alpha", "--name", "alpha", "--role", "sequencer", "--enrol", "tcp://127.0.0.1:9"],
        ["init", "bravo", "--name", "bravo", "--role", "witness"],
    ):
        assert answered(tallyman_ledger, words)[0] == 0
    assert answered(tallyman, ["keys"])[0] == 0
    (folder / "text").write_text("no such file\n")
    (folder / "empty").write_bytes(b"")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    yield folder
    shutil.rmtree(folder)
