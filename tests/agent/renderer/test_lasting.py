"""How long something lasted, as a person says it, with the milliseconds for programs."""

from __future__ import annotations

import pytest

from agent.renderer.catalogue import words_of
from agent.renderer.lasting import lasting
from tests.agent.report.reading import read

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("ms", "told"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (-999, "-999 ms"),
        (SECOND, "1 s"),
        (SECOND + 50, "1.050 s"),
        (MINUTE - 1, "59.999 s"),
        (-2 * SECOND, "-2 s"),
        (MINUTE, "1 min"),
        (MINUTE + 999, "1 min"),
        (MINUTE + SECOND, "1 min 1 s"),
        (-MINUTE, "-1 min"),
        (HOUR - SECOND, "59 min 59 s"),
        (HOUR, "1 h"),
        (HOUR + 59 * SECOND, "1 h"),
        (23 * HOUR + 59 * MINUTE, "23 h 59 min"),
        (DAY, "1 d"),
        (3 * DAY + 2 * HOUR + 5 * MINUTE, "3 d 2 h"),
        (DAY + MINUTE, "1 d"),
    ],
)
def test_a_duration_has_its_two_largest_units(ms, told):
    shown = read(lasting(words_of("en"), ms))
    assert shown.text == told
    assert shown.numbers == [ms]


def test_what_nobody_knows_is_told_in_words():
    assert lasting(words_of("en"), None) == "unknown"


def test_a_fraction_of_a_second_has_the_point_of_the_language():
    assert read(lasting(words_of("de"), 1500)).text == "1,500 s"
