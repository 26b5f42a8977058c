"""Time between limits, rules in words, how long a value holds, and the line of time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.rules.course import Course
from agent.rules.kept import course_of, plain
from agent.rules.profile import Mkt, ProfileError, profile_of
from agent.rules.rule import Mode, Reset, Rule, Severity, Side, State
from agent.rules.standing import Standing, counted_at, passed
from agent.rules.time_line import TimeLine
from agent.rules.valid_time import Sample, Span, reach_of, spans
from agent.rules.verdict import Stretch, judged, usual_interval
from agent.rules.words import limit_words
from agent.rules.zones import zone_times
from foundation.toml_file import TomlFile
from tests.evidence.building import record

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


def rule(side: Side, limit: float, **more) -> Rule:
    return Rule("r", "temperature", side, limit, **more)


COLD, WARM = rule(Side.BELOW, 2.0), rule(Side.ABOVE, 8.0)
FROST, HEAT = rule(Side.AT_OR_BELOW, -0.5), rule(Side.AT_OR_ABOVE, 30.0)


# How long a value holds


@pytest.mark.parametrize(("interval", "reach"), [(None, None), (60.0, 90_000), (0.25, 375)])
def test_a_value_holds_for_one_and_a_half_intervals(interval, reach):
    assert reach_of(interval) == reach


def test_what_comes_after_its_reach_is_unknown():
    sample = Sample(100, 5.0)
    assert list(spans(sample, 150, 90)) == [Span(100, 150, 5.0)]
    assert list(spans(sample, 190, 90)) == [Span(100, 190, 5.0)]
    assert list(spans(sample, 191, 90)) == [Span(100, 190, 5.0), Span(190, 191, None)]
    assert list(spans(Sample(100, 5.0, floor=True), 150, 90)) == [Span(100, 150, 5.0, floor=True)]
    assert list(spans(Sample(100, None), 150, 90)) == [Span(100, 150, None)]


def test_an_event_holds_for_its_moment():
    assert list(spans(Sample(100, 9.0), 900, None)) == [Span(100, 100, 9.0, event=True)]


# Zones


def zones(rules, *pieces):
    at, found = 0, []
    for length, value in pieces:
        found.append(Span(at, at + length, value))
        at += length
    return dict(zone_times(rules, found))


def test_a_limit_lies_in_the_zone_that_is_not_beyond_it():
    held = [(1, 1.9), (2, 2.0), (4, 5.0), (8, 8.0), (16, 8.1), (32, None)]
    assert zones([WARM, COLD], *held) == {"below 2": 1, "2 to 8": 14, "above 8": 16}
    held = [(1, -0.6), (2, -0.5), (4, -0.4), (8, 29.9), (16, 30.0)]
    assert zones([HEAT, FROST], *held) == {
        "at or below -0.5": 3, "-0.5 to 30": 12, "at or above 30": 16,
    }  # fmt: skip


def test_a_limit_from_both_sides_is_a_zone_of_its_own():
    both = [rule(Side.ABOVE, 8.0), rule(Side.AT_OR_ABOVE, 8.0)]
    assert zones(both, (1, 7.0), (2, 8.0), (4, 9.0)) == {"below 8": 1, "8": 2, "above 8": 4}
    assert zones([WARM, WARM], (1, 8.0), (2, 9.0)) == {"at or below 8": 1, "above 8": 2}


def test_without_rules_there_is_one_zone_and_what_is_unknown_is_in_none():
    assert zones([], (1, 5.0), (2, None)) == {"all values": 1}


# Words


@pytest.mark.parametrize(
    ("field", "side", "limit", "words"),
    [
        ("temperature", Side.ABOVE, 8.0, "temperature above 8 °C"),
        ("temperature", Side.AT_OR_BELOW, -0.5, "temperature at or below -0.5 °C"),
        ("temperature_rate", Side.ABOVE, 2.0, "change of temperature above 2 °C/min"),
        ("humidity", Side.BELOW, 30.0, "humidity below 30 %"),
        ("pressure", Side.BELOW, 116.0, "pressure below 116 hPa"),
        ("peak", Side.AT_OR_ABOVE, 25.0, "peak at or above 25 g"),
        ("faults", Side.ABOVE, 0.0, "faults above 0"),
    ],
)
def test_a_rule_says_what_it_looks_for(field, side, limit, words):
    assert limit_words(Rule("r", field, side, limit)) == words


@pytest.mark.parametrize(
    ("side", "already", "beyond"),
    [
        (Side.ABOVE, False, [8.1]),
        (Side.AT_OR_ABOVE, False, [8.0, 8.1]),
        (Side.BELOW, False, [6.9, 7.0, 7.5, 7.9]),
        (Side.AT_OR_BELOW, False, [6.9, 7.0, 7.5, 7.9, 8.0]),
        (Side.ABOVE, True, [7.5, 7.9, 8.0, 8.1]),
        (Side.AT_OR_ABOVE, True, [7.0, 7.5, 7.9, 8.0, 8.1]),
        (Side.BELOW, True, [6.9, 7.0, 7.5, 7.9, 8.0, 8.1]),
    ],
)
def test_a_value_is_back_by_the_hysteresis(side, already, beyond):
    asked = rule(side, 8.0, hysteresis=1.0)
    values = [6.9, 7.0, 7.5, 7.9, 8.0, 8.1]
    assert [each for each in values if asked.beyond(each, already=already)] == beyond


def test_below_a_limit_the_hysteresis_lies_above_it():
    assert rule(Side.BELOW, 2.0, hysteresis=1.0).beyond(2.9, already=True)
    assert not rule(Side.BELOW, 2.0, hysteresis=1.0).beyond(3.0, already=True)
    assert rule(Side.AT_OR_BELOW, 2.0, hysteresis=1.0).beyond(3.0, already=True)
    assert not rule(Side.AT_OR_BELOW, 2.0, hysteresis=1.0).beyond(3.1, already=True)


# Standings


def test_a_rule_is_unknown_once_its_value_is_for_so_long():
    was = Standing(State.OK, 0)
    (now,) = passed(WARM, was, Span(100, 199, None), patience=100)
    assert (now.state, now.since, now.lost) == (State.OK, 0, 100)
    (now,) = passed(WARM, was, Span(100, 200, None), patience=100)
    assert (now.state, now.since, now.lost) == (State.UNKNOWN, 200, 100)
    (later,) = passed(WARM, replace(was, lost=50), Span(160, 170, None), patience=100)
    assert (later.state, later.since, later.lost) == (State.UNKNOWN, 160, 50)
    (alarm,) = passed(WARM, Standing(State.ALARM, 7), Span(100, 900, None), patience=100)
    assert (alarm.state, alarm.since, alarm.lost) == (State.ALARM, 7, 100)


def test_an_excursion_becomes_an_alarm_at_its_very_moment():
    slow = rule(Side.ABOVE, 8.0, alarm_after=50)
    found = passed(slow, Standing(State.OK, 0), Span(100, 149, 9.0))
    assert [(each.state, each.since) for each in found] == [(State.EXCURSION, 100)]
    found = passed(slow, Standing(State.OK, 0), Span(100, 150, 9.0))
    assert [(each.state, each.since) for each in found] == [
        (State.EXCURSION, 100), (State.ALARM, 150),
    ]  # fmt: skip
    assert (found[-1].beyond, found[-1].counted) == (True, 50)
    assert (found[-1].lowest, found[-1].highest) == (9.0, 9.0)
    (back,) = passed(slow, found[0], Span(130, 140, 8.0))
    assert (back.state, back.since, back.beyond, back.counted) == (State.OK, 130, False, 0)


def test_of_an_excursion_the_lowest_and_the_highest_value_are_kept():
    was = Standing(State.EXCURSION, 0, beyond=True, lowest=9.0, highest=12.0)
    slow = rule(Side.ABOVE, 8.0, alarm_after=HOUR)
    for value, reached in ((8.5, (8.5, 12.0)), (13.0, (9.0, 13.0)), (10.0, (9.0, 12.0))):
        (now,) = passed(slow, was, Span(10, 20, value))
        assert (now.lowest, now.highest) == reached
    (anew,) = passed(slow, replace(was, beyond=False), Span(10, 20, 10.0))
    assert (anew.lowest, anew.highest) == (10.0, 10.0)


def test_in_a_window_only_its_newest_time_counts():
    windowed = rule(Side.ABOVE, 8.0, mode=Mode.CUMULATIVE, alarm_after=60, window=100)
    was = Standing(State.OK, 0, counted=40, recent=((0, 40),))
    assert counted_at(windowed, was, 90, 100) == 50
    assert counted_at(windowed, was, 90, 130) == 50  # 10 ms of the first piece are left
    assert counted_at(windowed, was, 90, 141) == 51
    (now,) = passed(windowed, was, Span(90, 100, 9.0))
    assert (now.recent, now.counted) == (((0, 40), (90, 100)), 50)
    (longer,) = passed(windowed, now, Span(100, 110, 9.0))
    assert (longer.recent, longer.counted) == (((0, 40), (90, 110)), 50)
    (first_gone,) = passed(windowed, now, Span(140, 141, 9.0))
    assert (first_gone.recent, first_gone.counted) == (((90, 100), (140, 141)), 11)
    (back,) = passed(windowed, now, Span(100, 120, 5.0))
    assert (back.state, back.counted, back.beyond) == (State.OK, 30, False)


def test_an_alarm_of_a_window_is_over_once_too_little_is_left_in_it():
    windowed = rule(
        Side.ABOVE, 8.0, mode=Mode.CUMULATIVE, alarm_after=60, window=100, reset=Reset.RECOVERY
    )
    was = Standing(State.ALARM, 60, beyond=True, counted=60, recent=((0, 60),))
    (still,) = passed(windowed, was, Span(60, 101, 5.0))
    assert (still.state, still.since) == (State.ALARM, 60)
    (over,) = passed(windowed, was, Span(60, 102, 5.0))
    assert (over.state, over.since) == (State.OK, 101)  # 59 ms are left then
    (person,) = passed(replace(windowed, reset=Reset.PERSON), was, Span(60, 999, 5.0))
    assert person.state is State.ALARM


def test_what_a_sensor_could_not_measure_is_beyond_an_upper_limit_or_unknown():
    above = Span(0, 10, 9.0, floor=True)
    assert passed(WARM, Standing(), above)[-1].state is State.ALARM
    (below,) = passed(WARM, Standing(State.OK, 0), Span(0, 10, 7.0, floor=True))
    assert (below.state, below.lost) == (State.UNKNOWN, 0)
    (cold,) = passed(COLD, Standing(State.OK, 0), Span(0, 10, 1.0, floor=True))
    assert cold.state is State.UNKNOWN


def test_what_a_person_ended_is_ended_until_something_is_seen():
    closed = Standing(closed=True)
    assert passed(WARM, closed, Span(0, 10, 9.0)) == [closed]


# Verdicts


PROFILE = b"""
name = "p"
version = 1
title = "goods"
source = "ours"
ignore_start_minutes = 2
ignore_end_minutes = 1
[mkt]
[[rule]]
name = "warm"
above = 8.0
minutes = 2
[[rule]]
name = "cold"
below = 2.0
"""


def series(*values, every=MINUTE):
    return [Sample(index * every, value) for index, value in enumerate(values)]


def profile():
    return profile_of(TomlFile(Path("p.toml"), PROFILE))


def test_a_whole_verdict():
    found = judged(profile(), "temperature", series(9.0, 5.0, 5.0, 9.0, 9.0, None, 1.0, 5.0))
    warm, cold = profile().rules
    assert found.stretches == (
        Stretch(warm, State.OK, 2 * MINUTE, 3 * MINUTE),
        Stretch(warm, State.EXCURSION, 3 * MINUTE, 5 * MINUTE),
        Stretch(warm, State.ALARM, 5 * MINUTE, 7 * MINUTE),
        Stretch(cold, State.OK, 2 * MINUTE, 5 * MINUTE),
        Stretch(cold, State.UNKNOWN, 5 * MINUTE, 6 * MINUTE),
        Stretch(cold, State.ALARM, 6 * MINUTE, 7 * MINUTE),
    )
    assert dict(found.zones) == {"below 2": MINUTE, "2 to 8": 3 * MINUTE, "above 8": 3 * MINUTE}
    assert (found.lowest, found.highest, found.unknown) == (1.0, 9.0, MINUTE)
    assert found.interval == MINUTE
    assert 5.0 < found.mkt < 9.0


def test_a_state_that_lasted_for_no_time_is_none():
    """Two values at minute 3, of which the later one is within limits."""
    celsius = [(0, 5.0), (1, 5.0), (2, 5.0), (3, 9.0), (3, 5.0), (4, 5.0), (5, 5.0)]
    samples = [Sample(minute * MINUTE, value) for minute, value in celsius]
    found = judged(profile(), "temperature", samples)
    assert {each.state for each in found.stretches} == {State.OK}
    assert all(each.start < each.end for each in found.stretches)


@pytest.mark.parametrize(("values", "stretches"), [(2, 0), (3, 0), (4, 2)])
def test_of_a_series_no_longer_than_what_is_ignored_the_rules_say_nothing(values, stretches):
    """Two minutes at the start and one at the end; the last value holds for a minute."""
    found = judged(profile(), "temperature", series(*[5.0] * values))
    assert len(found.stretches) == stretches
    assert dict(found.zones)["2 to 8"] == values * MINUTE


def test_nothing_known_is_told_as_nothing():
    found = judged(profile(), "temperature", series(None, None, None))
    assert (found.mkt, found.lowest, found.highest) == (None, None, None)
    assert found.unknown == 3 * MINUTE
    assert judged(profile(), "humidity", series(40.0, 50.0)).mkt is None
    assert judged(profile(), "temperature", series(5.0)).interval is None


@pytest.mark.parametrize(
    ("gaps", "interval"),
    [
        ([], None),
        ([0], None),
        ([60], 60),
        ([60, 60, 60, 600], 60),
        ([60] * 6 + [600, 600], 600),  # a quarter of them
        ([60] * 7 + [600, 600], 60),
        ([60, 600, 61, 601], 601),
        ([60, 54, 60, 54], 60),  # alike: within a tenth
        ([60, 53, 47, 40], 47),  # nothing is kept: the lower one in the middle
        ([7200, 7200], 3600),  # EN 12830 lets no recorder take longer
        ([7200, 7300, 9000, 4000], 3600),
    ],
)
def test_the_interval_is_the_longest_that_a_quarter_of_the_series_keeps(gaps, interval):
    at, samples = 0, [Sample(0, 5.0)]
    for gap in gaps:
        at += gap * SECOND
        samples.append(Sample(at, 5.0))
    assert usual_interval(samples) == (None if interval is None else interval * SECOND)


# What a profile says unless it is said, and how far it may go


def test_a_rule_says_as_little_as_its_limit():
    (warm, cold) = profile().rules
    assert cold == Rule("cold", "temperature", Side.BELOW, 2.0, Mode.SINGLE, 0, 0, 0.0,
                        Reset.PERSON, Severity.CRITICAL)  # fmt: skip
    assert warm.alarm_after == 2 * MINUTE
    head = profile().head
    assert (head.ignore_start_minutes, head.ignore_end_minutes, head.remark) == (2.0, 1.0, "")
    assert profile().mkt == Mkt(83.144, 24.0)  # USP <1160>
    assert profile().mkt.window == DAY
    bare = profile_of(TomlFile(Path("p.toml"), PROFILE.replace(b"[mkt]\n", b"")))
    assert bare.mkt is None
    assert bare.digest != profile().digest


LIMITS = [
    ("version", 1, 1_000_000, "version = 1", ""),
    ("ignore_start_minutes", 0, 1440, "ignore_start_minutes = 2", ""),
    ("ignore_end_minutes", 0, 1440, "ignore_end_minutes = 1", ""),
    ("activation_energy", 1, 1000, "[mkt]", "[mkt]\n"),
    ("window_hours", 1, 8784, "[mkt]", "[mkt]\n"),
    ("minutes", 0, 527_040, "\nminutes = 2", "\n"),  # a leap year
    ("hysteresis", 0, 1_000_000, "\nminutes = 2", "\n"),
    ("above", -300, 1_000_000, "above = 8.0", ""),
    ("below", -300, 1_000_000, "below = 2.0", ""),
    ("at_or_above", -300, 1_000_000, "above = 8.0", ""),
    ("at_or_below", -300, 1_000_000, "below = 2.0", ""),
]


@pytest.mark.parametrize(("key", "least", "most", "place", "table"), LIMITS)
def test_each_number_of_a_profile_is_taken_to_its_limits_and_no_further(
    key, least, most, place, table
):
    def told(value: float) -> list[str]:
        text = PROFILE.decode().replace(place, f"{table}{key} = {value}")
        file = TomlFile(Path("p.toml"), text.encode(), ProfileError)
        try:
            profile_of(file)
        except ProfileError as error:
            return error.lines()
        return []

    assert [told(least), told(most)] == [[], []]
    for value in (least - 1, most + 1):
        (problem,) = told(value)
        assert f"{key} must be from {least} to {most}" in problem


# The line of time, and a snapshot


def at(boot: int, monotonic_ms: int, wall_ms: int, bound: int | None = 20):
    return record(
        0, boot=boot, monotonic_ms=monotonic_ms, wall_ms=wall_ms, clock_bound_ms=bound
    )  # fmt: skip


def test_a_clock_that_is_set_moves_nothing_within_a_boot():
    line = TimeLine().after(at(1, 500, 1_000_000))
    assert (line.newest, line.wall_ms, line.boot) == (1_000_000, 1_000_000, 1)
    line = line.after(at(1, 600, 9_000_000))
    assert (line.newest, line.wall_ms) == (1_000_100, 9_000_000)
    assert (line.of_boot(650), line.wall(1_000_150)) == (1_000_150, 9_000_050)
    assert line.after(at(1, 599, 1)) == line  # late word of an earlier moment
    assert line.after(at(1, 600, 9_000_001)).wall_ms == 9_000_001


@pytest.mark.parametrize(
    ("before", "after", "wall_ms", "passed_ms", "bridged"),
    [
        (20, 20, 1_060_000, 60_000, True),
        (20, 20, 1_000_000, 0, True),
        (20, 20, 999_999, 0, False),
        (None, 20, 1_060_000, 0, False),
        (20, None, 1_060_000, 0, False),
    ],
)
def test_from_boot_to_boot_it_follows_a_clock_that_somebody_vouches_for(
    before, after, wall_ms, passed_ms, bridged
):
    line = TimeLine().after(at(1, 500, 1_000_000, before))
    back = at(2, 7, wall_ms, after)
    assert line.bridged(back) is bridged
    assert line.bridged(at(1, 900, 5, None))
    assert line.after(back).newest == 1_000_000 + passed_ms
    assert line.after(back).of_boot(107) == 1_000_100 + passed_ms


def test_a_course_survives_a_snapshot():
    standing = Standing(State.ALARM, 5, True, 60, 8.5, 9.5, ((0, 60), (70, 80)), 90, False)
    course = Course(3, Sample(100, 9.0, floor=True), (standing, Standing(closed=True)))
    assert course_of(plain(course)) == course
    assert course_of(plain(Course())) == Course()
    with pytest.raises(ValueError, match="'asleep' is not a valid State"):
        course_of({"began": 0, "last": None, "standings": [{"state": "asleep", "recent": []}]})
