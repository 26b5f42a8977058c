"""Bits taken from the front, and bits added to the end. Pure."""

from __future__ import annotations

from drivers.gs1.errors import Fault, Gs1Error

WORD = 16  # bits; tags are written and read in words


class BitReader:
    """Takes bits from the front of `data`."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self.left = len(data) * 8

    def take(self, bits: int) -> int:
        """Return the next `bits` as an unsigned number; Gs1Error when there are fewer."""
        if bits > self.left:
            raise Gs1Error(Fault.LENGTH, f"ends {bits - self.left} bits too early")
        self.left -= bits
        return self._value >> self.left & (1 << bits) - 1

    def copy(self) -> BitReader:
        """Return a reader of the bits that are left."""
        twin = BitReader(b"")
        twin._value, twin.left = self._rest(), self.left
        return twin

    def hex(self) -> str:
        """Return the bits that are left in hexadecimal, filled up to a whole digit."""
        digits = -(-self.left // 4)
        return f"{self._rest() << (digits * 4 - self.left):0{digits}X}" if digits else ""

    @property
    def blank(self) -> bool:
        """Whether nothing but zeros is left."""
        return not self._rest()

    def _rest(self) -> int:
        return self._value & (1 << self.left) - 1


class BitWriter:
    """Collects bits; `to_bytes` fills up with zeros to whole words."""

    def __init__(self) -> None:
        self._value = 0
        self.length = 0

    def add(self, value: int, bits: int) -> None:
        """Append `value`, which must fit, as `bits` bits."""
        assert 0 <= value < 1 << bits
        self._value = self._value << bits | value
        self.length += bits

    def to_bytes(self) -> bytes:
        """Return everything, zeros after it up to a whole word."""
        fill = -self.length % WORD
        return (self._value << fill).to_bytes((self.length + fill) // 8)
