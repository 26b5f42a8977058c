"""What an accelerometer felt over a while: the RMS of each band, peaks, seconds by their RMS."""

from __future__ import annotations

import math
import struct

import pytest

from drivers.sensors.exposure import Exposure

DIGIT, RATE = 0.001, 400.0


def moved(hz, peak, axis=2, seconds=10):
    """Return samples in digits of a tone along one axis, gravity along z."""
    values = []
    for n in range(round(seconds * RATE)):
        sample = [0.0, 0.0, 1.0]
        sample[axis] += peak * math.sin(2 * math.pi * hz * n / RATE)
        values += [round(each / DIGIT) for each in sample]
    return values


def felt(values, rate=RATE):
    """Return what is told of samples that came before as well: the lowest octave needs a second."""
    exposure = Exposure(DIGIT, rate)
    for _ in "ab":
        for at in range(0, len(values), 48):
            exposure.add(values[at : at + 48])
        found = exposure.taken(rate)
    return found


def test_a_tone_along_one_axis():
    found = felt(moved(35.0, 2.0, axis=0))
    assert found["rms_x"] == found["rms"] == pytest.approx(2.0 / math.sqrt(2), rel=0.01)
    assert found["x_25"] == pytest.approx(found["rms_x"], rel=0.05)
    assert abs(found["peak_x"]) == pytest.approx(2.0, rel=0.01)
    assert found["rms_y"] == found["rms_z"] == 0.0  # gravity is no vibration
    assert (found["samples"], found["rate"]) == (4000, 400.0)
    assert "gaps" not in found


def test_the_squares_of_the_bands_add_up():
    values = [a + b for a, b in zip(moved(9.0, 1.0), moved(140.0, 0.5), strict=True)]
    found = felt(values)
    bands = [found[f"z_{band}"] for band in (0, 6, 12, 25, 50, 100)]
    assert math.hypot(*bands) == pytest.approx(found["rms_z"], rel=0.02)
    assert found["z_6"] == pytest.approx(1.0 / math.sqrt(2), rel=0.06)
    assert found["z_100"] == pytest.approx(0.5 / math.sqrt(2), rel=0.06)


def test_seconds_by_their_rms():
    values = moved(20.0, 0.0, seconds=3) + moved(20.0, 0.6, seconds=4) + moved(20.0, 3.0, seconds=2)
    counts = struct.unpack(">8H", felt(values)["histogram"])
    # 0.6 g peak is 0.424 g RMS: from 0.4 to 0.5 g; 3 g peak is 2.12: above 1.5
    assert counts == (3, 0, 0, 0, 4, 0, 0, 2)


def test_a_sweep_shows_in_one_octave_after_another():
    """UN 38.3 T.3: 7 to 200 Hz and 1 g up to 18 Hz; here the same peak all along."""
    seconds, low, high = 30, 7.0, 199.0
    growth = math.log(high / low) / seconds
    exposure = Exposure(DIGIT, RATE)
    loudest = []
    for second in range(seconds):
        values = []
        for n in range(round(RATE)):
            turns = low * math.expm1(growth * (second + n / RATE)) / growth
            values += [round(1000 * math.sin(2 * math.pi * turns)), 0, 1000]
        exposure.add(values)
        found = exposure.taken(RATE)
        assert found["rms_x"] == pytest.approx(1 / math.sqrt(2), rel=0.03)
        loudest.append(max((6, 12, 25, 50, 100), key=lambda band: found[f"x_{band}"]))
    loudest = loudest[2:]  # the lowest octave needs a second and a half
    assert loudest == sorted(loudest)
    assert set(loudest) == {6, 12, 25, 50, 100}


def test_what_comes_faster_has_the_same_bands():
    exposure = Exposure(DIGIT, 3200.0)
    exposure.add(
        [round(1000 * math.sin(2 * math.pi * 700 * n / 3200)) for n in range(3200) for _ in "xyz"]
    )
    found = exposure.taken(3200.0)
    assert found["y_200"] == pytest.approx(found["rms_y"], rel=0.02)
    assert [name for name in found if name.startswith("x_")] == [
        f"x_{band}" for band in (0, 6, 12, 25, 50, 100, 200)
    ]


