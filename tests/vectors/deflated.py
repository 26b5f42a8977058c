"""A bomb of raw deflate (RFC 1951), made by hand: what a library packs differs between versions."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 258
"""Bytes of the longest match, length symbol 285 (§3.2.5)."""

_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)  # §3.2.7
_LENGTH_BITS = {1: 2, 2: 2, 18: 1}  # of the code that the two codes' lengths are written in


def zeros(matches: int) -> bytes:
    """Return a stream of 1 + `matches` · 258 zero bytes, two bits for each match.

    One block of dynamic codes: 285 is `0`, the literal 0 is `10`, the end is `11`; the one distance
    code, 1, is `0`.
    """
    bits = "1" + _low(2, 2)  # the last block, of dynamic codes
    bits += _low(29, 5) + _low(0, 5) + _low(len(_ORDER) - 4 - 1, 4)  # 286 lengths, 1, 18
    bits += "".join(_low(_LENGTH_BITS.get(symbol, 0), 3) for symbol in _ORDER[:-1])
    bits += _lengths([2, -138, -117, 2, -28, 1, 1])
    bits += "10" + "00" * matches + "11"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))


def _lengths(runs: Sequence[int]) -> str:
    """Return code lengths, −n standing for n that are zero; 18 is `0`, 1 `10`, 2 `11`."""
    return "".join({1: "10", 2: "11"}[run] if run > 0 else "0" + _low(-run - 11, 7) for run in runs)


def _low(value: int, bits: int) -> str:
    """Return a number's bits, the lowest first."""
    return f"{value:0{bits}b}"[::-1]
