"""What a driver saw: one reading, in natural units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from foundation.dataclass import dataclass

FieldValue = int | float | str | bytes | datetime | None


class Quality(StrEnum):
    """How far a reading may be believed. Bad data is marked and kept, never dropped.

    The words stand in signed records; a reserved one is kept for a driver to come.
    """

    OK = "ok"
    NO_ANSWER = "no-answer"  # asked, and the device did not answer: every field is None
    CORRUPT = "corrupt"  # the device's own checksum failed: fields hold what was received
    OUT_OF_RANGE = "out-of-range"  # outside the device's specified range
    SATURATED = "saturated"  # at the end of the measuring range: the true value is larger
    UNDERSAMPLED = "undersampled"  # too few samples for the event's shape
    STUCK = "stuck"  # it does not move any more, not even by the part's own noise
    SUSPECT = "suspect"  # doubtful: of a wrong type, unknown to the registry, or its source says so
    UNCALIBRATED = "uncalibrated"  # good, but its sensor's certificate is over
    MANUAL = "manual"  # typed in by a person
    REPLAYED = "replayed"  # reserved: came from a recording; nothing puts one into a journal yet
    SALVAGED = "salvaged"  # read off a dead gateway's card, where nothing had signed it


@dataclass(frozen=True, slots=True)
class Reading:
    """One observation of one device.

    `kind` names the record kind (`temperature`, `position`, `tag`, `shock` …) and `fields` holds
    that kind's fields in natural units (degrees Celsius, degrees of arc, g, dBm …); a field that
    was not observed is absent or None. `monotonic` is the moment of observation in seconds of the
    machine's monotonic clock. `utc` is the device's own idea of UTC (GNSS), or None.
    """

    device: str
    kind: str
    fields: Mapping[str, FieldValue]
    monotonic: float
    quality: Quality = Quality.OK
    utc: datetime | None = None
