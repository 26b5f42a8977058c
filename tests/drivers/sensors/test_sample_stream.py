"""What a stream of samples tells, word for word: vibration, shocks, and what was around them."""

import struct

import pytest

from drivers.reading import Quality
from drivers.sensors.sample_stream import Fetched, SampleStream
from drivers.sensors.shock_reading import Scale

RATE = 400.0
SCALE = Scale(0.001, 16.0)  # g a digit, g


def stream(keep=0.0, threshold=6.0):
    return SampleStream("pallet", SCALE, RATE, keep, threshold)


def rest(count):
    return [0, 0, 1000] * count


def told(made, *pieces, at=100.0, lost=False):
    """What comes of pieces that follow each other at the nominal rate."""
    found = []
    for piece in pieces:
        at += len(piece) / 3 / RATE
        found += made.told(Fetched(piece, lost, at))
        lost = False
    return found


def test_nothing_is_felt_before_a_sample_came():
    made = stream()
    assert not made.felt
    assert list(made.told(Fetched((), True, 1.0))) == []
    assert (made.felt, made.newest) == (False, ())
    told(made, [1, 2, 3, 4, 5, 6])
    assert (made.felt, list(made.newest)) == (True, [4, 5, 6])


@pytest.mark.parametrize(("samples", "quality"), [(2000, "ok"), (1999, "suspect")])
def test_vibration_of_less_than_half_its_time_is_doubtful(samples, quality):
    made = stream()
    told(made, rest(samples))
    found = made.vibration(110.0, 10.0)
    assert (found.device, found.kind, found.monotonic) == ("pallet", "vibration", 110.0)
    assert found.quality is Quality(quality)
    assert (found.fields["samples"], found.fields["rate"]) == (samples, RATE)
    assert found.fields["rms"] == found.fields["peak_z"] == 0.0
    assert "gaps" not in found.fields
    assert not made.felt


def test_samples_that_were_lost_are_a_gap():
    made = stream()
    told(made, rest(100), rest(100), lost=True)
    made.gap()
    told(made, rest(100), at=101.0)
    assert made.vibration(110.0, 10.0).fields["gaps"] == 2


def test_the_rate_is_counted_over_ten_seconds():
    """The part's oscillator is 3 % fast: 412 samples a second."""
    made = stream()
    for second in range(12):
        list(made.told(Fetched(rest(412), False, 100.0 + second)))
    found = made.vibration(112.0, 12.0)
    assert (found.fields["samples"], found.fields["rate"]) == (12 * 412, 412.0)


def hit(*sizes):
    """Samples of a pulse along x."""
    return [value for size in sizes for value in (size, 0, 1000)]


PULSE = (2000, 5000, 8000, 9000, 8000, 5000, 2000)


def test_a_shock_is_told_with_all_that_it_came_to():
    made = stream()
    (shock,) = told(made, rest(20), hit(*PULSE), rest(40))
    fields = dict(shock.fields)
    raw = struct.iter_unpack(">hhh", fields.pop("waveform"))
    wave = [x for x, _, _ in raw]
    assert wave == [0] * 6 + list(PULSE) + [0] * 27  # 8 before the first beyond 6 g, 32 from it on
    assert (shock.device, shock.kind) == ("pallet", "shock")
    assert shock.monotonic == pytest.approx(100.0 + 23 / RATE)
    assert shock.quality is Quality.UNDERSAMPLED  # seven samples are no shape
    assert fields["peak"] == fields["peak_x"] == pytest.approx(9.0)
    assert (fields["peak_y"], fields["peak_z"]) == (0.0, 0.0)
    assert (fields["samples"], fields["rate"], fields["range"]) == (7, RATE, 16.0)
    assert (fields["threshold"], fields["digit"]) == (6.0, 0.001)
    # From 0.9 g of the rise to that of the fall: 0.45 of a sample more at either end.
    assert fields["duration"] == pytest.approx(1000 * (6 + 2 * 1.1 / 2) / RATE)
    area = sum(PULSE) / 1000 - (2 * 0.5 * 0.45 * 0.9)  # g · samples, by trapezoids
    assert fields["delta_v"] == pytest.approx(9.80665 * area / RATE, rel=0.001)
    fall = fields["delta_v"] ** 2 / (2 * 9.80665)
    assert fields["fall"] == pytest.approx(fall)
    assert set(fields) >= {"fit_peak", "fit_duration", "residual"}


def test_a_shock_whose_rise_nobody_saw_is_doubtful():
    long = [8000] * 24
    made = stream()
    told(made, rest(20))
    two_later = 100.0 + 22 / RATE
    (shock,) = told(made, hit(*long), rest(60), at=two_later, lost=True)
    assert shock.quality is Quality.SUSPECT
    (seen,) = told(stream(), rest(20), hit(1000, *long), rest(60))
    assert seen.quality is Quality.OK


def test_what_was_around_a_shock_comes_with_its_own_moment():
    made = stream(keep=0.5)
    found = told(made, rest(400), hit(*PULSE), rest(400))
    assert [each.kind for each in found] == ["shock", "waveform"]
    shock, wave = found
    assert (wave.device, wave.monotonic, wave.quality) == ("pallet", shock.monotonic, Quality.OK)
    fields = dict(wave.fields)
    assert len(fields.pop("waveform")) == 6 * 400
    assert fields == {
        "part": 1, "last": 1, "begin": pytest.approx(-500.0), "samples": 400, "rate": RATE,
        "digit": 0.001, "range": 16.0,
    }  # fmt: skip


def test_a_part_that_is_lost_tells_what_it_has():
    made = stream(keep=0.5)
    told(made, rest(400), hit(*PULSE))
    found = list(made.rest())
    assert [each.kind for each in found] == ["shock", "waveform"]
    assert found[1].fields["last"] == 1
    assert list(made.rest()) == []


def test_a_threshold_is_crossed_on_either_side_of_any_axis():
    for sample in ([6001, 0, 0], [-6001, 0, 0], [0, -6001, 0], [0, 0, 6001]):
        assert [each.kind for each in told(stream(), rest(20), sample, rest(40))] == ["shock"]
    for sample in ([6000, 0, 0], [0, -6000, 0], [0, 0, 6000]):
        assert told(stream(), rest(20), sample, rest(40)) == []
