"""An emulated barcode scanner that plays a USB keyboard: `struct input_event` on a pty.

With evdev_shim.c preloaded into a program, the pty answers like /dev/input/event*.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from hil.emulators.choices import chosen
from hil.emulators.serial.barcode_scanner import PATIENCE, Gun, configured
from hil.emulators.serial.pty_port import PtyPort

EVENT = struct.Struct("llHHi")
EV_SYN, EV_KEY, EV_MSC = 0, 1, 4
SYN_REPORT, MSC_SCAN = 0, 4
ENTER, CTRL, SHIFT, ALT, ALT_GR, F8, BRACKET = 28, 29, 42, 56, 100, 66, 27
PAD = (82, 79, 80, 81, 75, 76, 77, 71, 72, 73)
MICROSECONDS = 1e6

Key = tuple[int, ...]  # modifiers, then the key

_LETTERS = dict(
    zip("abcdefghijklmnopqrstuvwxyz", (
        30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20, 22, 47, 17,
        45, 21, 44,
    ), strict=True)
)  # fmt: skip
_ROW = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11)  # keys of the digits 1 to 9 and 0


def _row(characters: str, *modifiers: int) -> dict[str, Key]:
    return {char: (*modifiers, key) for char, key in zip(characters, _ROW, strict=True)}


def _letters(swaps: dict[str, int]) -> dict[str, Key]:
    keys = _LETTERS | swaps
    low = {char: (key,) for char, key in keys.items()}
    return low | {char.upper(): (SHIFT, key) for char, key in keys.items()}


# What the keyboards of Germany's neighbours and of the North have in common, beside the digits.
_CONTINENTAL: dict[str, Key] = {
    " ": (57,), ",": (51,), ";": (SHIFT, 51), ".": (52,), ":": (SHIFT, 52), "-": (53,),
    "_": (SHIFT, 53), "<": (86,), ">": (SHIFT, 86),
}  # fmt: skip


def _southern(shifted_digits: str) -> dict[str, Key]:
    digits = _row("1234567890") | _row(shifted_digits, SHIFT)
    others: dict[str, Key] = {"'": (12,), "?": (SHIFT, 12), "]": (ALT_GR, 27)}
    return _letters({}) | digits | _CONTINENTAL | others


# Sweden, Finland, Norway and Denmark differ in letters and signs that no GS1 symbol has.
_NORDIC = _letters({}) | _row("1234567890") | _row('!"#¤%&/()=', SHIFT) | _CONTINENTAL | {
    "+": (12,), "?": (SHIFT, 12), "'": (43,), "*": (SHIFT, 43), "]": (ALT_GR, 10),
}  # fmt: skip


# Characters of GS1 symbols and web addresses, by the keyboard that a scanner is set to.
KEYBOARDS: dict[str, dict[str, Key]] = {
    "us": _letters({}) | _row("1234567890") | _row("!@#$%^&*()", SHIFT) | {
        " ": (57,), "-": (12,), "_": (SHIFT, 12), "=": (13,), "+": (SHIFT, 13), "]": (27,),
        ";": (39,), ":": (SHIFT, 39), "'": (40,), '"': (SHIFT, 40), ",": (51,), "<": (SHIFT, 51),
        ".": (52,), ">": (SHIFT, 52), "/": (53,), "?": (SHIFT, 53),
    },
    "de": _letters({"y": 44, "z": 21}) | _row("1234567890") | _row('!"§$%&/()=', SHIFT) | {
        " ": (57,), "?": (SHIFT, 12), "]": (ALT_GR, 10), "+": (27,), "*": (SHIFT, 27), "#": (43,),
        "'": (SHIFT, 43), ",": (51,), ";": (SHIFT, 51), ".": (52,), ":": (SHIFT, 52), "-": (53,),
        "_": (SHIFT, 53), "<": (86,), ">": (SHIFT, 86),
    },
    "fr": _letters({"a": 16, "q": 30, "z": 17, "w": 44, "m": 39}) | _row("1234567890", SHIFT)
    | {
        " ": (57,), "&": (2,), '"': (4,), "'": (5,), "(": (6,), "-": (7,), "_": (9,), ")": (12,),
        "=": (13,), "+": (SHIFT, 13), "]": (ALT_GR, 12), "%": (SHIFT, 40), "*": (43,), ",": (50,),
        "?": (SHIFT, 50), ";": (51,), ".": (SHIFT, 51), ":": (52,), "/": (SHIFT, 52), "!": (53,),
        "<": (86,), ">": (SHIFT, 86), "#": (ALT_GR, 4),
    },
    "uk": _letters({}) | _row("1234567890") | _row('!"£$%^&*()', SHIFT) | {
        " ": (57,), "-": (12,), "_": (SHIFT, 12), "=": (13,), "+": (SHIFT, 13), "]": (27,),
        ";": (39,), ":": (SHIFT, 39), "'": (40,), "@": (SHIFT, 40), "#": (43,), ",": (51,),
        "<": (SHIFT, 51), ".": (52,), ">": (SHIFT, 52), "/": (53,), "?": (SHIFT, 53),
    },
    "it": _southern('!"£$%&/()=') | {"+": (27,), "*": (SHIFT, 27), "#": (ALT_GR, 40)},
    "es": _southern('!"·$%&/()=') | {"+": (27,), "*": (SHIFT, 27), "#": (ALT_GR, 4)},
    "ch": _southern('+"*ç%&/()=') | _letters({"y": 44, "z": 21}) | {
        "!": (SHIFT, 27), "#": (ALT_GR, 4),
    },
    **dict.fromkeys(("se", "fi", "no", "dk"), _NORDIC),
}  # fmt: skip


FNC1: dict[str, Key | None] = {
    "control": (CTRL, BRACKET),
    "f8": (F8,),
    "alt": None,  # an Alt code
    "lost": (),
}
"""How scanners type it, by the name of the setting `gs`."""


class KeyboardGun(Gun):
    """A barcode scanner that plays a USB keyboard of a `layout`: us, de or fr.

    It fires `scans`, one `every` so many seconds, each `times` times, over again if `repeat`: the
    symbols' contents with their AIM identifier before them, unless `aim` is off, and GS as \\x1d.
    `gs` is how it types FNC1: `control` (Ctrl-]), `f8`, `alt` (Alt-029 on the number pad) or
    `lost`. With `enter` off nothing ends a scan but silence. A character that the keyboard lacks is
    typed as an Alt code.
    """

    def __init__(
        self,
        *,
        link: str | Path | None = None,
        scans: Iterable[str] = (),
        every: float = 1.0,
        times: int = 1,
        repeat: bool = False,
        layout: str = "us",
        gs: str = "control",
        enter: bool = True,
        aim: bool = True,
    ) -> None:
        super().__init__(PtyPort(link, None, PATIENCE), scans, every, times, repeat=repeat)
        self._keys = chosen(KEYBOARDS, layout, "there is no keyboard")
        self._gs = chosen(FNC1, gs, "a scanner does not type FNC1 as")
        self._lost = gs == "lost"
        self._enter = enter
        self._aim = aim

    def bytes_of(self, content: str) -> bytes:
        """See Gun."""
        text = configured(content, aim=self._aim, gs=not self._lost)
        events = b"".join(event for char in text for event in self._character(char))
        return events + (b"".join(_typed((ENTER,))) if self._enter else b"")

    def _character(self, char: str) -> Iterator[bytes]:
        keys = self._gs if char == "\x1d" else self._keys.get(char)
        if keys is None:
            yield from _alt_code(char)
        else:
            yield from _typed(keys)


def _typed(keys: Key) -> Iterator[bytes]:
    """Yield the events of keys pressed one after the other and released backwards."""
    for key in keys:
        yield _report(key, 1)
    for key in reversed(keys):
        yield _report(key, 0)


def _alt_code(char: str) -> Iterator[bytes]:
    yield _report(ALT, 1)
    for digit in f"0{ord(char):02d}":
        yield from _typed((PAD[int(digit)],))
    yield _report(ALT, 0)


def _report(key: int, value: int) -> bytes:
    now = time.clock_gettime(time.CLOCK_REALTIME)
    seconds, micro = int(now), int(now % 1 * MICROSECONDS)
    return b"".join(
        EVENT.pack(seconds, micro, *event)
        for event in ((EV_MSC, MSC_SCAN, key), (EV_KEY, key, value), (EV_SYN, SYN_REPORT, 0))
    )
