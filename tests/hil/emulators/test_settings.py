"""Settings as a person writes them, checked against the signature of what they are for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hil.emulators.choices import listed
from hil.emulators.settings import REQUIRED, SettingError, in_words, made, settings_of


def oven(
    name: str,
    *,
    heat: float,
    loud: bool = False,
    serial: bytes = b"\x01",
    trays: Iterable[Mapping[str, Any]] = (),
    marks: int | Iterable[bytes] = 3,
    corner: tuple[float, float] = (0.0, 0.0),
    book: str | Path | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    return {"name": name, "heat": heat, "loud": loud, "serial": serial, "trays": trays} | {
        "marks": marks, "corner": corner, "book": book, "clock": clock
    }  # fmt: skip


def test_settings_are_keywords_that_a_file_can_give():
    found = settings_of(oven)
    assert list(found) == ["heat", "loud", "serial", "trays", "marks", "corner", "book"]
    assert found["heat"].default is REQUIRED
    assert found["loud"].default is False


def test_values_arrive_as_the_signature_takes_them():
    given = {"heat": 180, "serial": "00ff", "marks": ["0A", "0b"], "corner": [1, 2.5], "book": "x"}
    baked = made("an oven", oven, given, "left")
    assert baked["name"] == "left"
    assert baked["heat"] == 180
    assert baked["serial"] == b"\x00\xff"
    assert list(baked["marks"]) == [b"\x0a", b"\x0b"]
    assert list(baked["corner"]) == [1, 2.5]
    assert baked["clock"] is time.monotonic


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "an oven needs 'heat': number"),
        (
            {"heat": 1, "heet": 2},
            "an oven has no setting 'heet', only heat, loud, serial, trays, marks, corner and book",
        ),
        ({"heat": "hot"}, "heat of an oven is 'hot', wanted: number"),
        ({"heat": True}, "heat of an oven is True, wanted: number"),
        ({"heat": 1, "loud": 1}, "loud of an oven is 1, wanted: true or false"),
        ({"heat": 1, "serial": "0x1"}, "serial of an oven is '0x1', wanted: hexadecimal text"),
        ({"heat": 1, "trays": [1]}, "trays of an oven is [1], wanted: list of tables"),
        ({"heat": 1, "trays": {}}, "trays of an oven is {}, wanted: list of tables"),
        (
            {"heat": 1, "marks": 1.5},
            "marks of an oven is 1.5, wanted: whole number, or list of hexadecimal texts",
        ),
        ({"heat": 1, "corner": [1.0]}, "corner of an oven is [1.0], wanted: list of 2 numbers"),
        ({"heat": 1, "book": 3}, "book of an oven is 3, wanted: text"),
    ],
)
def test_what_does_not_fit_is_said_in_words(given, text):
    with pytest.raises(SettingError) as caught:
        made("an oven", oven, given, "left")
    assert str(caught.value) == text


def test_words():
    assert in_words(dict[str, Any]) == "table"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
