"""What reads the journal, on a gateway that has none yet: said in two lines, and nothing is made."""

from __future__ import annotations

import pytest

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
