"""Readings corrected by a certificate."""

from __future__ import annotations

import pytest

from agent.clock.belief import Stamp
from agent.observe.calibration import Calibration, corrected
from agent.records.sentences import sentence
from drivers.reading import Quality
from evidence.leaf import Record
from tests.agent.fakes import reading

K17 = Calibration("cold-1", "temperature", -0.3, 1.02, "K-17", 1000)


def test_gain_comes_before_offset_and_other_values_stay():
    got = corrected(reading("cold-1", "temperature", temperature=10.0, humidity=50.0), [K17], 999)
    assert got.fields == {"temperature": pytest.approx(9.9), "humidity": 50.0}
    assert got.quality is Quality.OK


@pytest.mark.parametrize(
    ("now", "quality"),
    [(1000, Quality.OK), (1001, Quality.UNCALIBRATED), (None, Quality.OK)],
    ids=["its last moment", "over", "nobody knows the time"],
)
def test_a_certificate_that_is_over(now, quality):
    got = corrected(reading("cold-1", "temperature", temperature=10.0), [K17], now)
    assert got.quality is quality


def test_what_is_bad_anyway_stays_so():
    bad = reading("cold-1", "temperature", temperature=10.0, quality=Quality.SUSPECT)
    assert corrected(bad, [K17], 2000).quality is Quality.SUSPECT
    corrupt = reading("cold-1", "temperature", temperature=10.0, quality=Quality.CORRUPT)
    assert corrected(corrupt, [K17], 999) == corrupt


def test_no_value_stays_none():
    got = corrected(reading("cold-1", "temperature", temperature=None), [K17], 2000)
    assert got.fields == {"temperature": None}


def test_the_record_of_a_calibration_keeps_and_tells_what_corrects():
    assert K17.values() == {
        "field": "temperature", "gain": 1_020_000, "offset": -300, "certificate": "K-17",
        "valid_until_ms": 1000,
    }  # fmt: skip
    lasting = Calibration("cold-1", "humidity", 0.0005, 1.0000004, "K-18", None)
    assert lasting.values() == {
        "field": "humidity", "gain": 1_000_000, "offset": 0, "certificate": "K-18",
    }  # fmt: skip
    stamp = Stamp(1, 0, 1_790_000_000_000, "gnss", 5)
    words = sentence(Record(0, "cold-1", "calibration", *stamp, Quality.OK, K17.values()))
    assert words.startswith("temperature is 1.020000 of what the sensor says, and -0.300 more, by ")
    assert not lasting.is_over(2**62)


def test_of_several_values_each_has_its_own_correction():
    damp = Calibration("cold-1", "humidity", 2.0, 0.5, "K-18", None)
    given = reading("cold-1", "temperature", temperature=10.0, humidity=50, note="x")
    for order in ([K17, damp], [damp, K17]):
        got = corrected(given, order, 2000)
        assert got.fields == {"temperature": pytest.approx(9.9), "humidity": 27.0, "note": "x"}
        assert got.quality is Quality.UNCALIBRATED
    only = reading("cold-1", "temperature", humidity=50)
    assert corrected(only, [K17, damp], 2000).quality is Quality.OK