def test_samples_that_were_lost_are_counted_once_and_a_new_while_begins_without_any():
    exposure = Exposure(DIGIT, RATE)
    exposure.add(moved(20.0, 1.0))
    exposure.gap()
    assert exposure.taken(RATE)["gaps"] == 1
    exposure.add(moved(20.0, 0.0))
    found = exposure.taken(RATE)
    assert "gaps" not in found
    assert found["peak_z"] == 0.0


def test_two_samples_to_the_digit_and_then_two_others():
    exposure = Exposure(DIGIT, RATE)
    for low, high in ((0, 2), (4, 8)):
        exposure.add([low, 0, 1000, high, 0, 1000])
        assert exposure.samples == 2
        found = exposure.taken(399.0)
        half = (high - low) / 2 * DIGIT
        assert found["rms"] == found["rms_x"] == pytest.approx(half)
        assert abs(found["peak_x"]) == pytest.approx(half)
        assert [found[each] for each in ("rms_y", "rms_z", "peak_y", "peak_z")] == [0.0] * 4
        assert (found["samples"], found["rate"]) == (2, 399.0)
        assert list(found) == exposure.fields
    assert exposure.samples == 0


def test_the_largest_deviation_has_its_sign():
    exposure = Exposure(DIGIT, RATE)
    exposure.add([0, 0, 0, 0, 0, 0, 0, 0, 0, 8, -8, 0])
    exposure.add([])
    found = exposure.taken(RATE)
    assert (found["peak_x"], found["peak_y"]) == (pytest.approx(0.006), pytest.approx(-0.006))


def swings(size, samples=400):
    return [value for n in range(samples) for value in (size if n % 2 else -size, 0, 1000)]


@pytest.mark.parametrize(
    ("size", "place"),
    [(49, 0), (50, 1), (99, 1), (100, 2), (199, 2), (200, 3), (399, 3), (400, 4), (499, 4),
     (500, 5), (729, 5), (731, 6), (1499, 6), (1500, 7)],
)  # fmt: skip
def test_a_second_is_in_the_class_of_its_rms(size, place):
    exposure = Exposure(DIGIT, RATE)
    exposure.add(swings(size))
    counts = struct.unpack(">8H", exposure.taken(RATE)["histogram"])
    assert counts == tuple(int(each == place) for each in range(8))
    assert not any(exposure._histogram)


def test_only_whole_seconds_without_a_gap_are_counted():
    exposure = Exposure(DIGIT, RATE)

    def counted():
        return sum(struct.unpack(">8H", exposure.taken(RATE)["histogram"]))

    exposure.add(swings(60, 399))
    assert counted() == 0
    exposure.add(swings(60, 1))
    assert counted() == 1  # it goes on from one record to the next
    exposure.add(swings(60, 399))
    exposure.gap()
    exposure.add(swings(60, 399))
    assert counted() == 0
    exposure.add(swings(60, 801))
    assert counted() == 3


@pytest.mark.parametrize(
    ("rate", "bands"),
    [(100.0, (0, 6, 12, 25)), (200.0, (0, 6, 12, 25, 50)), (400.0, (0, 6, 12, 25, 50, 100)),
     (800.0, (0, 6, 12, 25, 50, 100, 200)), (3200.0, (0, 6, 12, 25, 50, 100, 200))],
)  # fmt: skip
def test_bands_go_up_to_half_the_rate_and_200_hz_begins_the_last(rate, bands):
    fields = Exposure(DIGIT, rate).fields
    assert [each for each in fields if each.startswith("z_")] == [f"z_{each}" for each in bands]
    assert fields[:7] == ["rms", "rms_x", "rms_y", "rms_z", "peak_x", "peak_y", "peak_z"]
    assert fields[-3:] == ["histogram", "samples", "rate"]
