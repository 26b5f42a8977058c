"""Application identifiers (AI): what a value of each looks like, which exclude each other. Pure.

GS1 General Specifications, chapter 3, as GS1's Barcode Syntax Dictionary has it (`ai_table`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from drivers.gs1.ai_table import ROWS
from drivers.gs1.characters import (
    BASE64_CHARACTERS,
    CHARACTERS,
    COMPONENT_CHARACTERS,
    DIGITS,
    check_characters,
)
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.value_checks import CHECKS

LENGTHS = (2, 3, 4)  # digits of an AI; none begins as a shorter one is written
ALPHABETS = {"n": DIGITS, "x": CHARACTERS, "y": COMPONENT_CHARACTERS, "z": BASE64_CHARACTERS}
PREDEFINED, ATTRIBUTE = "P", "A"  # flags of a row
NO_QUALIFIERS = "-"

_PART = re.compile(r"(\[)?([nxyz])(\.\.)?([0-9]+)(?::([^\] ]+))?\]?")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a value: `least` to `most` characters of `allowed`; an `optional` one may lack."""

    allowed: frozenset[str]
    least: int
    most: int
    optional: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identifier:
    """One AI.

    The length of a `predefined` one is known by its first digits, so that no FNC1 ends its value.
    `paths` has for a key of a Digital Link the qualifiers that may follow it, in their order, as
    alternatives; it is None for what is no key. An `attribute` may stand in a link's query.
    """

    ai: str
    parts: tuple[Part, ...]
    predefined: bool
    attribute: bool
    never_with: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...] | None

    @property
    def shortest(self) -> int:
        """Characters of its shortest value."""
        return sum(part.least for part in self.parts if not part.optional)

    @property
    def longest(self) -> int:
        """Characters of its longest value."""
        return sum(part.most for part in self.parts)

    @property
    def digits_only(self) -> bool:
        """Whether its value has no other characters."""
        return all(part.allowed is DIGITS for part in self.parts)

    def check(self, value: str, *, but: Collection[str] = ()) -> None:
        """Refuse a value that the AI cannot have; the checks named in `but` are left out."""
        if not self.shortest <= len(value) <= self.longest:
            count = len(value)
            raise Gs1Error(Fault.LENGTH, f"({self.ai}) cannot have {count} characters: {value!r}")
        rest = value
        for part in self.parts:
            if part.optional and not rest:
                return
            text, rest = rest[: part.most], rest[part.most :]
            self._check_part(part, text, value, but)

    def _check_part(self, part: Part, text: str, value: str, but: Collection[str]) -> None:
        if len(text) < part.least:
            raise Gs1Error(Fault.LENGTH, f"({self.ai}) {value!r} ends within a part of it")
        check_characters(f"({self.ai})", text, part.allowed)
        for name in part.checks:
            if name not in but:
                CHECKS[name](self.ai, text)

    def holds(self, value: str) -> bool:
        """Whether the AI can have this value."""
        try:
            self.check(value)
        except Gs1Error:
            return False
        return True


def _parts(text: str) -> Iterator[Part]:
    for bracket, alphabet, ranged, length, checks in _PART.findall(text):
        most = int(length)
        names = tuple(checks.split(",")) if checks else ()
        yield Part(ALPHABETS[alphabet], 1 if ranged else most, most, bool(bracket), names)


def _paths(text: str) -> tuple[tuple[str, ...], ...] | None:
    if not text:
        return None
    return tuple(tuple(way.strip(NO_QUALIFIERS).split()) for way in text.split("|"))


def _expanded(ais: str) -> Iterator[str]:
    """Yield the AIs of a row: 3100-3105 are six."""
    first, _, last = ais.partition("-")
    for number in range(int(first), int(last or first) + 1):
        yield f"{number:0{len(first)}d}"


def _identifiers() -> Iterator[Identifier]:
    for ais, parts, flags, never_with, path in ROWS:
        made = tuple(_parts(parts))
        flagged = PREDEFINED in flags, ATTRIBUTE in flags
        for ai in _expanded(ais):
            yield Identifier(ai, made, *flagged, tuple(never_with.split()), _paths(path))


IDENTIFIERS: Mapping[str, Identifier] = {each.ai: each for each in _identifiers()}


def leading(text: str) -> Identifier | None:
    """Return the AI that `text` begins with."""
    found = (IDENTIFIERS.get(text[:length]) for length in LENGTHS)
    return next(filter(None, found), None)


def check_pairs(ais: Collection[str]) -> None:
    """Refuse AIs of one thing that exclude each other (General Specifications, §4.13)."""
    for ai in ais:
        identifier = IDENTIFIERS.get(ai)
        for pattern in identifier.never_with if identifier else ():
            for other in ais:
                if other != ai and _is_of(other, pattern):
                    raise Gs1Error(
                        Fault.SYNTAX, f"({ai}) and ({other}) exclude each other on one thing"
                    )


def _is_of(ai: str, pattern: str) -> bool:
    """Whether an AI is of a pattern, in which n stands for any digit."""
    return len(ai) == len(pattern) and all(
        wanted in ("n", char) for char, wanted in zip(ai, pattern, strict=True)
    )
