"""Bytes of a modem's AT port → lines of text. Pure.

V.250 §5.7.1: an answer is `CR LF text CR LF`, an echo ends with the CR that ended the command;
modems double either. A prompt (`> `, 3GPP TS 27.005 §3.5.1) has no end. Between lines there may be
noise of another baud rate, and frames of PPP (RFC 1662: `7E FF 03 … 7E`) of a call left open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 4096  # bytes of a line; a network scan in a city has 1,500
LONGEST_FRAME = 3100  # bytes: RFC 1661 §6.1, 1,500 of information, each perhaps escaped

PROMPT = "> "
NOISE = b"\x00"  # stands for what was taken out: a line around it is damaged
OVERLONG = NOISE + b"?"  # stands for the begin of a line that is too long: its end is none either

_FLAG = b"~"
_OPENS = re.compile(rb"~(?=\xff(?:\x03|\}#))|~(?=\xff\}?\Z)|~(?=\Z)")
_TEXT_AGAIN = rb"\r\n[A-Z+*^$#]"  # an answer that follows a frame whose end was lost
_FRAME = re.compile(
    rb"~(?:(?!" + _TEXT_AGAIN + rb")[^~]){2,%d}(?:~|(?=" % LONGEST_FRAME + _TEXT_AGAIN + rb"))"
)
_SOUND = re.compile(
    rb"[\x20-\x7e]*|"  # or with names of other alphabets in quotes
    rb'[\x20\x21\x23-\x7e]*(?:"[^"\x00-\x1f\x7f]*"[\x20\x21\x23-\x7e]*)*'
)
_AFTER_NOISE = re.compile(rb"[\x00-\x1f\x7f-\xff]([A-Z+*^$#%][\x20-\x7e]*)\Z")


@dataclass(frozen=True, slots=True)
class Split:
    """What some bytes held.

    `lines` are whole, without their ends; `rest` goes before the next bytes; `damaged` counts lines
    that held noise, and `frames` those of PPP.
    """

    lines: tuple[str, ...]
    rest: bytes
    damaged: int = 0
    frames: int = 0


def split(data: bytes) -> Split:
    """Take the lines out of `data`; empty ones and frames of PPP are left out.

    A line after noise counts, as noise eats the line end before it; noise in it or behind it may
    have eaten some of its own, and makes it none.
    """
    text, held, frames = _without_frames(data)
    *ended, last = re.split(rb"[\r\n]", text)
    lines: list[str] = []
    damaged = 0
    for each in ended:
        raw = _take_prompts(each, lines)
        line = _line(raw)
        damaged += raw.strip(NOISE) != b"" and line is None
        lines += [line] if line else []
    last = _take_prompts(last, lines)
    if len(last) > LONGEST:
        last = OVERLONG
    return Split(tuple(lines), last + held, damaged, frames)


def _take_prompts(raw: bytes, lines: list[str]) -> bytes:
    """Move prompts from the begin of a line to `lines`; return what follows them."""
    while raw.startswith(PROMPT.encode()):
        lines.append(PROMPT)
        raw = raw[len(PROMPT) :]
    return raw


def _without_frames(data: bytes) -> tuple[bytes, bytes, int]:
    """Return the bytes without frames, the begin of one at their end, and how many there were."""
    kept: list[bytes] = []
    at = frames = 0
    while (opening := _OPENS.search(data, at)) is not None:
        begin = opening.start()
        frame = _FRAME.match(data, begin)
        if frame is not None:
            kept += [data[at:begin], NOISE]
            at = frame.end()
            frames += 1
        elif len(data) - begin <= LONGEST_FRAME:
            return b"".join([*kept, data[at:begin]]), data[begin:], frames
        else:
            kept += [data[at:begin], NOISE]
            at = begin + len(_FLAG)
    return b"".join([*kept, data[at:]]), b"", frames


def _line(raw: bytes) -> str | None:
    """Return a line's text, or None where it is damaged, too long or empty."""
    if _SOUND.fullmatch(raw) is None:
        after = _AFTER_NOISE.search(raw)
        if after is None:
            return None
        raw = after[1]
    if not raw.strip() or len(raw) > LONGEST:
        return None
    try:
        return raw.strip().decode("utf-8")
    except UnicodeDecodeError:
        return raw.strip().decode("latin-1")
