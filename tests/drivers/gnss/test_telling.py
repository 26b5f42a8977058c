"""Fixes of a receiver, thinned to one an interval: epochs jitter, a fix that flickers is told once."""

from __future__ import annotations

import pytest

from drivers.gnss.sense import Fix
from drivers.gnss.telling import Telling

INTERVAL = 10.0


def fix(at):
    return Fix(at, "3d", None, 8, lat=45.1, lon=9.2)


def told(*moments):
    telling = Telling(INTERVAL)
    return [at for at in moments if telling.due(fix(at), asked=False)]


def test_a_fix_each_second_is_one_each_interval():
    assert told(*range(60)) == [0, 8, 18, 28, 38, 48, 58]


def test_epochs_that_jitter_are_all_told():
    assert told(0.0, 9.8, 20.3, 29.7, 40.0) == [0.0, 9.8, 20.3, 29.7, 40.0]


@pytest.mark.parametrize(("second", "counts"), [(7.4, False), (7.5, True)])
def test_a_fix_may_come_a_quarter_of_the_interval_too_soon(second, counts):
    assert (second in told(0.0, second)) is counts


def test_who_asks_is_told_at_once_and_the_next_is_due_an_interval_later():
    telling = Telling(INTERVAL)
    assert telling.due(fix(0.0), asked=False)
    assert telling.due(fix(3.0), asked=True)
    assert not telling.due(fix(12.0), asked=False)
    assert telling.due(fix(17.5), asked=False)


def test_a_loss_is_told_once_and_one_that_flickers_once_a_minute():
    telling = Telling(INTERVAL)
    assert telling.lost(fix(100.0)) == (0.0, True)
    assert telling.lost(fix(105.0)) == (5.0, False)
    telling.due(fix(106.0), asked=False)
    assert telling.lost(fix(110.0)) == (0.0, False)
    telling.due(fix(111.0), asked=False)
    assert telling.lost(fix(160.0)) == (0.0, True), "a minute after the first"
