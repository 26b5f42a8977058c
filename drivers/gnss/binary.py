"""Protocols of receivers that are not NMEA, by whole frames with a right checksum. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

LONGEST = 1024  # bytes of payload; receivers send less

_UBX_HEAD, _UBX_SUM = 4, 2  # bytes: class, id, length; Fletcher's sum
_SIRF_HEAD, _SIRF_TAIL = 2, 4  # bytes: length; sum and end


def protocols(sample: bytes) -> list[str]:
    """Return the names of the protocols of which `sample` has a frame."""
    return [name for name, (begin, whole) in _FRAMES.items() if _any(sample, begin, whole)]


def _any(sample: bytes, begin: bytes, whole: Callable[[bytes], bool]) -> bool:
    starts = re.finditer(re.escape(begin), sample)
    return any(whole(sample[start.end() : start.end() + LONGEST]) for start in starts)


def _ubx(rest: bytes) -> bool:
    """u-blox: behind B5 62 class, id, length, payload and Fletcher's sum over all of it."""
    end = _UBX_HEAD + int.from_bytes(rest[2:_UBX_HEAD], "little")
    if end + _UBX_SUM > len(rest):
        return False
    first = second = 0
    for byte in rest[:end]:
        first += byte
        second += first
    return rest[end : end + _UBX_SUM] == bytes((first & 0xFF, second & 0xFF))


def _sirf(rest: bytes) -> bool:
    """SiRF: behind A0 A2 length, payload, its sum in 15 bits, and B0 B3."""
    end = _SIRF_HEAD + int.from_bytes(rest[:_SIRF_HEAD], "big")
    total = sum(rest[_SIRF_HEAD:end]) & 0x7FFF
    return rest[end : end + _SIRF_TAIL] == total.to_bytes(2, "big") + b"\xb0\xb3"


_FRAMES: Mapping[str, tuple[bytes, Callable[[bytes], bool]]] = {
    "UBX": (b"\xb5\x62", _ubx),
    "SiRF binary": (b"\xa0\xa2", _sirf),
}
