"""What a stream of an accelerometer's samples tells: shocks, what was around them, vibration.

No bus and no clock: each piece of the stream says of which moment it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from drivers.reading import Quality, Reading
from drivers.sensors.exposure import Exposure
from drivers.sensors.sample_rate import SampleRate
from drivers.sensors.shock_reading import Scale, shock_reading
from drivers.sensors.shock_recorder import Impact, Part, ShockRecorder

VIBRATION, WAVEFORM = "vibration", "waveform"
FEWEST = 0.5  # share of a stretch's samples below which its RMS says little


class Fetched(NamedTuple):
    """Samples from the FIFO, x, y and z of each in digits, the newest of the monotonic moment `at`.

    `lost`: some before them are gone.
    """

    values: Sequence[int]
    lost: bool
    at: float


class SampleStream:
    """What an uninterrupted run of samples tells; pure but for its state."""

    def __init__(self, name: str, scale: Scale, rate: float, keep: float, threshold: float) -> None:
        self._name = name
        self._scale = scale
        self._threshold = threshold
        self._nominal = rate
        self._rate = SampleRate(rate)
        self._exposure = Exposure(scale.digit, rate)
        self._recorder = ShockRecorder(round(threshold / scale.digit), rate, keep)
        self.newest: Sequence[int] = ()

    @property
    def felt(self) -> bool:
        """Whether there are samples since vibration was told last."""
        return self._exposure.samples > 0

    @property
    def left_out(self) -> int:
        """How many shocks have no waveform: there were too many."""
        return self._recorder.left_out

    def told(self, fetched: Fetched) -> Iterator[Reading]:
        """Take samples; yield shocks and what was around them."""
        if fetched.lost:
            self.gap()
        if not fetched.values:
            return
        self.newest = fetched.values[-3:]
        self._rate.count(len(fetched.values) // 3, fetched.at)
        self._exposure.add(fetched.values)
        told = self._recorder.add(fetched.values, fetched.at, self._rate.hertz)
        yield from map(self._reading, told)

    def rest(self) -> Iterator[Reading]:
        """Yield what was to come of shocks: the part is lost."""
        yield from map(self._reading, self._recorder.rest())

    def gap(self) -> None:
        """Note that samples are lost before the next ones."""
        self._exposure.gap()
        self._rate.begin_anew()
        self._recorder.gap()

    def vibration(self, now: float, interval: float) -> Reading:
        """Return what was felt since the last one; begin anew."""
        few = self._exposure.samples < FEWEST * interval * self._nominal
        quality = Quality.SUSPECT if few else Quality.OK
        return Reading(self._name, VIBRATION, self._exposure.taken(self._rate.hertz), now, quality)

    def _reading(self, told: Impact | Part) -> Reading:
        return self._waveform(told) if isinstance(told, Part) else self._shock(told)

    def _shock(self, impact: Impact) -> Reading:
        reading = shock_reading(
            self._name,
            impact.samples,
            self._scale,
            impact.data,
            rate=self._rate.hertz,
            resting=impact.resting,
            threshold=self._threshold,
            monotonic=impact.at,
        )
        if reading.quality is Quality.OK and not impact.whole:
            return replace(reading, quality=Quality.SUSPECT)  # nobody saw it rise
        return reading

    def _waveform(self, part: Part) -> Reading:
        fields: dict[str, float | int | bytes] = {
            "part": part.number,
            "begin": 1000.0 * part.begin,
            "samples": len(part.data) // 6,
            "rate": self._rate.hertz,
            "digit": self._scale.digit,
            "range": self._scale.range,
            "waveform": part.data,
        }
        if part.last:
            fields["last"] = 1
        return Reading(self._name, WAVEFORM, fields, part.at)
