"""The words of a page, in each language that it can be written in: a file a language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter

from agent.renderer.markup import Html, element, joined, said, text
from foundation.catalogue import Catalogue, Sentence, load

FOLDER = Path(__file__).parent / "catalogues"
LANGUAGES = ("en", "it", "de", "zh")
"""As BCP 47 names them; the first one is what is spoken where nobody chose."""

Value = str | int


class Words:
    """One language: sentences by key, and numbers as it writes them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    @property
    def language(self) -> str:
        """One of LANGUAGES."""
        return self._catalogue.language

    @property
    def entries(self) -> Mapping[str, Sentence]:
        """The sentences with their braces, by key."""
        return self._catalogue.sentences

    def __call__(self, key: str, /, **values: Value) -> Html:
        """Return a sentence with the values in its braces, escaped where they are no markup.

        Of a sentence that counts `n` chooses the form.
        """
        return joined(_filled(self._catalogue.form(key, values.get("n")), values))

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
    return Words(load(FOLDER, language))
