"""Windows that follow from a calculation, and a simulation that holds them to it."""

from __future__ import annotations

import math
import random

import pytest

from agent.observe.points import PointKind
from agent.observe.smoothing import (
    FALSE_LEAVES,
    READ_PROBABILITY,
    STRETCH,
    ReadRate,
    interval,
    missed_rounds,
)
from agent.observe.tags import TagStates
from tests.agent.observe.points import a_read, point


def test_the_defaults_follow_from_the_calculation():
    assert missed_rounds(0.25) == point().missed == 16
    assert missed_rounds(60.0) == point(kind="shelf").missed == 11
    for seconds in (0.1, 0.25, 1.0, 10.0, 60.0, 600.0):
        runs = 3600 / seconds * READ_PROBABILITY
        n = missed_rounds(seconds)
        assert runs * (1 - READ_PROBABILITY) ** n < FALSE_LEAVES
        assert n == 3 or runs * (1 - READ_PROBABILITY) ** (n - 1) >= FALSE_LEAVES


def test_windows_adapt_only_to_what_is_sure():
    usual = 16
    sure, weak, few, typical = ReadRate(), ReadRate(), ReadRate(), ReadRate()
    for index in range(120):
        sure.add(1, 1)
        weak.add(1, index % 3 == 0)
        typical.add(20, 13)
    few.add(4, 4)
    assert 5 <= sure.missed(0.25, usual) <= 9
    assert usual < weak.missed(0.25, usual) <= STRETCH * usual
    assert few.missed(0.25, usual) == typical.missed(0.25, usual) == usual
    assert interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("kind", "round_s", "rounds"), [(PointKind.GATE, 0.25, 2_400), (PointKind.SHELF, 60.0, 1_000)]
)
def test_false_leaves_and_true_departures(kind, round_s, rounds):
    """100 tags read with p = 0.65, a fixed seed; then all leave at once."""
    rng = random.Random(5)
    where, states, tags = point(kind=str(kind)), TagStates(), [f"{n:024X}" for n in range(100)]
    entered = left = 0
    for step in range(rounds):
        now = step * round_s
        for epc in tags:
            if rng.random() < READ_PROBABILITY:
                changes = states.take(where, a_read(epc, now))
                entered += sum(change.entered for change in changes)
        left += len(states.check(now))
    now, waits = (rounds - 1) * round_s, []
    while states.present("p"):
        now += round_s
        waits += [now - change.at for change in states.check(now)]
    hours = rounds * round_s / 3600 * len(tags)
    latest = max(waits)
    print(
        f"{kind}: {left} false leaves in {hours:.0f} tag-hours; "
        f"true departures seen after {latest:g} s at most"
    )
    assert left <= hours * FALSE_LEAVES + 1  # one is what chance may bring in so few hours
    assert entered == len(tags) + left
    assert len(waits) == len(tags)
    assert latest <= (where.missed + 1) * round_s * 1.2


def test_false_leaves_of_a_gate_over_many_tag_hours():
    """Misses alone decide, so only their runs are drawn: 20,000 tag-hours of a gate in a second."""
    rng, window, hours = random.Random(11), missed_rounds(0.25), 20_000
    rounds, false = 0, 0
    while rounds < hours * 14_400:
        # Skip to the next run of at least `window // 2` misses: geometric, as rounds are drawn.
        chance = READ_PROBABILITY * (1 - READ_PROBABILITY) ** (window // 2)
        rounds += math.ceil(math.log(1 - rng.random()) / math.log(1 - chance)) + window // 2
        rest = window - window // 2
        false += all(rng.random() > READ_PROBABILITY for _ in range(rest))
    rate = false / hours
    print(f"gate, {window} missed rounds: {false} false leaves in {hours} tag-hours = {rate:.2e}/h")
    assert 0 < rate < FALSE_LEAVES


@pytest.mark.parametrize(
    ("hits", "rounds", "low", "high"),
    [
        # (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), with z = 3 by hand
        (0, 9, 0.0, 0.5),
        (9, 9, 0.5, 1.0),
        (18, 36, 0.276393, 0.723607),
        (27, 36, 0.5, 0.9),
    ],
)
def test_the_interval_is_wilsons_of_three_standard_deviations(hits, rounds, low, high):
    assert interval(hits, rounds) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(
    ("probability", "round_s", "missed"),
    [
        (1.0, 1.0, 4),  # 3,564 runs an hour, of which a hundredth goes on each round
        (0.99, 1.0, 4),
        (0.9, 1.0, 7),
        (0.5, 1.0, 21),
        (0.05, 1.0, 236),
        (0.0, 1.0, 236),
        (0.99, 3600.0, 3),
        (0.5, 3_600_000.0, 3),
    ],
)
def test_missed_rounds_keep_false_leaves_below_one_in_a_thousand_hours(
    probability, round_s, missed
):
    assert missed_rounds(round_s, probability) == missed


def test_older_rounds_weigh_half():
    rate = ReadRate()
    rate.add(128, 100)
    assert (rate.rounds, rate.hits) == (128, 100)
    rate.add(1, 5)  # a tag read five times in one round was there in one
    assert (rate.rounds, rate.hits) == (64.5, 50.5)


def test_a_weak_tag_gets_twice_the_usual_time_at_most_and_never_less():
    weak = ReadRate(128, 20)
    assert weak.missed(0.25, 16) == 32
    assert weak.missed(0.25, 200) == 200
    assert ReadRate(128, 128).missed(0.25, 5) == 5
