"""Shocks in a stream, and the seconds around them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.sensors.shock_recorder import Impact, Part, ShockRecorder

RATE, KEEP = 100.0, 2.0
PIECE = 7


def stream(hits, seconds):
    """Return samples whose x counts them, and whose z is 32,000 where a shock is."""
    hit = {round(at * RATE) for at in hits}
    return [(n % 30000, 0, 32000 if n in hit else 10) for n in range(round(seconds * RATE))]


def told(samples, keep=KEEP, gaps=(), piece=PIECE, threshold=31000):
    recorder = ShockRecorder(threshold, RATE, keep)
    found = []
    for at in range(0, len(samples), piece):
        if any(at <= gap * RATE < at + piece for gap in gaps):
            recorder.gap()
            continue  # these samples are lost
        part = samples[at : at + piece]
        values = [value for sample in part for value in sample]
        found += recorder.add(values, (at + len(part) - 1) / RATE, RATE)
    return found, recorder


def counted(part):
    """Return the numbers of the samples in a part."""
    return [x for x, _, _ in struct.iter_unpack(">hhh", part.data)]


def parts_of(found):
    return [each for each in found if isinstance(each, Part)]


def test_a_shock_is_told_at_once_and_the_seconds_around_it_follow():
    found, _ = told(stream([5.0], 10.0))
    impact, part = found
    assert isinstance(impact, Impact)
    assert impact.at == part.at == pytest.approx(5.0)
    assert [x for x, _, _ in impact.samples] == list(range(498, 508))  # 20 ms before, 80 after
    assert counted(part) == list(range(300, 700))
    assert part.begin == pytest.approx(-2.0)
    assert (part.number, part.last) == (1, True)


def test_a_shock_is_told_as_soon_as_its_pulse_is_over():
    samples = stream([5.0], 5.09)
    found, _ = told(samples, piece=1)
    assert [type(each) for each in found] == [Impact]


def test_two_shocks_are_two_and_what_is_between_them_is_kept_once():
    found, _ = told(stream([5.0, 6.5], 12.0))
    assert [each.at for each in found if isinstance(each, Impact)] == pytest.approx([5.0, 6.5])
    kept = [number for part in parts_of(found) for number in counted(part)]
    assert kept == list(range(300, 850))


def test_a_long_recording_comes_in_parts_that_fit_a_record(monkeypatch):
    monkeypatch.setattr("drivers.sensors.shock_recorder.PART_SAMPLES", 150)
    found, _ = told(stream([5.0], 10.0))
    parts = parts_of(found)
    assert [len(counted(part)) for part in parts] == [150, 150, 100]
    assert [number for part in parts for number in counted(part)] == list(range(300, 700))
    assert [part.begin for part in parts] == pytest.approx([-2.0, -0.5, 1.0])
    assert [part.last for part in parts] == [False, False, True]


def test_a_crate_that_rattles_ends_a_recording_after_half_a_minute():
    found, _ = told(stream([5.0 + n for n in range(60)], 66.0))
    assert sum(isinstance(each, Impact) for each in found) == 60
    first = [part for part in parts_of(found) if part.at == pytest.approx(5.0)]
    assert sum(len(counted(part)) for part in first) == 3200  # 2 s before, 30 after
    kept = [number for part in parts_of(found) for number in counted(part)]
    assert kept == sorted(set(kept)), "no sample twice"


def test_no_more_than_five_minutes_of_an_hour_are_kept_and_what_is_not_is_counted():
    hits = [5.0 + 4.0 * n for n in range(200)]
    found, recorder = told(stream(hits, 810.0))
    assert sum(isinstance(each, Impact) for each in found) == 200, "each shock is told"
    kept = sum(len(counted(part)) for part in parts_of(found)) / RATE
    assert 290.0 < kept < 300.0 + 810.0 * 300.0 / 3600.0 + 30.0
    assert recorder.left_out > 50


def test_nothing_is_kept_where_nobody_wants_it():
    found, recorder = told(stream([5.0], 10.0), keep=0.0)
    assert [type(each) for each in found] == [Impact]
    assert recorder.left_out == 0


def test_samples_that_were_lost_keep_their_place():
    found, _ = told(stream([5.0], 10.0), gaps=[6.0])
    (part,) = parts_of(found)
    numbers = counted(part)
    assert numbers == [*range(300, 595), *[-32768] * 7, *range(602, 700)]
    assert part.last


def test_so_many_lost_samples_end_a_recording(monkeypatch):
    monkeypatch.setattr("drivers.sensors.shock_recorder.PART_SAMPLES", 100)
    recorder = ShockRecorder(31000, RATE, KEEP)
    values = [value for sample in stream([2.0], 3.0) for value in sample]
    found = [*recorder.add(values, 2.99, RATE)]
    recorder.gap()
    found += recorder.add([1, 0, 10], 60.0, RATE)
    parts = parts_of(found)
    assert sum(len(counted(part)) for part in parts) == 300
    assert [part.last for part in parts] == [False, False, False, True]


def test_a_pulse_that_a_loss_cuts_off_is_told_with_what_there_is():
    found, _ = told(stream([5.0], 10.0), gaps=[5.06])
    impact = found[0]
    assert [x for x, _, _ in impact.samples] == list(range(498, 504))
    assert impact.whole


def test_a_pulse_whose_rise_was_lost_says_so_and_knows_how_it_rested():
    found, _ = told(stream([5.0], 10.0), gaps=[4.99])
    assert not any(isinstance(each, Impact) for each in found), "it was lost itself"
    found, _ = told(stream([5.04], 10.0), gaps=[5.0], piece=4)
    (impact,) = [each for each in found if isinstance(each, Impact)]
    assert not impact.whole
    assert impact.samples[0][2] == 32000


@settings(max_examples=25)
@given(
    st.lists(st.floats(0.0, 20.0), max_size=12),
    st.lists(st.floats(0.0, 20.0), max_size=3),
    st.integers(1, 90),
)
def test_no_sample_is_kept_twice_and_none_is_invented(hits, gaps, piece):
    found, _ = told(stream(hits, 20.0), gaps=gaps, piece=piece)
    kept = [number for part in parts_of(found) for number in counted(part) if number >= 0]
    assert kept == sorted(set(kept))
    for each in found:
        if isinstance(each, Impact):
            assert any(z == 32000 for _, _, z in each.samples)
