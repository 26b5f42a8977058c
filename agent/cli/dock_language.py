"""The language of the talk at the dock, and how what is on record in English is told in it.

Records, and what the agent answers, are English in every language, so that whoever verifies them
reads one text. A screen or a receipt knows such a sentence again by the English catalogue, and says
it in its own language; what no catalogue has, a person's own words say, stays as it is.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from string import Formatter

from agent.cli.place import config_path
from agent.config.dock import load_language
from foundation.catalogue import Catalogue, load
from foundation.console import folded, told
from foundation.errors import AgentError

FOLDER = Path(__file__).parent / "languages"

DIFFERENCE, ENTRY, JOURNEY, NOTICE, REFUSED = "difference", "entry", "journey", "notice", "refused"
"""Sections of what is on record or answered in English, by where it stands."""

_ALSO: Mapping[str, tuple[str, ...]] = {DIFFERENCE: ("code",)}
_NESTED = {
    "said": DIFFERENCE,
    "wanted": DIFFERENCE,
    "why": JOURNEY,
    "incidents": JOURNEY,
    "problem": REFUSED,
}
"""Placeholders that hold a sentence of their own, and of which section."""

_FORMS = {"count": "[0-9]+", "day": "[0-9-]+", "days": "[0-9-]+(?:, [0-9-]+)*"}
"""What stands in a placeholder, where that is not just any text."""

_LISTS = ("; ", ", ")  # between sentences that stand in one field
_LISTED = "values"  # a placeholder that holds several, with an English "and" between
_AND = " and "


class Words:
    """The sentences of the dock in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._patterns: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    @cached_property
    def _catalogue(self) -> Catalogue:
        return load(FOLDER, self.language)

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a sentence of our own."""
        return self._catalogue(key, **values)

    def word(self, section: str, name: str) -> str:
        """Return the word for a state or a decision; one that is unknown stays as it is."""
        key = f"{section}.{name}"
        return self(key) if key in self._catalogue.sentences else name

    def told(self, section: str, text: str) -> str:
        """Return in this language what is said in English; as it is where nobody knows it."""
        if self is ENGLISH:
            return text
        lists = [(joint, text.split(joint)) for joint in _LISTS if joint in text]
        for joint, parts in lists:
            said = [self._sentence(section, part) for part in parts]
            if all(said):
                return joint.join(filter(None, said))
        whole = self._sentence(section, text)
        if whole is None and lists:
            joint, parts = lists[0]
            return joint.join(self.told(section, part) for part in parts)
        return text if whole is None else whole

    def _sentence(self, section: str, text: str) -> str | None:
        """Return one English sentence in this language; None for one that nobody knows."""
        for key, pattern in self.patterns(section):
            if found := pattern.fullmatch(text):
                groups = found.groupdict()
                return self(key, **{name: self._inner(name, groups[name]) for name in groups})
        return None

    def _inner(self, name: str, value: str) -> object:
        if name == "count":
            return int(value)
        if name == _LISTED:
            return value.replace(_AND, self("talk.and"))
        return self.told(_NESTED[name], value) if name in _NESTED else value

    def patterns(self, section: str) -> list[tuple[str, re.Pattern[str]]]:
        """Return the keys of a section with what matches their English, the most exact first."""
        if section not in self._patterns:
            found = sorted(_patterns((section, *_ALSO.get(section, ()))), key=lambda each: -each[0])
            self._patterns[section] = [(key, pattern) for _, key, pattern in found]
        return self._patterns[section]


ENGLISH = Words("en")


def words_of(args: argparse.Namespace) -> Words:
    """Return the sentences in the language of `--lang`, else of `[dock] language`."""
    language = args.lang or load_language(config_path(args))
    return ENGLISH if language == ENGLISH.language else Words(language)


def _patterns(sections: tuple[str, ...]) -> Iterator[tuple[int, str, re.Pattern[str]]]:
    """Yield of each English sentence how many characters are its own, its key and its pattern."""
    english = load(FOLDER, ENGLISH.language)
    for section in sections:
        for name, sentence in english.section(section).items():
            for form in [sentence] if isinstance(sentence, str) else sentence.values():
                parts = [(text, field) for text, field, _, _ in Formatter().parse(form)]
                yield sum(len(text) for text, _ in parts), f"{section}.{name}", _pattern(parts)


def _pattern(parts: list[tuple[str, str | None]]) -> re.Pattern[str]:
    return re.compile("".join(re.escape(text) + _group(field) for text, field in parts))


def _group(field: str | None) -> str:
    if field is None:
        return ""
    return f"(?P<{field}>{_FORMS.get(field, '.+?')})"


def told_in(words: Words, error: AgentError) -> Iterator[str]:
    """Yield what went wrong and the next step, as far as the language has it."""
    if words is ENGLISH:
        yield from told(error)
        return
    for line in error.lines():
        yield from folded(words("talk.error") + words.told(REFUSED, line), 2)
    if error.advice:
        yield from folded(words("talk.next") + words.told(REFUSED, error.advice), 2)
