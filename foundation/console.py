"""What fits on a console, and errors as they stand there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from foundation import columns
from foundation.errors import AgentError
from foundation.words import one_line

WIDTH, HEIGHT = 79, 23  # of 80 × 24: the last column wraps on some consoles, the last line prompts


class Advised(Protocol):
    """An error with its next step."""

    @property
    def advice(self) -> str:
        """What to do next; may be empty."""
        ...


def folded(text: str, indent: int = 0, width: int = WIDTH) -> list[str]:
    """Return a text in lines that fit; those behind the first are indented, words stay whole."""
    return columns.folded(one_line(text), indent, width)


def told(error: Advised, *, fold: bool = True) -> Iterator[str]:
    """Yield what went wrong and the next step; unfolded for who looks for words in it."""
    lines = error.lines() if isinstance(error, AgentError) else [str(error)]
    for line in lines:
        yield from _labelled("error: ", line, fold=fold)
    if error.advice:
        yield from _labelled("next: ", error.advice, fold=fold)


def _labelled(label: str, text: str, *, fold: bool) -> Iterator[str]:
    lines = folded(text, width=WIDTH - len(label)) if fold else [text]
    for number, line in enumerate(lines):
        yield f"{' ' * len(label) if number else label}{line}"


def cut(line: str, width: int = WIDTH) -> str:
    """Return the line, shortened where it is wider than the console."""
    return columns.cut(line, width)
