"""How a scanner sends FNC1: as it is configured, or as its scans show. Pure.

FNC1 ends the values of a GS1 symbol that have no predefined length. A scanner sends GS for it, or
another character, or, as many do in their factory setting, nothing at all. Then a value and what
stands behind it are one text, and often nobody can tell where it is to be cut.
"""

from __future__ import annotations

from drivers.gs1.characters import CHARACTERS
from drivers.gs1.element_strings import (
    GS,
    GS1_SYMBOLOGIES,
    Content,
    Symbology,
    read_content,
    split_aim,
)

AUTO, SENT, EATEN, AS = "auto", "sent", "eaten", "as:"
LONGEST_SIGN = 8  # characters; {GS} is one that scanners know
HELP = (
    "auto, sent, eaten or as:CHARACTER: how the scanner sends FNC1, where CHARACTER is one that no "
    "GS1 value may hold; auto: as GS, and doubted until one came"
)
_OF_VALUES = "".join(sorted(CHARACTERS)).replace("-", r"\-")
FORM = rf"{AUTO}|{SENT}|{EATEN}|{AS}[^\s{_OF_VALUES}].{{0,{LONGEST_SIGN - 1}}}"


class Fnc1:
    """What is known of one scanner, by the option `fnc1` and by its scans.

    `missed` tells of the last code whether more may stand in it than was read.
    """

    def __init__(self, option: str = AUTO) -> None:
        self._sign = option.removeprefix(AS) if option.startswith(AS) else ""
        self._eaten = option == EATEN
        self._comes = option == SENT or bool(self._sign)
        self.missed = False

    def read(self, text: str, symbology: Symbology) -> tuple[str, Content]:
        """Return a code's text, with GS where FNC1 was, and what it says."""
        text, content = self._read(text, symbology, comes=self._comes)
        if GS in text and content.keys and not content.problem:
            self._comes = not self._eaten
        self.missed = content.lost_fnc1
        return text, content

    def makes_sense(self, text: str) -> bool:
        """Whether a scan is GS1 content without a problem, wherever its FNC1s may have been."""
        symbology, body = split_aim(text)
        _, content = self._read(body, symbology, comes=True)
        return bool(content.keys) and not content.problem

    def _read(self, text: str, symbology: Symbology, *, comes: bool) -> tuple[str, Content]:
        restored = text.replace(self._sign, GS) if self._sign else text
        if symbology in GS1_SYMBOLOGIES:
            return restored, read_content(restored, symbology, fnc1_comes=comes)
        if symbology is None and restored != text:
            content = read_content(restored, fnc1_comes=comes)
            if content.keys and not content.problem:
                return restored, content
        return text, read_content(text, symbology, fnc1_comes=comes)
