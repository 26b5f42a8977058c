"""Codec 2: the records of a batch in columns, one set of columns for each group of like records.

docs/PROTOCOL.md, "Body", has the format. A group has one device, one kind, and the same fields of
the same types. What is no record of ours, or does not fit the limits, is carried as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from itertools import pairwise, repeat
from typing import cast

from evidence import cbor
from evidence.clock_runs import Run, bounds_of, read_runs, write_runs
from evidence.column import read_integers, read_strings, write_integers, write_strings
from evidence.errors import MalformedError
from evidence.interleave import interleaved, read_exceptions, write_exceptions
from evidence.leaf import Record, RecordValue
from evidence.shape import MAX_INT
from evidence.varint import Input, Output
from foundation.dataclass import dataclass

MAX_GROUPS = 1024
MAX_FIELDS = 64
"""A record beyond these is carried as it is; our registry's widest kind has nine fields."""

INTEGER, TEXT, BYTES = range(3)
_TYPES: dict[type, int] = {int: INTEGER, str: TEXT, bytes: BYTES}
_MAJOR = {TEXT: cbor.TEXT, BYTES: cbor.BYTES}

Field = tuple[str, int]
"""Name and type."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Records of one device, kind and set of fields; `fields` are in CBOR's order of keys."""

    device: str
    kind: str
    fields: tuple[Field, ...]
    records: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Schema:
    """What is read of a group before its columns."""

    device: bytes
    kind: bytes
    fields: tuple[tuple[bytes, int], ...]
    count: int

    @property
    def least_bytes(self) -> int:
        """Bytes that its records have at least: their texts, and a byte for each field's value."""
        each = len(self.device) + len(self.kind) + sum(len(name) + 1 for name, _ in self.fields)
        return each * self.count


def write_columns(out: Output, encoded: Sequence[bytes], parsed: Sequence[Record | None]) -> None:
    """Write the columns of a batch: its records' bytes, and what these say.

    Where `parsed` has None, or a record that does not fit, the bytes are carried as they are.
    """
    groups: dict[object, _Group | None] = {}
    order: list[_Group] = []
    regular: list[Record] = []
    raw: list[int] = []
    first = next((r.number - at for at, r in enumerate(parsed) if r is not None), 0)
    for at, record in enumerate(parsed):
        group = None if record is None else _group_of(record, groups)
        if record is None or group is None or not _fits(record, first + at):
            raw.append(at)
        else:
            group.records.append(record)
            order.append(group)
            regular.append(record)
    used = [group for group in groups.values() if group is not None and group.records]
    write_integers(out, [first])
    _write_raw(out, encoded, raw)
    if not used:
        return
    times = [[record.monotonic_ms for record in group.records] for group in used]
    number = {id(group): at for at, group in enumerate(used)}
    sequence = [number[id(group)] for group in order]
    _write_schemas(out, used)
    write_exceptions(out, times, sequence)
    write_runs(out, regular)
    for group, column in zip(used, times, strict=True):
        _write_group(out, group, column)


def _fits(record: Record, number: int) -> bool:
    return record.number == number and abs(record.wall_ms - record.monotonic_ms) <= MAX_INT


def _group_of(record: Record, groups: dict[object, _Group | None]) -> _Group | None:
    values = record.values
    key = (record.device, record.kind, *values, *map(type, values.values()))
    if key not in groups:
        groups[key] = _new_group(record) if len(groups) < MAX_GROUPS else None
    return groups[key]


def _new_group(record: Record) -> _Group | None:
    types = {name: _TYPES.get(type(value)) for name, value in record.values.items()}
    fields = [(name, type_) for name, type_ in types.items() if type_ is not None]
    if len(fields) < len(types) or len(fields) > MAX_FIELDS:
        return None
    fields.sort(key=_encoded_name)
    return _Group(record.device, record.kind, tuple(fields))


def _encoded_name(field: Field) -> bytes:
    return cbor.name(field[0])


def _write_raw(out: Output, encoded: Sequence[bytes], places: Sequence[int]) -> None:
    gaps = [place - before for before, place in pairwise((0, *places))]
    records = [encoded[place] for place in places]
    out.varints(len(records), *gaps, *map(len, records))
    out.raw(b"".join(records))


def _write_schemas(out: Output, groups: Sequence[_Group]) -> None:
    out.varints(len(groups))
    for group in groups:
        out.string(group.kind.encode())
        out.varints(len(group.fields))
        for name, type_ in group.fields:
            out.string(name.encode())
            out.varints(type_)
    write_strings(out, [group.device.encode() for group in groups])
    write_integers(out, [len(group.records) for group in groups])


def _write_group(out: Output, group: _Group, times: Sequence[int]) -> None:
    write_integers(out, times)
    write_strings(out, [record.quality.encode() for record in group.records])
    values = [record.values for record in group.records]
    for name, type_ in group.fields:
        column = [fields[name] for fields in values]
        if type_ == INTEGER:
            write_integers(out, cast("list[int]", column))  # as the group's fields say
        else:
            write_strings(out, [_as_bytes(value) for value in column])


