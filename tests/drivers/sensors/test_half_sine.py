"""The half-sine nearest to a pulse: found where there is one, and how far it is from others."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sensors.half_sine import fit

RATE = 800.0


def samples(start=50.0, length=20.0, peak=10.0, count=120, **spikes):
    """A half-sine, and other samples at `at_n`."""
    found = [
        peak * math.sin(math.pi * (n - start) / length) if start <= n <= start + length else 0.0
        for n in range(count)
    ]
    for name, size in spikes.items():
        found[int(name.removeprefix("at_"))] += size
    return found


@pytest.mark.parametrize("begin", [48.0, 50.0, 51.5])
@pytest.mark.parametrize("end", [67.0, 70.0, 73.0])
@pytest.mark.parametrize(("start", "length"), [(50.0, 20.0), (50.3, 19.4), (49.6, 21.7)])
def test_it_is_found_from_near_it(begin, end, start, length):
    shape = fit(samples(start, length), begin, end, RATE)
    assert shape.peak == pytest.approx(10.0, rel=0.001)
    assert shape.duration == pytest.approx(1000.0 * length / RATE, rel=0.001)
    assert shape.residual < 0.001


@pytest.mark.parametrize(("at", "counts"), [(39, False), (40, True), (80, True), (81, False)])
def test_what_lies_within_half_its_length_beside_it_counts(at, counts):
    shape = fit(samples(**{f"at_{at}": 5.0}), 50.0, 70.0, RATE)
    assert shape.peak == pytest.approx(10.0, rel=0.03)
    assert (shape.residual > 0.03) is counts
    assert counts or shape.residual < 1e-4


def test_a_pulse_at_either_end_of_the_samples_is_found_as_far_as_it_is_there():
    whole = samples()
    for part, begin in ((whole[50:], 0.0), (whole[:71], 50.0)):
        shape = fit(part, begin, begin + 20.0, RATE)
        assert shape.peak == pytest.approx(10.0, rel=0.001)
        assert shape.duration == pytest.approx(25.0, rel=0.001)


@pytest.mark.parametrize("at", [0, 10])
def test_a_peak_at_the_first_or_last_sample_counts_and_is_not_made_larger(at):
    sizes = [0.0] * 11
    sizes[at] = 8.0
    shape = fit(sizes, at - 1.0, at + 1.0, RATE)
    assert 6.0 <= shape.peak <= 8.1
    assert math.isfinite(shape.residual)


@given(st.lists(st.floats(-16.0, 16.0), min_size=1, max_size=30), st.data())
def test_no_shape_is_larger_than_its_samples_tell(sizes, data):
    """Of samples that are all one, a half-sine is 4/π of them, and of a few a little more."""
    begin = data.draw(st.floats(-1.0, len(sizes)))
    end = data.draw(st.floats(begin, len(sizes) + 1.0))
    assert fit(sizes, begin, end, RATE).peak <= 1.4 * max(map(abs, sizes))


def test_of_nothing_there_is_no_shape():
    shape = fit([0.0] * 30, 10.0, 20.0, RATE)
    assert (shape.peak, shape.residual) == (0.0, math.inf)
    assert fit([-1.0] * 30, 10.0, 20.0, RATE).residual == math.inf


@pytest.mark.parametrize("pulse", [[8.0], [7.0, 7.4], [2.2, -5.0, 10.5], [7.6, 8.5, -7.3]])
def test_a_pulse_of_fewer_samples_than_tell_a_shape_is_not_made_larger(pulse):
    """A half-sine has three numbers: one of 30 times their size goes through any two samples."""
    shape = fit([0.0] * 10 + pulse + [0.0] * 10, 9.1, 9.9 + len(pulse), RATE)
    assert shape.peak <= 1.2 * max(pulse)
    assert shape.duration >= 1000.0 * 3 / RATE


def test_a_shape_beside_all_samples_is_none():
    shape = fit([0.0, 5.0, 9.0, 5.0, 0.0], -9.0, -8.0, RATE)
    assert (shape.peak, shape.residual) == (0.0, math.inf)
    assert fit([], 0.0, 1.0, RATE).residual == math.inf
