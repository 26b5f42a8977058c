"""Every sentence of a page exists in every language, with the same values in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import agent
from agent.renderer.catalogue import FOLDER, LANGUAGES, words_of
from foundation.words import one_line
from tests.foundation.catalogues import faults


def test_there_is_a_file_for_each_language_and_no_other():
    assert {path.stem for path in FOLDER.iterdir()} == set(LANGUAGES)


def test_every_language_has_every_sentence_in_all_its_forms_with_the_same_values():
    assert faults(FOLDER) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_form_has_anything_that_a_page_would_hide(language):
    for key, entry in words_of(language).entries.items():
        for form in [entry] if isinstance(entry, str) else entry.values():
            assert one_line(form) == form, key


def test_languages_differ_where_they_should():
    """Nobody copied a sentence and forgot to translate it."""
    english = words_of("en").entries
    for language in LANGUAGES[1:]:
        entries = words_of(language).entries
        copied = [
            key
            for key, entry in english.items()
            if entries[key] == entry and len(re.findall(r"(?<!\{)\b[a-z]{3,}", str(entry))) > 3
        ]
        assert copied == [], language


def test_every_sentence_is_used_and_every_used_one_exists():
    rooms = [Path(agent.__file__).parent / room for room in ("renderer", "report")]
    code = "".join(path.read_text() for room in rooms for path in room.glob("*.py"))
    entries = words_of("en").entries
    named = set(re.findall(r'"([a-z_]+(?:\.[a-z_-]+)+)"', code))
    groups = {rf"{each}\.[^.]+" for each in re.findall(r'known\("(\w+)"', code)}
    groups |= {
        re.sub(r"\{[^}]+\}", "[^.]+", each.replace(".", r"\."))
        for each in re.findall(r'f"([a-z_.-]+\.\{[^"]+)"', code)
    }
    assert named - entries.keys() == set()
    unused = [
        key
        for key in entries
        if f'"{key}"' not in code and not any(re.fullmatch(each, key) for each in groups)
    ]
    assert unused == []


def test_numbers_are_written_as_people_write_them():
    assert words_of("de").number(4.5, 2) == '<data value="4.50">4,50</data>'
    assert words_of("zh").number(4.5, 2) == '<data value="4.50">4.50</data>'
    assert words_of("en")("short.gaps", n=1).startswith("1 gap without")
    assert words_of("en")("short.gaps", n=2).startswith("2 gaps without")
