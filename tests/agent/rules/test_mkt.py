"""Mean kinetic temperature: values of domain tables, worked out by others with USP's formula."""

from __future__ import annotations

import pytest

from agent.rules.mkt import ACTIVATION_ENERGY, highest_mkt, mkt_of
from agent.rules.valid_time import Span

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def spans(*pieces):
    """Return spans one behind another, of (ms, °C); None for unknown time."""
    at, found = 0, []
    for length, value in pieces:
        found.append(Span(at, at + length, value))
        at += length
    return found


def mkt(window, *pieces):
    return highest_mkt(spans(*pieces), window, ACTIVATION_ENERGY)


@pytest.mark.parametrize(
    ("window", "pieces", "celsius"),
    [
        (DAY, [(HOUR, each) for each in (20, 22, 25, 30)], 25.032),
        (30 * DAY, [(696 * HOUR, 22), (24 * HOUR, 38)], 23.276),
        (DAY, [(18 * HOUR, 5), (6 * HOUR, 14)], 8.285),
        (DAY, [(22 * HOUR, 5), (2 * HOUR, 15)], 6.462),
        (DAY, [(HOUR, each) for each in (2, 5, 8, 15)], 8.960),
        (DAY, [(5 * MINUTE, 5)] * 100 + [(MINUTE, 14)] * 100, 7.328),
    ],
)
def test_known_values(window, pieces, celsius):
    assert mkt(window, *pieces) == pytest.approx(celsius, abs=0.0005)


def test_unknown_time_weighs_nothing():
    with_gap = mkt(DAY, (HOUR, 20), (HOUR, 22), (5 * HOUR, None), (HOUR, 25), (HOUR, 30))
    assert with_gap == pytest.approx(25.032, abs=0.0005)


def test_the_worst_window_is_reported_wherever_it_lies():
    # 18 h at 5 and 6 h at 14 in the middle of three cool days: no later day takes it back.
    cool = (3 * DAY, 2)
    assert mkt(DAY, cool, (18 * HOUR, 5), (6 * HOUR, 14), cool) == pytest.approx(8.285, abs=0.0005)


def test_a_window_may_begin_or_end_within_a_span():
    # 12 h at 5 and 12 h at 15, cut out of two days each.
    assert mkt(DAY, (2 * DAY, 5), (12 * HOUR, 15), (2 * DAY, 5)) == pytest.approx(
        mkt(DAY, (12 * HOUR, 5), (12 * HOUR, 15))
    )


def test_a_window_is_a_whole_one_though_the_worst_comes_last():
    last = mkt(DAY, (2 * DAY, 5), (HOUR, 20))
    assert last == pytest.approx(mkt(DAY, (23 * HOUR, 5), (HOUR, 20)))
    first = mkt(DAY, (HOUR, 20), (2 * DAY, 5))
    assert first == pytest.approx(last)


def test_nothing_valid_gives_no_number():
    assert mkt(DAY, (HOUR, None)) is None
    assert mkt(DAY) is None


@pytest.mark.parametrize("celsius", [-273.15, -300.0, 1e21])
def test_no_temperature_of_goods_gives_no_number_and_no_error(celsius):
    assert mkt(DAY, (HOUR, celsius)) is None
    assert mkt_of({celsius: HOUR}, ACTIVATION_ENERGY) is None


def test_times_of_values_and_spans_of_them_come_to_the_same():
    pieces = [(HOUR, 20.0), (2 * HOUR, 22.0), (HOUR, 25.0), (HOUR, 20.0)]
    times = {20.0: 2 * HOUR, 22.0: 2 * HOUR, 25.0: HOUR}
    assert mkt_of(times, ACTIVATION_ENERGY) == pytest.approx(mkt(DAY, *pieces), abs=1e-9)
    assert mkt_of({}, ACTIVATION_ENERGY) is None
