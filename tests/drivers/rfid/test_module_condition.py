"""What the health of a serial UHF module says, sentence by sentence."""

from __future__ import annotations

import pytest

from drivers.driver import Health, State
from drivers.rfid import causes
from drivers.rfid.module_condition import ModuleCondition
from drivers.rfid.sightings import Heard

NOW = 100.0


class Port:
    """A port of which `finding` was found."""

    finding = "", None


def heard(*, intact=True, count=1):
    return Heard(0x3000, bytes(12), -50, 1, intact, count)


@pytest.fixture
def condition():
    condition = ModuleCondition(Health(), Port())
    condition.begin("M100 V1.0", NOW)
    return condition


def said(condition, now=NOW):
    condition.say(now)
    health = condition._health
    return health.state, health.detail, health.cause


def test_it_begins_with_what_the_module_is():
    condition = ModuleCondition(Health(), Port())
    condition.reported(3)
    condition.begin("M100 V1.0", NOW)
    health = condition._health
    assert (health.state, health.detail, health.since) == (State.RUNNING, "M100 V1.0", NOW)
    assert health.cause is None


@pytest.mark.parametrize(("tags", "words"), [(0, "0 tags"), (1, "1 tag"), (2, "2 tags")])
def test_the_last_report_is_counted(condition, tags, words):
    condition.reported(tags)
    assert said(condition) == (State.RUNNING, f"M100 V1.0, {words} in the last report", None)


def test_another_rate_is_told_with_its_row_and_what_was_not_read_comes_last(condition):
    condition._port.finding = "heard at 9600 baud", causes.OTHER_RATE
    condition.reported(2)
    condition.lose("a cut tag", NOW)
    assert said(condition) == (
        State.RUNNING,
        "M100 V1.0, 2 tags in the last report, heard at 9600 baud, not read: a cut tag",
        causes.OTHER_RATE,
    )


def test_reads_and_damaged_reads_are_counted_apart(condition):
    condition.read(heard(), NOW)
    condition.read(heard(count=3), NOW)
    condition.read(heard(intact=False, count=2), NOW)
    condition.lose("a cut tag", NOW)
    assert condition._health.counters == {"reads": 4, "corrupt reads": 2, "bad frames": 1}
    assert condition.discards.often == {"a tag whose own CRC is wrong": 1, "a cut tag": 1}


def test_a_module_of_which_nothing_can_be_read_is_faulty_until_a_tag_is(condition):
    for moment in (NOW, NOW + 5.0):
        condition.read(heard(intact=False), moment)
    fault = "none of the last 2 reports could be read: a tag whose own CRC is wrong"
    assert said(condition, NOW + 5.0) == (State.FAULTY, fault, causes.LOST_REPORTS)
    condition.read(heard(), NOW + 6.0)
    state, detail, cause = said(condition, NOW + 6.0)
    assert (state, cause) == (State.RUNNING, None)
    assert detail == "M100 V1.0, not read: a tag whose own CRC is wrong, 2 such lately"
