"""What a record says, in plain words: docs/PROTOCOL.md, "Sentences", to the letter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from agent.records.convert import iso
from agent.records.duration import duration
from agent.records.registry import KINDS
from drivers.kind import Field, FieldType
from drivers.reading import Quality
from evidence import cbor
from evidence.leaf import Record, RecordValue
from foundation.words import one_line

REMARKS: Mapping[str, str] = MappingProxyType(
    {
        "": "",
        Quality.OK: "",
        Quality.NO_ANSWER: "no data",
        Quality.CORRUPT: "checksum wrong",
        Quality.OUT_OF_RANGE: "outside the device's range",
        Quality.SATURATED: "at the end of the measuring range: the true value is larger",
        Quality.UNDERSAMPLED: "too few samples for the event's shape",
    }
)
"""What a sentence says of a quality; any other is said as it stands."""

MILLISECONDS = "ms", 0  # unit and scale of what is printed as a duration

_UNKNOWN = "unknown to this version"

_PART = re.compile(r"\[([^]]*)]|([^[]+)")
_NAME = re.compile(r"{(\w+)}")


def sentence(record: Record) -> str:
    """Return what the record says, in plain words, on one line.

    A kind or field that is unknown to this version, as another one or a faulty driver made it, is
    printed as it is stored, and said to be so.
    """
    remark = REMARKS.get(record.quality, record.quality)
    text = _text(record)
    if text and remark:
        return one_line(f"{text} ({remark})")
    return one_line(text or remark or record.kind)


def _text(record: Record) -> str:
    """Return what the record says but for its quality; empty where it says nothing."""
    kind = KINDS.get(record.kind)
    if kind is None:
        return _joined(f"kind {record.kind}, {_UNKNOWN}", ": ", _listed(record.values))
    known = {field.name: field for field in kind.fields}
    strange = {name: value for name, value in record.values.items() if name not in known}
    said = _filled(kind.sentence, known, record.values) if record.values else ""
    return _joined(said, "; ", _joined(_UNKNOWN if strange else "", ": ", _listed(strange)))


def _joined(one: str, between: str, other: str) -> str:
    return f"{one}{between}{other}" if one and other else one or other


def _filled(sentence: str, known: Mapping[str, Field], values: Mapping[str, RecordValue]) -> str:
    out = []
    for optional, fixed in _PART.findall(sentence):
        part = optional or fixed
        if optional and any(name not in values for name in _NAME.findall(part)):
            continue
        out.append(_NAME.sub(lambda match: _shown(known[match[1]], values.get(match[1])), part))
    return "".join(out).lstrip(", ")


def _listed(values: Mapping[str, RecordValue]) -> str:
    """Return fields of which nothing is known, in the order in which a record holds them."""
    return ", ".join(f"{name} {_plain(values[name])}" for name in sorted(values, key=cbor.encode))


def _shown(field: Field, value: RecordValue | None) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, int) and field.type is FieldType.NUMBER:
        if (field.unit, field.scale) == MILLISECONDS:
            return duration(value)
        return _decimal(value, field.scale) + _unit(field.unit)
    if isinstance(value, int) and field.type is FieldType.TIME:
        return iso(value)
    return _plain(value)


def _unit(unit: str) -> str:
    return f" {unit}" if unit not in ("", "°") else unit


def _plain(value: RecordValue) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _decimal(value: int, scale: int) -> str:
    """Return value · 10^scale with all its decimals, of which there are -scale."""
    if scale == 0:
        return str(value)
    whole, rest = divmod(abs(value), 10**-scale)
    return f"{'-' if value < 0 else ''}{whole}.{rest:0{-scale}}"
