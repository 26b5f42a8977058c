"""The reading of a shock: what its samples come to, and the samples. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from drivers.reading import Reading
from drivers.sensors.shock_pulse import Pulse, analyse

SHOCK = "shock"

Raw = tuple[int, int, int]


class Scale(NamedTuple):
    """What a part's digits mean: g per digit of a sample, and the measuring range in g."""

    digit: float
    range: float


def shock_reading(
    device: str,
    samples: Sequence[Raw],
    scale: Scale,
    waveform: bytes,
    *,
    rate: float,
    resting: int,
    threshold: float,
    monotonic: float,
) -> Reading:
    """Return the reading of a shock; `threshold` in g, `monotonic` of the first sample beyond it.

    The first `resting` samples are from before it; `waveform` are all of them as a record has them.
    """
    vectors = [(x * scale.digit, y * scale.digit, z * scale.digit) for x, y, z in samples]
    pulse = analyse(vectors, resting, rate, scale.range)
    fields: dict[str, float | int | bytes] = {
        "peak": pulse.peak,
        "duration": pulse.duration,
        "delta_v": pulse.delta_v,
        "samples": pulse.samples,
        "rate": rate,
        "threshold": threshold,
        "range": scale.range,
        "waveform": waveform,
        "digit": scale.digit,
    }
    fields |= dict(zip(("peak_x", "peak_y", "peak_z"), pulse.axes, strict=True))
    fields |= shape_fields(pulse)
    return Reading(device, SHOCK, fields, monotonic, pulse.quality)


def shape_fields(pulse: Pulse) -> dict[str, float]:
    """Return what tells of a pulse's shape; nothing of one whose shape was cut off."""
    if pulse.saturated or not pulse.complete or not math.isfinite(pulse.shape.residual):
        return {}
    return {
        "fit_peak": pulse.shape.peak,
        "fit_duration": pulse.shape.duration,
        "residual": 100.0 * pulse.shape.residual,
        "fall": pulse.fall,
    }
