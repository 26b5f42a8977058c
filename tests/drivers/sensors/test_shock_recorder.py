"""Shocks in a stream, and the seconds around them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.sensors import shock_recorder
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


def impacts(found):
    return [each for each in found if isinstance(each, Impact)]


def test_a_first_shock_at_the_very_begin_has_no_rest_before_it():
    samples = [(5, 0, 32000), *stream([], 1.0)]
    (impact,) = impacts(told(samples)[0])
    assert (impact.at, impact.whole, impact.resting) == (0.0, False, 1)
    assert impact.samples[0] == (5, 0, 32000)


def test_a_shock_in_the_tail_of_another_is_none_of_its_own_and_the_next_one_is():
    """Its own samples last 80 ms from the first one beyond the threshold on."""
    for apart, count in ((0.07, 1), (0.08, 2), (0.2, 2)):
        found = impacts(told(stream([5.0, 5.0 + apart], 10.0))[0])
        assert [each.at for each in found] == pytest.approx([5.0, 5.0 + apart][:count])


def test_half_of_the_samples_before_a_shock_are_its_rest():
    (impact,) = impacts(told(stream([5.0], 10.0))[0])
    assert impact.resting == 1  # of two, at 100 samples a second
    assert len(impact.data) == 6 * 10
    recorder = ShockRecorder(31000, 800.0, 0.0)
    values = [value for n in range(200) for value in (0, 0, 32000 if n == 100 else 10)]
    (impact,) = recorder.add(values, 0.25, 800.0)
    assert (impact.resting, len(impact.samples)) == (8, 16 + 64)


def test_what_ends_too_early_is_told_with_what_there_is():
    recorder = ShockRecorder(31000, RATE, KEEP)
    values = [value for sample in stream([2.0], 2.04) for value in sample]
    assert list(recorder.add(values, 2.03, RATE)) == []
    impact, part = recorder.rest()
    assert [x for x, _, _ in impact.samples] == list(range(198, 204))
    assert (counted(part), part.last, part.number) == (list(range(204)), True, 1)
    assert list(recorder.rest()) == []
    later = [value for sample in stream([1.0], 4.0) for value in sample]
    again = list(recorder.add(later, 10.0, RATE))
    assert counted(parts_of(again)[0]) == list(range(300))  # nothing of before


@pytest.mark.parametrize(("missing", "filled"), [(1, 1), (0, 1), (-5, 1), (8000, 8000), (8001, 0)])
def test_a_loss_is_filled_by_time_as_far_as_a_record_goes(missing, filled):
    recorder = ShockRecorder(31000, RATE, 100.0)
    first = [value for sample in stream([], 1.0) for value in sample]
    list(recorder.add(first, 0.99, RATE))
    recorder.gap()
    hit = [0, 0, 32000] + [0, 0, 10] * 20
    found = [*recorder.add(hit, 0.99 + (missing + 21) / RATE, RATE), *recorder.rest()]
    (impact,) = impacts(found)
    kept = [number for part in parts_of(found) for number in counted(part)]
    assert kept.count(-32768) == filled
    assert len(kept) == (121 + filled if filled else 21)
    assert not impact.whole


def test_a_gap_before_the_first_sample_is_none():
    recorder = ShockRecorder(31000, RATE, KEEP)
    recorder.gap()
    values = [value for sample in stream([1.0], 4.0) for value in sample]
    found = list(recorder.add(values, 3.99, RATE))
    assert counted(parts_of(found)[0]) == list(range(300))


@pytest.mark.parametrize(
    ("hits", "left_out"), [([2.0, 43.5], 1), ([2.0, 44.5], 0), ([2.0, 100.0, 106.0], 1)]
)
def test_the_allowance_comes_back_evenly_and_never_becomes_more(monkeypatch, hits, left_out):
    """Here 4 s of 40: what a shock takes, who is wholly told 2 s later, is back after 40 s."""
    assert (shock_recorder.ALLOWED, shock_recorder.HOUR) == (300.0, 3600.0)
    monkeypatch.setattr("drivers.sensors.shock_recorder.ALLOWED", 4.0)
    monkeypatch.setattr("drivers.sensors.shock_recorder.HOUR", 40.0)
    _, recorder = told(stream(hits, hits[-1] + 3.0))
    assert recorder.left_out == left_out


@pytest.mark.parametrize("hits", [[], [1.0], [1.0, 2.5]])
def test_a_quiet_hour_takes_the_memory_of_what_a_shock_would_need_of_it(hits):
    _, recorder = told(stream(hits, 60.0))
    assert len(recorder._ring) == KEEP * RATE * 6
