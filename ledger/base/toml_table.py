"""Reading and writing the node's TOML files; a complaint names file, line and next step."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from foundation.errors import Fatal
from foundation.hints import nearest

TomlValue = str | int | bool


def read_text(path: Path, *, advice: str) -> str:
    """Return a text file's content; Fatal with `advice` where there is none."""
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors put a mark in front
    except FileNotFoundError:
        raise Fatal(f"{path} is not there", advice=advice) from None
    except UnicodeDecodeError:
        raise Fatal(f"{path} is not a text file", advice=advice) from None
    except OSError as error:
        raise Fatal(f"{path} cannot be read: {error.strerror}", advice=advice) from error


class Table:
    """One table of a TOML file. Every key must be taken before `finish`, or it is unknown."""

    def __init__(
        self, path: Path, text: str, values: Mapping[str, Any], first_line: int = 1
    ) -> None:
        self._path = path
        self._text = text
        self._values = values
        self._first_line = first_line
        self._taken: set[str] = set()

    @classmethod
    def read(cls, path: Path, *, advice: str) -> Self:
        """Read a whole file; Fatal names the line where it is not TOML."""
        text = read_text(path, advice=advice)
        try:
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise Fatal(f"{path}: {error}", advice="correct that line") from error

    def text(self, key: str) -> str:
        """Return the text under `key`; it must be there."""
        value = self._value(key)
        if not isinstance(value, str) or not value:
            raise self.wrong(key, "must be text in quotes")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def number(self, key: str, *, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`; `default` where the key is absent."""
        if key not in self:
            return default
        value = self._value(key)
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(key, f"must be a whole number from {low} to {high}")
        return value

    def tables(self, key: str) -> list[Table]:
        """Return the tables under [[key]]; none where there are none."""
        values = self._value(key, [])
        if not isinstance(values, list) or not all(isinstance(item, dict) for item in values):
            raise self.wrong(key, f"must be tables, each headed [[{key}]]")
        header = re.compile(rf"^\s*\[\[\s*{re.escape(key)}\s*\]\]")
        heads = [n for n, line in enumerate(self._lines(), 1) if header.match(line)]
        starts = heads if len(heads) == len(values) else [1] * len(values)
        pairs = zip(values, starts, strict=True)
        return [Table(self._path, self._text, item, start) for item, start in pairs]

    def finish(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._values:
            if key not in self._taken:
                near = nearest(key, self._taken)
                meant = f"did you mean {near!r}?" if near else "remove it"
                raise Fatal(f"{self._at(key)}: the key {key!r} has no meaning here", advice=meant)

    def wrong(self, key: str, complaint: str, *, advice: str = "correct that line") -> Fatal:
        """Return the error that says what is wrong with the value under `key`."""
        return Fatal(f"{self._at(key)}: {key} {complaint}", advice=advice)

    def __contains__(self, key: str) -> bool:
        self._taken.add(key)
        return key in self._values

    def _value(self, key: str, default: object = None) -> Any:
        self._taken.add(key)
        if key in self._values:
            return self._values[key]
        if default is None:
            raise self._missing(key)
        return default

    def _missing(self, key: str) -> Fatal:
        near = nearest(key, self._values.keys() - self._taken)
        if near:
            return self.wrong(near, "is not known here", advice=f"did you mean {key!r}?")
        return self.wrong(key, "is missing", advice=f"add a line: {key} = …")

    def _lines(self) -> list[str]:
        return self._text.split("\n")

    def _at(self, key: str) -> str:
        wanted = re.compile(rf"^\s*(\[{{1,2}}\s*)?\"?{re.escape(key)}\"?\s*(=|\])")
        for number, line in enumerate(self._lines(), 1):
            if number >= self._first_line and wanted.match(line):
                return f"{self._path} line {number}"
        return f"{self._path} line {self._first_line}"


def to_toml(values: Mapping[str, TomlValue]) -> str:
    """Return `key = value` lines."""
    return "".join(f"{key} = {_literal(value)}\n" for key, value in values.items())


def to_tables(name: str, tables: Iterable[Mapping[str, TomlValue]]) -> str:
    """Return each of `tables` under its own [[name]]."""
    return "".join(f"\n[[{name}]]\n{to_toml(values)}" for values in tables)


def _literal(value: TomlValue) -> str:
    if isinstance(value, str):
        # A JSON string without escaped non-ASCII is a TOML basic string, but for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower()
