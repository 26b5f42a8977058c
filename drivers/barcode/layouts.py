"""Keyboard layouts: key codes of Linux (input-event-codes.h) → characters. Pure.

A scanner that plays a keyboard sends keys, not characters. Which character a key stands for is the
layout that the scanner was set to; under another one `]C1` comes out as `+C1` or worse.
"""

from __future__ import annotations

from dataclasses import dataclass

ENTERS = frozenset({28, 96})
SHIFTS = frozenset({42, 54})
CONTROLS = frozenset({29, 97})
ALT = 56
ALT_GR = 100
CAPS_LOCK = 58
SPACE = 57
TAB = 15
F8 = 66  # what many scanners send for GS
BRACKET_KEY = 27  # ] on the American keyboard: with Ctrl it is GS
DIGIT_PAD = {
    82: "0",
    79: "1",
    80: "2",
    81: "3",
    75: "4",
    76: "5",
    77: "6",
    71: "7",
    72: "8",
    73: "9",
}
PAD = {**DIGIT_PAD, 55: "*", 74: "-", 78: "+", 83: ".", 98: "/"}

_ROWS = ((41, *range(2, 14)), range(16, 28), (*range(30, 41), 43), (86, *range(44, 54)))


@dataclass(frozen=True, slots=True)
class Layout:
    """Characters by key: alone, with Shift, with AltGr; `dead` ones wait for a space."""

    name: str
    plain: dict[int, str]
    shift: dict[int, str]
    alt_gr: dict[int, str]
    dead: frozenset[str] = frozenset()

    def character(self, key: int, *, shift: bool, alt_gr: bool) -> str:
        """Return the character of a key, or nothing."""
        table = self.alt_gr if alt_gr else self.shift if shift else self.plain
        return table.get(key, "")


def _keys(*rows: str) -> dict[int, str]:
    """Pair the keys of the four rows with characters; a blank stands for no character."""
    pairs = [
        (key, char)
        for keys, chars in zip(_ROWS, rows, strict=True)
        for key, char in zip(keys, chars, strict=True)
        if char != " "
    ]
    return dict(pairs)


US = Layout(
    "us",
    _keys("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'\\", "\\zxcvbnm,./"),
    _keys("~!@#$%^&*()_+", "QWERTYUIOP{}", 'ASDFGHJKL:"|', "|ZXCVBNM<>?"),
    {},
)
DE = Layout(
    "de",
    _keys("^1234567890ß´", "qwertzuiopü+", "asdfghjklöä#", "<yxcvbnm,.-"),
    _keys('°!"§$%&/()=?`', "QWERTZUIOPÜ*", "ASDFGHJKLÖÄ'", ">YXCVBNM;:_"),
    {
        3: "²",
        4: "³",
        8: "{",
        9: "[",
        10: "]",
        11: "}",
        12: "\\",
        16: "@",
        18: "€",
        27: "~",
        86: "|",
    },
    frozenset("^´`"),
)
FR = Layout(
    "fr",
    _keys("²&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù*", "<wxcvbn,;:!"),
    _keys(" 1234567890°+", "AZERTYUIOP¨£", "QSDFGHJKLM%µ", ">WXCVBN?./§"),
    {
        3: "~",
        4: "#",
        5: "{",
        6: "[",
        7: "|",
        8: "`",
        9: "\\",
        10: "^",
        11: "@",
        12: "]",
        13: "}",
        18: "€",
        27: "¤",
    },
    frozenset("^¨"),
)
LAYOUTS = {layout.name: layout for layout in (US, DE, FR)}
