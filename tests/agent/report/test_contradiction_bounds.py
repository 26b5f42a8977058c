"""What speaks against a trip, just within and just beyond each bound."""

from __future__ import annotations

import pytest

from agent.report.contradictions import contradictions
from tests.agent.report.parts import case, renumbered, series
from tests.agent.report.test_contradictions import MINUTE, START, Log


def off_for(minutes, previous="orderly"):
    log = Log()
    log.bind(1)
    log.add(10, "cargo", "temperature", temperature=400)
    log.boot = 2
    log.add(10 + minutes, "gateway", "boot", version="1", previous=previous)
    return log


def told(log):
    return [(each.what, each.who) for each in contradictions(case(log.records))]


@pytest.mark.parametrize(("minutes", "found"), [(14.999, []), (15, ["off-under-way"])])
def test_a_gateway_may_be_off_for_less_than_a_quarter_of_an_hour(minutes, found):
    assert [what for what, _ in told(off_for(minutes))] == found


@pytest.mark.parametrize(("ms", "found"), [(1999, 0), (-1999, 0), (2000, 1), (-2000, 1)])
def test_a_dispute_counts_from_two_seconds_on(ms, found):
    for values in ({"claim_source": "ntp", "claim_ms": ms}, {"offset_ms": ms}):
        log = Log()
        log.add(1, "gateway", "clock", quality="suspect", new_source="gnss", **values)
        assert len(told(log)) == found


@pytest.mark.parametrize(
    ("bound", "limit_ms"), [(40, 60_000 + 40), (None, 30 * 60_000 + 40)], ids=["vouched", "chip"]
)
@pytest.mark.parametrize(("more", "found"), [(0, 0), (1, 1)])
def test_a_clock_is_set_back_by_more_than_it_may_err(bound, limit_ms, more, found):
    """A minute, or half an hour for a chip that nothing sets, besides the bound of the time before."""
    log = Log()
    log.add(60, "cargo", "temperature", temperature=400)
    log.boot = 2
    log.add(60, "cargo", "temperature", temperature=400, source="rtc", bound=bound,
            behind_ms=limit_ms + more)  # fmt: skip
    assert len(told(log)) == found
    if found:
        assert contradictions(case(log.records))[0].at == START + 60 * MINUTE - 40


def test_a_clock_that_goes_back_within_a_run_is_told_by_its_monotonic_clock():
    log = Log()
    log.add(1, "cargo", "temperature", temperature=400)
    log.add(2, "cargo", "temperature", temperature=400, behind_ms=60_041)
    log.add(3, "cargo", "temperature", temperature=400, behind_ms=60_041)  # said once
    log.add(4, "cargo", "temperature", temperature=400)
    log.add(5, "cargo", "temperature", temperature=400, behind_ms=60_040)
    assert told(log) == [("clock-back", "gnss")]


@pytest.mark.parametrize(("apart", "count"), [(10, 1), (10.01, 2)])
def test_jumps_within_ten_minutes_of_each_other_are_one_thing(apart, count):
    """From 4 to 9 degrees, and ten minutes after the end of that back again."""
    one = series(4, 9)
    other = series(9, 4, start=1 + apart)
    found = [each for each in contradictions(case([*one, *other])) if each.what == "too-fast"]
    assert len(found) == count
    assert sum(each.n for each in found) == 2


def test_what_nobody_can_date_comes_first_among_what_speaks_against_it():
    log = Log()
    log.add(5, "load", "tag-suspect", cause="two-tids", read_point="b", epc="30")
    log.add(6, "load", "tag-suspect", cause="two-tids", read_point="a", epc="30")
    lost = log.records[1]._replace(boot=2, clock_bound_ms=None, clock_source="none", number=2)
    assert [each.at for each in contradictions(case([*log.records, lost]))] == [
        None, START + 5 * MINUTE, START + 6 * MINUTE,
    ]  # fmt: skip


