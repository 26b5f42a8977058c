"""The data types of the ZCL with their sizes and marks for "invalid" (§2.6.2, table 2-11). Data."""

from __future__ import annotations

from typing import NamedTuple


class DataType(NamedTuple):
    """One type. `size` in bytes; `length_bytes`: of the length that precedes it, where it varies.

    `invalid` is the value that stands for none; `floating` the struct format of a real number.
    """

    name: str
    size: int = 0
    number: bool = False
    signed: bool = False
    invalid: int | None = None
    length_bytes: int = 0
    floating: str = ""


def _row(
    first: int, name: str, sizes: range, *, signed: bool = False, invalid: str = ""
) -> dict[int, DataType]:
    return {
        first + size - sizes.start: DataType(
            f"{name}{size * 8}", size, number=True, signed=signed, invalid=_mark(invalid, size)
        )
        for size in sizes
    }


def _mark(invalid: str, size: int) -> int | None:
    """Return all ones for an unsigned type, the least number for a signed one."""
    return {"": None, "ones": (1 << 8 * size) - 1, "least": -(1 << 8 * size - 1)}[invalid]


BOOLEAN, BITMAP16, UINT8, UINT16, INT16 = 0x10, 0x19, 0x20, 0x21, 0x29

TYPES: dict[int, DataType] = {
    0x00: DataType("no data"),
    **_row(0x08, "data", range(1, 9)),
    BOOLEAN: DataType("boolean", 1, number=True, invalid=0xFF),
    **_row(0x18, "bitmap", range(1, 9)),
    **_row(0x20, "uint", range(1, 9), invalid="ones"),
    **_row(0x28, "int", range(1, 9), signed=True, invalid="least"),
    **_row(0x30, "enum", range(1, 3), invalid="ones"),
    0x38: DataType("half float", 2, floating="<e"),
    0x39: DataType("float", 4, floating="<f"),
    0x3A: DataType("double", 8, floating="<d"),
    0x41: DataType("octet string", length_bytes=1),
    0x42: DataType("text", length_bytes=1),
    0x43: DataType("long octet string", length_bytes=2),
    0x44: DataType("long text", length_bytes=2),
    0xE0: DataType("time of day", 4),
    0xE1: DataType("date", 4),
    0xE2: DataType("UTC", 4, number=True, invalid=0xFFFFFFFF),
    0xE8: DataType("cluster", 2, number=True, invalid=0xFFFF),
    0xE9: DataType("attribute", 2, number=True, invalid=0xFFFF),
    0xEA: DataType("BACnet object", 4),
    0xF0: DataType("IEEE address", 8),
    0xF1: DataType("key", 16),
    0xFF: DataType("unknown"),
}
"""Arrays, sets and structures (0x48 to 0x51) are not read, nor what follows one in a report."""
