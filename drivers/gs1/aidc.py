"""AIDC data behind the EPC of a "+" scheme (TDS 2, section 15.3): lot, dates, count. Pure."""

from __future__ import annotations

from drivers.gs1.bits import BitReader
from drivers.gs1.errors import Gs1Error
from drivers.gs1.plus_segments import NIBBLE, Alphanumeric, Date, Digits, VariableDigits
from drivers.gs1.segments import Segment

# TDS, table F, for the AIs that goods at a door carry; others end the decoding.
METHODS: dict[str, Segment] = {
    **{ai: Date(ai) for ai in ("11", "12", "13", "15", "16", "17")},
    **{ai: Alphanumeric(ai, 20) for ai in ("10", "21", "22")},
    **{ai: Digits(ai, 14) for ai in ("01", "02")},
    "00": Digits("00", 18),
    "30": VariableDigits("30", 8),
    "37": VariableDigits("37", 8),
}


def following(bits: BitReader) -> tuple[dict[str, str], str]:
    """Return the AIs that follow an EPC, and in hexadecimal what begins with another AI."""
    found: dict[str, str] = {}
    while not bits.blank:
        rest = bits.copy()
        try:
            ai = f"{bits.take(NIBBLE):X}{bits.take(NIBBLE):X}"
            segment = METHODS.get(ai)
            if segment is None or ai in found:
                return found, rest.hex()
            (found[ai],) = segment.read(bits)
        except Gs1Error:
            return found, rest.hex()
    return found, ""
