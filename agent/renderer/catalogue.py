"""The words of a page, in each language that it can be written in: a file a language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter

from agent.renderer.markup import Html, element, joined, said, text

FOLDER = Path(__file__).parent / "catalogues"
LANGUAGES = ("en", "it", "de", "zh")
"""As BCP 47 names them; the first one is what is spoken where nobody chose."""

Entry = str | list[str]
"""A sentence, or two: of one thing, and of any other number of things."""

Value = str | int


class Words:
    """One language: sentences by key, and numbers as it writes them."""

    def __init__(self, language: str, entries: Mapping[str, Entry]) -> None:
        self.language = language
        self.entries = entries

    def __call__(self, key: str, /, **values: Value) -> Html:
        """Return a sentence with the values in its braces, escaped where they are no markup.

        Of a sentence in two forms `n` says which.
        """
        entry = self.entries[key]
        if isinstance(entry, list):
            entry = entry[0] if values.get("n") == 1 else entry[1]
        return joined(_filled(entry, values))

    def known(self, group: str, word: str) -> Html:
        """Return a word of the program's own in this language; a stranger's as it stands."""
        key = f"{group}.{word}"
        return self(key) if key in self.entries else said(word)

    def number(self, value: float, decimals: int) -> Html:
        """Return a number with its decimals, and the same for programs."""
        return element("data", self.plain(value, decimals), value=f"{value:.{decimals}f}")

    def plain(self, value: float, decimals: int) -> str:
        """Return a number with its decimals."""
        return f"{value:.{decimals}f}".replace(".", str(self.entries["number.point"]))

    def amount(self, value: float, decimals: int, unit: str) -> Html:
        """Return a number with its unit: behind a blank that does not break, but for degrees."""
        between = "" if unit in ("", "°") else "\N{NO-BREAK SPACE}"
        return joined((self.number(value, decimals), Html(between), unit))

    def listed(self, parts: list[Html]) -> Html:
        """Return parts as a list within a sentence."""
        return joined(parts, str(self.entries["list.between"]))


def _filled(sentence: str, values: Mapping[str, Value]) -> Iterator[Html]:
    for literal, name, _, _ in Formatter().parse(sentence):
        yield text(literal)
        if name:
            value = values[name]
            yield text(value) if isinstance(value, str) else Html(value)


@cache
def words_of(language: str) -> Words:
    """Return a language of LANGUAGES."""
    tree = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return Words(language, dict(_flat(tree, "")))


def _flat(tree: Mapping[str, object], before: str) -> Iterator[tuple[str, Entry]]:
    """Yield the entries of all tables under their whole names."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, str):
            yield f"{before}{name}", value
        elif isinstance(value, list):
            yield f"{before}{name}", [str(each) for each in value]
