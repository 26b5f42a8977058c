"""A scan's text → a reading of kind `barcode`. Pure.

Fields: `symbology` (its name, or None), `text`, and of GS1 content `gtin` (14 digits), `sscc`,
`lot`, `expiry` (ISO 8601), `serial` and `uri` (canonical Digital Link); `problem` is what is
doubtful.
"""

from __future__ import annotations

import calendar

from drivers.gs1 import digital_link
from drivers.gs1.element_strings import (
    GS,
    Content,
    read_content,
    split_aim,
    symbology_name,
)
from drivers.gs1.errors import Gs1Error
from drivers.reading import FieldValue, Quality, Reading

CENTURY = 2000  # of an expiry date: the standard's window begins 49 years ago and ends in 50
FIELDS = {"gtin": "01", "sscc": "00", "lot": "10", "serial": "21"}
ALL_FIELDS = ("symbology", "text", "gtin", "sscc", "lot", "expiry", "serial", "uri", "problem")

# ISO/IEC 15434 wraps content into these; others are noise.
SEPARATORS = frozenset({GS, "\x1e", "\x04"})


def decoded(data: bytes) -> tuple[str, str]:
    """Return a scanner's bytes as text, with the problem if they are none."""
    try:
        return data.decode(), ""
    except UnicodeDecodeError:
        return data.decode("latin-1"), "bytes that are no text"


def reading(device: str, text: str, at: float, problem: str = "", doubt: str = "") -> Reading:
    """Return the reading of a scan.

    `problem` is damage that keeps it from being understood, `doubt` only makes it suspect.
    """
    symbology, body = split_aim(text)
    problem = problem or _noise(body)
    content = Content() if problem else read_content(body, symbology)
    doubt = content.problem or doubt
    quality = Quality.CORRUPT if problem else Quality.SUSPECT if doubt else Quality.OK
    fields: dict[str, FieldValue] = {
        "symbology": symbology_name(symbology),
        "text": body,
        **{name: content.keys.get(ai) for name, ai in FIELDS.items()},
        "expiry": _expiry(content.keys.get("17")),
        "uri": _uri(content),
        "problem": problem or doubt or None,
    }
    return Reading(device, "barcode", {name: fields[name] for name in ALL_FIELDS}, at, quality)


def _noise(text: str) -> str:
    strange = [char for char in text if not char.isprintable() and char not in SEPARATORS]
    return f"control character 0x{ord(strange[0]):02X} in the scan" if strange else ""


def _expiry(date: str | None) -> str | None:
    """Return YYMMDD as ISO 8601; day 00 is the last one (GS1 General Specifications)."""
    if date is None:
        return None
    year, month, day = CENTURY + int(date[:2]), int(date[2:4]), int(date[4:])
    last = calendar.monthrange(year, month)[1]
    return f"{year}-{month:02d}-{min(day or last, last):02d}"


def _uri(content: Content) -> str | None:
    if content.problem:
        return None
    try:
        return digital_link.build(content.keys)
    except Gs1Error:
        return None  # text, or only attributes


class Debounce:
    """Suppresses the same code seen again within `seconds`, as presentation scanners repeat it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._text = ""
        self._until = float("-inf")

    def repeated(self, text: str, now: float) -> bool:
        """Whether `text` is a repeat; seeing it prolongs the time."""
        again = text == self._text and now < self._until
        self._text, self._until = text, now + self._seconds
        return again
