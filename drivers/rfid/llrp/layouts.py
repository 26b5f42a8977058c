"""Layouts: the fields of an LLRP message or parameter, read from one line of a table. Pure.

A line is `NUMBER NAME field:type … [*]`. Types are `uN` and `sN` (integers of N bits, most
significant first), `pN` (N reserved bits, no name), `utf8`, `bytes`, `bits`, `u16s` and `u32s` (a
16-bit count before its items), `raw16` and `raw96` (so many bits as bytes) and `rest` (all bytes
that are left). `*` says that parameters may follow the fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

COUNT = 2  # bytes of the count before a list of items (LLRP 1.0.1, §9.1)
ITEM_SIZES = {"utf8": 1, "bytes": 1, "u16s": 2, "u32s": 4}


class LayoutError(ValueError):
    """These bytes, or these values, do not fit the layout; the text says where."""


@dataclass(frozen=True, slots=True)
class Bits:
    """A string of `count` bits, left-aligned in `data`."""

    count: int
    data: bytes


Value = int | str | bytes | tuple[int, ...] | Bits


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `width` counts the bits of numbers, reserved bits and raw bytes; else it is 0."""

    name: str
    type: str
    width: int

    @property
    def varies(self) -> bool:
        """Whether the field's length is known from its bytes only."""
        return self.width == 0

    def unpack(self, bits: int) -> Value:
        """Return the value of `width` bits."""
        if self.type == "s" and bits >> self.width - 1:
            return bits - (1 << self.width)
        return bits.to_bytes(self.width // 8) if self.type == "raw" else bits

    def pack(self, value: Value) -> int:
        """Return `value` as `width` bits; LayoutError when it has more."""
        if isinstance(value, bytes):
            value = int.from_bytes(value) if len(value) * 8 == self.width else 1 << self.width
        assert isinstance(value, int)
        low = -(1 << self.width - 1) if self.type == "s" else 0
        if not low <= value < low + (1 << self.width):
            raise LayoutError(f"{self.name} does not fit {self.width} bits")
        return value & (1 << self.width) - 1


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring fields of known width, whole bytes together."""

    fields: tuple[Field, ...]
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """How one message or parameter is laid out; `nested` is whether parameters may follow.

    `plain` is name, bytes and type of the only field, where it is a whole number of bytes: most of
    a report is such parameters, and they are read the short way.
    """

    number: int
    name: str
    parts: tuple[Group | Field, ...]
    nested: bool
    plain: tuple[str, int, str] | None

    def unpack(self, data: bytes, at: int, end: int) -> tuple[dict[str, Value], int]:
        """Return the fields that begin at `at`, and where they end, at most at `end`."""
        if self.plain is not None:
            name, size, type_ = self.plain
            if at + size > end:
                raise LayoutError(f"{self.name} is cut short")
            content = data[at : at + size]
            if type_ == "raw":
                return {name: content}, at + size
            return {name: int.from_bytes(content, signed=type_ == "s")}, at + size
        values: dict[str, Value] = {}
        for part in self.parts:
            if isinstance(part, Field):
                values[part.name], at = _unpack_varying(self, part, data, at, end)
            else:
                at = _unpack_group(self, part, data, at, end, values)
        return values, at

    def pack(self, values: Mapping[str, Value]) -> bytes:
        """Return the fields' bytes; LayoutError when one is missing, unknown or too large."""
        packed = b"".join(
            _pack_varying(part, self._value(part, values))
            if isinstance(part, Field)
            else self._pack_group(part, values)
            for part in self.parts
        )
        if unknown := values.keys() - set(self.names()):
            raise LayoutError(f"{self.name} has no field {min(unknown)}")
        return packed

    def names(self) -> Iterator[str]:
        """Yield the names of the fields."""
        for part in self.parts:
            for field in part.fields if isinstance(part, Group) else (part,):
                if field.name:
                    yield field.name

    def _pack_group(self, group: Group, values: Mapping[str, Value]) -> bytes:
        bits = 0
        for field in group.fields:
            value = field.pack(self._value(field, values)) if field.name else 0
            bits = bits << field.width | value
        return bits.to_bytes(group.size)

    def _value(self, field: Field, values: Mapping[str, Value]) -> Value:
        if field.name not in values:
            raise LayoutError(f"{self.name} lacks {field.name}")
        return values[field.name]


def _unpack_group(
    layout: Layout, group: Group, data: bytes, at: int, end: int, values: dict[str, Value]
) -> int:
    after = at + group.size
    if after > end:
        raise LayoutError(f"{layout.name} is cut short")
    bits = int.from_bytes(data[at:after])
    shift = group.size * 8
    for field in group.fields:
        shift -= field.width
        if field.name:
            values[field.name] = field.unpack(bits >> shift & (1 << field.width) - 1)
    return after


def _unpack_varying(
    layout: Layout, field: Field, data: bytes, at: int, end: int
) -> tuple[Value, int]:
    if field.type == "rest":
        return data[at:end], end
    start = at + COUNT
    count = int.from_bytes(data[at:start])
    size = -(-count // 8) if field.type == "bits" else count * ITEM_SIZES[field.type]
    if start + size > end:
        raise LayoutError(f"{field.name} of {layout.name} is cut short")
    content = data[start : start + size]
    if field.type == "bits":
        return Bits(count, content), start + size
    return _items(field.type, content), start + size


def _items(type_: str, content: bytes) -> Value:
    if type_ == "utf8":
        return content.decode(errors="replace")
    if type_ == "bytes":
        return content
    width = ITEM_SIZES[type_]
    return tuple(int.from_bytes(content[at : at + width]) for at in range(0, len(content), width))


def _pack_varying(field: Field, value: Value) -> bytes:
    if isinstance(value, Bits):
        return value.count.to_bytes(COUNT) + value.data
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return value if field.type == "rest" else len(value).to_bytes(COUNT) + value
    assert isinstance(value, tuple)
    width = ITEM_SIZES[field.type]
    items = b"".join(item.to_bytes(width) for item in value)
    return len(value).to_bytes(COUNT) + items


def table(text: str) -> tuple[Layout, ...]:
    """Return the layouts that the lines of `text` describe."""
    return tuple(_layout(line.split()) for line in text.splitlines() if line.strip())


def _layout(words: list[str]) -> Layout:
    number, name, *rest = words
    nested = rest[-1:] == ["*"]
    fields = [_field(word) for word in rest if word != "*"]
    return Layout(int(number), name, tuple(_parts(fields)), nested, _plain(fields))


def _plain(fields: list[Field]) -> tuple[str, int, str] | None:
    match fields:
        case [Field(name, "u" | "s" | "raw" as type_, width)] if width % 8 == 0:
            return name, width // 8, type_
        case _:
            return None


def _field(word: str) -> Field:
    name, _, type_ = word.rpartition(":")
    if type_ in ITEM_SIZES or type_ in {"bits", "rest"}:
        return Field(name, type_, 0)
    kind = type_.rstrip("0123456789")
    return Field(name, kind, int(type_[len(kind) :]))


def _parts(fields: list[Field]) -> Iterator[Group | Field]:
    group: list[Field] = []
    for field in fields:
        if not field.varies:
            group.append(field)
            continue
        if group:
            yield _group(group)
            group = []
        yield field
    if group:
        yield _group(group)


def _group(fields: list[Field]) -> Group:
    bits = sum(field.width for field in fields)
    assert bits % 8 == 0, fields
    return Group(tuple(fields), bits // 8)
