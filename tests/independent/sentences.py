"""Records in words, from docs/protocol/kinds.json alone (PROTOCOL.md, "Sentences")."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

from tests.independent.records import Record

FILE = Path(__file__).resolve().parents[2] / "docs" / "protocol" / "kinds.json"
UNKNOWN = "unknown to this version"
UNPRINTABLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
MS_A_DAY = 86_400_000
DAYS_BEFORE_1970 = 719_162  # from 0001-01-01
DAYS_TO_9999 = 3_652_059  # from 0001-01-01 to the end of 9999

SECOND, MINUTE, HOUR = (1000, "s", "s"), (60_000, "min", "min"), (3_600_000, "h", "h")
DAY, YEAR = (MS_A_DAY, "day", "days"), (31_557_600_000, "year", "years")
DURATIONS = [
    (HOUR[0], MINUTE, SECOND),
    (DAY[0], HOUR, MINUTE),
    (YEAR[0], DAY, HOUR),
    (None, YEAR, DAY),
]

Value = int | str | bytes


class Printer:
    """Prints records by the file of kinds."""

    def __init__(self, file: Path = FILE) -> None:
        content: dict[str, Any] = json.loads(file.read_text("utf-8"))
        self._kinds = {kind["name"]: kind for kind in content["kinds"]}
        self._remarks: dict[str, str] = content["remarks"]

    def sentence(self, record: Record) -> str:
        """Rules 5 and 6, around the text of the others."""
        text = self._text(record)
        remark = self._remarks.get(record.quality, record.quality)
        if text and remark:
            text += f" ({remark})"
        whole = text or remark or record.kind
        return "".join("\ufffd" if unprintable(char) else char for char in whole)

    def _text(self, record: Record) -> str:
        """Rules 1 to 3."""
        kind = self._kinds.get(record.kind)
        if kind is None:
            head = f"kind {record.kind}, {UNKNOWN}"
            return head + (f": {listed(record.fields)}" if record.fields else "")
        fields = {field["name"]: field for field in kind["fields"]}
        said = filled(kind["sentence"], fields, record.fields) if record.fields else ""
        others = {name: value for name, value in record.fields.items() if name not in fields}
        if not others:
            return said
        return (f"{said}; " if said else "") + f"{UNKNOWN}: {listed(others)}"


def unprintable(char: str) -> bool:
    """Rule 6."""
    return char != " " and unicodedata.category(char) in UNPRINTABLE


def filled(sentence: str, fields: dict[str, dict[str, Any]], values: dict[str, Value]) -> str:
    """Rule 1."""
    text = ""
    for part in re.split(r"(\[.*?\])", sentence):
        pieces = re.split(r"\{(.*?)\}", part)
        names = pieces[1::2]
        if part.startswith("["):
            if not all(name in values for name in names):
                continue
            pieces[0], pieces[-1] = pieces[0][1:], pieces[-1][:-1]
        pieces[1::2] = [
            printed(values[name], fields[name]) if name in values else "unknown" for name in names
        ]
        text += "".join(pieces)
    while text[:1] in (",", " "):
        text = text[1:]
    return text


def listed(values: dict[str, Value]) -> str:
    """The list of rule 2; a record's fields stand in the order of its map."""
    return ", ".join(f"{name} {printed(value, {'type': ''})}" for name, value in values.items())


def printed(value: Value, field: dict[str, Any]) -> str:
    """Rule 4."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return value
    if field["type"] == "time":
        return time(value)
    if field["type"] != "number":
        return str(value)
    unit = field["unit"]
    if unit == "ms" and field["scale"] == 0:
        return duration(value)
    return decimal(value, -field["scale"]) + (unit if unit in ("", "°") else " " + unit)


def duration(ms: int) -> str:
    """The table of durations."""
    size = abs(ms)
    if size < 1000:
        return f"{ms} ms"
    sign = "-" if ms < 0 else ""
    if size < 60_000:
        return f"{sign}{decimal(size, 3)} s"
    for upto, large, small in DURATIONS:
        if upto is None or size < upto:
            rest = size % large[0]
            return f"{sign}{amount(size, large)} {amount(rest, small)}"
    raise AssertionError("the last line of the table has no end")


def amount(ms: int, unit: tuple[int, str, str]) -> str:
    """So many whole units."""
    number = ms // unit[0]
    return f"{number} {unit[1] if number == 1 else unit[2]}"


def decimal(value: int, places: int) -> str:
    """The integer with a point before its last digits."""
    digits = str(abs(value)).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (digits if not places else f"{digits[:-places]}.{digits[-places:]}")


def time(ms: int) -> str:
    """Milliseconds since 1970, as a moment."""
    day, rest = divmod(ms, MS_A_DAY)
    if not 0 <= day + DAYS_BEFORE_1970 < DAYS_TO_9999:
        return f"{ms} ms"
    year, month, date = civil(day + DAYS_BEFORE_1970)
    minutes, seconds = rest // 60_000, rest // 1000 % 60
    clock = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{rest % 1000:03}"
    return f"{year:04}-{month:02}-{date:02}T{clock}Z"


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of the proleptic Gregorian calendar, from days since 0001-01-01."""
    year = 1 + 400 * (days // 146_097)
    days %= 146_097
    while days >= 365 + leap(year):
        days -= 365 + leap(year)
        year += 1
    lengths = (31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    month = 0
    while days >= lengths[month]:
        days -= lengths[month]
        month += 1
    return year, month + 1, days + 1


def leap(year: int) -> int:
    """1 for a leap year."""
    return int(year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
