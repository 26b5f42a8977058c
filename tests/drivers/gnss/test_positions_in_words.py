"""What is said of a position, and of a receiver that hangs or lost its fix."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from drivers.cause import DeviceFacts, Word
from drivers.gnss import causes
from drivers.gnss.sense import Fix
from drivers.gnss.telling import Telling, in_words
from foundation.cause import no, perhaps

S = 1_000_000  # microseconds
NOON = 43_200 * S
PLACED = Fix(0.0, "3d", NOON, 8, lat=45.0, lon=9.0)
DATED = replace(PLACED, utc=datetime(2026, 11, 29, tzinfo=UTC), satellites=8)


@pytest.mark.parametrize(
    ("changed", "words", "row"),
    [
        ({}, "3d fix, 8 satellites used", None),
        ({"satellites": 1}, "3d fix, 1 satellite used", None),
        ({"satellites": None}, "3d fix, 0 satellites used", None),
        ({"utc": None}, "3d fix, 8 satellites used, date unknown", causes.OLD_DATE),
        ({"problem": "HDOP 99"}, "3d fix, 8 satellites used, but doubtful: HDOP 99",
         causes.DOUBTFUL),
        ({"problem": "HDOP 99", "utc": None},
         "3d fix, 8 satellites used, date unknown, but doubtful: HDOP 99", causes.DOUBTFUL),
    ],
)  # fmt: skip
def test_a_position_in_words(changed, words, row):
    assert in_words(replace(DATED, **changed)) == (words, row)


def test_a_receiver_hangs_where_it_says_the_same_again():
    telling = Telling(10.0)
    assert not telling.repeats(PLACED)
    assert telling.repeats(replace(PLACED, at=5.0, hdop=1.0))
    assert not telling.repeats(replace(PLACED, time=NOON + S))
    assert not telling.repeats(replace(PLACED, time=NOON + S, lon=9.1))
    for nothing in (replace(PLACED, time=None), replace(PLACED, lat=None)):
        assert not telling.repeats(nothing)
        assert not telling.repeats(nothing)
    assert telling.repeats(replace(PLACED, time=NOON + S, lon=9.1))


def test_a_new_session_begins_anew_but_a_loss_is_not_told_again_at_once():
    telling = Telling(10.0)
    assert telling.due(PLACED, asked=False)
    assert telling.lost(replace(PLACED, at=1.0)) == (0.0, True)
    telling.begin()
    assert telling.due(replace(PLACED, at=2.0), asked=False)
    telling.begin()
    assert telling.lost(replace(PLACED, at=3.0)) == (0.0, False)
    telling.begin()
    assert telling.lost(replace(PLACED, at=60.9)) == (0.0, False)
    telling.begin()
    assert telling.lost(replace(PLACED, at=61.0)) == (0.0, True)


@pytest.mark.parametrize(
    ("word", "finding"),
    [
        (None, perhaps()),
        (Word("running"), no("it has a fix")),
        (Word("running", cause="gnss.no-fix"), perhaps()),
        (Word("running", cause="gnss.no-fix", counters={"readings": 1}), perhaps()),
        (Word("running", cause="gnss.no-fix", counters={"readings": 2}),
         perhaps(contra=("it had a fix since the start: its antenna worked",))),
    ],
)  # fmt: skip
def test_a_receiver_that_had_a_fix_has_an_antenna(word, finding):
    assert causes.NO_FIX.test(DeviceFacts("truck", "gnss.nmea", {}, word, None)) == finding
