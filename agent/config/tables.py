"""The tables of a TOML file, read key by key: every mistake is kept, with its line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.config.keys import SECTIONS
from drivers.errors import OptionError
from drivers.options import Option, complete, unknown
from foundation.errors import Fatal
from foundation.toml_lines import key_lines

VARIABLE = "TALLYMAN_CONFIG"

_SHOWN = 60  # characters of a line that is no TOML
_OPEN_QUOTE = r"Illegal character '\n'"  # what tomllib says of text that its line does not end

Place = tuple[str | int, ...]
"""A key's way down the file: names of tables and keys, and the index in an array of tables."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a configuration file; line 0 where none can be named."""

    line: int
    text: str


class ConfigError(Fatal):
    """The configuration cannot be used; `problems` are all of its mistakes, by line."""

    advice = "correct the file, then run: tallyman config check"
    exit_code = 2

    def __init__(
        self, path: Path, problems: Iterable[Problem], *, advice: str | None = None
    ) -> None:
        self.path = path
        self.problems = sorted(problems)
        lines = [
            f"{path}:{problem.line}: {problem.text}" if problem.line else f"{path}: {problem.text}"
            for problem in self.problems
        ]
        super().__init__("\n".join(lines), advice=advice)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tree of the file at `path`.

    `problems` collects what is wrong; a default stands in for it, so that all mistakes are found.
    """

    path: Path
    tree: Mapping[str, Any]
    lines: Mapping[Place, int]
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def parse(cls, data: bytes, path: Path) -> Tables:
        """Return the tables of a file's bytes; ConfigError where they are no TOML."""
        text = _text(data, path)
        return cls(path, _tree(text, path), key_lines(text))

    def finish(self) -> None:
        """Raise ConfigError with all problems found."""
        if self.problems:
            raise ConfigError(self.path, self.problems)

    def problem(self, place: Place, text: str) -> None:
        """Keep a mistake and the line of `place`."""
        self.problems.append(Problem(self._line(place), text))

    def _line(self, place: Place) -> int:
        """Return where `place` begins; 0 where it is not in the file.

        An array has no line but its first table's. A missing key has none: its table's is the
        next best.
        """
        while place:
            inside = [at for key, at in self.lines.items() if key[: len(place)] == place]
            if inside:
                return min(inside)
            place = place[:-1]
        return 0

    def unknown(
        self,
        place: Place,
        given: Mapping[str, object],
        known: Collection[str],
        where: str,
    ) -> None:
        """Complain of each key of `given` that is none of `known`."""
        self._wrong(place, unknown(given, known, where))

    def section(self, name: str) -> dict[str, Any]:
        """Return every value of the table [`name`]."""
        given = self.tree.get(name, {})
        if not isinstance(given, dict):
            self.problem((name,), f"{name} must be a table: [{name}]")
            given = {}
        subtables = ["node"] if name == "ledger" else []
        known = [option.name for option in SECTIONS[name]]
        self.unknown((name,), given, [*known, *subtables], f"[{name}]")
        return self.values((name,), given, SECTIONS[name], f"[{name}]")

    def values(
        self,
        place: Place,
        given: Mapping[str, object],
        options: Iterable[Option],
        where: str,
    ) -> dict[str, Any]:
        """Return a checked value for each of `options`; their table is at `place`."""
        values, wrong = complete(options, given, where)
        self._wrong(place, wrong)
        return values

    def _wrong(self, place: Place, errors: Iterable[OptionError]) -> None:
        for error in errors:
            self.problem((*place, error.option), str(error))

    def each(self, *place: str) -> Iterable[tuple[Place, dict[str, Any]]]:
        """Yield the tables of the array of tables at `place`, each with its own place."""
        name = ".".join(place)
        entries: Any = self.tree
        for key in place:
            entries = entries.get(key, []) if isinstance(entries, dict) else []
        wrong = f"{name} must be an array of tables: [[{name}]]"
        if not isinstance(entries, list):
            self.problem(place, wrong)
            return
        for index, entry in enumerate(entries):
            if isinstance(entry, dict):
                yield (*place, index), entry
            else:
                self.problem(place, wrong)

    def twice(self, place: Place, name: str, others: Collection[str]) -> None:
        """Complain where `name` is one of `others`."""
        if name and name in others:
            self.problem((*place, "name"), f"the name {name!r} is used twice")


def read_file(path: Path) -> bytes:
    """Return the bytes of the file at `path`; ConfigError says why they cannot be had."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            path,
            [Problem(0, os.strerror(error.errno or 0))],
            advice=f"name the file with --config or ${VARIABLE}",
        ) from error


def _text(data: bytes, path: Path) -> str:
    try:
        # Windows' editors put a byte order mark first.
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(
            path, [Problem(line, "the file is not UTF-8: save it as that")]
        ) from error


def _tree(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, [_syntax(text, str(error))]) from error


def _syntax(text: str, said: str) -> Problem:
    """Return what tomllib said of `text`, with the line and what it shows of a slip of the pen."""
    what, _, place = said.partition(" (at ")
    found = re.match(r"line (\d+)", place)
    lines = text.rstrip().split("\n")
    number = int(found[1]) if found else len(lines)
    line = "".join(filter(str.isprintable, lines[number - 1].strip()))[:_SHOWN]
    if _OPEN_QUOTE in what:
        return Problem(number, f"not TOML: a quote is missing: {line}")
    return Problem(number, f"not TOML: {what[:1].lower()}{what[1:]}: {line}")
