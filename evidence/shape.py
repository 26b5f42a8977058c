"""Reading decoded CBOR by its expected shape: wrong type or length is MalformedError, by name."""

from __future__ import annotations

from collections.abc import Container, Mapping

from evidence.cbor import Value
from evidence.errors import MalformedError

Map = Mapping[int | str, Value]

MAX_INT = 2**63 - 1
"""Integers stay within 64 signed bits, which SQLite and every language hold."""

_SHOWN = 60  # characters of foreign input that an error repeats


def fail(name: str, wanted: str) -> MalformedError:
    """Return the error that says that the field `name` is not `wanted`."""
    return MalformedError("shape", f"{name} must be {wanted}")


def as_map(value: Value, name: str) -> Map:
    """Return `value` as a map."""
    if not isinstance(value, dict):
        raise fail(name, "a map")
    return value


def as_array(value: Value, name: str, length: int | None = None) -> tuple[Value, ...]:
    """Return `value` as an array, of exactly `length` items where given."""
    if not isinstance(value, tuple) or (length is not None and len(value) != length):
        raise fail(name, "an array" if length is None else f"an array of {length} items")
    return value


def as_uint(value: Value, name: str) -> int:
    """Return `value` as an unsigned integer of at most `MAX_INT`; a bool is none."""
    if type(value) is not int or not 0 <= value <= MAX_INT:
        raise fail(name, "an unsigned integer of 63 bits")
    return value


def as_int(value: Value, name: str) -> int:
    """Return `value` as an integer within ±`MAX_INT`; a bool is none."""
    if type(value) is not int or not -MAX_INT <= value <= MAX_INT:
        raise fail(name, "an integer of 63 bits")
    return value


def as_version(value: Value, known: Container[int], what: str) -> int:
    """Return `value` as a version of `what` that is among `known`."""
    version = as_int(value, "version")
    if version not in known:
        raise MalformedError("version", f"{what} version {version} is not known")
    return version


def as_text(value: Value, name: str) -> str:
    """Return `value` as text."""
    if not isinstance(value, str):
        raise fail(name, "text")
    return value


def as_bytes(value: Value, name: str, length: int | None = None) -> bytes:
    """Return `value` as a byte string, of exactly `length` bytes where given."""
    if not isinstance(value, bytes) or (length is not None and len(value) != length):
        raise fail(name, "a byte string" if length is None else f"{length} bytes")
    return value


def exactly(fields: Map, names: Mapping[int, str], optional: frozenset[int] = frozenset()) -> None:
    """Refuse a map that lacks a key of `names` or has one beyond them."""
    for key, name in names.items():
        if key not in fields and key not in optional:
            raise MalformedError("shape", f"{name} (key {key}) is missing")
    for given in fields:
        if given not in names:
            raise MalformedError("shape", f"key {shown(given)} has no meaning here")


def shown(value: object) -> str:
    """Return foreign input as an error may repeat it: escaped, and not at length."""
    return f"{value!r:.{_SHOWN}}"
