"""A series of values as a CSV file: the columns time, value and perhaps quality. Pure.

Loggers and spreadsheets write them in many ways: with a byte order mark, semicolons and decimal
commas, unsorted, with offsets that change with the season. What is doubtful is refused by its line.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import groupby

from agent.rules.valid_time import BELIEVED, FLOORS, Sample
from foundation.hints import hint

TIME, VALUE, QUALITY = COLUMNS = ("time", "value", "quality")
NOTHING = frozenset({"", "nan", "null", "none", "n/a", "na", "-", "--", "---"})
"""What loggers write where they have no value."""

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d{1,3})?")
_SEPARATORS = (";", "\t", ",")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SHOWN = 40  # characters of what is wrong


@dataclass(slots=True)
class Series:
    """The samples in the order of time, and the mistakes: line and text.

    `naive` tells that times had no offset, `unsorted` that the file had another order,
    `contradictions` how many moments had different values, of which none is believed.
    """

    samples: list[Sample] = field(default_factory=list)
    mistakes: list[tuple[int, str]] = field(default_factory=list)
    naive: bool = False
    unsorted: bool = False
    contradictions: int = 0


class _Wrong(Exception):
    """A line cannot be read; the text says why."""


def read_series(data: bytes, zone: tzinfo = UTC) -> Series:
    """Return what a file's bytes hold; times without an offset are those of `zone`."""
    found = Series()
    try:
        lines = _decoded(data).splitlines()
        columns, separator, first = _header(lines)
    except _Wrong as error:
        found.mistakes.append((1, str(error)))
        return found
    clock = _Clock(zone)
    for number, row in _rows(lines, separator, first, found):
        try:
            found.samples.append(_sample(row, columns, clock))
        except _Wrong as error:
            found.mistakes.append((number, str(error)))
    moments = [sample.at for sample in found.samples]
    found.naive, found.unsorted = clock.naive, moments != sorted(moments)
    found.samples.sort(key=lambda sample: sample.at)
    found.samples, found.contradictions = _merged(found.samples)
    if not found.samples and not found.mistakes:
        found.mistakes.append((0, "it has no values: nothing can be said"))
    return found


def _merged(samples: Sequence[Sample]) -> tuple[list[Sample], int]:
    """Return one sample for each moment, and how many moments contradict themselves."""
    merged: list[Sample] = []
    contradictions = 0
    for at, of_moment in groupby(samples, key=lambda sample: sample.at):
        known = list(dict.fromkeys(each for each in of_moment if each.value is not None))
        contradictions += len(known) > 1
        merged.append(known[0] if len(known) == 1 else Sample(at, None))
    return merged, contradictions


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-16" if data.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise _Wrong("the file is not UTF-8: save it as UTF-8") from None


def _header(lines: Sequence[str]) -> tuple[Mapping[str, int], str, int]:
    """Return where the columns are, what separates them, and how many lines came before."""
    for index, line in enumerate(lines):
        if line.strip():
            separator = next((each for each in _SEPARATORS if each in line), ",")
            names = [name.strip().strip('"').lower() for name in line.split(separator)]
            _check_names(names)
            return {name: names.index(name) for name in names}, separator, index + 1
    raise _Wrong("the file is empty: its first line must be time,value or time,value,quality")


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            wanted = hint(name, COLUMNS) or ": the columns are time, value and perhaps quality"
            raise _Wrong(f"unknown column {name[:_SHOWN]!r}{wanted}")
        if names.count(name) > 1:
            raise _Wrong(f"the column {name!r} is there twice")
    for name in (TIME, VALUE):
        if name not in names:
            raise _Wrong(f"the column {name!r} is missing: the first line must be time,value")


def _rows(
    lines: Sequence[str], separator: str, first: int, found: Series
) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not blank, with its number; one row a line."""
    for number, line in enumerate(lines[first:], first + 1):
        if not line.strip(" \t\0"):
            continue
        try:
            yield number, next(csv.reader([line], delimiter=separator))
        except (csv.Error, StopIteration) as error:
            found.mistakes.append((number, f"not a line of CSV: {error}"))


def _sample(row: Sequence[str], columns: Mapping[str, int], clock: _Clock) -> Sample:
    if len(row) != len(columns):
        why = f"{len(row)} fields, not {len(columns)}"
        raise _Wrong(f"it has {why}; a value with a comma needs quotes, or semicolons between")
    cells = {name: row[index].strip() for name, index in columns.items()}
    at, value = clock.milliseconds(cells[TIME]), _value(cells[VALUE])
    quality = cells.get(QUALITY, "").lower()
    if quality in FLOORS:
        return Sample(at, value, floor=True)
    return Sample(at, value if not quality or quality in BELIEVED else None)


def _value(text: str) -> float | None:
    if text.lower() in NOTHING:
        return None
    text = text.replace("\N{MINUS SIGN}", "-")
    if not text.isascii() or not _NUMBER.fullmatch(text):
        shown = repr(text[:_SHOWN])
        raise _Wrong(f"{shown} is not a number; leave the value empty where there is none")
    value = float(text.replace(",", "."))
    if not math.isfinite(value):
        raise _Wrong(f"{text[:_SHOWN]!r} is too large")
    return value


class _Clock:
    """Reads times, one after another: an hour that the clocks repeat is told by the order."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._last: int | None = None
        self.naive = False

    def milliseconds(self, text: str) -> int:
        """Return a time in ms of UTC since 1970."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise _Wrong(
                f"{text[:_SHOWN]!r} is not a time: write it as 2026-10-25T02:30:00+01:00"
            ) from None
        if moment.tzinfo is not None:
            return (moment - _EPOCH) // _MILLISECOND
        self.naive = True
        self._last = self._in_order(moment)
        return self._last

    def _in_order(self, moment: datetime) -> int:
        """Return the moment of a clock on the wall, the later of two where the first is over."""
        first, second = (
            (moment.replace(tzinfo=self._zone, fold=fold) - _EPOCH) // _MILLISECOND
            for fold in (0, 1)
        )
        return second if self._last is not None and first <= self._last < second else first
