"""What a JSON value must look like, as checks that are put together. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from agent.epcis.formats import is_uri

MOST_SHOWN = 60  # characters of a wrong value in a problem


class Problem(NamedTuple):
    """What is wrong, and where: a path like epcisBody/eventList/3/bizStep."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.where else self.text


Check = Callable[[object, str], Iterator[Problem]]
"""Takes a value and its path, yields what is wrong with it."""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def form(holds: Callable[[object], bool], name: str) -> Check:
    """Return the check of a single value: `name` says what it must be."""

    def check(value: object, where: str) -> Iterator[Problem]:
        if not holds(value):
            yield Problem(where, f"{_shown(value)} is no {name}")

    return check


def is_text(value: object) -> bool:
    """Whether a value is text."""
    return isinstance(value, str)


def is_number(value: object) -> bool:
    """Whether a value is a JSON number: neither true nor NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def word(words: Collection[str], name: str, other: Callable[[object], bool] | None = None) -> Check:
    """Return the check of a bare word, or where `other` takes one, of a URI in its place."""

    def holds(value: object) -> bool:
        return (isinstance(value, str) and value in words) or (other is not None and other(value))

    return form(holds, name)


def listed(item: Check, *, least: int = 0, unique: bool = False) -> Check:
    """Return the check of an array of at least `least` items."""

    def check(value: object, where: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(where, f"{_shown(value)} is no list")
            return
        if len(value) < least:
            yield Problem(where, f"it has {len(value)} items, and needs {least}")
        if unique and any(each in value[:at] for at, each in enumerate(value)):
            yield Problem(where, "it has an item twice")
        for at, each in enumerate(value):
            yield from item(each, f"{where}/{at}")

    return check


@dataclass(frozen=True, slots=True)
class Members:
    """The check of an object: its `fields`, those it must have, and whether own ones may follow.

    An own one is named by a URI or a CURIE, as EPCIS wants it.
    """

    fields: Mapping[str, Check]
    required: Iterable[str] = ()
    is_open: bool = True

    def __call__(self, value: object, where: str) -> Iterator[Problem]:
        """Yield what is wrong with an object."""
        if not isinstance(value, dict):
            yield Problem(where, f"{_shown(value)} is no object")
            return
        for name in self.required:
            if name not in value:
                yield Problem(where, f"{name} is missing")
        for name, each in value.items():
            place = f"{where}/{name}" if where else name
            if name in self.fields:
                yield from self.fields[name](each, place)
            elif not self.is_open:
                yield Problem(place, "it has no place here")
            elif not is_uri(name):
                yield Problem(place, "an extension is named by a URI or prefix:name")


def either(*checks: Check) -> Check:
    """Return the check of what one of several takes; it says what the first one finds."""

    def check(value: object, where: str) -> Iterator[Problem]:
        found = [list(each(value, where)) for each in checks]
        if all(found):
            yield from found[0]

    return check


def is_object(value: object) -> bool:
    """Whether a value is an object."""
    return isinstance(value, dict)


def anything(value: object, where: str) -> Iterator[Problem]:
    """Take any value."""
    del value, where
    yield from ()


Event = Mapping[str, Any]
"""An event as JSON has it."""