def _as_bytes(value: RecordValue) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def read_columns(data: Input, count: int) -> list[bytes]:
    """Return the bytes of `count` records; MalformedError for what `write_columns` cannot make."""
    (first,) = read_integers(data, 1)
    raw = _read_raw(data, count)
    regular: Iterator[bytes] = iter(())
    if len(raw) < count:
        numbers = [first + at for at in range(count) if at not in raw]
        if not 0 <= numbers[0] <= numbers[-1] <= MAX_INT:
            raise MalformedError("columns-range", f"there is no record number {numbers[0]}")
        regular = _read_regular(data, numbers)
    records = [raw[at] if at in raw else next(regular) for at in range(count)]
    if data.left:
        raise MalformedError("columns-trailing", f"{data.left} bytes follow the last column")
    data.planes.finish()
    return records


def _read_raw(data: Input, count: int) -> dict[int, bytes]:
    places = data.places(data.count(count, "records"), count)
    lengths = data.varints(len(places))
    return dict(zip(places, map(data.take, lengths), strict=True))


def _read_regular(data: Input, numbers: Sequence[int]) -> Iterator[bytes]:
    schemas = _read_schemas(data, len(numbers))
    exceptions = read_exceptions(data, len(numbers))
    runs = read_runs(data, len(numbers))
    columns = [_read_group(data, schema) for schema in schemas]
    sequence = interleaved([times for times, _, _ in columns], exceptions)
    heads = [head for _, head, _ in columns]
    tails = [tail for _, _, tail in columns]
    times = [time for time, _ in sequence]
    # Made one by one and counted: a long text that stands in all of them would fill the memory.
    records = zip(
        cbor.integers(numbers),
        [heads[group] for _, group in sequence],
        _read_clocks(runs, times),
        (next(tails[group]) for _, group in sequence),
        strict=True,
    )
    for number, head, clocks, tail in records:
        record = b"".join((b"\xa9\x00", number, head, clocks, tail))
        data.spend(len(record))
        yield record


def _read_clocks(runs: Sequence[Run], times: Sequence[int]) -> Iterator[bytes]:
    """Yield labels 3 to 6 of all records, the first without its label."""
    start = 0
    for run in runs:
        here = times[start : start + run.length]
        start += run.length
        walls = [time + run.first.offset_ms for time in here]
        if not -MAX_INT <= min(walls) <= max(walls) <= MAX_INT:
            raise MalformedError("columns-range", "a wall clock has more than 63 bits")
        boot = cbor.integer(run.first.boot) + b"\x04"
        source = b"\x06\x82" + _as_cbor(cbor.TEXT, run.first.source)
        bounds = bounds_of(run, here)
        encoded = {bound: cbor.encode(bound) for bound in set(bounds)}
        columns = zip(cbor.integers(here), cbor.integers(walls), bounds, strict=True)
        for monotonic, wall, bound in columns:
            yield b"".join((boot, monotonic, b"\x05", wall, source, encoded[bound]))


def _read_schemas(data: Input, count: int) -> list[_Schema]:
    number = data.count(min(count, MAX_GROUPS), "groups")
    if number == 0:
        raise MalformedError("columns-count", "records need one group at least")
    forms = [(data.string(), _read_fields(data)) for _ in range(number)]
    devices = read_strings(data, number)
    counts = read_integers(data, number)
    if min(counts) < 1 or sum(counts) != count:
        raise MalformedError("columns-count", f"the groups do not hold {count} records")
    schemas = [
        _Schema(device, kind, fields, size)
        for (kind, fields), device, size in zip(forms, devices, counts, strict=True)
    ]
    data.afford(sum(schema.least_bytes for schema in schemas))
    return schemas


def _read_fields(data: Input) -> tuple[tuple[bytes, int], ...]:
    fields = []
    before = b""
    for _ in range(data.count(MAX_FIELDS, "fields")):
        name = _as_cbor(cbor.TEXT, data.string())
        if name <= before:
            raise MalformedError("columns-field", "fields are not sorted or not unique")
        before = name
        fields.append((name, data.count(BYTES, "types")))
    return tuple(fields)


def _as_cbor(major: int, value: bytes) -> bytes:
    return cbor.head(major, len(value)) + value


def _read_group(data: Input, schema: _Schema) -> tuple[list[int], bytes, Iterator[bytes]]:
    """Return a group's times, the start of all its records, and how each of them ends."""
    times = read_integers(data, schema.count)
    if min(times) < 0:
        raise MalformedError("columns-range", "a monotonic time is negative")
    qualities = read_strings(data, schema.count)
    middle = b"\x08" + cbor.head(cbor.MAP, len(schema.fields))
    tails = {quality: b"\x07" + _as_cbor(cbor.TEXT, quality) + middle for quality in set(qualities)}
    parts: list[Iterable[bytes]] = [[tails[quality] for quality in qualities]]
    for name, type_ in schema.fields:
        parts += (repeat(name, schema.count), _read_column(data, type_, schema.count))
    device = _as_cbor(cbor.TEXT, schema.device)
    head = b"\x01" + device + b"\x02" + _as_cbor(cbor.TEXT, schema.kind) + b"\x03"
    return times, head, map(b"".join, zip(*parts, strict=True))


def _read_column(data: Input, type_: int, count: int) -> list[bytes]:
    """Return the value of a field, for each record of its group."""
    if type_ == INTEGER:
        return cbor.integers(read_integers(data, count))
    values = read_strings(data, count)
    encoded = {value: _as_cbor(_MAJOR[type_], value) for value in set(values)}
    return [encoded[value] for value in values]
