"""The text of a barcode to GS1 keys: element strings, Digital Links, EAN and ITF. Pure.

What a barcode claims decides how it is read: its AIM symbology identifier (ISO/IEC 15424) if the
scanner sends one, else its shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from drivers.gs1 import digital_link, elements, retail
from drivers.gs1.company_prefix import prefix_digits
from drivers.gs1.elements import GS, Elements
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.identifiers import IDENTIFIERS, check_pairs
from drivers.gs1.keys import Keys

__all__ = ["GS", "Content", "check_content", "read_content", "split_aim", "symbology_name"]

ITF_DIGITS = 14

# ISO/IEC 15424 and GS1 General Specifications, figure 5.1.2-2.
GS1_SYMBOLOGIES = frozenset({"C1", "e0", "e1", "e2", "d2", "Q3", "J1"})
SYMBOLOGIES = {
    "A": "Code 39",
    "C0": "Code 128",
    "C1": "GS1-128",
    "E": "EAN/UPC",
    "I": "Interleaved 2 of 5",
    "J0": "DotCode",
    "J1": "GS1 DotCode",
    "L": "PDF417",
    "Q": "QR Code",
    "Q3": "GS1 QR Code",
    "d": "Data Matrix",
    "d2": "GS1 DataMatrix",
    "e0": "GS1 DataBar",
    "e1": "GS1 composite",
    "e2": "GS1 composite",
    "z": "Aztec",
}
_AIM = re.compile(r"\](?P<id>[A-Za-z][0-9A-Za-z])")

# Every printable character of ASCII but the space: the AI says which of them it may not have.
ELEMENT_CHARACTERS = frozenset(map(chr, range(0x21, 0x7F))) | {GS}
OF_ARTICLES = ("01", "02", "03", "8006", "8026")  # AIs that begin with a GTIN
KEY_LENGTHS = {"00": 20, "01": 16}  # with the AI: by these a text is known for elements

NO_ARTICLE = "is a number of one shop, country or coupon, no article's"

Symbology = str | None


@dataclass(frozen=True, slots=True)
class Content:
    """What a barcode says: `keys` by AI, none for text that is not GS1's.

    `problem` is what makes it doubtful, or empty; `keys` then hold what is sound before the fault.
    `lost_fnc1` marks the doubts of a code in which an FNC1 may have been, and did not come.
    `remark` tells of a sound code why it has no keys, where more can be said than that it is text.
    """

    keys: Keys = field(default_factory=lambda: MappingProxyType({}))
    problem: str = ""
    lost_fnc1: bool = False
    remark: str = ""

    @property
    def prefix_digits(self) -> int | None:
        """The length of the company prefix, where biip's list knows it."""
        return prefix_digits(self.keys)


def split_aim(text: str) -> tuple[Symbology, str]:
    """Return the symbology identifier without its bracket, or None, and the text behind it."""
    found = _AIM.match(text)
    return (found["id"], text[found.end() :]) if found else (None, text)


def symbology_name(symbology: Symbology) -> str | None:
    """Return a symbology's name for people; its identifier where that is all there is."""
    if symbology is None:
        return None
    name = SYMBOLOGIES.get(symbology) or SYMBOLOGIES.get(symbology[0])
    return name or f"]{symbology}"


def read_content(text: str, symbology: Symbology = None, *, fnc1_comes: bool = False) -> Content:
    """Return what `text` says; never raises: what cannot be read is in `problem`.

    With `fnc1_comes` the scanner is known to send FNC1, so that one that does not come is none.
    """
    if digital_link.is_link(text):
        return _link(text, symbology)
    if symbology in GS1_SYMBOLOGIES:
        return _elements(text, fnc1_comes=fnc1_comes)
    if symbology is not None:
        return _plain(text, symbology)
    if text.startswith("("):
        return _in_brackets(text)
    if GS in text or _looks_like_elements(text):
        return _elements(text, fnc1_comes=fnc1_comes)
    return _shape(text)


def check_content(keys: Keys) -> None:
    """Refuse what a label may not say, though each AI has a value that a tag could hold."""
    for ai, value in keys.items():
        IDENTIFIERS[ai].check(value)
    check_pairs(keys)
    for ai in OF_ARTICLES:
        gtin = keys.get(ai, "")[: retail.GTIN_DIGITS]
        if gtin and not retail.is_article(gtin):
            raise Gs1Error(Fault.UNSUPPORTED, f"({ai}) {gtin} {NO_ARTICLE}")


def _link(text: str, symbology: Symbology) -> Content:
    try:
        keys = digital_link.parse(text)
        check_content(keys)
    except digital_link.NoKey as error:
        claimed = symbology in GS1_SYMBOLOGIES
        return Content(problem=f"not a Digital Link: {error}" if claimed else "")
    except Gs1Error as error:
        return Content(problem=f"not a Digital Link: {error}")
    return Content(keys)


def _plain(text: str, symbology: str) -> Content:
    kind, modifier = symbology[0], symbology[1:]
    if kind == "E":
        return _retail(text, modifier)
    if kind == "I" and len(text) == ITF_DIGITS:
        return _shape(text)
    return Content()


def _retail(text: str, modifier: str) -> Content:
    try:
        return _article(retail.of_symbol(text, modifier))
    except Gs1Error as error:
        return Content(problem=str(error))


def _shape(text: str) -> Content:
    """Take digits for a GTIN when number and check digit are those of one."""
    try:
        return _article(retail.of_shape(text))
    except Gs1Error as error:
        return Content(problem=str(error))


def _article(gtin: str | None) -> Content:
    """Return what a sound number says: only one of the world's articles has a key."""
    if gtin is None:
        return Content()
    if not retail.is_article(gtin):
        return Content(remark=f"{gtin} {NO_ARTICLE}")
    return Content({"01": gtin})


def _looks_like_elements(text: str) -> bool:
    """Whether a text without FNC1 begins with a key whose check digit is right."""
    length = KEY_LENGTHS.get(text[:2])
    return length is not None and len(text) >= length and retail.is_checked(text[2:length])


def _in_brackets(text: str) -> Content:
    if not text.isprintable():
        return Content(problem="control characters between brackets")
    return _checked(elements.bracketed(text))


def _elements(text: str, *, fnc1_comes: bool) -> Content:
    if not text.strip(GS):
        return Content(problem="an empty element string")
    if strange := [char for char in text if char not in ELEMENT_CHARACTERS]:
        return Content(problem=f"character {strange[0]!r} may not be in an element string")
    found = elements.sent(text)
    content = _checked(found)
    if fnc1_comes or GS in text:
        return content
    if found.cut_nowhere:
        return replace(content, lost_fnc1=True)
    return content if content.problem else _with_doubt(content)


def _checked(found: Elements) -> Content:
    try:
        check_content(found.values)
    except Gs1Error as error:
        return Content(problem=found.problem or str(error))
    return Content(found.values, found.problem)


def _with_doubt(content: Content) -> Content:
    """Mark a last value in which more elements may hide behind an FNC1 that was lost."""
    *_, (ai, value) = content.keys.items()
    found = elements.hidden(IDENTIFIERS[ai], value, content.keys)
    if not found:
        return content
    inside = " ".join(f"({inner}) {more}" for inner, more in found)
    problem = f"({ai}) {value} may hold {inside}: no FNC1 came, the scanner may eat it"
    return Content(content.keys, problem, lost_fnc1=True)
