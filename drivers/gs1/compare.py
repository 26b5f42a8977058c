"""Whether a box's barcode and its tag name the same thing. Pure.

A mismatch is a finding about the box: neither side is corrected by the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.gs1.keys import IDENTITIES, Keys


class Verdict(StrEnum):
    """What a comparison found."""

    MATCH = "match"
    MISMATCH_CLASS = "mismatch_class"  # another product, place, asset or document type
    MISMATCH_INSTANCE = "mismatch_instance"  # the same class, another single thing
    NOT_COMPARABLE = "not_comparable"  # no key that both have


@dataclass(frozen=True, slots=True)
class Comparison:
    """A verdict with the sentence that explains it."""

    verdict: Verdict
    detail: str


# Primary key → AI of the serial number, or how many characters of the key name its class.
_SERIAL_AI = {"01": "21", "8006": "21", "414": "254", "8010": "8011"}
_CLASS_LENGTH = {"8003": 14, "253": 13, "255": 13}
_SINGLE = frozenset({"00", "8004", "8017", "8018"})  # keys that name single things by themselves
NAMES = {
    "00": "SSCC",
    "01": "GTIN",
    "253": "document type",
    "255": "coupon number",
    "414": "location number",
    "8003": "asset type",
    "8004": "asset number",
    "8006": "item piece",
    "8010": "part number",
    "8017": "service provider number",
    "8018": "service recipient number",
}


def compare(barcode: Keys, tag: Keys) -> Comparison:
    """Compare the keys of a barcode with those of a tag.

    Where only one side has a serial number, the class decides and the detail says so.
    """
    shared = next((ai for ai in IDENTITIES if ai in barcode and ai in tag), None)
    if shared is None:
        return Comparison(Verdict.NOT_COMPARABLE, f"{_has('barcode', barcode)}, {_has('tag', tag)}")
    name = NAMES[shared]
    one, other = _divide(shared, barcode), _divide(shared, tag)
    if one[0] != other[0]:
        verdict = Verdict.MISMATCH_INSTANCE if shared in _SINGLE else Verdict.MISMATCH_CLASS
        return Comparison(verdict, f"{name} {one[0]} on the barcode, {other[0]} in the tag")
    if not one[1] or not other[1]:
        return Comparison(Verdict.MATCH, f"{name} {one[0]}" + _without(shared, one[1], other[1]))
    if one[1] != other[1]:
        return Comparison(
            Verdict.MISMATCH_INSTANCE,
            f"{name} {one[0]}: serial {one[1]} on the barcode, {other[1]} in the tag",
        )
    return Comparison(Verdict.MATCH, f"{name} {one[0]}, serial {one[1]}")


def _divide(ai: str, keys: Keys) -> tuple[str, str]:
    """Return class and serial number; the serial is empty where there is none."""
    length = _CLASS_LENGTH.get(ai, len(keys[ai]))
    serial_ai = _SERIAL_AI.get(ai)
    serial = keys.get(serial_ai, "") if serial_ai else keys[ai][length:]
    return keys[ai][:length], serial


def _without(ai: str, barcode: str, tag: str) -> str:
    if ai in _SINGLE or (ai == "414" and barcode == tag):
        return ""
    lacking = [name for name, serial in (("barcode", barcode), ("tag", tag)) if not serial]
    return f"; no serial number on the {' and the '.join(lacking)}"


def _has(side: str, keys: Keys) -> str:
    names = [name for ai, name in NAMES.items() if ai in keys]
    return f"the {side} has " + (f"{' and '.join(names)}" if names else "no GS1 key")
