"""TOML files that people write, read table by table: every mistake is kept, with its line."""

from __future__ import annotations

import errno
import os
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from foundation.dataclass import dataclass
from foundation.durable import advice_for
from foundation.errors import Fatal, Retry
from foundation.hints import nearest
from foundation.options import Option, OptionError, complete, parsed, unknown
from foundation.toml_lines import key_lines

MOST_BYTES = 64 << 20
"""The longest file that is read: a node's list of 10^5 gateways has little more than half of it."""

_DENIED = "do it as the user whose file it is, or with sudo"
_PASSING = {errno.EACCES: _DENIED, errno.EPERM: _DENIED, errno.EIO: advice_for(errno.EIO)}
"""What keeps a file from being read that may be right, and the next step: exit code 1."""
_SHOWN = 60  # characters of a line that is no TOML
_OPEN_QUOTE = r"Illegal character '\n'"  # what tomllib says of text that its line does not end

Place = tuple[str | int, ...]
"""A key's way down the file: names of tables and keys, and the index in an array of tables."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a file; line 0 where none can be named."""

    line: int
    text: str


class WrongFile(Fatal):
    """A file cannot be used; `problems` are all of its mistakes, by line."""

    advice = "correct the file, then try again"

    def __init__(
        self, path: Path, problems: Iterable[Problem], *, advice: str | None = None
    ) -> None:
        self.path = path
        self.problems = sorted(problems)
        super().__init__("\n".join(self.lines()), advice=advice)

    def lines(self) -> Sequence[str]:
        """Return the mistakes, a line each."""
        return [
            f"{self.path}:{each.line}: {each.text}" if each.line else f"{self.path}: {each.text}"
            for each in self.problems
        ]


class TomlFile:
    """The tables of the file at `path`.

    `problem` and whatever calls it keep what is wrong, and a default stands in for it, so that all
    mistakes are found; `finish` then raises them together, as `wrong`.
    """

    def __init__(self, path: Path, data: bytes, wrong: type[WrongFile] = WrongFile) -> None:
        self.path, self.data = path, data
        self._wrong = wrong
        self._text = self._decoded()
        self.tree = self._parsed()
        self.problems: list[tuple[Place, str]] = []

    @classmethod
    def read(cls, path: Path, wrong: type[WrongFile] = WrongFile, *, advice: str) -> TomlFile:
        """Read the file at `path`; `advice` is the next step where it cannot be had."""
        try:
            with path.open("rb") as file:  # it may be a pipe or a device, which tells no length
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            problem = Problem(0, os.strerror(error.errno or 0))
            unread = wrong(path, [problem], advice=_PASSING.get(error.errno or 0, advice))
            if error.errno in _PASSING:
                unread.exit_code = Retry.exit_code
            raise unread from error
        if len(data) > MOST_BYTES:
            raise wrong(
                path, [Problem(0, f"it has more than {MOST_BYTES >> 20} MiB")], advice=advice
            )
        return cls(path, data, wrong)

    def finish(self) -> None:
        """Raise all problems that were found."""
        if self.problems:
            lines = key_lines(self._text)
            found = [Problem(_line(lines, place), text) for place, text in self.problems]
            raise self._wrong(self.path, found)

    def problem(self, place: Place, text: str) -> None:
        """Keep a mistake of the key or table at `place`."""
        self.problems.append((place, text))

    def unknown(
        self, place: Place, given: Mapping[str, object], known: Collection[str], where: str
    ) -> None:
        """Complain of each key of `given` that is none of `known`."""
        self._keep(place, unknown(given, known, where))

    def values(
        self, place: Place, given: Mapping[str, object], options: Iterable[Option], where: str
    ) -> dict[str, Any]:
        """Return a checked value for each of `options`; their table is at `place`."""
        values, wrong = complete(options, given, where)
        self._keep(place, wrong)
        return values

    def table(
        self,
        place: Place,
        given: Mapping[str, object],
        options: Collection[Option],
        where: str,
        *,
        subtables: Collection[str] = (),
    ) -> dict[str, Any]:
        """Return the `values` of a table that has no keys but these, and `subtables`.

        A key that is missing because its name is misspelt is complained of once.
        """
        known = [*(option.name for option in options), *subtables]
        self.unknown(place, given, known, where)
        meant = {nearest(key, known) for key in given if key not in known}
        values, wrong = complete(options, given, where)
        self._keep(place, (each for each in wrong if each.option not in meant - given.keys()))
        return values

    def section(
        self, name: str, options: Collection[Option], *, subtables: Collection[str] = ()
    ) -> dict[str, Any]:
        """Return every value of the table [`name`]; it may be absent where all have a default."""
        given, where = self.tree.get(name), f"[{name}]"
        if isinstance(given, dict):
            return self.table((name,), given, options, where, subtables=subtables)
        if given is not None:
            self.problem((name,), f"{name} must be a table: {where}")
        elif any(option.default is None for option in options):
            self.problem((), f"the table {where} is missing")
        return complete(options, {}, where)[0]

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

    def _keep(self, place: Place, errors: Iterable[OptionError]) -> None:
        for error in errors:
            self.problem((*place, error.option), str(error))

    def _decoded(self) -> str:
        try:
            # Windows' editors put a byte order mark first.
            return self.data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = self.data[: error.start].count(b"\n") + 1
            problem = Problem(line, "the file is not UTF-8: save it as UTF-8")
            raise self._wrong(self.path, [problem]) from error

    def _parsed(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            raise self._wrong(self.path, [_syntax(self._text, str(error))]) from error


def read_tables(
    path: Path, name: str, options: Collection[Option], *, advice: str
) -> list[dict[str, Any]]:
    """Return the parsed values of each [[name]] in a file of nothing else; none without the file.

    WrongFile names its mistakes; `advice` is the next step where it cannot be had.
    """
    if not path.exists():
        return []
    file = TomlFile.read(path, advice=advice)
    file.unknown((), file.tree, [name], path.name)
    tables = [file.table(place, given, options, f"[[{name}]]") for place, given in file.each(name)]
    file.finish()
    return [parsed(options, values) for values in tables]


def _line(lines: Mapping[Place, int], place: Place) -> int:
    """Return where `place` begins; 0 where it is not in the file.

    An array has no line but its first table's. A missing key has none: its table's is the next
    best.
    """
    while place:
        inside = [at for key, at in lines.items() if key[: len(place)] == place]
        if inside:
            return min(inside)
        place = place[:-1]
    return 0


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
