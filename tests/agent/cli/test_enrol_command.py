"""`tallyman enrol`: which seed, whose state folder, and what the person in front of it is told."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from agent.cli import enrol
from agent.cli.enrol import enrolled, find_seed, page, state_folder, without_seed
from agent.cli.errors import Mistake
from agent.cli.main import main
from agent.enrolment.seed import SeedUnusable
from agent.enrolment.self_test import Result

KEYS = SimpleNamespace(
    statement=SimpleNamespace(public=SimpleNamespace(kid=b"\xab" * 8)),
    curve=SimpleNamespace(public=b"rq:rM"),
)
IDENTITY = SimpleNamespace(gateway="urn:uuid:1")
RESULTS = [
    Result("cold", "sensors.sht3x"),
    Result("door", "gpio.input", "no line 17", "see the wiring"),
    Result("gnss", "gnss.nmea", "no answer"),
]


class Seed:
    """A seed on a card, and what was done with it."""

    label, site, profile, place_of = "truck-12", "north", "truck", None
    path = "seed.toml"

    def __init__(self, error=None):
        self.error, self.erased = error, 0

    def erase(self):
        if self.error:
            raise self.error
        self.erased += 1


def test_the_page_says_who_it_is_and_which_devices_answer():
    assert list(page(Seed(), IDENTITY, KEYS, RESULTS)) == [
        "truck-12 is enrolled: north, truck",
        "gateway    urn:uuid:1",
        f"statement  {'ab' * 8}",
        "curve      rq:rM",
        "self-test  1 of 3 devices answer",
        "  cold: ok",
        "  door: no line 17",
        "    next: see the wiring",
        "  gnss: no answer",
    ]
    assert "self-test  1 of 1 device answers" in page(Seed(), IDENTITY, KEYS, RESULTS[:1])


def test_programs_are_told_the_same():
    assert enrolled(Seed(), IDENTITY, KEYS, RESULTS[:1]) == {
        "name": "truck-12", "gateway": "urn:uuid:1", "statement": "ab" * 8, "curve": "rq:rM",
        "devices": [{"device": "cold", "kind": "sensors.sht3x", "fault": "", "advice": ""}],
    }  # fmt: skip


def test_a_seed_is_the_one_named_else_a_credential_else_the_card_s(tmp_path, monkeypatch):
    card, credential = tmp_path / "card.toml", tmp_path / "tallyman.seed"
    monkeypatch.setattr(enrol, "SEEDS", (tmp_path / "none.toml", card))
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert find_seed(None, environ) is None
    card.touch()
    assert find_seed(None, environ) == card
    credential.touch()
    assert find_seed(None, environ) == credential
    assert find_seed(None, {}) == card
    assert find_seed(card, environ) == card
    assert find_seed(tmp_path / "none.toml", environ) is None


def test_a_state_folder_is_the_one_named_or_the_configuration_s(tmp_path, monkeypatch):
    config = tmp_path / "tallyman.toml"
    assert state_folder(tmp_path / "s", config) == tmp_path / "s"
    with pytest.raises(Mistake, match="the system's state folder is another gateway's"):
        state_folder(None, config)
    monkeypatch.setattr(enrol, "SYSTEM_CONFIG", config)
    assert str(state_folder(None, config)) == "/var/lib/tallyman"
    config.write_text('[gateway]\nname = "g"\nstate_dir = "/srv/state"\n')
    assert str(state_folder(None, config)) == "/srv/state"


def test_without_a_seed_it_is_enrolled_already_or_never_was(tmp_path, capsys):
    place = SimpleNamespace(state=tmp_path / "enrolled.toml")
    with pytest.raises(SeedUnusable, match="there is no seed here"):
        without_seed(place, tmp_path / "seed.toml", as_json=False)
    place.state.touch()
    assert without_seed(place, tmp_path, as_json=False) == 0
    assert capsys.readouterr().out == f"already enrolled; see {place.state}\n"
    assert without_seed(place, tmp_path, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {"enrolled": True, "state": str(place.state)}


@pytest.mark.parametrize("named", [True, False])
def test_the_seed_that_is_missing_is_the_one_named_else_the_card_s(
    tmp_path, monkeypatch, capsys, named
):
    card, other = tmp_path / "card.toml", tmp_path / "other.toml"
    monkeypatch.setattr(enrol, "SEEDS", (card, tmp_path / "last.toml"))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr(enrol.os, "umask", lambda mask: None)
    folders = ["--state-dir", str(tmp_path / "state"), "--config", str(tmp_path / "t.toml")]
    assert main(["enrol", *folders, *(["--seed", str(other)] if named else [])]) != 0
    said = "".join(capsys.readouterr().err.split())
    assert (str(other) in said, str(card) in said) == (named, not named)


@pytest.fixture
def card(tmp_path, monkeypatch):
    """A fresh card with a seed, and a node that is not there: what was done is in `done`."""
    done, seed = [], Seed()
    path = tmp_path / "seed.toml"
    path.touch()
    monkeypatch.setattr(enrol.os, "umask", lambda mask: done.append(f"umask {mask:o}"))
    monkeypatch.setattr(enrol, "configure_log", lambda *, verbose: None)
    monkeypatch.setattr(enrol, "read_seed", lambda found: seed)
    monkeypatch.setattr(enrol, "prepare", lambda *_: done.append("prepare"))
    monkeypatch.setattr(enrol, "load_keeper", lambda _: (None, None))
    monkeypatch.setattr(
        enrol, "keys_verb",
        SimpleNamespace(load=lambda *_: (IDENTITY, KEYS), store=lambda _: None),
    )  # fmt: skip
    monkeypatch.setattr(enrol, "is_enrolled", lambda *_: False)
    monkeypatch.setattr(enrol, "pin", lambda answer, place: done.append(f"pin {answer}"))
    monkeypatch.setattr(enrol, "remember", lambda *_: done.append("remember"))
    monkeypatch.setattr(enrol, "load", lambda *_: None)
    monkeypatch.setattr(enrol, "self_test", lambda *_: RESULTS)

    async def exchange(*_):
        return "policy"

    monkeypatch.setattr(enrol, "exchange", exchange)

    def run(*words):
        folders = ["--state-dir", str(tmp_path / "state"), "--config", str(tmp_path / "t.toml")]
        return main(["enrol", "--seed", str(path), *folders, *words])

    return SimpleNamespace(run=run, done=done, seed=seed, path=path, folder=tmp_path)


def test_a_gateway_is_admitted_and_only_then_its_seed_erased(card, capsys):
    assert card.run() == 0
    assert card.done == ["umask 77", "prepare", "pin policy", "remember"]
    assert card.seed.erased == 1
    assert capsys.readouterr().out.splitlines()[0] == "truck-12 is enrolled: north, truck"
    assert card.run("--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "truck-12"


def test_one_that_is_enrolled_asks_nobody_and_has_its_seed_erased(card, monkeypatch):
    monkeypatch.setattr(enrol, "is_enrolled", lambda *_: True)
    assert card.run() == 0
    assert card.done == ["umask 77", "prepare"]
    assert card.seed.erased == 1


def test_to_prepare_needs_no_network_and_keeps_the_seed(card, capsys):
    assert card.run("--prepare") == 0
    assert card.done == ["umask 77", "prepare"]
    assert card.seed.erased == 0
    assert "truck-12 is prepared: " in capsys.readouterr().out
    assert card.run("--prepare", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "gateway": "truck-12", "configuration": str(card.folder / "t.toml"),
    }  # fmt: skip


def test_a_seed_that_cannot_be_erased_is_told_and_nothing_is_lost(card, capsys):
    card.seed.error = OSError(30, "Read-only file system")
    assert card.run() == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "seed.toml cannot be erased: Read-only file system; its token is used up" in said


def test_who_takes_anothers_place_takes_it_before_anything_is_made(card, monkeypatch):
    monkeypatch.setattr(
        enrol,
        "take_place",
        lambda folder, gateway, follows, _: card.done.append((gateway, follows)),
    )
    card.seed.place_of = SimpleNamespace(gateway="urn:uuid:2", follows="epoch")
    assert card.run("--prepare") == 0
    assert card.done == ["umask 77", ("urn:uuid:2", "epoch"), "prepare"]


def test_without_its_seed_a_card_is_told(card, capsys):
    card.path.unlink()
    assert card.run() != 0
    assert "there is no seed here, and this gateway is not enrolled" in capsys.readouterr().err
