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
