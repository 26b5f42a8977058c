"""Text messages in text mode: one message, in the GSM alphabet or UCS2 by its content. Pure.

3GPP TS 27.005 §3.5 (`AT+CMGS`, `AT+CSMP`), TS 23.038 §6.2.1 (the GSM 7 bit default alphabet) and §4
(data coding). Characters whose code a modem may take for a control (ESC, Ctrl-Z, backspace, DEL)
go in UCS2, as do those that the alphabet has not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

NUMBER = r"\+?\d{3,15}"  # E.164; short numbers have three digits
LONGEST_GSM, LONGEST_UCS2 = 160, 70  # characters of one message, TS 23.040 §9.2.3.24
END, ESCAPE = b"\x1a", b"\x1b"  # TS 27.005 §3.5.1: send, and give up
GSM_CODING, UCS2_CODING = 0, 8  # TS 23.038 §4
CUT = "..."

_LETTERS = (*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1))
_GSM = {
    **{letter: ord(letter) for letter in " !\"#%&'()*+,-./0123456789:;<=>?"},
    **{chr(code): code for code in _LETTERS},
    "¤": 0x24, "¡": 0x40, "Ä": 0x5B, "Ö": 0x5C, "Ñ": 0x5D, "Ü": 0x5E, "§": 0x5F, "¿": 0x60,
    "ä": 0x7B, "ö": 0x7C, "ñ": 0x7D, "ü": 0x7E,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encoded:
    """One message as it goes over the wire; `charset` is for AT+CSCS, `coding` for AT+CSMP."""

    charset: str
    coding: int
    number: str
    text: bytes


def encode(number: str, text: str) -> Encoded:
    """Return a message, cut where it is too long for one."""
    line = " ".join(text.split())
    if all(letter in _GSM for letter in line):
        cut = _cut(line, LONGEST_GSM, len)
        return Encoded("GSM", GSM_CODING, number, bytes(_GSM[letter] for letter in cut))
    cut = _cut(line, LONGEST_UCS2, lambda part: len(_ucs2(part)) // 2)
    return Encoded("UCS2", UCS2_CODING, _hex(number), _hex(cut).encode("ascii"))


def _cut(text: str, longest: int, size: Callable[[str], int]) -> str:
    if size(text) <= longest:
        return text
    kept = text[: longest - len(CUT)]
    while size(kept) > longest - len(CUT):
        kept = kept[:-1]
    return kept + CUT


def _ucs2(text: str) -> bytes:
    return text.encode("utf-16-be", "replace")


def _hex(text: str) -> str:
    return _ucs2(text).hex().upper()
