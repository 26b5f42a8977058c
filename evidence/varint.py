"""Variable-length integers, seven bits a byte, lowest first, and zigzag for signed ones.

docs/PROTOCOL.md, "Body", codec 2. Pure; `Input` reads untrusted bytes within bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import lt

from evidence.bit_planes import PlaneReader, PlaneWriter
from evidence.errors import MalformedError

MAX_VARINT_BYTES = 10
"""Second differences of 64-bit integers need 67 bits."""

_MORE = 0x80
_SEVEN = 0x7F


def zigzag(values: Iterable[int]) -> list[int]:
    """Return signed integers as unsigned ones, small where they are near zero: 0, −1, 1, −2 …"""
    return [value << 1 if value >= 0 else ~(value << 1) for value in values]


def unzigzag(values: Iterable[int]) -> list[int]:
    """Return what `zigzag` was given."""
    return [~(value >> 1) if value & 1 else value >> 1 for value in values]


def varints(values: Sequence[int]) -> bytes:
    """Return unsigned integers one behind the other."""
    if max(values, default=0) < _MORE:  # the usual column of small steps
        return bytes(values)
    out = bytearray()
    append = out.append
    for value in values:
        while value >= _MORE:
            append(value & _SEVEN | _MORE)
            value >>= 7  # noqa: PLW2901  eaten seven bits at a time
        append(value)
    return bytes(out)


class Output:
    """Collects what is written: a head of varints and strings, and the planes of columns."""

    __slots__ = ("_head", "planes")

    def __init__(self) -> None:
        self._head: list[bytes] = []
        self.planes = PlaneWriter()

    def varints(self, *values: int) -> None:
        """Add unsigned integers to the head."""
        self._head.append(varints(values))

    def string(self, data: bytes) -> None:
        """Add a byte string, its length before it."""
        self._head += (varints((len(data),)), data)

    def raw(self, data: bytes) -> None:
        """Add bytes whose length is known otherwise."""
        self._head.append(data)

    @property
    def head(self) -> bytes:
        """What was written so far, apart from the planes."""
        return b"".join(self._head)


class Input:
    """Reads varints and byte strings from `data`; MalformedError where it ends too soon.

    `planes` hold the columns' bits, and `budget` is how many bytes may be made out of all of it.
    """

    __slots__ = ("at", "budget", "data", "planes")

    def __init__(self, data: bytes, budget: int) -> None:
        self.data = data
        self.planes = PlaneReader(b"", b"")
        self.at = 0
        self.budget = budget

    @property
    def left(self) -> int:
        """How many bytes were not read yet."""
        return len(self.data) - self.at

    def varint(self) -> int:
        """Return the next unsigned integer."""
        (value,) = self.varints(1)
        return value

    def signed(self) -> int:
        """Return the next zigzag integer."""
        (value,) = unzigzag(self.varints(1))
        return value

    def count(self, most: int, what: str) -> int:
        """Return the next unsigned integer, which counts things: not more than `most`."""
        value = self.varint()
        if value > most:
            raise MalformedError("columns-count", f"{value} {what} are more than {most}")
        return value

    def places(self, number: int, size: int) -> list[int]:
        """Return `number` ascending places in a row of `size`, each told by its gap."""
        places = list(accumulate(self.varints(number)))
        if places and (places[-1] >= size or not all(map(lt, places, places[1:]))):
            raise MalformedError("columns-count", "a place stands twice, or beyond the row")
        return places

    def spend(self, count: int) -> None:
        """Count bytes that are made out of others; a bomb is refused before it grows."""
        self.budget -= count
        if self.budget < 0:
            raise MalformedError("columns-size", "the body unpacks to too much")

    def afford(self, count: int) -> None:
        """Refuse a bomb by the bytes that will be spent at least, before any work."""
        if count > self.budget:
            raise MalformedError("columns-size", "the body unpacks to too much")

    def string(self) -> bytes:
        """Return the next byte string, whose length stands before it."""
        return self.take(self.varint())

    def take(self, length: int) -> bytes:
        """Return the next `length` bytes."""
        end = self.at + length
        if length > self.left:
            raise MalformedError("columns-cut", f"{length} bytes wanted, {self.left} left")
        data = self.data[self.at : end]
        self.at = end
        return data

    def varints(self, count: int) -> list[int]:
        """Return the next `count` unsigned integers; each takes a byte at least."""
        start, data = self.at, self.data
        if count > self.left:
            raise MalformedError("columns-cut", f"{count} numbers wanted, {self.left} bytes left")
        plain = data[start : start + count]
        if plain.isascii():  # no byte says that another one follows
            self.at = start + count
            return list(plain)
        return self._long_varints(count)

    def _long_varints(self, count: int) -> list[int]:
        data, at, size = self.data, self.at, len(self.data)
        values = []
        for _ in range(count):
            value = shift = 0
            while True:
                if at >= size and not shift:
                    raise MalformedError("columns-cut", f"a number wanted at {at}, nothing left")
                if at >= size or shift >= 7 * MAX_VARINT_BYTES:
                    raise MalformedError("columns-varint", f"a number at {at} has no end")
                byte = data[at]
                at += 1
                value |= (byte & _SEVEN) << shift
                if byte < _MORE:
                    break
                shift += 7
            values.append(value)
        self.at = at
        return values
