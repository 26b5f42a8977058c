"""Sentences in several languages: a folder has a catalogue for each, all with the same keys.

That of German is `de.toml`:

    [talk]
    goes-on = "check {check} goes on"
    scans = { one = "{count} scan", other = "{count} scans" }

A sentence that counts has a form for each category of numbers that its language tells apart, by the
rules of Unicode CLDR for cardinals ("Language Plural Rules"); the value of `count` chooses.
`tests/foundation/catalogues.py` holds the catalogues of a folder complete.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Forms = Mapping[str, str]
Sentence = str | Forms


def _one_or_other(count: int) -> str:
    return "one" if count == 1 else "other"


def _of_polish(count: int) -> str:
    if count == 1:
        return "one"
    few = count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14)
    return "few" if few else "many"


def _other(count: int) -> str:
    del count
    return "other"


CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "de": ("one", "other"),
    "en": ("one", "other"),
    "it": ("one", "other"),
    "pl": ("one", "few", "many"),
    "zh": ("other",),
}
"""The forms that a sentence which counts has in each language; `other` of Polish is of fractions,
`many` of Italian of whole millions, and neither is counted here."""

_FORMS = frozenset(form for forms in CATEGORIES.values() for form in forms)

_CATEGORY_OF: Mapping[str, Callable[[int], str]] = {
    "de": _one_or_other,
    "en": _one_or_other,
    "it": _one_or_other,
    "pl": _of_polish,
    "zh": _other,
}


class Catalogue:
    """The sentences of one language, by key: `section.name`."""

    def __init__(self, language: str, sentences: Mapping[str, Sentence]) -> None:
        self.language = language
        self.sentences = sentences

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the sentence with its placeholders filled; a key that is not there is a bug."""
        return self.form(key, values.get("count")).format_map(values)

    def form(self, key: str, count: object = None) -> str:
        """Return the sentence with its placeholders; one that counts in the form for `count`."""
        sentence = self.sentences[key]
        if isinstance(sentence, str):
            return sentence
        assert isinstance(count, int)
        return sentence[_CATEGORY_OF[self.language](count)]

    def section(self, name: str) -> dict[str, Sentence]:
        """Return the sentences of a section, by their names in it."""
        head = f"{name}."
        return {
            key.removeprefix(head): sentence
            for key, sentence in self.sentences.items()
            if key.startswith(head)
        }


def load(folder: Path, language: str) -> Catalogue:
    """Read the catalogue of one language."""
    with (folder / f"{language}.toml").open("rb") as file:
        return Catalogue(language, dict(_flat(tomllib.load(file), "")))


def _flat(table: Mapping[str, Any], head: str) -> Iterator[tuple[str, Sentence]]:
    """Yield the sentences of a table and of those in it, by their whole keys."""
    for name, value in table.items():
        if isinstance(value, dict) and not _FORMS.issuperset(value):
            yield from _flat(value, f"{head}{name}.")
        else:
            yield head + name, value