def driven(metres, *, at=30, seals="S1", opened=20):
    """A door under seal is opened at minute 20, and the vehicle is so far away at another."""
    log = Log()
    log.door(0, "closed")
    log.bind(1, seals=seals)
    log.drive(10, 1.0)
    log.door(opened, "open")
    log.add(at, "position", "position", lat=450_090_000 + round(metres * 89.9322), lon=76_000_000)
    return log


@pytest.mark.parametrize(("metres", "found"), [(498, False), (502, True)])
def test_a_vehicle_drove_on_from_half_a_kilometre_on(metres, found):
    assert (("opened-under-seal", "door") in told(driven(metres))) is found


def test_a_vehicle_that_was_there_before_the_door_opened_did_not_drive_on():
    assert ("opened-under-seal", "door") not in told(driven(9000, at=20))


def gone(log_of=None, *, dwell=600_000, last=121.0, told_at=130.0, back=None, door=None):
    log = Log()
    log.door(0, "closed")
    log.bind(1, seals="")
    log.tag(2, "enter")
    if door is not None:
        log.door(door, "open")
        log.door(door + 0.001, "closed")
    log.gone(told_at, last, dwell_ms=dwell)
    if back is not None:
        log.tag(back + 1, "enter", back)
    return log


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ({"dwell": 600_000}, True), ({"dwell": 599_999}, False),  # ten minutes are a rest
        ({"back": 140.0}, False), ({"back": 140.001}, True),  # ten more, and it is back
        ({"door": 119.99}, True), ({"door": 120.001}, False),  # a minute before its last read
        ({"door": 129.9}, False), ({"door": 130.1, "told_at": 130.0}, True),
    ],
)  # fmt: skip
def test_a_tag_vanished_that_rested_and_is_not_back_while_no_door_was_opened(how, found):
    records = gone(**how).records
    log = Log(renumbered(records))
    assert (("vanished", "load") in told(log)) is found


@pytest.mark.parametrize(("apart", "groups"), [(10.0, [2]), (10.001, [1, 1])])
def test_tags_that_vanish_within_ten_minutes_of_each_other_are_one_thing(apart, groups):
    log = gone()
    log.gone(150, 121 + apart, epc="3074257BF7194E4000001A86")
    assert [each.n for each in contradictions(case(log.records))] == groups


@pytest.mark.parametrize("what", ["no last read", "no clock", "read through a wall", "well told"])
def test_a_tag_vanished_only_where_it_is_known_when(what):
    log = gone()
    tag = log.records[-1]
    values = {name: each for name, each in tag.values.items() if name != "at_ms"}
    log.records[-1] = {
        "no last read": tag._replace(values=values),
        "no clock": tag._replace(clock_bound_ms=None),
        "read through a wall": tag._replace(values=tag.values | {"stray": 1}),
    }.get(what, tag)
    assert (("vanished", "load") in told(log)) is (what == "well told")


def test_a_door_is_opened_once_however_often_it_says_that_it_is_open():
    log = driven(9000)
    log.records.pop()
    for minute, state in ((21, "open"), (22, "closed"), (23, "closed"), (24, "open")):
        log.door(minute, state)
    log.drive(30, 9.0)
    found = [each for each in contradictions(case(log.records)) if each.what == "opened-under-seal"]
    assert [each.at for each in found] == [START + 20 * MINUTE, START + 24 * MINUTE]


def test_only_a_tag_that_comes_again_is_back_and_not_one_that_is_given_up_twice():
    log = gone()
    log.gone(139, 128, read_point="tail")
    found = [each for each in contradictions(case(log.records)) if each.what == "vanished"]
    assert [(each.who, each.n) for each in found] == [("load", 1), ("tail", 1)]


def test_a_start_begins_another_monotonic_clock_and_not_another_time():
    """Five minutes back over a start: the run's own clock, which began anew, tells nothing of it."""
    log = Log()
    log.add(60, "cargo", "temperature", temperature=400)
    for minute, found in ((56, ["clock-back"]), (61, [])):
        after = log.records[0]._replace(
            number=1, boot=2, monotonic_ms=3000, wall_ms=START + minute * MINUTE
        )
        assert [what for what, _ in told(Log([log.records[0], after]))] == found
