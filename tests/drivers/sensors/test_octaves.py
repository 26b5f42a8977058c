"""A signal by octaves: nothing is lost, and each tone is where it belongs."""

from __future__ import annotations

import math
import random

import pytest

from drivers.sensors.octaves import HIGH, LOW, Halving, Octaves

RATE, OCTAVES = 400.0, 5
EDGES = (0.0, 6.25, 12.5, 25.0, 50.0, 100.0, 200.0)


def tone(hz, seconds=30.0, peak=1.0):
    return [peak * math.sin(2 * math.pi * hz * n / RATE) for n in range(round(seconds * RATE))]


def powers(samples, pieces=1):
    octaves = Octaves(OCTAVES)
    for piece in range(pieces):
        octaves.add(samples[piece::1] if pieces == 1 else samples[piece * 40 : (piece + 1) * 40])
    return octaves.powers()


def test_its_coefficients_make_an_orthogonal_pair():
    assert sum(LOW) == pytest.approx(math.sqrt(2))
    assert sum(HIGH) == pytest.approx(0.0, abs=1e-9)
    assert sum(x * x for x in LOW) == pytest.approx(1.0)
    assert sum(x * y for x, y in zip(LOW, HIGH, strict=True)) == pytest.approx(0.0, abs=1e-9)
    for shift in range(2, len(LOW), 2):
        moved = zip(LOW[shift:], LOW, strict=False)
        assert sum(x * y for x, y in moved) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("hz", [9.0, 18.0, 35.0, 70.0, 140.0])
def test_a_tone_in_the_middle_of_an_octave_is_in_it(hz):
    found = powers(tone(hz))
    own = next(n for n, edge in enumerate(EDGES[1:]) if hz < edge)
    assert found[own] > 0.94 * sum(found)
    assert sum(found) == pytest.approx(0.5 * 30.0 * RATE, rel=0.05)


def test_noise_keeps_all_its_power():
    rng = random.Random(3)
    samples = [rng.gauss(0.0, 1.0) for _ in range(8000)]
    found = powers(samples)
    assert sum(found) == pytest.approx(sum(x * x for x in samples), rel=0.02)
    widths = [1 / 32, *(2.0 ** (n - 5) for n in range(5))]  # white: as wide as the octave is
    assert [each / sum(found) for each in found] == pytest.approx(widths, rel=0.25)


def test_gravity_is_in_no_band():
    assert sum(powers([1.0] * 4000)) == pytest.approx(0.0, abs=1e-9)


def test_pieces_are_a_whole():
    samples = tone(30.0, 4.0)
    assert powers(samples, 40) == pytest.approx(powers(samples))


@pytest.mark.parametrize(("samples", "halves"), [(15, 0), (16, 1), (17, 1), (18, 2), (40, 13)])
def test_each_two_samples_behind_the_first_sixteen_make_one(samples, halves):
    halving = Halving()
    assert halving.lower([1.0] * samples) == pytest.approx([math.sqrt(2)] * halves)
    assert halving.power == pytest.approx(0.0, abs=1e-12)


def test_powers_are_of_what_came_since_the_last_time():
    octaves = Octaves(OCTAVES)
    assert octaves.powers() == [0] * (OCTAVES + 1)
    octaves.add(tone(70.0, 2.0))
    assert sum(octaves.powers()) > 100.0
    assert octaves.powers() == [0] * (OCTAVES + 1)
