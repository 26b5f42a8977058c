"""Bytes of a GNSS receiver → NMEA 0183 sentences. Pure.

NMEA 0183: `$`, address and fields, `*`, two hex digits of the XOR of all between the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import xor

LONGEST = 160  # characters after `$`; NMEA 0183 allows 82, receivers with more digits send over 100

_WHOLE = re.compile(rb"([\x20-\x23\x25-\x29\x2b-\x7e]{1,%d})\*([0-9A-Fa-f]{2})" % LONGEST)
_ENDED = re.compile(rb"[^*\r\n]*(\*[^\r\n]{2}|\*?[^\r\n]?[\r\n])")


@dataclass(frozen=True, slots=True)
class Split:
    """What some bytes held.

    `sentences` are whole and checked, without `$` and checksum; `rest` goes before the next bytes;
    `damaged` counts what began like a sentence and was none.
    """

    sentences: tuple[str, ...]
    rest: bytes
    damaged: int


def split(data: bytes) -> Split:
    """Take the sentences out of `data`; anything before a `$` is skipped."""
    _, *candidates = data.split(b"$")
    rest = b""
    if candidates and not _ended(candidates[-1]):
        rest = b"$" + candidates.pop()
    found = [_sentence(candidate) for candidate in candidates]
    sentences = tuple(sentence for sentence in found if sentence is not None)
    return Split(sentences, rest, len(found) - len(sentences))


def checksum(text: bytes) -> int:
    """Return the XOR of all bytes, NMEA 0183's checksum."""
    return reduce(xor, text, 0)


def _ended(candidate: bytes) -> bool:
    return len(candidate) > LONGEST + len("*hh") or _ENDED.match(candidate) is not None


def _sentence(candidate: bytes) -> str | None:
    whole = _WHOLE.match(candidate)
    if whole is None or checksum(whole[1]) != int(whole[2], 16):
        return None
    return whole[1].decode("ascii")
