"""Install codes, as they stand on a node's label (Zigbee Base Device Behavior 10.1). Pure."""

from __future__ import annotations

import re

from drivers.errors import BadFrame

SIZES = (6, 8, 12, 16)  # bytes of a code, without its check
CHECK = 2  # bytes, the low one first
BETWEEN = re.compile(r"[\s:.-]")  # what labels have between groups of digits


def install_code(text: str) -> bytes:
    """Return the bytes of a code with its check; BadFrame where a digit must be wrong."""
    digits = BETWEEN.sub("", text)
    wanted = [2 * (size + CHECK) for size in SIZES]
    if not re.fullmatch("[0-9a-fA-F]*", digits):
        raise BadFrame("an install code has the digits 0 to 9 and A to F only")
    if len(digits) not in wanted:
        lengths = ", ".join(map(str, wanted[:-1]))
        raise BadFrame(
            f"an install code has {lengths} or {wanted[-1]} digits with its check, and this one "
            f"has {len(digits)}"
        )
    code = bytes.fromhex(digits)
    if crc(code[:-CHECK]) != int.from_bytes(code[-CHECK:], "little"):
        raise BadFrame("a digit of the install code is wrong: its check does not fit")
    return code


def crc(data: bytes) -> int:
    """Return CRC-16/X-25: polynomial 1021 from the low bit, from FFFF, turned at the end."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return value ^ 0xFFFF
