"""What a kind of record is: fields with their units and scales, and the sentence that prints it.

A scale is the power of ten of one stored unit: 4.31 °C at scale -2 is stored as 431. It is never
positive. Fields and scales of a kind never change meaning once released, as signed records keep
them for ever; new fields may be added. Sentences name fields in braces; a part in square brackets
is printed only when all its fields were observed (docs/PROTOCOL.md, "Sentences").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import NamedTuple


class FieldType(StrEnum):
    """What a field holds in a reading, and how a record stores it."""

    NUMBER = "number"  # stored as an integer in the field's scale
    TEXT = "text"
    BYTES = "bytes"
    TIME = "time"  # an aware datetime, stored as milliseconds of UTC since 1970


class Durability(Enum):
    """How soon a record must survive a power cut."""

    PROMPT = "prompt"  # within 100 ms, coalesced
    WINDOW = "window"  # within the configured window


PROMPT = Durability.PROMPT


class Field(NamedTuple):
    """One field of a kind. `unit` is empty for what has none; `scale` counts for numbers only.

    A tuple, as kinds are: a dataclass would cost every start a millisecond.
    """

    name: str
    type: FieldType
    doc: str
    unit: str = ""
    scale: int = 0


class Kind(NamedTuple):
    """One kind of record. `urgent` seals a batch at once: alarms, custody, `boot`, `shutdown`.

    `reserved`: its name and fields are promised, but nothing makes it yet.
    """

    name: str
    sentence: str
    fields: tuple[Field, ...]
    durability: Durability = Durability.WINDOW
    urgent: bool = False
    reserved: bool = False

    def field(self, name: str) -> Field | None:
        """Return the field called `name`, or None."""
        return next((field for field in self.fields if field.name == name), None)


def number(name: str, unit: str, scale: int, doc: str) -> Field:
    """Return a field that holds a number in units of 10^scale `unit`."""
    return Field(name, FieldType.NUMBER, doc, unit, scale)


def count(name: str, doc: str) -> Field:
    """Return a field that holds a whole number without unit."""
    return Field(name, FieldType.NUMBER, doc)


def text(name: str, doc: str) -> Field:
    """Return a field that holds text."""
    return Field(name, FieldType.TEXT, doc)


def byte_string(name: str, doc: str) -> Field:
    """Return a field that holds bytes."""
    return Field(name, FieldType.BYTES, doc)


def moment(name: str, doc: str) -> Field:
    """Return a field that holds a moment of UTC."""
    return Field(name, FieldType.TIME, doc)


def by_name(kinds: Iterable[Kind]) -> Mapping[str, Kind]:
    """Return the kinds by name, in their order; ValueError where two makers claim one name."""
    found: dict[str, Kind] = {}
    for kind in kinds:
        if found.setdefault(kind.name, kind) is not kind:
            raise ValueError(
                f"two makers claim the record kind {kind.name!r}: rename the newer one"
            )
    return MappingProxyType(found)
