"""Keyboard layouts: key codes of Linux (input-event-codes.h) → characters. Pure.

A scanner that plays a keyboard sends keys, not characters. Which character a key stands for is the
layout that the scanner was set to; under another one `]C1` comes out as `+C1` or worse.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

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
    """Characters by key: alone, with Shift, with AltGr, with both; `dead` ones wait for a space."""

    name: str
    plain: dict[int, str]
    shift: dict[int, str]
    alt_gr: dict[int, str]
    dead: frozenset[str] = frozenset()
    shift_alt_gr: dict[int, str] = field(default_factory=dict)

    def character(self, key: int, *, shift: bool, alt_gr: bool) -> str:
        """Return the character of a key, or nothing."""
        if alt_gr:
            # A scanner that holds Shift down on a key without a fourth character means the third.
            third = self.alt_gr.get(key, "")
            return self.shift_alt_gr.get(key, third) if shift else third
        return (self.shift if shift else self.plain).get(key, "")


def _keys(*rows: str) -> dict[int, str]:
    """Pair the keys of the four rows with characters; a blank stands for no character."""
    pairs = [
        (key, char)
        for keys, chars in zip(_ROWS, rows, strict=True)
        for key, char in zip(keys, chars, strict=True)
        if char != " "
    ]
    return dict(pairs)


# Keys by their place: the row of digits from the key left of 1, the three rows of letters.
_LEFT_OF_1, _RIGHT_OF_0, _LAST_OF_DIGITS = 41, 12, 13
_RIGHT_OF_P, _LAST_OF_Q = 26, 27
_RIGHT_OF_L, _BEFORE_ENTER, _LAST_OF_A = 39, 40, 43
_LEFT_OF_Z = 86
_1, _2, _3, _4, _5, _6, _7, _8, _9, _0 = range(2, 12)
_Q, _E, _M = 16, 18, 50
_BRACKETS = {_7: "{", _8: "[", _9: "]", _0: "}"}  # of Germany and the North

US = Layout(
    "us",
    _keys("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'\\", "\\zxcvbnm,./"),
    _keys("~!@#$%^&*()_+", "QWERTYUIOP{}", 'ASDFGHJKL:"|', "|ZXCVBNM<>?"),
    {},
)
UK = Layout(
    "uk",
    _keys("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'#", "\\zxcvbnm,./"),
    _keys('¬!"£$%^&*()_+', "QWERTYUIOP{}", "ASDFGHJKL:@~", "|ZXCVBNM<>?"),
    {_LEFT_OF_1: "¦", _4: "€"},
)
DE = Layout(
    "de",
    _keys("^1234567890ß´", "qwertzuiopü+", "asdfghjklöä#", "<yxcvbnm,.-"),
    _keys('°!"§$%&/()=?`', "QWERTZUIOPÜ*", "ASDFGHJKLÖÄ'", ">YXCVBNM;:_"),
    {
        **_BRACKETS,
        _2: "²",
        _3: "³",
        _RIGHT_OF_0: "\\",
        _Q: "@",
        _E: "€",
        _LAST_OF_Q: "~",
        _LEFT_OF_Z: "|",
    },
    frozenset("^´`"),
)
FR = Layout(
    "fr",
    _keys("²&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù*", "<wxcvbn,;:!"),
    _keys(" 1234567890°+", "AZERTYUIOP¨£", "QSDFGHJKLM%µ", ">WXCVBN?./§"),
    {
        _2: "~",
        _3: "#",
        _4: "{",
        _5: "[",
        _6: "|",
        _7: "`",
        _8: "\\",
        _9: "^",
        _0: "@",
        _RIGHT_OF_0: "]",
        _LAST_OF_DIGITS: "}",
        _E: "€",
        _LAST_OF_Q: "¤",
    },
    frozenset("^¨"),
)
IT = Layout(
    "it",
    _keys("\\1234567890'ì", "qwertyuiopè+", "asdfghjklòàù", "<zxcvbnm,.-"),
    _keys('|!"£$%&/()=?^', "QWERTYUIOPé*", "ASDFGHJKLç°§", ">ZXCVBNM;:_"),
    {
        _5: "€",
        _E: "€",
        _RIGHT_OF_P: "[",
        _LAST_OF_Q: "]",
        _RIGHT_OF_L: "@",
        _BEFORE_ENTER: "#",
    },
    shift_alt_gr={_RIGHT_OF_P: "{", _LAST_OF_Q: "}"},
)
ES = Layout(
    "es",
    _keys("º1234567890'¡", "qwertyuiop`+", "asdfghjklñ´ç", "<zxcvbnm,.-"),
    _keys('ª!"·$%&/()=?¿', "QWERTYUIOP^*", "ASDFGHJKLÑ¨Ç", ">ZXCVBNM;:_"),
    {
        _LEFT_OF_1: "\\",
        _1: "|",
        _2: "@",
        _3: "#",
        _4: "~",
        _5: "€",
        _6: "¬",
        _E: "€",
        _RIGHT_OF_P: "[",
        _LAST_OF_Q: "]",
        _BEFORE_ENTER: "{",
        _LAST_OF_A: "}",
    },
    frozenset("`´^¨~"),
)
# Switzerland's French keyboard differs in letters with accents alone.
CH = Layout(
    "ch",
    _keys("§1234567890'^", "qwertzuiopü¨", "asdfghjklöä$", "<yxcvbnm,.-"),
    _keys('°+"*ç%&/()=?`', "QWERTZUIOPè!", "ASDFGHJKLéà£", ">YXCVBNM;:_"),
    {
        _1: "¦",
        _2: "@",
        _3: "#",
        _6: "¬",
        _7: "|",
        _8: "¢",
        _RIGHT_OF_0: "´",
        _LAST_OF_DIGITS: "~",
        _E: "€",
        _RIGHT_OF_P: "[",
        _LAST_OF_Q: "]",
        _BEFORE_ENTER: "{",
        _LAST_OF_A: "}",
        _LEFT_OF_Z: "\\",
    },
    frozenset("^¨`´~"),
)
SE = Layout(
    "se",
    _keys("§1234567890+´", "qwertyuiopå¨", "asdfghjklöä'", "<zxcvbnm,.-"),
    _keys('½!"#¤%&/()=?`', "QWERTYUIOPÅ^", "ASDFGHJKLÖÄ*", ">ZXCVBNM;:_"),
    {
        **_BRACKETS,
        _2: "@",
        _3: "£",
        _4: "$",
        _5: "€",
        _RIGHT_OF_0: "\\",
        _E: "€",
        _LAST_OF_Q: "~",
        _M: "µ",
        _LEFT_OF_Z: "|",
    },
    frozenset("´`¨^~"),
)
FI = replace(SE, name="fi")
NO = Layout(
    "no",
    _keys("|1234567890+\\", "qwertyuiopå¨", "asdfghjkløæ'", "<zxcvbnm,.-"),
    _keys('§!"#¤%&/()=?`', "QWERTYUIOPÅ^", "ASDFGHJKLØÆ*", ">ZXCVBNM;:_"),
    {
        **_BRACKETS,
        _2: "@",
        _3: "£",
        _4: "$",
        _5: "€",
        _LAST_OF_DIGITS: "´",
        _E: "€",
        _LAST_OF_Q: "~",
        _M: "µ",
    },
    frozenset("`¨^´~"),
)
DK = Layout(
    "dk",
    _keys("½1234567890+´", "qwertyuiopå¨", "asdfghjklæø'", "<zxcvbnm,.-"),
    _keys('§!"#¤%&/()=?`', "QWERTYUIOPÅ^", "ASDFGHJKLÆØ*", ">ZXCVBNM;:_"),
    {
        **_BRACKETS,
        _2: "@",
        _3: "£",
        _4: "$",
        _5: "€",
        _LAST_OF_DIGITS: "|",
        _E: "€",
        _LAST_OF_Q: "~",
        _M: "µ",
        _LEFT_OF_Z: "\\",
    },
    frozenset("´`¨^~"),
)
LAYOUTS = {layout.name: layout for layout in (US, UK, DE, FR, IT, ES, CH, SE, FI, NO, DK)}
