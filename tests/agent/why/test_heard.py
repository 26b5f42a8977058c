"""What is known without an agent: what its last run left, and how old that is."""

from __future__ import annotations

import os

import pytest

from agent.desks.last_state import ENDED, STATE
from agent.why.heard import Contact, hear

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
