"""How wide a text stands on a console, and how it is cut and folded to a width. Pure.

A Chinese character takes two columns, an accent that combines takes none: the rule of wcwidth(3),
by Unicode's East_Asian_Width (UAX #11) and general category. What is ambiguous takes one, as on
every console that is not set up for Chinese, Japanese or Korean alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_WIDE = ("W", "F")
_NO_WIDTH = ("Mn", "Me", "Cf")
_SOFT_HYPHEN = "\N{SOFT HYPHEN}"

_STAYS = "，。、：；！？）】」』》〉％"
"""Marks that begin no line: they stay with the character before them."""

_BLANK = re.compile(r"( +)")


def columns(text: str) -> int:
    """Return how many columns a text takes."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _columns_of(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH and char != _SOFT_HYPHEN:
        return 0
    return 2 if _is_wide(char) else 1


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in _WIDE


def cut(text: str, width: int) -> str:
    """Return the text, shortened where it is wider than `width`."""
    if columns(text) <= width:
        return text
    kept, room = 0, width - 1  # the mark that says so takes one
    for char in text:
        room -= _columns_of(char)
        if room < 0:
            break
        kept += 1
    return text[:kept] + "…"


def padded(text: str, width: int) -> str:
    """Return the text with blanks behind it, up to `width`."""
    return text + " " * (width - columns(text))


def folded(text: str, indent: int, width: int) -> list[str]:
    """Return a text in lines of at most `width`; those behind the first are indented.

    Words stay whole, so that one that is too long makes a line too wide; between wide characters
    a line may end anywhere.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if columns(line) + columns(piece.rstrip()) > width:
            lines += [line.rstrip()] if line.strip() else []
            line = (" " * indent if lines else "") + piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    """Yield what no line end parts: words, blanks, wide characters each with the marks behind."""
    for run in _BLANK.split(text):
        if run.isascii():
            yield run
            continue
        piece = ""
        for char in run:
            parts = piece and char not in _STAYS and (_is_wide(char) or _is_wide(piece[-1]))
            if parts and _columns_of(char):
                yield piece
                piece = ""
            piece += char
        yield piece
