"""[[calibration]]: what certificates say of the sensors."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta

from agent.config.forms import PLAIN
from agent.observe.calibration import Calibration
from foundation.hints import hint
from foundation.options import Option
from foundation.toml_file import TomlFile

FIELDS = ("temperature", "humidity", "pressure")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CALIBRATION = (
    Option("device", str, "the sensor's name", form=PLAIN, example="cargo"),
    Option("field", str, "the value that is corrected", default=FIELDS[0], choices=FIELDS),
    Option(
        "offset",
        float,
        "added to the sensor's value, in its unit",
        default=0.0,
        minimum=-50.0,
        maximum=50.0,
    ),
    Option(
        "gain",
        float,
        "what the sensor's value is multiplied with before",
        default=1.0,
        minimum=0.5,
        maximum=2.0,
    ),
    Option("certificate", str, "number of the certificate", form=PLAIN, example="K-2026-118"),
    Option(
        "valid_until",
        str,
        "last day on which the certificate counts",
        default="",
        form=r"\d{4}-\d{2}-\d{2}",
        example="2027-05-31",
    ),
)
"""Of `agent.observe.calibration.Calibration`, which knows nothing of files."""


def read_calibrations(file: TomlFile, names: Collection[str]) -> tuple[Calibration, ...]:
    """Return every [[calibration]]; `names` are those of the devices there are."""
    found: list[Calibration] = []
    for place, given in file.each("calibration"):
        values = file.table(place, given, CALIBRATION, "[[calibration]]")
        device, field = values["device"], values["field"]
        if device and device not in names:
            file.problem((*place, "device"), f"no device {device!r}{hint(device, names)}")
        if any((each.device, each.field) == (device, field) for each in found):
            file.problem(place, f"{field} of {device} is calibrated twice")
        try:
            until = _end_of(values["valid_until"])
        except ValueError:
            file.problem((*place, "valid_until"), f"no such day: {values['valid_until']}")
            until = None
        found.append(
            Calibration(
                device, field, values["offset"], values["gain"], values["certificate"], until
            )
        )
    return tuple(found)


def _end_of(day: str) -> int | None:
    """Return the end of a day in UTC, ms; ValueError where there is no such day."""
    if not day:
        return None
    end = datetime.combine(datetime.fromisoformat(day), time.max, UTC)
    return (end - _EPOCH) // timedelta(milliseconds=1)
