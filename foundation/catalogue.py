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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SUFFIX = ".toml"

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
        sentence = self.sentences[key]
        if not isinstance(sentence, str):
            count = values["count"]
            assert isinstance(count, int)
            sentence = sentence[_CATEGORY_OF[self.language](count)]
        return sentence.format_map(values)

    def section(self, name: str) -> dict[str, Sentence]:
        """Return the sentences of a section, by name."""
        head = f"{name}."
        return {
            key.removeprefix(head): sentence
            for key, sentence in self.sentences.items()
            if key.startswith(head)
        }


def load(folder: Path, language: str) -> Catalogue:
    """Read the catalogue of one language."""
    tables: dict[str, dict[str, Any]] = tomllib.loads((folder / f"{language}{SUFFIX}").read_text())
    return Catalogue(
        language,
        {
            f"{section}.{name}": sentence
            for section, table in tables.items()
            for name, sentence in table.items()
        },
    )


def languages(folder: Path) -> list[str]:
    """Return the languages in which a folder has catalogues."""
    return sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))
