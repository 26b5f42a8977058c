"""What a keeper types at the door: commands of a letter, or a label as it stands below the bars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from agent.cli.errors import Mistake

KEYS = (
    "[m LABEL] or the label alone: typed in   [d CODE LABEL] remark   [u] take back\n"
    "[p] count what passed before   [l] all   [q] leave it open   [?] more\n"
    "[a] accept   [x] reject   [c] cancel"
)
MORE = (
    "m 3 x LABEL                 three labels of one article\n"
    "d CODE LABEL                remark; without a label it is of the whole delivery\n"
    "d AF 3 x LABEL rejected because crushed photo FILE\n"
    "                            pieces, refused, a reason, a picture on record\n"
    "u NUMBER                    take back an entry or a scan by its record's number"
)
_LABEL = re.compile(r"[(\]]|https?://|urn:epc:|[0-9][0-9 ]{7,}$|(00|01)[0-9]{14}")
"""How a label begins that needs no letter before it: a scanner in place of the keyboard."""

_COUNTED = re.compile(r"([0-9]{1,6}) *[x×] *(\S.*)")
_WORDS = ("rejected", "because", "photo")


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


def remark(text: str) -> Remark:
    """Return what `CODE [N x] [LABEL] [rejected] [because …] [photo FILE]` says."""
    code, _, rest = text.strip().partition(" ")
    parts: dict[str, list[str]] = {"": []}
    word = ""
    for each in rest.split():
        if each in _WORDS:
            word = each
            parts.setdefault(word, [])
        else:
            parts[word].append(each)
    if parts.get("rejected"):
        raise Mistake(
            f"what is {' '.join(parts['rejected'])!r}?", advice="say: rejected because REASON"
        )
    quantity, label = counted_label(" ".join(parts[""]))
    photo = " ".join(parts.get("photo", ()))
    return Remark(
        code.upper(),
        label,
        quantity,
        "rejected" in parts,
        " ".join(parts.get("because", ())),
        Path(photo) if photo else None,
    )
