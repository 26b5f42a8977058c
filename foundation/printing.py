"""The one place where text is printed. Nothing in a line steers a terminal or begins another line.

Whatever strangers wrote (devices, tags, notices, nodes, files and their names) comes by here as
part of a line, and is escaped here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from foundation.words import json_text, one_line


def say(line: str = "", *, flush: bool = False) -> None:
    """Print one line; `flush` where it should not wait in a pipe for others."""
    print(one_line(line), flush=flush)


def say_each(lines: Iterable[str], *, flush: bool = False) -> None:
    """Print lines."""
    for line in lines:
        say(line, flush=flush)


def say_text(text: str) -> None:
    """Print a text of our own making, whose line ends are meant: a file, or a page of help."""
    say_each(text.removesuffix("\n").split("\n"), flush=True)


def say_json(value: object) -> None:
    """Print one JSON object on one line, at once: a pipe behind us should not wait."""
    print(json_text(value), flush=True)


def complain(line: str) -> None:
    """Print one line on standard error."""
    print(one_line(line), file=sys.stderr)
