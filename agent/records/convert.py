"""From readings to records and back: integers in the registry's scale, natural units.

Nothing here refuses data: what does not fit the registry, or is unknown to it, is kept and marked
`suspect`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from agent.clock.belief import Stamp
from agent.records.registry import KINDS, kind_of
from drivers.kind import Field, FieldType
from drivers.reading import FieldValue, Quality, Reading
from evidence.leaf import Record, RecordValue

OWN_DEVICE = "gateway"
"""The device name of records that the gateway makes of itself."""

LARGEST = 2**63 - 1
"""Integers beyond 64 bits have no place in the columns of a batch (docs/PROTOCOL.md)."""

MAX_TEXT = 1024
"""Characters; the longest text of ours is a URI. Text from a device is untrusted: bounded."""

MAX_BYTES = 65536
"""The longest waveform: 32 samples of FIFO of 6 bytes, 300 times over."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_NUMERIC = (int, float)

Natural = int | float | str

Store = Callable[[FieldValue], RecordValue]
"""Turns a field's natural value into the stored one, or raises _Unfit."""


class _Unfit(Exception):
    """A value that its field cannot hold."""


def from_reading(reading: Reading, number: int, stamp: Stamp) -> Record:
    """Return the record of `reading`, taken at `stamp`; never raises for what a device sent.

    A value of the wrong type, NaN or one too large is kept as text; one of a kind or field that
    the registry does not know, in its natural unit. Either way good quality becomes `suspect`.
    """
    stored = _STORED.get(reading.kind, _NOTHING_KNOWN)
    values: dict[str, RecordValue] = {}
    fits = stored is not _NOTHING_KNOWN
    for name, value in _fields(reading, stored):
        if value is None:
            continue
        store = stored.get(name)
        if store is None:
            store, fits = _generic, False
        try:
            values[name] = store(value)
        except _Unfit:
            values[name] = _as_text(value)
            fits = False
    quality = reading.quality if fits else _doubted(reading.quality)
    return _record(reading.device, reading.kind, values, str(quality), number, stamp)


def _fields(reading: Reading, stored: Mapping[str, Store]) -> Iterable[tuple[str, FieldValue]]:
    if reading.utc is None or "utc_ms" not in stored or "utc_ms" in reading.fields:
        return reading.fields.items()
    return {**reading.fields, "utc_ms": reading.utc}.items()


def from_event(
    kind: str,
    values: Mapping[str, RecordValue],
    number: int,
    stamp: Stamp,
    *,
    device: str = OWN_DEVICE,
    quality: Quality = Quality.OK,
) -> Record:
    """Return the record of something the agent noticed itself; `values` are in stored units.

    Good quality becomes `suspect` where the registry does not know the kind or a field.
    """
    known = _STORED.get(kind, _NOTHING_KNOWN)
    if known is _NOTHING_KNOWN or not values.keys() <= known.keys():
        quality = _doubted(quality)
    return _record(device, kind, dict(values), str(quality), number, stamp)


def _doubted(quality: Quality) -> Quality:
    """Return `suspect` in place of good quality; what is bad anyway stays as it is."""
    return Quality.SUSPECT if quality is Quality.OK else quality


def _record(
    device: str, kind: str, values: dict[str, RecordValue], quality: str, number: int, stamp: Stamp
) -> Record:
    return Record(number, device, kind, *stamp, quality, values)


def _number(scale: int) -> Store:
    """Return what stores a number at `scale`."""
    factor: int = 10**-scale

    def scaled(value: FieldValue) -> int:
        if isinstance(value, _NUMERIC):
            try:
                stored: int = round(value * factor)
            except (ValueError, OverflowError):  # not a number, or infinite
                raise _Unfit from None
            if -LARGEST <= stored <= LARGEST:
                return stored
        raise _Unfit

    return scaled


def _bounded(value: int) -> int:
    if not -LARGEST <= value <= LARGEST:
        raise _Unfit
    return value


def _time(value: FieldValue) -> int:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return _to_ms(value)
    if type(value) is int:
        return _bounded(value)
    raise _Unfit


def _to_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _text(value: FieldValue) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _Unfit
    return _printable(value)


def _bytes(value: FieldValue) -> bytes:
    if not isinstance(value, bytes) or len(value) > MAX_BYTES:
        raise _Unfit
    return value


def _generic(value: FieldValue) -> RecordValue:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int):
        return _bounded(int(value))
    return _bytes(value) if isinstance(value, bytes) else _text(value)


def _as_text(value: FieldValue) -> str:
    text = value if isinstance(value, str) else str(value)
    return _printable(text[:MAX_TEXT])


def _printable(text: str) -> str:
    """Return `text` without lone surrogates, which have no UTF-8 encoding."""
    return text.encode("utf-8", "backslashreplace").decode()


_BY_TYPE: Mapping[FieldType, Store] = {
    FieldType.TIME: _time,
    FieldType.TEXT: _text,
    FieldType.BYTES: _bytes,
}


def _store(field: Field) -> Store:
    return _number(field.scale) if field.type is FieldType.NUMBER else _BY_TYPE[field.type]


# Made once: this is the hot path, and a reading may cost no more than 40 hashes in all.
_STORED: Mapping[str, Mapping[str, Store]] = {
    kind.name: {field.name: _store(field) for field in kind.fields} for kind in KINDS.values()
}
_NOTHING_KNOWN: Mapping[str, Store] = {}


def natural(record: Record) -> dict[str, Natural]:
    """Return the record's fields in natural units, flat and fit for JSON.

    Numbers are ints or floats by their scale, times are ISO 8601 in UTC, bytes hexadecimal.
    """
    kind = kind_of(record.kind)
    return {name: _natural(kind.field(name), value) for name, value in record.values.items()}


def _natural(field: Field | None, value: RecordValue) -> Natural:
    if isinstance(value, bytes):
        return value.hex()
    if field is None or isinstance(value, str):
        return value
    if field.type is FieldType.TIME:
        return iso(value)
    return value if field.scale == 0 else round(value * 10.0**field.scale, -field.scale)


def iso(wall_ms: int) -> str:
    """Return milliseconds since 1970 as ISO 8601 in UTC, or as they are where no year fits."""
    try:
        moment = _EPOCH + wall_ms * _MILLISECOND
    except OverflowError:
        return f"{wall_ms} ms"
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
