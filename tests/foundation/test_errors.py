"""Errors carry what went wrong and the next step; a cause's row says both."""

from __future__ import annotations

import pytest

from foundation.cause import Cause, untested
from foundation.errors import AgentError, Alarm, Damaged, Fatal, Retry

ROW = Cause(
    "port.taken",
    symptom="nothing is read",
    sentence="another program has the port",
    next="stop it",
    command="fuser /dev/ttyUSB0",
    unproven="which one it is",
    test=untested,
)


def test_an_error_says_its_text_or_its_name():
    assert Fatal("no key").lines() == ["no key"]
    assert Retry("").lines() == ["Retry"]


def test_the_next_step_is_the_row_s_unless_another_is_given():
    assert (Fatal("x").advice, Fatal("x").cause_id) == ("", "")
    found = Fatal("x", cause=ROW)
    assert (found.advice, found.cause_id, found.cause) == ("stop it", "port.taken", ROW)
    assert Fatal("x", advice="wait", cause=ROW).advice == "wait"
    assert Fatal("x", advice="", cause=ROW).advice == ""


@pytest.mark.parametrize(("kind", "code"), [(AgentError, 1), (Retry, 1), (Damaged, 1), (Fatal, 2)])
def test_only_what_a_person_must_change_has_exit_code_2(kind, code):
    assert kind("x").exit_code == code


def test_an_alarm_keeps_what_proves_it():
    alarm = Alarm("two histories", evidence=b"both", advice="keep it")
    assert (alarm.evidence, alarm.advice, alarm.exit_code) == (b"both", "keep it", 1)
