"""What a keeper types at the door: commands of a letter, or a label as it stands below the bars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from agent.cli.dock_language import ENGLISH, Words
from agent.cli.errors import Mistake

_LABEL = re.compile(r"[(\]]|https?://|urn:epc:|[0-9][0-9 ]{7,}$|(00|01)[0-9]{14}")
"""How a label begins that needs no letter before it: a scanner in place of the keyboard."""

_COUNTED = re.compile(r"([0-9]{1,6}) *[x×] *(\S.*)")
REJECTED, BECAUSE, PHOTO = "rejected", "because", "photo"
_WORDS = (REJECTED, BECAUSE, PHOTO)
"""What parts a remark, in English and in the language of the talk."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark as it was typed."""

    code: str
    label: str = ""
    quantity: int = 1
    rejected: bool = False
    reason: str = ""
    photo: Path | None = None


def is_label(line: str) -> bool:
    """Whether a line is a label, typed or sent by a scanner."""
    return _LABEL.match(line) is not None


def counted_label(text: str) -> tuple[int, str]:
    """Return how many and which label: `3 x LABEL`, or just `LABEL`."""
    found = _COUNTED.fullmatch(text.strip())
    return (int(found[1]), found[2]) if found else (1, text.strip())


def remark(text: str, words: Words = ENGLISH) -> Remark:
    """Return what `CODE [N x] [LABEL] [rejected] [because …] [photo FILE]` says."""
    code, _, rest = text.strip().partition(" ")
    known = {name: name for name in _WORDS} | {words(f"talk.word-{name}"): name for name in _WORDS}
    parts: dict[str, list[str]] = {"": []}
    word = ""
    for each in rest.split():
        if each in known:
            word = known[each]
            parts.setdefault(word, [])
        else:
            parts[word].append(each)
    if parts.get(REJECTED):
        raise Mistake(
            f"what is {' '.join(parts[REJECTED])!r}?", advice="say: rejected because REASON"
        )
    quantity, label = counted_label(" ".join(parts[""]))
    photo = " ".join(parts.get(PHOTO, ()))
    return Remark(
        code.upper(),
        label,
        quantity,
        REJECTED in parts,
        " ".join(parts.get(BECAUSE, ())),
        Path(photo) if photo else None,
    )
