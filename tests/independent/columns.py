"""Records out of columns (PROTOCOL.md, "Columns (codec 2)", the head)."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from tests.independent.cbor import encode
from tests.independent.cbor import item_head as cbor_head
from tests.independent.planes import Head, in_range
from tests.independent.reasons import Refused

INTEGER, TEXT = 0, 1
Value = int | bytes


@dataclass
class Group:
    """Records of one kind, device and set of fields."""

    kind: bytes
    fields: list[tuple[bytes, int]]
    device: bytes = b""
    size: int = 0
    times: list[int] = field(default_factory=list)
    qualities: list[bytes] = field(default_factory=list)
    values: list[list[Value]] = field(default_factory=list)
    taken: int = 0


@dataclass(frozen=True)
class Run:
    """Regular records in a row under one clock."""

    length: int
    boot: int
    offset: int
    form: int
    bound: int
    phase: int
    source: bytes


def unpack_columns(data: bytes, planes: bytes, count: int) -> list[bytes]:
    """Return the records that a head and its planes tell of."""
    head = Head(data, planes)
    first = head.integers(1)[0]
    places = head.places(head.many(0, count), count)
    lengths = [head.varint() for _ in places]
    kept = {place: head.take(length) for place, length in zip(places, lengths, strict=False)}
    regular = [place for place in range(count) if place not in kept]
    if not regular:
        head.close()
        return [kept[place] for place in range(count)]
    groups = _groups(head, len(regular))
    order = head.many(0, len(regular))
    jumps = head.places(order, len(regular))
    ranks = dict(zip(jumps, [head.varint() for _ in jumps], strict=False))
    runs = _runs(head, len(regular))
    for group in groups:
        _columns(head, group)
    head.close()
    rows = _ordered(groups, ranks, len(regular))
    clocks = _clocks(runs, [group.times[at] for group, at in rows])
    for place, (group, at), clock in zip(regular, rows, clocks, strict=False):
        kept[place] = _record(in_range(first + place), group, at, clock)
        head.spend(len(kept[place]))
    return [kept[place] for place in range(count)]


def _groups(head: Head, count: int) -> list[Group]:
    groups = []
    for _ in range(head.many(1, min(1024, count))):
        kind = head.string()
        fields: list[tuple[bytes, int]] = []
        for _ in range(head.many(0, 64)):
            name, form = head.string(), head.many(0, 2)
            if fields and _key(name) <= _key(fields[-1][0]):
                raise Refused("columns-field")
            fields.append((name, form))
        groups.append(Group(kind, fields))
    devices = head.strings(len(groups))
    sizes = head.integers(len(groups))
    if min(sizes) < 1 or sum(sizes) != count:
        raise Refused("columns-count")
    for group, device, size in zip(groups, devices, sizes, strict=False):
        group.device, group.size = device, size
    return groups


def _key(name: bytes) -> tuple[int, bytes]:
    return len(name), name


def _runs(head: Head, count: int) -> list[Run]:
    many = head.many(1, count)
    lengths, boots, offsets, forms, bounds, phases = (head.integers(many) for _ in range(6))
    sources = head.strings(many)
    runs = [
        Run(*row)
        for row in zip(lengths, boots, offsets, forms, bounds, phases, sources, strict=False)
    ]
    if (
        any(
            run.length < 1 or min(run.boot, run.bound, run.phase) < 0 or run.form not in (0, 1, 2)
            for run in runs
        )
        or sum(lengths) != count
    ):
        raise Refused("columns-clock")
    return runs


def _columns(head: Head, group: Group) -> None:
    group.times = head.integers(group.size)
    if min(group.times) < 0:
        raise Refused("columns-range")
    group.qualities = head.strings(group.size)
    for _, form in group.fields:
        column: list[Value] = []
        column.extend(head.integers(group.size) if form == INTEGER else head.strings(group.size))
        group.values.append(column)


def _ordered(groups: list[Group], ranks: dict[int, int], count: int) -> list[tuple[Group, int]]:
    rows = []
    left = sorted((group.times[0], number) for number, group in enumerate(groups))
    for at in range(count):
        rank = ranks.get(at, 0)
        if rank >= len(left):
            raise Refused("columns-order")
        number = left.pop(rank)[1]
        group = groups[number]
        rows.append((group, group.taken))
        group.taken += 1
        if group.taken < group.size:
            insort(left, (group.times[group.taken], number))
    return rows


@dataclass(frozen=True)
class Clock:
    """What a run says of one record."""

    boot: int
    wall: int
    source: bytes
    bound: int | None


def _clocks(runs: list[Run], times: list[int]) -> list[Clock]:
    clocks = []
    rest = iter(times)
    for run in runs:
        since: int | None = None
        for _ in range(run.length):
            time = next(rest)
            since = time if since is None else since
            bound: int | None = None if run.form == 0 else run.bound
            if run.form == 2:
                bound = in_range(run.bound + (time - since + run.phase) // 2000)
                if bound < 0:
                    raise Refused("columns-range")
            clocks.append(Clock(run.boot, in_range(time + run.offset), run.source, bound))
    return clocks


def _text(data: bytes) -> bytes:
    return cbor_head(3, len(data)) + data


def _record(number: int, group: Group, at: int, clock: Clock) -> bytes:
    if number < 0:
        raise Refused("columns-range")
    fields = b"".join(
        _text(name) + _value(form, column[at])
        for (name, form), column in zip(group.fields, group.values, strict=False)
    )
    parts = [
        encode(number),
        _text(group.device),
        _text(group.kind),
        encode(clock.boot),
        encode(group.times[at]),
        encode(clock.wall),
        b"\x82" + _text(clock.source) + encode(clock.bound),
        _text(group.qualities[at]),
        cbor_head(5, len(group.fields)) + fields,
    ]
    return b"\xa9" + b"".join(bytes([label]) + part for label, part in enumerate(parts))


def _value(form: int, value: Value) -> bytes:
    return _text(value) if form == TEXT and isinstance(value, bytes) else encode(value)
