"""`tallyman config check`, where nothing is wrong with what the file says, but with the file."""

from __future__ import annotations

import pytest

from agent.cli.main import main


@pytest.mark.parametrize("text", ["", "\n# all of it was deleted\n", "\ufeff\n"])
def test_an_empty_file_is_not_called_correct(tmp_path, capsys, text):
    config = tmp_path / "tallyman.toml"
    config.write_text(text, encoding="utf-8")
    assert main(["config", "check", "--config", str(config)]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "tallyman.toml is empty: an agent would run by it, read no device" in told
    config.write_text('[gateway]\nname = "g"\n')
    assert main(["config", "check", "--config", str(config)]) == 0
    assert "is correct: g, 0 devices" in " ".join(capsys.readouterr().out.split())
