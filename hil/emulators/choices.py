"""Words that a person chooses from: one of a table, or a complaint that lists them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def chosen(table: Mapping[str, T], word: str, complaint: str) -> T:
    """Return what `word` stands for; ValueError: COMPLAINT 'WORD', only THIS, THAT and OTHER."""
    if word not in table:
        raise ValueError(f"{complaint} {word!r}, only {listed(table)}")
    return table[word]


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence has them: `a`, `a and b`, `a, b and c`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
