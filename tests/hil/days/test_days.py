"""A few of the days: what is told of each is what was done, and the gateway's parts are its own."""

from __future__ import annotations

import pytest

from hil.__main__ import main
from hil.days.frauds import FRAUDS, Way
from hil.days.tally import POINTS_AT, FraudDay, Tally, found, wrongly
from hil.days.trip import honest_trip
from hil.days.verb import chosen, lived
from hil.days.verdict import Word

SEED = 20261130


def test_nothing_is_told_of_an_honest_day():
    assert lived(SEED) == []


def way_of(kind: str, number: int = 0) -> Way:
    return FRAUDS[kind][number]


@pytest.mark.parametrize(("kind", "number"), [("ice on a sensor", 0), ("clock set back", 1)])
def test_what_was_done_is_told(kind, number):
    words = lived(SEED, way_of(kind, number))
    assert {each.what for each in words} & set(POINTS_AT[kind])


def test_each_way_of_each_kind_has_its_turn():
    ways = {(kind, way.how) for kind, all_of_it in FRAUDS.items() for way in all_of_it}
    assert {(kind, way.how) for kind, way in map(chosen, range(7 * 4))} == ways


def test_the_same_seed_is_the_same_day():
    one, other = honest_trip(3), honest_trip(3)
    assert (one.tags, one.doors, one.rest) == (other.tags, other.doors, other.rest)
    assert honest_trip(4).rest != one.rest


def tally(false_days: int, told_days: int) -> Tally:
    """Twenty honest days and ten with a door that was opened under seal."""
    word = Word("apart", "cargo-1", 60.0)
    honest = [[word] if number < false_days else [] for number in range(20)]
    told = Word("opened-under-seal", "door", 600.0)
    days = [FraudDay(n, "door opened", way_of("door opened"), [told] if n < told_days else [word])
            for n in range(10)]  # fmt: skip
    return Tally(honest, days)


def test_rates_are_counted_and_judged():
    assert tally(1, 9).well
    assert not tally(2, 9).well
    assert not tally(1, 8).well
    assert list(wrongly(tally(1, 9))) == [
        "20 honest days: a false alarm on 1, 5.0% of them", "  apart: 1 time",
    ]  # fmt: skip
    lines = list(found(tally(1, 9)))
    assert any(line.split() == ["door", "opened", "9/10"] for line in lines)
    assert lines[-1].endswith("told: apart of cargo-1 at minute 1")
    assert max(map(len, lines[:-1])) <= 80


def test_the_command_prints_rates(capsys):
    main(["days", "--honest", "1", "--fraud", "1", "--seed", str(SEED), "--jobs", "1"])
    out = capsys.readouterr().out
    assert "1 honest day: a false alarm on 0, 0.0% of them" in out
    assert "ice on a sensor" in out
