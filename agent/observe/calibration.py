"""What a calibration's certificate says of a sensor, and readings corrected by it. Pure.

The record of the calibration keeps offset and gain, so what the sensor said itself can be had back
from a corrected value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drivers.reading import Quality, Reading
from foundation.dataclass import dataclass

KIND = "calibration"
MILLION = 1_000_000  # of `gain` in a record


@dataclass(frozen=True, slots=True)
class Calibration:
    """How to correct one value of a device; `valid_until_ms` in UTC, None: it does not say."""

    device: str
    field: str
    offset: float
    gain: float
    certificate: str
    valid_until_ms: int | None

    def is_over(self, now_ms: int | None) -> bool:
        """Tell whether its certificate is known to be over."""
        until = self.valid_until_ms
        return until is not None and now_ms is not None and now_ms > until

    def values(self) -> dict[str, int | str]:
        """Return the fields of its record, in stored units."""
        found: dict[str, int | str] = {
            "field": self.field,
            "gain": round(self.gain * MILLION),
            "offset": round(self.offset * 1000),
            "certificate": self.certificate,
        }
        if self.valid_until_ms is not None:
            found["valid_until_ms"] = self.valid_until_ms
        return found


def corrected(reading: Reading, calibrations: Sequence[Calibration], now_ms: int | None) -> Reading:
    """Return a reading with each value corrected; `now_ms` in UTC is None where nobody vouches.

    A good one of a sensor whose certificate is over becomes `uncalibrated`. What is `corrupt` stays
    as it was received.
    """
    if reading.quality is Quality.CORRUPT:
        return reading
    fields, quality = dict(reading.fields), reading.quality
    for each in calibrations:
        value = fields.get(each.field)
        if not isinstance(value, int | float):
            continue
        fields[each.field] = each.gain * value + each.offset
        if quality is Quality.OK and each.is_over(now_ms):
            quality = Quality.UNCALIBRATED
    return replace(reading, fields=fields, quality=quality)
