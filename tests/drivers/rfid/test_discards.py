"""When a reader whose reports are thrown away counts as faulty, and what is said of them."""

from __future__ import annotations

import pytest

from drivers.rfid.discards import LOST_FOR, MOST_TOLD, REMEMBERED, Discards

BEGIN = 1000.0  # s; a clock is never at zero


def lost(*moments, what="a cut tag"):
    discards = Discards()
    for moment in moments:
        discards.lose(what, BEGIN + moment)
    return discards


def test_where_nothing_was_thrown_away_nothing_is_said():
    discards = Discards()
    assert (discards.fault(1.0), discards.remark(1.0), discards.often) == ("", "", {})
    discards.read()
    assert (discards.fault(1.0), discards.remark(1.0)) == ("", "")


@pytest.mark.parametrize(
    ("until", "faulty"), [(0.0, False), (4.9, False), (5.0, True), (5.1, True)]
)
def test_five_seconds_of_lost_reports_and_none_that_is_read_are_a_fault(until, faulty):
    discards = lost(0.0, 1.0, until) if until else lost(0.0)
    told = "none of the last 3 reports could be read: a cut tag" if faulty else ""
    assert discards.fault(BEGIN + until) == told


def test_one_report_that_can_be_read_ends_the_fault_and_the_next_must_last_as_long_again():
    discards = lost(0.0, 6.0)
    assert discards.fault(BEGIN + 6.0)
    discards.read()
    assert discards.fault(BEGIN + 6.0) == ""
    discards.lose("a cut tag", BEGIN + 7.0)
    assert discards.fault(BEGIN + 7.0) == ""
    discards.lose("a cut tag", BEGIN + 12.0)
    assert discards.fault(BEGIN + 12.0) == "none of the last 2 reports could be read: a cut tag"


@pytest.mark.parametrize(("after", "remembered"), [(0.0, True), (60.0, True), (60.1, False)])
def test_a_minute_later_it_is_forgotten(after, remembered):
    discards = lost(0.0, 6.0)
    now = BEGIN + 6.0 + after
    assert bool(discards.fault(now)) is remembered
    assert discards.remark(now) == ("not read: a cut tag, 2 such lately" if remembered else "")


@pytest.mark.parametrize(("pause", "counted"), [(60.0, 3), (60.1, 1)])
def test_after_a_minute_without_any_the_count_begins_anew(pause, counted):
    discards = lost(0.0, 6.0, 6.0 + pause)
    now = BEGIN + 6.0 + pause
    such = f", {counted} such lately" if counted > 1 else ""
    assert discards.remark(now) == f"not read: a cut tag{such}"
    assert bool(discards.fault(now)) is (counted > 1)


def test_a_part_that_is_thrown_away_is_remarked_and_no_fault():
    discards = Discards()
    discards.skip("two bytes", BEGIN)
    assert discards.remark(BEGIN) == "not read: two bytes"
    discards.skip("a field", BEGIN + LOST_FOR)
    assert discards.remark(BEGIN + LOST_FOR) == "not read: a field, 2 such lately"
    assert discards.fault(BEGIN + LOST_FOR) == ""


def test_each_thing_is_counted_apart_up_to_twenty():
    discards = Discards()
    for number in range(MOST_TOLD + 1):
        discards.skip(f"thing {number}", BEGIN)
    discards.skip("thing 0", BEGIN)
    discards.lose("thing 0", BEGIN)
    discards.skip("thing 20", BEGIN)
    assert MOST_TOLD == 20
    assert discards.often == {"thing 0": 3} | {f"thing {each}": 1 for each in range(1, 20)}
    assert REMEMBERED == 12 * LOST_FOR
