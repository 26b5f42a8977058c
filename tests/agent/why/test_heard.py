"""What is known without an agent: what its last run left, and how old that is."""

from __future__ import annotations

import os

import pytest

from agent.desks.control_client import Lost, NotAllowed, NotRunning, Refused
from agent.desks.last_state import ENDED, STATE
from agent.why import heard as heard_module
from agent.why.heard import Contact, agent_user, hear
from tests.agent.cli.test_status_page import status as page_status

NOW = 1_800_000_000.0


def left(folder, name, text, age):
    path = folder / name
    path.write_text(text)
    os.utime(path, (NOW - age, NOW - age))


def test_of_a_gateway_that_never_ran_nothing_is_known(tmp_path):
    heard = hear(tmp_path / "control", NOW)
    assert (heard.contact, heard.status, heard.asked) == (Contact.DOWN, None, "files")


@pytest.mark.parametrize(("age", "said"), [(90.0, 90.0), (0.0, 0.0), (-40.0, 0.0)])
def test_what_was_left_has_an_age_and_never_comes_from_later(tmp_path, age, said):
    left(tmp_path, ENDED, '{"error": "no key", "advice": "make one", "cause": ""}', age)
    heard = hear(tmp_path / "control", NOW)
    assert (heard.words.error, heard.words.advice, heard.words_age) == ("no key", "make one", said)


def test_last_words_of_a_run_before_the_last_do_not_count(tmp_path):
    left(tmp_path, ENDED, '{"error": "no key"}', 90.0)
    left(tmp_path, STATE, "{}", 60.0)
    heard = hear(tmp_path / "control", NOW)
    assert (heard.words, heard.words_age) == (None, None)
    left(tmp_path, ENDED, '{"error": "no key"}', 50.0)
    assert hear(tmp_path / "control", NOW).words.error == "no key"


@pytest.mark.parametrize(
    ("error", "contact"),
    [
        (NotAllowed, Contact.FORBIDDEN),
        (NotRunning, Contact.DOWN),
        (Lost, Contact.SILENT),
        (Refused, Contact.REFUSED),
    ],
)
def test_how_an_agent_that_tells_nothing_was_met(tmp_path, monkeypatch, error, contact):
    def ask(control, request, *, within):
        raise error("no")

    monkeypatch.setattr(heard_module, "ask_one", ask)
    left(tmp_path, STATE, "{}", 60.0)
    found = hear(tmp_path / "control", NOW)
    assert (found.contact, found.status, found.age) == (contact, None, 60.0)


def test_an_answer_of_another_version_is_none_and_what_was_left_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(heard_module, "ask_one", lambda *_, **__: {"name": "g"})
    assert hear(tmp_path / "control", NOW).contact is Contact.REFUSED


def test_a_running_agent_tells_how_it_is_now(tmp_path, monkeypatch):
    asked = []

    def ask(control, request, *, within):
        asked.append((control, request["verb"]))
        return page_status().to_dict()

    monkeypatch.setattr(heard_module, "ask_one", ask)
    left(tmp_path, ENDED, '{"error": "no key"}', 50.0)
    found = hear(tmp_path / "control", NOW)
    assert (found.contact, found.status, found.age) == (Contact.ANSWERED, page_status(), 0.0)
    assert (found.words.error, found.words_age) == ("no key", 50.0)
    assert asked == [(tmp_path / "control", "status")]


def test_who_runs_the_agent_is_whose_the_state_folder_is(tmp_path):
    assert agent_user(tmp_path) == os.getuid()
    assert agent_user(tmp_path / "none") is None
