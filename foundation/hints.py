"""What was perhaps meant by a word that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` is most likely a slip of, or None."""
    import difflib  # noqa: PLC0415  only a mistake needs it

    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def hint(word: str, known: Iterable[str]) -> str:
    """Return ": did you mean …?" for the known word nearest to `word`, or nothing."""
    near = nearest(word, known)
    return f": did you mean {near!r}?" if near else ""
