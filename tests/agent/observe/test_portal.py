"""The way through a portal: right or "undecided", never wrong."""

from __future__ import annotations

import random

import pytest

from agent.observe.points import Side
from agent.observe.portal import Direction, Track, by_beams, decide
from agent.observe.tags import TagStates
from tests.agent.observe.points import a_read, point

PORTAL = point(name="door", outer="reader:1", inner="reader:2", beam_outer="lo", beam_inner="li")
OUTER, INNER = 1, 2
FIELD_M = 1.5  # the reach of each side's field, their centres 1 m apart


def drive(rng: random.Random, speed: float, states: TagStates, epc: str, start: float):
    """Move a tag along the portal's axis at `speed` m/s; return its leave."""
    position, now, changes = -3.0 if speed > 0 else 3.0, start, []
    while abs(position) <= 3.0:
        for antenna, centre in ((OUTER, -0.5), (INNER, 0.5)):
            distance = abs(position - centre)
            if distance < FIELD_M and rng.random() < 0.65:
                read = a_read(epc, now, rssi=-50 - 8 * distance, antenna=antenna)
                changes += states.take(PORTAL, read)
        now += 0.05
        position += speed * 0.05
    changes += states.check(now + 60.0)
    return [change for change in changes if not change.entered]


def test_mixed_traffic_is_right_or_undecided_never_wrong():
    rng, right = random.Random(21), 0
    for number in range(400):
        speed = rng.choice([-1, 1]) * rng.uniform(0.5, 2.5)
        leaves = drive(rng, speed, TagStates(), f"{number:024X}", 100.0)
        expected = "in" if speed > 0 else "out"
        assert all(leave.direction in (expected, "undecided") for leave in leaves)
        right += any(leave.direction == expected for leave in leaves)
    print(f"portal: {right} of 400 directions told, none wrong")
    assert right >= 360


def test_a_pallet_that_waits_or_turns_back_is_undecided():
    rng, states = random.Random(2), TagStates()
    for step in range(100):
        states.take(PORTAL, a_read("AA", step * 0.1, antenna=rng.choice([OUTER, INNER])))
    (leave,) = states.check(100.0)
    assert leave.direction == "undecided"
    track = Track()
    for side, at in ((Side.OUTER, 0.0), (Side.INNER, 2.0), (Side.OUTER, 4.0)):
        track.add(side, at, at + 1, 4)
    assert track.direction() is Direction.UNDECIDED


def test_one_reflection_is_no_side():
    track = Track()
    track.add(Side.OUTER, 0.0, 1.0, 5)
    track.add(Side.INNER, 2.0, 2.0, 1)
    assert track.direction() is Direction.UNDECIDED


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ([(1.0, Side.OUTER), (2.0, Side.INNER)], Direction.IN),
        ([(2.0, Side.OUTER), (1.0, Side.INNER)], Direction.OUT),
        ([(1.0, Side.OUTER)], Direction.UNDECIDED),
        ([(1.0, Side.OUTER), (2.0, Side.INNER), (2.5, Side.OUTER)], Direction.UNDECIDED),
        ([(1.0, Side.OUTER), (90.0, Side.INNER)], Direction.UNDECIDED),
        ([], Direction.UNDECIDED),
    ],
)
def test_beams(broken, expected):
    assert by_beams(broken, 1.0, 3.0) is expected


def test_beams_decide_where_antennas_cannot_and_a_contradiction_is_undecided():
    assert decide(Direction.UNDECIDED, Direction.IN) is Direction.IN
    assert decide(Direction.IN, Direction.UNDECIDED) is Direction.IN
    assert decide(Direction.IN, Direction.OUT) is Direction.UNDECIDED
    states = TagStates()
    states.beam(PORTAL, "lo", 0.5)
    states.beam(PORTAL, "li", 1.5)
    for step in range(8):
        states.take(PORTAL, a_read("AA", 0.5 + step * 0.1, antenna=9))
    (leave,) = states.check(100.0)
    assert leave.direction == "in"


