import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.reading import Quality
from drivers.sensors.shock_pulse import analyse

G = 9.80665
RESTING = 4
REST = (0.3, -0.2, 1.0)


def half_sine(peak, ms, rate, *, phase=0.0, direction=(0.0, 0.0, 1.0), count=64, rest=REST):
    """Samples of a half-sine that begins `phase` sample periods after the tenth sample."""

    def size(index):
        place = (index - 9 - phase) / rate / (ms / 1000.0)
        return peak * math.sin(math.pi * place) if 0.0 <= place <= 1.0 else 0.0

    return [
        tuple(r + d * size(i) for r, d in zip(rest, direction, strict=True)) for i in range(count)
    ]


def true_delta_v(peak, ms):
    return 2.0 * peak * G * ms / 1000.0 / math.pi


def between_ten_percent(ms):
    return ms * (1.0 - 2.0 * math.asin(0.1) / math.pi)


def test_figures_of_known_pulses():
    assert true_delta_v(150, 6) == pytest.approx(5.62, abs=0.01)
    assert true_delta_v(50, 11) == pytest.approx(3.43, abs=0.01)


@pytest.mark.parametrize(("peak", "ms"), [(150.0, 6.0), (50.0, 11.0), (100.0, 11.0)])
@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.75])
def test_well_sampled_half_sines_are_within_two_per_cent(peak, ms, phase):
    pulse = analyse(half_sine(peak, ms, 3200.0, phase=phase), RESTING, 3200.0, 200.0)
    assert pulse.peak == pytest.approx(peak, rel=0.02)
    assert pulse.duration == pytest.approx(between_ten_percent(ms), rel=0.02)
    assert pulse.delta_v == pytest.approx(true_delta_v(peak, ms), rel=0.02)
    assert pulse.quality is Quality.OK


@pytest.mark.parametrize("phase", [n / 16 for n in range(16)])
def test_a_6_ms_pulse_at_800_hz_is_undersampled_and_says_so(phase):
    pulse = analyse(half_sine(150.0, 6.0, 800.0, phase=phase), RESTING, 800.0, 200.0)
    assert pulse.samples in {4, 5}
    assert pulse.quality is Quality.UNDERSAMPLED
    assert 0.94 * 150.0 <= pulse.peak <= 150.0  # the highest sample lies up to half a period off
    assert pulse.delta_v == pytest.approx(true_delta_v(150.0, 6.0), rel=0.06)


@pytest.mark.parametrize(("value", "quality"), [(189.0, Quality.OK), (190.0, Quality.SATURATED)])
def test_saturation_begins_at_95_per_cent_of_an_axis(value, quality):
    samples = half_sine(150.0, 20.0, 800.0)
    samples[18] = (value, 0.0, 0.0)
    assert analyse(samples, RESTING, 800.0, 200.0).quality is quality


def test_saturation_wins_over_undersampling():
    pulse = analyse(half_sine(199.0, 6.0, 800.0), RESTING, 800.0, 200.0)
    assert pulse.undersampled
    assert pulse.quality is Quality.SATURATED


def test_a_pulse_that_goes_on_beyond_the_samples_is_suspect():
    pulse = analyse(half_sine(50.0, 60.0, 800.0, count=32), RESTING, 800.0, 200.0)
    assert not pulse.complete
    assert pulse.quality is Quality.SUSPECT
    assert pulse.delta_v < true_delta_v(50.0, 60.0)


def test_a_second_impact_is_not_counted_in():
    first, second = half_sine(80.0, 15.0, 800.0), half_sine(60.0, 15.0, 800.0)
    both = first[:30] + second[9:40]
    alone = analyse(first, RESTING, 800.0, 200.0)
    assert analyse(both, RESTING, 800.0, 200.0).delta_v == pytest.approx(alone.delta_v)


