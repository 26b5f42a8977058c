"""The parts that codec 2 is made of (PROTOCOL.md, "Columns (codec 2)")."""

from __future__ import annotations

from tests.independent.reasons import Refused
from tests.independent.shape import LIMIT

MAX_WIDTH = 70
MAX_BYTES = 16 * 1024 * 1024
MANY = 24


class Bits:
    """A plane of bits, highest bit of a byte first."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.end = data, 0, 8 * len(data)

    def bit(self) -> int:
        """The next bit."""
        if self.at >= self.end:
            raise Refused("columns-bits")
        self.at += 1
        return self.data[(self.at - 1) >> 3] >> (7 - (self.at - 1) % 8) & 1

    def number(self, width: int) -> int:
        """The next `width` bits."""
        value = 0
        for _ in range(width):
            value = value << 1 | self.bit()
        return value

    def ones(self) -> int:
        """The ones before the next zero."""
        many = 0
        while self.bit():
            many += 1
            if many > MANY:
                raise Refused("columns-bits")
        return many

    def close(self) -> None:
        """Fewer than eight bits are left, all of them zero."""
        if self.end - self.at > 7 or any(self.bit() for _ in range(self.end - self.at)):
            raise Refused("columns-trailing")


class Head:
    """The head of codec 2, with its two planes."""

    def __init__(self, data: bytes, planes: bytes) -> None:
        self.data, self.at, self.room = data, 0, MAX_BYTES
        cut = self.many(0, len(planes))
        self.quotients, self.lows = Bits(planes[:cut]), Bits(planes[cut:])

    def close(self) -> None:
        """Nothing is left over."""
        if self.at != len(self.data):
            raise Refused("columns-trailing")
        self.quotients.close()
        self.lows.close()

    def spend(self, size: int) -> None:
        """Count bytes that are made of others."""
        self.room -= size
        if self.room < 0:
            raise Refused("columns-size")

    def take(self, size: int) -> bytes:
        """The next bytes."""
        if size > len(self.data) - self.at:
            raise Refused("columns-cut")
        self.at += size
        return self.data[self.at - size : self.at]

    def varint(self) -> int:
        """An unsigned integer."""
        value = 0
        for place in range(10):
            if self.at >= len(self.data):
                raise Refused("columns-varint" if place else "columns-cut")
            byte = self.take(1)[0]
            value |= (byte & 127) << (7 * place)
            if byte < 128:
                return value
        raise Refused("columns-varint")

    def many(self, low: int, high: int) -> int:
        """A varint that counts things."""
        value = self.varint()
        if not low <= value <= high:
            raise Refused("columns-count")
        return value

    def signed(self) -> int:
        """A signed integer."""
        return zigzag(self.varint())

    def string(self) -> bytes:
        """A varint length and the bytes."""
        return self.take(self.varint())

    def places(self, k: int, size: int) -> list[int]:
        """Places from k gaps: the first from 0, each other from the one before."""
        found: list[int] = []
        for _ in range(k):
            gap = self.varint()
            place = found[-1] + gap if found else gap
            if place >= size or (found and gap == 0):
                raise Refused("columns-count")
            found.append(place)
        return found

    def residuals(self, size: int) -> list[int]:
        """`size` residuals."""
        width = self.many(0, MAX_WIDTH)
        if width == 0:
            raw = [0] * size
            for place in self.places(self.many(0, size), size):
                raw[place] = -1
            raw = [self.varint() if value else 0 for value in raw]
            return [zigzag(value) for value in raw]
        quotients = [self.quotients.ones() for _ in range(size)]
        quotients = [q + self.varint() if q == MANY else q for q in quotients]
        return [zigzag(q << (width - 1) | self.lows.number(width - 1)) for q in quotients]

    def integers(self, size: int) -> list[int]:
        """`size` integers, one at least."""
        base, form = self.signed(), self.varint()
        if form == 0:
            return [in_range(base)] * size
        slope, order = self.signed(), self.many(0, 2)
        sums = self.residuals(size - 1)
        for _ in range(order):
            sums = running(sums)
        units = [base + slope * i + d for i, d in enumerate([0, *sums])]
        if form <= 3:
            scale = 5 * 10 ** (form - 1)
            return [in_range((scale * u + 1) // 3) for u in units]
        return [in_range(base + (form - 3) * (u - base)) for u in units]

    def strings(self, size: int) -> list[bytes]:
        """`size` strings, out of a table of different ones."""
        many = self.many(1, size)
        shared = [0] + [self.varint() for _ in range(many - 1)]
        more = [self.varint() for _ in range(many)]
        table: list[bytes] = []
        for prefix, length in zip(shared, more, strict=False):
            before = table[-1] if table else b""
            if prefix > len(before):
                raise Refused("columns-prefix")
            self.spend(prefix)
            table.append(before[:prefix] + self.take(length))
        if many == 1:
            return table * size
        rows: list[bytes] = []
        taken = 0
        for j in self.integers(size):
            taken += j == 0
            if j < 0 or j > many or taken > many:
                raise Refused("columns-index")
            rows.append(table[j - 1 if j else taken - 1])
        if taken != many:
            raise Refused("columns-index")
        return rows


def zigzag(value: int) -> int:
    """The signed value of an unsigned one."""
    return -(value + 1) // 2 if value % 2 else value // 2


def running(values: list[int]) -> list[int]:
    """Running sums."""
    total, sums = 0, []
    for value in values:
        total += value
        sums.append(total)
    return sums


def in_range(value: int) -> int:
    """A value that an integer may have."""
    if not -LIMIT <= value <= LIMIT:
        raise Refused("columns-range")
    return value
