"""What reads the journal: where there is none yet that is said, and where there is it is let go."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.cli import support
from agent.cli.main import main
from tests.agent.cli.test_bundle_policies import Card


@pytest.mark.parametrize(
    "words", [["where"], ["gap"], ["bundle", "-o", "x.bundle"], ["journal"], ["find", "x"]]
)
def test_where_there_is_no_journal_it_is_said_where_it_was_looked_for(
    tmp_path, monkeypatch, capsys, words
):
    card = Card(tmp_path)
    card.journal.close()
    for path in card.state.glob("journal.*"):
        path.unlink()
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--config", str(tmp_path / "tallyman.toml")]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert f"there is no journal at {card.state}/journal.sqlite" in told
    assert "start the agent" in told
    assert list(card.state.glob("journal.*")) == []


def held(folder):
    """Return the files below a folder that this process has open."""
    links = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    return [link for link in links if Path(link).is_relative_to(folder)]


READING = ["where"], ["gap"], ["bundle", "-o", "x.bundle"], ["journal"], ["find", "x"], ["metrics"]


def test_whoever_read_the_journal_lets_go_of_it(tmp_path, monkeypatch, capsys):
    card = Card(tmp_path)
    assert held(card.state)
    card.journal.close()
    monkeypatch.chdir(tmp_path)
    for words in READING:
        main([*words, "--config", str(tmp_path / "tallyman.toml")])
        assert "there is no journal" not in capsys.readouterr().err
        assert held(card.state) == [], words
    assert '"records": []' in support.newest(SimpleNamespace(state_dir=card.state))
    assert held(card.state) == []
