"""Mutations that know CBOR: a changed value within intact lengths and order, or changed bytes.

Byte mutations alone seldom get past a strict decoder. These open an item, byte strings that hold
CBOR too, change one value somewhere in it, and encode it deterministically again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from evidence import cbor
from evidence.cbor import Tag
from evidence.errors import EvidenceError

TAGS = frozenset({18, 96})
VALUES = (
    0, 1, 23, 24, 255, 256, 65535, 65536, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1,
    -1, -7, -8, -9, -19, -35, -51, -70001, -70004, -70005, -(2**63), -(2**64),
    True, False, None, b"", bytes(8), bytes(16), bytes(31), bytes(32), bytes(33), bytes(64),
    "", "gap", "batch", "receipt", "none", "\x1b[2J", "é" * 101, (), {},
)  # fmt: skip
BYTES = (0x00, 0x0A, 0x20, 0x2B, 0x7F, 0x80, 0x9F, 0xBF, 0xF5, 0xF6, 0xF7, 0xFB, 0xFF)
WORDS = (
    b"none", b"any", b"all", b"until ", b"revoked ", b"from ", b"group ", b"witness ", b"quorum ",
    b"0", b"9999", b"\n\n", b"\n", b"\xe2\x80\x94 ", b"policy update ", b"\xd2\x84", b"\x82", b"\xa0",
)  # fmt: skip
_DEEPEST = 12


class Embedded:
    """A byte string that holds an item, opened."""

    def __init__(self, value: object) -> None:
        self.value = value


def mutate(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return `data` changed in one to three places, by value where it is CBOR, else by bytes."""
    changed = data
    for _ in range(chance.randint(1, 3)):
        by_value = chance.random() < 0.6  # half and half, and somewhat more of what gets through
        changed = (_by_value(changed, chance) if by_value else None) or _by_bytes(
            changed, others, chance
        )
    return changed


def _by_value(data: bytes, chance: random.Random) -> bytes | None:
    opened = _open(data)
    if opened is None:
        return None
    values = list(_inner(opened))
    target = chance.randrange(len(values))
    try:
        return cbor.encode(_close(_Replacer(target, values, chance).walk(opened)))
    except (TypeError, RecursionError):  # an integer of 65 bits, or a thing within itself
        return None


def _open(data: bytes, depth: int = _DEEPEST) -> object | None:
    try:
        value = cbor.decode(data, tags=TAGS)
    except EvidenceError:
        return None
    return _opened(value, depth)


def _opened(value: object, depth: int) -> object:
    if depth == 0:
        return value
    if isinstance(value, bytes) and len(value) > 1:
        inner = _open(value, depth - 1)
        return value if inner is None or isinstance(inner, int) else Embedded(inner)
    if isinstance(value, tuple):
        return tuple(_opened(item, depth - 1) for item in value)
    if isinstance(value, dict):
        return {key: _opened(item, depth - 1) for key, item in value.items()}
    if isinstance(value, Tag):
        return Tag(value.number, _opened(value.value, depth - 1))  # type: ignore[arg-type]  # opened
    return value


def _inner(value: object):
    yield value
    if isinstance(value, tuple):
        for item in value:
            yield from _inner(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _inner(item)
    elif isinstance(value, Tag | Embedded):
        yield from _inner(value.value)


class _Replacer:
    """Walks as `_inner` does, and changes the value at `target`."""

    def __init__(self, target: int, values: list[object], chance: random.Random) -> None:
        self.left = target
        self.values = values
        self.chance = chance

    def walk(self, value: object) -> object:
        self.left -= 1
        if self.left == -1:
            return self.other(value)
        if isinstance(value, tuple):
            return tuple([self.walk(item) for item in value])
        if isinstance(value, dict):
            return {key: self.walk(item) for key, item in value.items()}
        if isinstance(value, Tag):
            return Tag(value.number, self.walk(value.value))  # type: ignore[arg-type]  # opened
        if isinstance(value, Embedded):
            return Embedded(self.walk(value.value))
        return value

    def other(self, value: object) -> object:
        chance = self.chance
        how = chance.random()
        if isinstance(value, tuple) and value and how < 0.7:
            return _other_array(value, chance)
        if isinstance(value, dict) and value and how < 0.7:
            return _other_map(value, chance)
        if type(value) is int and how < 0.5:
            return value + chance.choice((-1, 1, -2, 2, 8))
        if isinstance(value, bytes) and value and how < 0.5:
            return _flipped(value, chance)
        if how < 0.75:
            return chance.choice(VALUES)
        return chance.choice(self.values)


def _other_array(value: tuple[object, ...], chance: random.Random) -> object:
    items = list(value)
    at = chance.randrange(len(items))
    how = chance.randrange(4)
    if how == 0:
        del items[at]
    elif how == 1:
        items.insert(at, items[chance.randrange(len(items))])
    elif how == 2:
        chance.shuffle(items)
    else:
        items *= 2
    return tuple(items)


def _other_map(value: dict[int | str, object], chance: random.Random) -> object:
    fields = dict(value)
    key = chance.choice(list(fields))
    how = chance.randrange(3)
    if how == 0:
        del fields[key]
    elif how == 1:
        fields[chance.choice((2, 99, -70004, -70005, "x", 396))] = fields[key]
    else:
        fields[key], fields[chance.choice(list(fields))] = chance.choice(VALUES), fields[key]
    return fields


def _flipped(value: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(value))
    return value[:at] + bytes([value[at] ^ 1 << chance.randrange(8)]) + value[at + 1 :]


def _close(value: object) -> cbor.Value:
    if isinstance(value, Embedded):
        return cbor.encode(_close(value.value))
    if isinstance(value, tuple):
        return tuple(_close(item) for item in value)
    if isinstance(value, dict):
        return {key: _close(item) for key, item in value.items()}
    if isinstance(value, Tag):
        return Tag(value.number, _close(value.value))
    return value  # type: ignore[return-value]  # a plain one


def _by_bytes(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    at, to = sorted(chance.randint(0, len(data)) for _ in range(2))
    other = chance.choice(others) if others else b""
    a, b = sorted(chance.randint(0, len(other)) for _ in range(2))
    return chance.choice(
        (
            lambda: _flipped(data, chance) if data else b"\0",
            lambda: data[:at] + bytes([chance.choice(BYTES)]) + data[at + 1 :],
            lambda: data[:at] + chance.choice(WORDS) + data[at:],
            lambda: data[:at] + data[to:],
            lambda: data[:to] + data[at:],
            lambda: data[:at] + other[a:b] + data[to:],
            lambda: data[:at] + data[at:to][::-1] + data[to:],
        )
    )()
