"""One tag before the readers of two gateways: a rule decides, or it is left undecided."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.observe.claims import Claim, claims_of, contests, settle
from tests.evidence.building import record

EPC, OTHER = "3074257BF7194E4000001A85", "3074257BF7194E4000001A86"


def claim(gateway: str = "one", first: int = 0, last: int = 5000, **more) -> Claim:
    fields = {"point": f"door {gateway}", "epc": EPC, "bound": 0, "rssi": -60} | more
    return Claim(gateway=gateway, first=first, last=last, **fields)


@pytest.mark.parametrize(
    ("claims", "winner", "reason"),
    [
        ([claim(rssi=-50), claim("two", rssi=-63)], "one", "13 dB stronger than at door two (two)"),
        ([claim(rssi=-50), claim("two", rssi=-55)], None, "5 dB apart, 6 would tell"),
        ([claim(rssi=-50), claim("two", rssi=None)], None, "not every reader told"),
        ([claim(direction="in", rssi=-70), claim("two", rssi=-50)], "one", "went in through this"),
        (
            [claim(direction="in", rssi=-70), claim("two", direction="undecided", rssi=-50)],
            "one", "went in through this door",
        ),
        ([claim(direction="in"), claim("two", direction="out")], None, "0 dB apart"),
        ([claim(stray=True, rssi=-40), claim("two", rssi=-70)], "two", "entry back as a stray"),
        (
            [claim(rssi=-80), claim("two", rssi=-50), claim("three", rssi=-52)],
            None, "2 dB apart",
        ),
    ],
)  # fmt: skip
def test_rules_in_their_order(claims, winner, reason):
    for order in itertools.permutations(claims):
        ruling = settle(order)
        assert (ruling.winner.gateway if ruling.winner else None) == winner
        assert reason in ruling.reason
        assert ruling.claims == order, "no claim is dropped"


def test_only_what_overlaps_is_contested_and_clocks_may_be_wrong_by_their_bounds():
    early, late = claim(first=0, last=1000), claim("two", first=1100, last=2000)
    assert list(contests([early, late])) == []
    assert list(contests([early, claim("two", first=1100, last=2000, bound=150)])) != []
    assert list(contests([claim(epc=OTHER), claim("two")])) == []
    assert list(contests([claim(), claim(first=100)])) == [], "a gateway settles its own doors"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 50), st.integers(0, 20))))
def test_contests_hold_each_claim_at_most_once_and_join_what_overlaps(stays):
    claims = [claim(g, first, first + long) for g, first, long in stays]
    found = list(contests(claims))
    assert sum(map(len, found)) <= len(claims)
    for one, other in itertools.combinations(claims, 2):
        at_once = one.first <= other.last and other.first <= one.last
        if at_once and one.gateway != other.gateway:
            assert any(one in group and other in group for group in found)


def state(number: int, what: str, **values):
    more = {"state": what, "read_point": "door", "epc": EPC, "reads": 3, "rssi": -55}
    return record(number, "tag-state", values=more | values)


def test_what_records_claim():
    moment = record(0).wall_ms
    found = list(
        claims_of(
            "one",
            [
                state(0, "enter", at_ms=moment),
                state(5, "leave", at_ms=moment + 4000, dwell_ms=4000, direction="in"),
                state(7, "enter", at_ms=moment + 7000),
                record(9),
                record(10, "tag-state", clock_bound_ms=None, values={}),
            ],
        )
    )
    assert [(each.first - moment, each.last - moment) for each in found] == [
        (0, 4000), (7000, 9000),
    ]  # fmt: skip
    assert found[0].direction == "in"
    assert (found[0].bound, found[0].rssi) == (40, -55)


def test_a_whole_claim():
    moment = record(0).wall_ms
    (left,) = claims_of(
        "one", [state(5, "leave", at_ms=moment + 4000, dwell_ms=1500, direction="out", stray=1)]
    )
    assert left == Claim(
        "one", "door", EPC, moment + 2500, moment + 4000, 40, 3, -55, "out", stray=True
    )
    assert left.place == "door (one)"
    (bare,) = claims_of("one", [state(5, "leave", reads="many", rssi="strong", at_ms="now")])
    assert bare == Claim("one", "door", EPC, moment + 5000, moment + 5000, 40)


def test_a_tag_that_left_is_claimed_once():
    found = list(claims_of("one", [state(0, "enter"), state(5, "leave"), record(9)]))
    assert len(found) == 1
    other = state(6, "leave", read_point="other door")
    found = list(claims_of("one", [state(0, "enter"), other, record(9)]))
    assert [each.point for each in found] == ["other door", "door"]
    assert list(claims_of("one", [])) == []


@pytest.mark.parametrize(("apart_ms", "contested"), [(0, True), (150, True), (151, False)])
def test_clocks_bounds_are_added_on_both_sides(apart_ms, contested):
    early = claim(first=0, last=1000, bound=100)
    late = claim("two", first=1000 + apart_ms, last=3000, bound=50)
    assert list(contests([late, early])) == ([(early, late)] if contested else [])


def test_a_long_stay_is_contested_by_all_that_came_in_it():
    long = claim(first=0, last=9000)
    brief, late = claim("two", first=1000, last=2000), claim("three", first=8000, last=8500)
    after = claim("four", first=9001, last=9500)
    assert list(contests([after, late, brief, long])) == [(long, brief, late)]


@pytest.mark.parametrize(("apart_ms", "together"), [(100, 3), (101, 2)])
def test_the_last_of_several_stays_ends_with_the_bound_of_its_own_clock(apart_ms, together):
    first, second = claim(first=0, last=1000), claim("two", first=500, last=2000, bound=100)
    third = claim("three", first=2000 + apart_ms, last=4000)
    assert list(contests([first, second, third])) == [(first, second, third)[:together]]


@pytest.mark.parametrize(("margin", "winner"), [(6, "one"), (5, None)])
def test_twice_as_near_is_clearly_nearer(margin, winner):
    ruling = settle([claim(rssi=-50), claim("two", rssi=-50 - margin)])
    assert (ruling.winner.gateway if ruling.winner else None) == winner


def test_where_one_gateway_alone_saw_it_pass_it_has_it():
    two_doors = [claim(direction="in", rssi=-50), claim(direction="out", rssi=-52, point="b")]
    ruling = settle([*two_doors, claim("two", rssi=-40)])
    assert ruling.winner == two_doors[0]
    assert ruling.reason == "only this gateway heard it pass"
    all_strays = settle([claim(stray=True), claim("two", stray=True)])
    assert all_strays.winner is None