@given(
    st.floats(0.0, math.pi),
    st.floats(0.0, 2.0 * math.pi),
    st.tuples(*[st.floats(-6.0, 6.0)] * 3),
    st.floats(12.0, 150.0),
)
def test_direction_and_rest_do_not_matter(polar, azimuth, rest, peak):
    direction = (
        math.sin(polar) * math.cos(azimuth),
        math.sin(polar) * math.sin(azimuth),
        math.cos(polar),
    )
    along_z = analyse(half_sine(peak, 20.0, 800.0), RESTING, 800.0, 200.0)
    tilted = half_sine(peak, 20.0, 800.0, direction=direction, rest=rest)
    pulse = analyse(tilted, RESTING, 800.0, 200.0)
    assert pulse.peak == pytest.approx(along_z.peak)
    assert pulse.duration == pytest.approx(along_z.duration)
    assert pulse.delta_v == pytest.approx(along_z.delta_v)


@given(st.lists(st.tuples(*[st.floats(-200.0, 200.0)] * 3), min_size=8, max_size=32))
def test_any_samples_give_finite_figures(samples):
    pulse = analyse(samples, RESTING, 800.0, 200.0)
    assert 1 <= pulse.samples <= len(samples)
    assert 0.0 <= pulse.duration <= 1000.0 * (len(samples) - 1) / 800.0
    assert math.isfinite(pulse.peak)
    assert 0.0 <= pulse.delta_v <= G * 1.001 * math.sqrt(3) * 400.0 * len(samples) / 800.0


@pytest.mark.parametrize(("peak", "ms"), [(150.0, 6.0), (50.0, 11.0), (30.0, 20.0)])
@pytest.mark.parametrize("rate", [800.0, 3200.0])
@pytest.mark.parametrize("phase", [0.0, 0.2, 0.4, 0.6, 0.8])
def test_the_fitted_half_sine_is_within_two_per_cent_at_any_rate(peak, ms, rate, phase):
    direction = (0.6, 0.0, -0.8)
    samples = half_sine(peak, ms, rate, phase=phase, direction=direction, count=100)
    shape = analyse(samples, RESTING, rate, 200.0).shape
    assert shape.peak == pytest.approx(peak, rel=0.02)
    assert shape.duration == pytest.approx(ms, rel=0.02)
    assert shape.residual < 0.01


def test_what_is_no_half_sine_says_so():
    square = [REST] * 10 + [(0.3, -0.2, 51.0)] * 20 + [REST] * 30
    assert analyse(square, RESTING, 3200.0, 200.0).shape.residual > 0.15


def test_each_axis_has_its_peak_with_its_sign():
    samples = half_sine(100.0, 11.0, 3200.0, direction=(0.6, 0.0, -0.8))
    x, y, z = analyse(samples, RESTING, 3200.0, 200.0).axes
    assert (x, z) == (pytest.approx(60.0, rel=0.01), pytest.approx(-80.0, rel=0.01))
    assert abs(y) < 1e-9


def test_a_fall_without_rebound_by_its_velocity():
    # 1 m ends at sqrt(2 g h) = 4.429 m/s: a half-sine of 11 ms has 64.5 g then.
    pulse = analyse(half_sine(64.5, 11.0, 3200.0), RESTING, 3200.0, 200.0)
    assert pulse.fall == pytest.approx(1.0, rel=0.03)


@given(st.lists(st.tuples(*[st.floats(-200, 200)] * 3), min_size=8, max_size=32))
def test_any_samples_have_a_shape_that_is_a_number(samples):
    shape = analyse(samples, RESTING, 800.0, 200.0).shape
    assert not math.isnan(shape.peak)
    assert not math.isnan(shape.duration)
    assert not math.isnan(shape.residual)


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [(0.0, 0.0, True), (0.0, 60.0, False), (6.0, 0.0, False), (6.0, 60.0, False)],
    ids=["whole", "its end is missing", "its rise is missing", "both"],
)
def test_a_pulse_is_whole_where_it_rises_and_ends_within_the_samples(before, after, whole):
    """To a tenth of its peak, 60 g; `before` swings around rest in the four samples before."""
    values = [before, -before] * 2 + [30.0, 60.0, 30.0, after]
    pulse = analyse([(0.0, 0.0, value) for value in values], RESTING, 800.0, 200.0)
    assert pulse.peak == 60.0
    assert pulse.complete is whole
