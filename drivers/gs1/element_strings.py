"""The text of a barcode to GS1 keys: element strings (by biip), Digital Links, EAN and ITF. Pure.

What a barcode claims decides how it is read: its AIM symbology identifier (ISO/IEC 15424) if the
scanner sends one, else its shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from drivers.gs1 import digital_link
from drivers.gs1.characters import DIGITS
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.keys import Keys, check_date, check_digit, check_keys

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementString

GS = "\x1d"  # group separator: how scanners send FNC1 inside a symbol
GTIN_DIGITS = 14
RETAIL_DIGITS = (8, 12, 13)
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
_SWALLOWED = re.compile(r"(?P<ai>1[13567])(?P<date>[0-9]{6})$")  # a date behind an eaten FNC1

# Every printable character of ASCII but the space: biip says which of them an AI may not have.
ELEMENT_CHARACTERS = frozenset(map(chr, range(0x21, 0x7F))) | {GS}

Symbology = str | None


@dataclass(frozen=True, slots=True)
class Content:
    """What a barcode says: `keys` by AI, none for text that is not GS1's.

    `problem` is what makes it doubtful, or empty. `prefix_digits` is the length of the company
    prefix, where biip's list knows it.
    """

    keys: Keys = field(default_factory=lambda: MappingProxyType({}))
    problem: str = ""
    prefix_digits: int | None = None


def preload() -> None:
    """Load biip now, in a thread of the caller's, so that the first scan does not wait for it."""
    import biip.gs1_messages  # noqa: F401, PLC0415  0.1 s that only barcodes need


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


def read_content(text: str, symbology: Symbology = None) -> Content:
    """Return what `text` says; never raises: what cannot be read is in `problem`."""
    if digital_link.is_link(text):
        return _link(text, symbology)
    if symbology in GS1_SYMBOLOGIES:
        return _elements(text)
    if symbology is not None:
        return _plain(text, symbology)
    if text.startswith("("):
        return _hri(text)
    if GS in text or _looks_like_elements(text):
        return _elements(text)
    return _shape(text)


def _link(text: str, symbology: Symbology) -> Content:
    try:
        return Content(digital_link.parse(text))
    except Gs1Error as error:
        doubtful = symbology in GS1_SYMBOLOGIES or error.fault is not Fault.SYNTAX
        return Content(problem=f"not a Digital Link: {error}" if doubtful else "")


def _plain(text: str, symbology: str) -> Content:
    if symbology[0] == "E":
        digits = text[:13] if symbology == "E3" else text  # a supplement follows
        return _retail(digits)
    if symbology[0] == "I" and len(text) == ITF_DIGITS and _checked(text):
        return Content({"01": text})
    return Content()


def _retail(digits: str) -> Content:
    if len(digits) not in RETAIL_DIGITS or not DIGITS.issuperset(digits):
        return Content(problem=f"an EAN/UPC code of {len(digits)} characters")
    if not _checked(digits):
        right = check_digit(digits[:-1])
        return Content(problem=f"the check digit of {digits} is not {right}, which belongs there")
    return Content({"01": digits.zfill(GTIN_DIGITS)})


def _checked(digits: str) -> bool:
    """Whether the check digit is right; zeros alone, whose is, are nobody's number."""
    if not DIGITS.issuperset(digits) or not digits.strip("0"):
        return False
    return check_digit(digits[:-1]) == digits[-1]


def _looks_like_elements(text: str) -> bool:
    """Whether a text without FNC1 begins with a key whose check digit is right."""
    begins = {"00": 20, "01": 16}.get(text[:2])
    return begins is not None and len(text) >= begins and _checked(text[2:begins])


def _shape(text: str) -> Content:
    """Take digits for a GTIN when number and check digit are those of one."""
    if len(text) in {*RETAIL_DIGITS, ITF_DIGITS} and _checked(text):
        return Content({"01": text.zfill(GTIN_DIGITS)})
    return Content()


def _hri(text: str) -> Content:
    from biip import ParseError  # noqa: PLC0415  0.1 s that only barcodes need
    from biip.gs1_messages import GS1Message  # noqa: PLC0415  as above

    if not text.isprintable():
        return Content(problem="control characters between brackets")
    try:
        return _content(GS1Message.parse_hri(text).element_strings)
    except ParseError as error:
        return Content(problem=str(error))


def _elements(text: str) -> Content:
    from biip import ParseError  # noqa: PLC0415  0.1 s that only barcodes need
    from biip.gs1_messages import GS1Message  # noqa: PLC0415  as above

    if not text.strip(GS):
        return Content(problem="an empty element string")
    if strange := [char for char in text if char not in ELEMENT_CHARACTERS]:
        return Content(problem=f"character {strange[0]!r} may not be in an element string")
    try:
        found = GS1Message.parse(text.strip(GS)).element_strings
    except ParseError as error:
        return Content(problem=str(error))
    content = _content(found)
    return content if GS in text or content.problem else _with_doubt(content, found)


def _content(elements: list[GS1ElementString]) -> Content:
    keys: dict[str, str] = {}
    prefix = None
    for element in elements:
        ai = element.ai.ai
        if keys.setdefault(ai, element.value) != element.value:
            return Content(keys, f"({ai}) twice, with different values")
        key = element.gtin or element.sscc or element.gln
        if prefix is None and key is not None and key.company_prefix is not None:
            prefix = len(key.company_prefix.value)
    try:
        check_keys(keys)
    except Gs1Error as error:
        return Content(keys, str(error))
    return Content(keys, prefix_digits=prefix)


def _with_doubt(content: Content, elements: list[GS1ElementString]) -> Content:
    """Mark a last value in which a date behind an eaten FNC1 may hide."""
    last = elements[-1]
    hidden = _SWALLOWED.search(last.value[1:]) if last.ai.separator_required else None
    if hidden is None:
        return content
    try:
        check_date(hidden["ai"], hidden["date"])
    except Gs1Error:
        return content
    problem = (
        f"({last.ai.ai}) {last.value} may hold ({hidden['ai']}) {hidden['date']}: "
        "no FNC1 came, the scanner may eat it"
    )
    return Content(content.keys, problem, content.prefix_digits)
