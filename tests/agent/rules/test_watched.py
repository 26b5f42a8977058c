"""What a record says of the goods' values, and which rules a record tells of."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.rules import shipped
from agent.rules.conditions import Key, keys_told, names_told
from agent.rules.course import Course, Step, Terms, at_moment, begun_anew, taken
from agent.rules.rule import Rule, Side, State
from agent.rules.standing import Standing
from agent.rules.valid_time import Sample
from agent.rules.watched import (
    Watched,
    all_faults,
    faults_in,
    reports,
    sample_of,
    tells_of,
)
from evidence.leaf import Record

PROFILE = shipped.find("2-8", Path())
NAMES = [rule.name for rule in PROFILE.rules]


def record(kind="temperature", quality="ok", **values) -> Record:
    return Record(7, "cargo", kind, 1, 0, 0, "ntp", 5, quality, values)


@pytest.mark.parametrize(
    ("quality", "sample"),
    [
        ("ok", Sample(9, 4.31)), ("manual", Sample(9, 4.31)), ("uncalibrated", Sample(9, 4.31)),
        ("saturated", Sample(9, 4.31, floor=True)), ("undersampled", Sample(9, 4.31, floor=True)),
        ("suspect", Sample(9, None)), ("corrupt", Sample(9, None)), ("unheard-of", Sample(9, None)),
    ],
)  # fmt: skip
def test_a_value_counts_by_its_quality(quality, sample):
    assert sample_of(record(quality=quality, temperature=431), "temperature", 9) == sample


def test_what_is_no_number_is_no_value():
    assert sample_of(record(temperature="warm"), "temperature", 9) == Sample(9, None)
    assert sample_of(record(), "temperature", 9) == Sample(9, None)
    assert sample_of(record("shock", peak=3100), "peak", 9) == Sample(9, 31.0)


@pytest.mark.parametrize(
    ("said", "name", "tells"),
    [
        (record(temperature=1), "temperature", True),
        (record(temperature=1), "temperature_rate", True),
        (record(temperature=1), "humidity", False),
        (record(humidity=1), "temperature", False),
        (record(quality="no-answer"), "humidity", True),
        (record("battery", charge=5), "faults", True),
    ],
)
def test_what_says_one_value_says_nothing_of_the_others(said, name, tells):
    assert tells_of(said, name) is tells


@pytest.mark.parametrize(
    ("said", "count", "named"),
    [
        (record("battery", faults="cell 1 low, hot"), 2.0, "cell 1 low, hot"),
        (record("battery", charge=50), 0.0, ""),
        (record("battery", "out-of-range", faults="hot"), 1.0, "hot"),
        (record("battery", "out-of-range", charge=500), None, ""),
        (record("battery", "corrupt", faults="hot"), None, ""),
        (record("battery", "no-answer"), None, ""),
        (record("battery", faults=5), 0.0, ""),
        (record("temperature", faults="hot"), 0.0, ""),
    ],
)
def test_faults_of_a_battery_are_counted_by_their_names(said, count, named):
    assert sample_of(said, "faults", 9) == Sample(9, count)
    assert reports(said) == named


def test_faults_are_named_once_each():
    assert faults_in("hot, cell 1 low") == {"hot", "cell 1 low"}
    assert all_faults("hot, low", "low, cold") == "hot, low, cold"


def test_what_is_asked_of_a_value_follows_from_its_interval():
    watched = Watched("cargo", PROFILE, 60.0)
    terms = watched.terms("temperature")
    assert (terms.rules, terms.reach, terms.patience, terms.until) == (
        PROFILE.about("temperature"), 90_000, 60_000, None,
    )  # fmt: skip
    assert terms.ignore_start == round(PROFILE.head.ignore_start_minutes * 60_000)
    event = Watched("cargo", shipped.find("fragile", Path()), 60.0).terms("peak")
    assert event.reach is None
    assert Watched("cargo", PROFILE, None).terms("temperature").patience == 0


def test_rules_that_one_record_tells_of_are_told_apart():
    several = {"rule": f"{NAMES[0]}, {NAMES[1]}", "rules": 2}
    assert names_told(several) == NAMES[:2]
    assert names_told({"rule": "a, b"}) == ["a, b"]
    assert names_told({"rule": "a, b", "rules": 3}) == ["a, b"]
    assert names_told({}) == [""]
    watched = Watched("cargo", PROFILE, 60.0)
    assert keys_told(record("excursion", **several), watched) == [
        Key("cargo", name) for name in NAMES[:2]
    ]
    whole = [Key("cargo", several["rule"])]
    assert keys_told(record("excursion", **several), None) == whole
    assert keys_told(record("excursion", rule=several["rule"]), watched) == whole


# A course of samples


WARM = Rule("warm", "temperature", Side.ABOVE, 8.0)
TERMS = Terms((WARM,), reach=100)


def after(terms: Terms, *samples: Sample) -> tuple[Course, list[Step]]:
    course, steps = Course(), []
    for sample in samples:
        course, found = taken(terms, course, sample)
        steps += found
    return course, steps


def test_a_rule_steps_from_state_to_state_at_the_samples_moments():
    course, steps = after(TERMS, Sample(0, 5.0), Sample(50, 9.0), Sample(90, 5.0))
    assert [(each.rule, each.standing.state, each.standing.since) for each in steps] == [
        (WARM, State.OK, 0), (WARM, State.ALARM, 50),
    ]  # fmt: skip
    assert (course.began, course.last) == (0, Sample(90, 5.0))
    seen, more = at_moment(TERMS, course, 150)
    assert more == []  # an alarm lasts until a person ends it
    assert seen.standings[0].beyond is False
    assert at_moment(TERMS, Course(), 150) == (Course(), [])


def test_a_sample_from_the_past_counts_as_of_now_and_of_two_the_later_holds():
    course, _ = after(TERMS, Sample(0, 5.0), Sample(50, 5.0), Sample(20, 9.0))
    assert course.last == Sample(50, 9.0)
    events = Terms((WARM,), reach=None)
    seen, steps = after(events, Sample(0, 9.0), Sample(0, 9.5), Sample(0, 1.0))
    assert [(each.standing.state, each.standing.since) for each in steps] == [(State.ALARM, 0)]
    assert seen.standings[0].highest == 9.5  # of events, each counts


def test_nothing_is_looked_at_before_its_time_or_behind_its_end():
    part = Terms((WARM,), reach=1000, ignore_start=40, until=60)
    _, steps = after(part, Sample(0, 9.0), Sample(39, 5.0), Sample(50, 5.0), Sample(60, 9.0),
                     Sample(90, 9.0))  # fmt: skip
    assert [(each.standing.state, each.standing.since) for each in steps] == [(State.OK, 40)]


def test_what_a_person_ended_begins_with_the_next_sample():
    course, _ = after(TERMS, Sample(0, 9.0), Sample(50, 9.0))
    closed = begun_anew(course, 0)
    assert closed.standings == (Standing(closed=True),)
    assert at_moment(TERMS, closed, 90) == (closed, [])
    again, steps = taken(TERMS, closed, Sample(60, 9.0))
    assert (steps, again.standings[0].closed) == ([], False)
    _, steps = at_moment(TERMS, again, 90)
    assert [(each.standing.state, each.standing.since) for each in steps] == [(State.ALARM, 60)]
