"""Character sets of GS1 keys and their escapes in URIs (TDS, appendices A and G). Pure."""

from __future__ import annotations

import re

from drivers.gs1.errors import Fault, Gs1Error

DIGITS = frozenset("0123456789")
UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# GS1 General Specifications, figures 7.11-1 and 7.11-2: what an AI may hold.
CHARACTERS = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
COMPONENT_CHARACTERS = DIGITS | UPPER | frozenset("#-/")
BASE64_CHARACTERS = DIGITS | UPPER | frozenset("abcdefghijklmnopqrstuvwxyz-_")  # of URLs
PART_CHARACTERS = DIGITS | UPPER | frozenset("-/")  # ADI; "#" only before a serial number
CAGE_CHARACTERS = DIGITS | UPPER - frozenset("IO")
URI_ESCAPED = frozenset('"#%&/<>?')

_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")


def escaped(text: str) -> str:
    """Return `text` as a part of an EPC URI."""
    return "".join(f"%{ord(char):02X}" if char in URI_ESCAPED else char for char in text)


def unescaped(part: str) -> str:
    """Return the text of a part of a URI; Gs1Error for an escape that is none."""
    if "%" in _ESCAPE.sub("", part):
        raise Gs1Error(Fault.SYNTAX, f"{part!r} has a % without two hexadecimal digits")
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), part)


def check_characters(what: str, text: str, allowed: frozenset[str]) -> None:
    """Refuse text with another character than `allowed`."""
    for char in text:
        if char not in allowed:
            raise Gs1Error(Fault.CHARACTER, f"character {char!r} may not be in a {what}")
