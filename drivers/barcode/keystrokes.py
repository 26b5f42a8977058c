"""Key presses of a scanner that plays a keyboard → scans → text. Pure: time is an argument."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace

from drivers.barcode import layouts
from drivers.barcode.framing import LONGEST
from drivers.barcode.layouts import Layout
from drivers.gs1.elements import GS

# struct input_event of a 64-bit kernel: two longs of time, type, code, value (linux/input.h).
EVENT = struct.Struct("llHHi")
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3  # the kernel's buffer ran over
RELEASED, PRESSED = 0, 1  # 2 is a repeat, which no scanner means

ESCAPE_CODE = 0x1F  # Ctrl keeps these bits of a character
LARGEST_CODE = 255  # an Alt code is one byte

ALT_CODE_PAGES = {True: "cp1252", False: "cp437"}  # with and without a leading zero


@dataclass(frozen=True, slots=True)
class Press:
    """One key pressed, with what was held down; `code` is an Alt code typed on the number pad."""

    key: int
    shift: bool = False
    control: bool = False
    alt_gr: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class KeyScan:
    """The presses between two Enters; `problem` is why they are not whole, or empty."""

    presses: tuple[Press, ...]
    at: float
    problem: str = ""


@dataclass(slots=True)
class KeyFramer:
    """Cuts a stream of `struct input_event` into scans: Enter ends one, or silence.

    Silence is a read that waited in vain, as in `drivers.barcode.framing`.
    """

    _rest: bytes = b""
    _held: set[int] = field(default_factory=set)
    _presses: list[Press] = field(default_factory=list)
    _code: str = ""
    _over: int = 0
    _dropped: bool = False
    _last: float = 0.0

    @property
    def pending(self) -> bool:
        """Whether a scan has begun and not ended."""
        return bool(self._presses or self._code)

    def feed(self, data: bytes, now: float) -> list[KeyScan]:
        """Take what came at `now`, nothing being silence, and return the scans that it ends."""
        if not data:
            return self._end()
        scans: list[KeyScan] = []
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            if kind == EV_SYN and code == SYN_DROPPED:
                self._dropped = True
                self._held.clear()
            elif kind == EV_KEY and value == PRESSED:
                self._last = now
                scans += self._press(code)
            elif kind == EV_KEY and value == RELEASED:
                self._release(code)
        return scans

    def finish(self) -> list[KeyScan]:
        """Return what had begun when the link broke."""
        return [replace(scan, problem="the scan's end did not come") for scan in self._end()]

    def _press(self, key: int) -> list[KeyScan]:
        if key in layouts.ENTERS or self._is_end(key):
            return self._end()
        if key in layouts.SHIFTS | layouts.CONTROLS | {layouts.ALT, layouts.ALT_GR}:
            self._held.add(key)
        elif layouts.ALT in self._held and key in layouts.DIGIT_PAD:
            self._code += layouts.DIGIT_PAD[key]
        else:
            self._add(Press(key, *self._modifiers()))
        return []

    def _is_end(self, key: int) -> bool:
        """Whether Ctrl makes the key a CR or LF (Ctrl-M, Ctrl-J: the same in all layouts)."""
        return bool(self._held & layouts.CONTROLS) and key in _CONTROL_END_KEYS

    def _modifiers(self) -> tuple[bool, bool, bool]:
        return (
            bool(self._held & layouts.SHIFTS),
            bool(self._held & layouts.CONTROLS),
            layouts.ALT_GR in self._held,
        )

    def _release(self, key: int) -> None:
        self._held.discard(key)
        if key == layouts.ALT and self._code:
            self._add(Press(key, code=self._code))
            self._code = ""

    def _add(self, press: Press) -> None:
        if len(self._presses) < LONGEST:
            self._presses.append(press)
        else:
            self._over += 1

    def _end(self) -> list[KeyScan]:
        problem = ""
        if self._over:
            problem = f"{self._over} keys more than the {LONGEST} that are kept"
        elif self._dropped:
            problem = "the kernel dropped key presses"
        presses = tuple(self._presses)
        self._presses.clear()
        self._code, self._over, self._dropped = "", 0, False
        return [KeyScan(presses, self._last, problem)] if presses else []


_CONTROL_END_KEYS = frozenset({50, 36})  # M and J


def text_of(presses: tuple[Press, ...], layout: Layout) -> str:
    """Return what the presses spell on `layout`."""
    text = ""
    caps = dead = False
    for press in presses:
        if press.key == layouts.CAPS_LOCK:
            caps = not caps
            continue
        if dead and press.key == layouts.SPACE:
            dead = False
            continue
        char = _character(press, layout, caps=caps)
        dead = char in layout.dead
        text += char
    return text


def _character(press: Press, layout: Layout, *, caps: bool) -> str:
    if press.code:
        return _alt_code(press.code)
    if press.key == layouts.F8:
        return GS
    if press.key in layouts.PAD:
        return layouts.PAD[press.key]
    if press.key in {layouts.SPACE, layouts.TAB}:
        return " " if press.key == layouts.SPACE else "\t"
    char = layout.character(press.key, shift=press.shift, alt_gr=press.alt_gr)
    if press.control:
        return GS if press.key == layouts.BRACKET_KEY or char == "]" else _control(char)
    return char.swapcase() if caps and char.isalpha() else char


def _control(char: str) -> str:
    return chr(ord(char) & ESCAPE_CODE) if char.isascii() and char else ""


def _alt_code(digits: str) -> str:
    code = int(digits)
    if code > LARGEST_CODE:
        return "�"
    page = ALT_CODE_PAGES[digits.startswith("0")]
    return bytes([code]).decode(page, "replace")
