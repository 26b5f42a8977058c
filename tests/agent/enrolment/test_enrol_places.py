"""Whose state folder `tallyman enrol` works in."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.enrol import state_folder
from agent.cli.errors import Mistake
from agent.config.config_file import ConfigError


def test_the_configuration_that_is_named_says_where_its_gateway_keeps_its_things(tmp_path):
    config = tmp_path / "bench.toml"
    with pytest.raises(Mistake, match="the system's state folder is another gateway's"):
        state_folder(None, config)
    assert state_folder(tmp_path / "own", config) == tmp_path / "own"
    config.write_text('[gateway]\nstate_dir = "bench"\n')
    assert state_folder(None, config) == tmp_path / "bench"
    assert state_folder(tmp_path / "own", config) == tmp_path / "own"
    config.write_text('[gateway]\nstate_dirr = "bench"\n')
    with pytest.raises(ConfigError, match="did you mean 'state_dir'"):
        state_folder(None, config)


def test_a_fresh_card_has_the_systems(tmp_path, monkeypatch):
    fresh = tmp_path / "tallyman.toml"
    monkeypatch.setattr("agent.cli.enrol.SYSTEM_CONFIG", fresh)
    assert state_folder(None, fresh) == Path("/var/lib/tallyman")
