"""What is looked at for `why`: the configuration, the agent or its files, the machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agent.why import look as look_module
from agent.why.heard import Contact, Heard
from agent.why.look import look
from tests.agent.cli.test_status_page import NOW, status

LATER = NOW + 3_600_000


def looked(monkeypatch, path, heard, **how):
    """What is known, and where the agent was asked for, and when."""
    asked = []

    def hear(control, now):
        asked.append((control, now))
        return heard

    monkeypatch.setattr(look_module, "hear", hear)
    return look(path, LATER, **how), asked


def test_a_gateway_is_looked_for_where_its_configuration_says(monkeypatch, tmp_path):
    path = tmp_path / "tallyman.toml"
    path.write_text('[gateway]\nname = "truck-7"\nstate_dir = "state"\ncontrol = "c.sock"\n')
    (tmp_path / "state").mkdir()
    found, asked = looked(monkeypatch, path, Heard(Contact.DOWN))
    assert asked == [(tmp_path / "c.sock", LATER / 1000)]
    assert (found.config.gateway.name, found.config_error) == ("truck-7", "")
    assert (found.state_dir, found.sys, found.probe) == (tmp_path / "state", Path("/sys"), False)
    assert found.machine.there(str(tmp_path / "state")) is True
    assert looked(monkeypatch, path, Heard(Contact.DOWN), probe=True)[0].probe


def test_without_a_configuration_it_is_looked_for_in_the_usual_places(monkeypatch, tmp_path):
    found, asked = looked(monkeypatch, tmp_path / "none.toml", Heard(Contact.DOWN))
    assert asked == [(Path("/run/tallyman/control.sock"), LATER / 1000)]
    assert (found.config, found.state_dir) == (None, Path("/var/lib/tallyman"))
    assert "none.toml" in found.config_error


def test_ages_are_by_the_clock_of_the_agent_that_answers(monkeypatch, tmp_path):
    answered = Heard(Contact.ANSWERED, status(), 0.0)
    for heard, now_ms in (
        (answered, NOW),
        (replace(answered, contact=Contact.SILENT), LATER),
        (Heard(Contact.ANSWERED), LATER),
    ):
        assert looked(monkeypatch, tmp_path / "t.toml", heard)[0].now_ms == now_ms
