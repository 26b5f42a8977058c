"""Where a key stands in a TOML file, so that an error can name its line.

tomllib checks and reads the file; this only looks up lines, in text that tomllib accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Keys and array indexes from the root: ("device", 0, "interval")."""

_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_OPENERS = {"[": 1, "{": 1, "]": -1, "}": -1}
_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[\[\]{}]|\n''',
    re.DOTALL,
)


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of each table and key; dotted keys and [[arrays]] resolved.

    Keys inside inline tables stand for themselves only by their outer key.
    """
    lines: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, line in _statements(text):
        if line.startswith("["):
            double = line.startswith("[[")
            keys = _keys(line[2:] if double else line[1:])
            table = _resolved(keys, counts, new=double)
            lines.setdefault(table, number)
        else:
            keys = _keys(line)
            for end in range(1, len(keys) + 1):
                lines.setdefault((*table, *keys[:end]), number)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that starts a statement; lines within strings and arrays are passed over."""
    starts = _continuations(text)
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#") and number not in starts:
            yield number, stripped


def _continuations(text: str) -> set[int]:
    """Return the lines that continue a multi-line string, array or inline table."""
    inside: set[int] = set()
    line, depth = 1, 0
    for match in _TOKEN.finditer(text):
        found = match[0]
        if found == "\n":
            line += 1
            if depth > 0:
                inside.add(line)
            continue
        breaks = found.count("\n")
        inside.update(range(line + 1, line + breaks + 1))
        line += breaks
        depth += _OPENERS.get(found, 0)
    return inside


def _keys(text: str) -> tuple[str, ...]:
    keys = []
    at = 0
    while match := _PART.match(text, at):
        keys.append(next(group for group in match.groups() if group is not None))
        at = match.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    return tuple(keys)


def _resolved(keys: tuple[str, ...], counts: dict[Path, int], *, new: bool) -> Path:
    """Return the full path of a table header, with the indexes of the arrays it goes through."""
    path: Path = ()
    for position, key in enumerate(keys):
        path = (*path, key)
        if new and position == len(keys) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
