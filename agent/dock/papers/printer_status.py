"""What a ZPL printer answers to `~HS`: why it would not print. Pure.

Three strings come, each between STX and ETX (ZPL II Programming Guide, "Host Status Return").
"""

from __future__ import annotations

import re
from operator import lt

ASK = b"~HS"
STRINGS = 3
_STRING = re.compile(rb"\x02([^\x02\x03]*)\x03")
_FEWEST = (12, 11)  # fields that the first string has, and the second

_TROUBLES = (
    (0, 1, "it has no paper"),
    (0, 2, "it is paused"),
    (0, 5, "its buffer is full"),
    (0, 10, "it is too cold"),
    (0, 11, "it is too hot"),
    (1, 2, "its head is open"),
    (1, 3, "it has no ribbon"),
)
"""String, field, and what a 1 there says."""


def whole(data: bytes) -> bool:
    """Whether all strings of an answer have come."""
    return len(_STRING.findall(data)) >= STRINGS


def troubles(data: bytes) -> list[str] | None:
    """Return why a printer would not print; None where it did not answer as such a printer does."""
    strings = [found.decode("ascii", "replace").split(",") for found in _STRING.findall(data)]
    if len(strings) < STRINGS or any(map(lt, map(len, strings), _FEWEST)):
        return None
    return [words for string, field, words in _TROUBLES if strings[string][field].strip() == "1"]
