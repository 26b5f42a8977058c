"""What is not alike in the catalogues of a folder: for the test of each room that has some."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from foundation.catalogue import CATEGORIES, Catalogue, Sentence, load


def languages(folder: Path) -> list[str]:
    """Return the languages in which a folder has catalogues."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def faults(folder: Path) -> list[str]:
    """Return what lacks, in words: keys, forms of number, placeholders, or a sentence at all."""
    english = load(folder, "en")
    found = [load(folder, language) for language in languages(folder)]
    return [fault for each in found for fault in _faults(each, english)]


def _faults(catalogue: Catalogue, english: Catalogue) -> Iterator[str]:
    said, wanted = catalogue.sentences, english.sentences
    for key in said.keys() ^ wanted.keys():
        yield f"{catalogue.language}: {key} is {'too much' if key in said else 'missing'}"
    for key in said.keys() & wanted.keys():
        for fault in _unlike(said[key], wanted[key], CATEGORIES[catalogue.language]):
            yield f"{catalogue.language}: {key} {fault}"


def _unlike(said: Sentence, wanted: Sentence, categories: tuple[str, ...]) -> Iterator[str]:
    if isinstance(said, str) != isinstance(wanted, str):
        yield "counts in one language alone"
        return
    if not isinstance(said, str) and set(said) != set(categories):
        yield f"has the forms {sorted(said)}, wanted {sorted(categories)}"
    for form in [said] if isinstance(said, str) else said.values():
        if not form.strip():
            yield "is empty"
        if placeholders(form) - _of(wanted) or _always(wanted) - placeholders(form):
            yield f"has the placeholders {sorted(placeholders(form))}"


def _of(sentence: Sentence) -> set[str]:
    forms = [sentence] if isinstance(sentence, str) else sentence.values()
    return set().union(*map(placeholders, forms))


def _always(sentence: Sentence) -> set[str]:
    """Return the placeholders that no form may lack: "a tag" may do without its number."""
    return _of(sentence) - (set() if isinstance(sentence, str) else {"count"})


def placeholders(text: str) -> set[str]:
    """Return the names between braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}
