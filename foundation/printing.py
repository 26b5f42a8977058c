"""The one place that prints. Nothing in a line steers a terminal or begins another line.

Whatever strangers wrote (devices, tags, notices, nodes, files and their names) comes by here as
part of a line, and is escaped here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TextIO

from foundation.words import json_text, one_line

Paint = Callable[[str], str]
"""Makes of a line that steers nothing what a terminal shall show: colours."""

_HOME, _CLEAR_LINE, _CLEAR_REST = "\x1b[H", "\x1b[K", "\x1b[J"


def say(line: str = "", *, flush: bool = False, paint: Paint = str) -> None:
    """Print one line; `flush` where it should not wait in a pipe for others."""
    print(paint(one_line(line)), flush=flush)


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


def emit(data: bytes) -> None:
    """Write what is no text, a file for the program behind the pipe."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def complain(line: str) -> None:
    """Print one line on standard error; where nobody can be told, the exit code still tells."""
    with suppress(OSError):
        print(one_line(line), file=sys.stderr)


def draw(lines: Iterable[str], paint: Paint = str) -> None:
    """Draw a page over the last one on a terminal; what is left of that one goes."""
    text = "".join(f"{paint(one_line(line))}{_CLEAR_LINE}\n" for line in lines)
    sys.stdout.write(f"{_HOME}{text}{_CLEAR_REST}")
    sys.stdout.flush()


def clear() -> None:
    """Clear the terminal, before the first page is drawn."""
    sys.stdout.write(f"{_HOME}{_CLEAR_REST}")


def rewrite(line: str, stream: TextIO) -> None:
    """Write over a terminal's last line, which a longer one before must not outlast."""
    stream.write(f"\r{one_line(line)}")
    stream.flush()


def prompt(text: str) -> None:
    """Ask for something, on the line on which it is typed."""
    print(one_line(text), end="", flush=True)