def test_a_pallet_that_turns_back_and_is_hardly_read_on_its_way_out_did_not_come_in():
    """Reads of the way back are few: by their middle moments alone it would have gone in."""
    track = Track()
    track.add(Side.OUTER, 0.0, 1.0, 10)
    track.add(Side.INNER, 2.0, 3.0, 6)
    track.add(Side.OUTER, 3.5, 4.0, 2)
    assert track.direction() is Direction.UNDECIDED


@pytest.mark.parametrize(
    ("reads", "inner", "direction"),
    [
        (2, 0.25, Direction.IN),
        (1, 0.25, Direction.UNDECIDED),
        (2, 0.1875, Direction.UNDECIDED),
    ],
    ids=["just enough", "a read too few", "too near"],
)
def test_two_reads_a_side_a_quarter_of_a_second_apart_are_just_enough(reads, inner, direction):
    track = Track()
    track.add(Side.OUTER, 0.0, 0.5, 2)
    track.add(Side.INNER, inner, inner + 0.5, reads)
    assert track.direction() is direction


def track(outer, inner) -> Track:
    """A tag with (first, last, reads) of each side."""
    made = Track()
    for side, stays in ((Side.OUTER, outer), (Side.INNER, inner)):
        for first, last, reads in stays:
            made.add(side, first, last, reads)
    return made


@pytest.mark.parametrize(
    ("earlier", "later", "known"),
    [
        ([(0.0, 2.0, 4)], [(1.0, 3.0, 4)], True),
        ([(0.0, 2.0, 4)], [(0.0, 3.0, 4)], False),  # both sides read it first
        ([(0.0, 3.0, 4)], [(1.0, 3.0, 4)], False),  # both read it last
        ([(0.0, 3.0, 4)], [(1.0, 2.9, 9)], False),
        ([(0.0, 9.25, 4)], [(1.5, 10.0, 4)], False),  # 1.125 s apart in 10 s: less than 15 %
        ([(0.0, 8.5, 4)], [(1.5, 10.0, 4)], True),  # 1.5 s
        ([(0.0, 9.0, 4)], [(1.8, 10.0, 4)], False),  # 1.4 s of the 10 that it was here in all
        # Reads count by how many they are: the middle is nearer to the many.
        ([(0.0, 0.0, 9), (4.0, 4.0, 1)], [(0.5, 0.5, 1), (5.0, 5.0, 9)], True),
        ([(0.0, 0.0, 1), (4.0, 4.0, 9)], [(0.5, 0.5, 9), (5.0, 5.0, 1)], False),
        ([(0.0, 0.0, 1), (1.0, 1.0, 9)], [(0.1, 0.1, 9), (1.1, 1.1, 1)], False),
    ],
)
def test_who_came_first_and_left_first_went_through_in_time(earlier, later, known):
    wanted = (Direction.IN, Direction.OUT) if known else (Direction.UNDECIDED,) * 2
    assert track(earlier, later).direction() is wanted[0]
    assert track(later, earlier).direction() is wanted[1]


def test_a_side_that_saw_nothing_says_nothing():
    assert track([(0.0, 1.0, 9)], []).direction() is Direction.UNDECIDED
    assert track([], [(0.0, 1.0, 9)]).direction() is Direction.UNDECIDED
    assert Track().direction() is Direction.UNDECIDED


@pytest.mark.parametrize(
    ("outer", "inner", "direction"),
    [(-2.0, 6.0, Direction.IN), (-2.1, 6.0, Direction.UNDECIDED), (-2.0, 6.1, Direction.UNDECIDED)],
)
def test_a_beam_counts_from_three_seconds_before_to_three_seconds_after(outer, inner, direction):
    assert by_beams([(outer, Side.OUTER), (inner, Side.INNER)], 1.0, 3.0) is direction
