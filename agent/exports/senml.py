"""Readings → SenML (RFC 8428): numbers, texts and bytes with unit and moment. Pure.

A moment that no clock vouched for is left out with its record: written as a number it would be
read as absolute, and without one as "now" (§4.5.3).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from agent.exports.left_out import HIDDEN, UNSOUND, UNTIMED, LeftOut, NotTold, no_word
from agent.exports.sensors import GOOD
from agent.exports.shown import Batch, is_sound, is_timed
from drivers.kind import Field, FieldType
from drivers.kinds import KINDS
from evidence import cbor
from evidence.leaf import Record, RecordValue

STANDARD = "SenML"

RELATIVE_BELOW_S = 1 << 28
"""Times below are read as relative to now (§4.5.3)."""

LABELS = {"bn": -2, "bt": -3, "n": 0, "u": 1, "v": 2, "vs": 3, "t": 6, "vd": 8}
"""Of SenML in CBOR (§6, table 4)."""

DECIMAL_FRACTION = 4  # tag (RFC 8949, §3.4.4): how a number with decimals stays what it was

LARGEST = 2**63 - 1
"""Integers beyond have no place in our CBOR, and none in most readers of JSON."""

_NO_NAME = re.compile(r"[^A-Za-z0-9\-:./_]")  # §4.5.1
_MS = Decimal("0.001")


class Unit(NamedTuple):
    """A unit of SenML, and what our number is multiplied with, then raised by."""

    name: str
    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)


PER_FIELD: Mapping[str, Unit] = {
    "humidity": Unit("%RH"), "lat": Unit("lat"), "lon": Unit("lon"), "battery_percent": Unit("%EL"),
}  # fmt: skip
UNITS: Mapping[str, Unit] = {
    "": Unit(""),
    "°C": Unit("Cel"),
    "%": Unit("%"),
    "hPa": Unit("Pa", Decimal(100)),
    "g": Unit("m/s2", Decimal("9.80665")),
    "m/s": Unit("m/s"),
    "m": Unit("m"),
    "km": Unit("m", Decimal(1000)),
    "kg": Unit("kg"),
    "°": Unit("deg"),
    "V": Unit("V"),
    "Hz": Unit("Hz"),
    "ms": Unit("s", _MS),
    "dB": Unit("dB"),
    "dBm": Unit("dBW", offset=Decimal(-30)),
}
"""Ours → SenML's own, of RFC 8428 and 8798."""

Value = Decimal | str | bytes


class Entry(NamedTuple):
    """One value at one moment (ms since 1970), under its full name."""

    base: str
    name: str
    wall_ms: int
    unit: str
    value: Value


def entries_of(batches: Sequence[Batch], left: LeftOut) -> list[Entry]:
    """Return the values of all readings, oldest first; count in `left` the records without one."""
    found: list[Entry] = []
    for batch in batches:
        left.add(HIDDEN, batch.hidden)
        for record in batch.records:
            try:
                found += _entries(batch, record)
            except NotTold as reason:
                left.add(str(reason))
    return sorted(found, key=lambda entry: (entry.base, entry.wall_ms))


def _entries(batch: Batch, record: Record) -> list[Entry]:
    kind = KINDS.get(record.kind)
    if kind is None:
        raise NotTold(f"{record.kind} is no reading")
    if not is_sound(record):
        raise NotTold(UNSOUND)
    if record.quality != GOOD:
        raise NotTold(f"{STANDARD} cannot say that a value is {record.quality}")
    if not is_timed(record) or record.wall_ms < RELATIVE_BELOW_S * 1000:
        raise NotTold(UNTIMED)
    said = [
        (field, record.values[field.name]) for field in kind.fields if field.name in record.values
    ]
    found = [
        Entry(f"{plain(batch.gateway)}:", name(record.device, field.name), record.wall_ms, *told)
        for field, value in said
        if (told := _told(field, value)) is not None
    ]
    if not found:
        raise NotTold(no_word(record.kind, STANDARD))
    return found


def name(device: str, field: str) -> str:
    """Return the name of a device's value."""
    return f"{plain(device)}/{field}"


def plain(text: str) -> str:
    """Return a name in the characters that SenML takes (§4.5.1), others as _ and hexadecimal."""
    return _NO_NAME.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"_{byte:02X}" for byte in match[0].encode())


def _told(field: Field, value: RecordValue) -> tuple[str, Value] | None:
    """Return unit and value; None for a moment, what has no unit there, and what is too large."""
    if isinstance(value, str | bytes):
        return "", value
    unit = PER_FIELD.get(field.name) or UNITS.get(field.unit)
    if field.type is not FieldType.NUMBER or unit is None:
        return None
    number = (Decimal(value).scaleb(field.scale) * unit.factor + unit.offset).normalize()
    return None if abs(_parts(number)[0]) > LARGEST else (unit.name, number)


def _parts(number: Decimal) -> tuple[int, int]:
    """Return a number as mantissa and exponent, 0 of a whole number."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int), "a number, neither infinite nor NaN"
    mantissa = int("".join(map(str, digits))) * 10 ** max(exponent, 0)
    return -mantissa if sign else mantissa, min(exponent, 0)


def to_json(entries: Iterable[Entry]) -> bytes:
    """Return the pack as application/senml+json, a record a line."""
    lines = (json.dumps(_json(pack), ensure_ascii=False) for pack in _packed(entries))
    return ("[" + ",\n ".join(lines) + "]\n").encode()


def to_cbor(entries: Iterable[Entry]) -> bytes:
    """Return the pack as application/senml+cbor."""
    return cbor.encode(
        [{LABELS[key]: _cbor(value) for key, value in pack.items()} for pack in _packed(entries)]
    )


def _packed(entries: Iterable[Entry]) -> Iterator[dict[str, Value]]:
    """Yield the pack's records: the first of a gateway has its name and moment as base."""
    base, start = None, 0
    for entry in entries:
        pack: dict[str, Value] = {}
        if entry.base != base:
            base, start = entry.base, entry.wall_ms
            pack |= {"bn": base, "bt": start * _MS}
        pack |= {"n": entry.name} | ({"u": entry.unit} if entry.unit else {})
        pack[_label(entry.value)] = entry.value
        if entry.wall_ms != start:
            pack["t"] = (entry.wall_ms - start) * _MS
        yield pack


def _label(value: Value) -> str:
    if isinstance(value, str):
        return "vs"
    return "vd" if isinstance(value, bytes) else "v"


def _json(pack: Mapping[str, Value]) -> dict[str, object]:
    return {key: _plain(value) for key, value in pack.items()}


def _plain(value: Value) -> object:
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    if isinstance(value, str):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _cbor(value: Value) -> cbor.Value:
    if not isinstance(value, Decimal):
        return value
    mantissa, exponent = _parts(value)
    return cbor.Tag(DECIMAL_FRACTION, (exponent, mantissa)) if exponent else mantissa
