"""The fields of an answer: `+NAME: field,"field",…`. Pure; BadFrame for what is none."""

from __future__ import annotations

import re
from typing import NamedTuple

from drivers.errors import BadFrame
from foundation.counting import counted

_ANSWER = re.compile(r"([+*^$#%!&][A-Z][A-Z0-9 ]{1,19}):\s*(.*)")
_FIELD = re.compile(r'\s*(?:"([^"]*)"|([^",]*))\s*(?:,|\Z)')
_INTEGER = re.compile(r"[+-]?\d{1,9}")
_DECIMAL = re.compile(r"[+-]?(?:\d{1,9}(?:\.\d{0,12})?|\.\d{1,12})")
_HEX = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,10})")


class Field(NamedTuple):
    """One field: its text without quotes, and whether it had some."""

    text: str
    quoted: bool


def answer(line: str) -> tuple[str, str] | None:
    """Return name and text of an answer (`+CSQ`, `18,99`), or None where the line is none."""
    match = _ANSWER.fullmatch(line)
    return None if match is None else (match[1], match[2])


def fields(text: str) -> list[Field]:
    """Return the fields of an answer; blanks around them are left out."""
    found: list[Field] = []
    at = 0
    while True:
        match = _FIELD.match(text, at)
        if match is None:
            raise BadFrame(f"a field without an end: {text[:80]!r}")
        quoted = match[1] is not None
        found.append(Field(match[1] if quoted else match[2].strip(), quoted))
        at = match.end()
        if not match[0].endswith(","):
            return found


def texts(text: str, least: int = 0) -> list[str]:
    """Return the fields' texts; BadFrame where there are fewer than `least`."""
    found = [field.text for field in fields(text)]
    if len(found) < least:
        raise BadFrame(f"{counted(len(found), 'field')} of at least {least}: {text[:80]!r}")
    return found


def at(found: list[str], index: int) -> str:
    """Return a field, or nothing where the modem left it out."""
    return found[index] if index < len(found) else ""


def integer(text: str) -> int:
    """Return a whole number."""
    if _INTEGER.fullmatch(text) is None:
        raise BadFrame(f"{text[:20]!r} is no whole number")
    return int(text)


def decimal(text: str) -> float:
    """Return a number."""
    if _DECIMAL.fullmatch(text) is None:
        raise BadFrame(f"{text[:20]!r} is no number")
    return float(text)


def number(text: str) -> float | None:
    """Return a number, or None where the field is empty or says nothing (`-`)."""
    return None if text in {"", "-"} else decimal(text)


def hexadecimal(text: str) -> int | None:
    """Return a number in hexadecimal digits, with or without `0x`; None where it is none."""
    match = _HEX.fullmatch(text)
    return None if match is None else int(match[1], 16)


def within(value: float | None, lowest: float, highest: float) -> float | None:
    """Return a value that is possible, else None: modems put a number for "unknown"."""
    return value if value is not None and lowest <= value <= highest else None
