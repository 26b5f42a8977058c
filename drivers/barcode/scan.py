"""A scan's text → a reading of kind `barcode`. Pure.

Fields: `symbology` (its name, or None), `text`, and of GS1 content `gtin` (14 digits), `sscc`,
`lot`, `expiry` (ISO 8601), `serial` and `uri` (canonical Digital Link); `problem` is what is
doubtful. A logistic label's second code has `content_gtin` with the `count` of pieces,
`best_before` (ISO 8601) and `net_weight` (kg).
"""

from __future__ import annotations

import calendar

from drivers.barcode.fnc1 import Fnc1
from drivers.gs1 import digital_link
from drivers.gs1.element_strings import GS, Content, split_aim, symbology_name
from drivers.gs1.errors import Gs1Error
from drivers.gs1.keys import Keys
from drivers.reading import FieldValue, Quality, Reading

# GS1 General Specifications, §7.12, as of 2026: the window of years ends in 2076.
FIRST_OF_LAST_CENTURY = 77
LAST_CENTURY, CENTURY = 1900, 2000
TEXTS = {"gtin": "01", "sscc": "00", "lot": "10", "serial": "21", "content_gtin": "02"}
DATES = {"expiry": "17", "best_before": "15"}
COUNT, NET_WEIGHT = "37", "310"  # the fourth digit of 310n: decimals of the kilograms
ALWAYS = ("symbology", "text", "gtin", "sscc", "lot", "expiry", "serial", "uri", "problem")
OF_LOGISTIC_UNITS = ("content_gtin", "count", "best_before", "net_weight")  # where they are said

# ISO/IEC 15434 wraps content into these; others are noise.
SEPARATORS = frozenset({GS, "\x1e", "\x04"})


def decoded(data: bytes) -> tuple[str, str]:
    """Return a scanner's bytes as text, with the problem if they are none."""
    try:
        return data.decode(), ""
    except UnicodeDecodeError:
        return data.decode("latin-1"), "bytes that are no text"


def reading(
    device: str,
    text: str,
    at: float,
    problem: str = "",
    doubt: str = "",
    fnc1: Fnc1 | None = None,
) -> Reading:
    """Return the reading of a scan of a scanner whose `fnc1` is known so far.

    `problem` is damage that keeps it from being understood, `doubt` only makes it suspect.
    """
    symbology, body = split_aim(text)
    problem = problem or _noise(body)
    content = Content()
    if not problem:
        body, content = (fnc1 or Fnc1()).read(body, symbology)
    doubt = content.problem or doubt or _of_last_century(content.keys)
    quality = Quality.CORRUPT if problem else Quality.SUSPECT if doubt else Quality.OK
    fields: dict[str, FieldValue] = {
        "symbology": symbology_name(symbology),
        "text": body,
        **_fields(content.keys),
        "uri": None if doubt else _uri(content.keys),
        "problem": problem or doubt or None,
    }
    said = [name for name in OF_LOGISTIC_UNITS if fields[name] is not None]
    told = {name: fields[name] for name in (*ALWAYS, *said)}
    return Reading(device, "barcode", told, at, quality)


def _fields(keys: Keys) -> dict[str, FieldValue]:
    count = keys.get(COUNT)
    return {
        **{name: keys.get(ai) for name, ai in TEXTS.items()},
        **{name: _date(keys.get(ai)) for name, ai in DATES.items()},
        "count": int(count) if count else None,
        "net_weight": _net_weight(keys),
    }


def _noise(text: str) -> str:
    strange = [char for char in text if not char.isprintable() and char not in SEPARATORS]
    return f"control character 0x{ord(strange[0]):02X} in the scan" if strange else ""


def _date(date: str | None) -> str | None:
    """Return YYMMDD as ISO 8601; day 00 is the last one (GS1 General Specifications)."""
    if date is None:
        return None
    year, month, day = _year(date), int(date[2:4]), int(date[4:])
    return f"{year}-{month:02d}-{day or calendar.monthrange(year, month)[1]:02d}"


def _year(date: str) -> int:
    year = int(date[:2])
    return year + (LAST_CENTURY if year >= FIRST_OF_LAST_CENTURY else CENTURY)


def _of_last_century(keys: Keys) -> str:
    """Return a doubt of goods that ended before 2000: 99 often means that they never do."""
    for ai in DATES.values():
        date = keys.get(ai, "")
        if date and _year(date) < CENTURY:
            return f"({ai}) {date} is of {_year(date)}, as GS1 counts the years"
    return ""


def _net_weight(keys: Keys) -> float | None:
    for ai, value in keys.items():
        if ai.startswith(NET_WEIGHT):
            return float(f"{value}e-{ai[-1]}")
    return None


def _uri(keys: Keys) -> str | None:
    try:
        return digital_link.build(keys)
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
