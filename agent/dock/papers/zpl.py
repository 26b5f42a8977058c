"""A logistic label in ZPL II: an SSCC as GS1-128, in digits, and lines of text above it. Pure.

The label is A6 or 4 × 6 inch (GS1 Logistic Label Guideline, 4.1): its bars are 32 mm high and their
module is 0.5 mm wide, as the General Specifications ask of an SSCC (table 5.12.3.4). Numbers of
commands are those of Zebra's ZPL II Programming Guide.
"""

from __future__ import annotations

from collections.abc import Iterable

from foundation.columns import cut

DOTS_PER_MM = {203: 8, 300: 12, 600: 24}
"""Of the print heads that there are, by the dpi under which they are sold."""

WIDTH_MM, HEIGHT_MM = 100, 148
MARGIN_MM = 6
TEXT_MM, LINE_MM = 6, 9
TEXT_COLUMNS = 28  # characters of TEXT_MM that are sure to fit between the margins
BARS_MM = 32  # fewest that GS1 allows
MODULE_UM = 500  # 0.495 to 0.94 mm

MOST_LINES = 8  # of text, above the bars
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:()/-+")
"""What stands in a field as it is; all else, so ^ and ~ that begin commands, as its hexadecimal."""

_START_C, _FNC1 = ">;", ">8"  # of ^BC: subset C (two digits a symbol), and what makes it GS1-128


def label(sscc: str, lines: Iterable[str], dpi: int) -> bytes:
    """Return what prints one label; text that does not fit is cut, and no text is a command."""
    dots = DOTS_PER_MM[dpi]
    out = ["^XA", "^CI28", "^LH0,0", f"^PW{WIDTH_MM * dots}", f"^LL{HEIGHT_MM * dots}"]
    top = MARGIN_MM
    for line in list(lines)[:MOST_LINES]:
        out.append(_text(cut(line, TEXT_COLUMNS), top, dots))
        top += LINE_MM
    bars = HEIGHT_MM - MARGIN_MM - LINE_MM - BARS_MM - MARGIN_MM
    out += [
        _text("SSCC", bars - LINE_MM, dots),
        f"^BY{MODULE_UM * dots // 1000}",
        _bars(sscc, bars, dots),
        _text(f"(00) {sscc}", bars + BARS_MM + 2, dots),
        "^XZ",
    ]
    return ("\n".join(out) + "\n").encode("ascii")


def _bars(sscc: str, top_mm: int, dots: int) -> str:
    place = f"^FO{MARGIN_MM * dots},{top_mm * dots}^BCN,{BARS_MM * dots},N,N,N"
    return f"{place}^FD{_START_C}{_FNC1}00{sscc}^FS"


def _text(text: str, top_mm: int, dots: int) -> str:
    size = TEXT_MM * dots
    place = f"^FO{MARGIN_MM * dots},{top_mm * dots}^A0N,{size},{size // 2}"
    return f"{place}^FH_^FD{escaped(text)}^FS"


def escaped(text: str) -> str:
    """Return a text as a field of ^FH holds it: `_` and two digits for each byte of UTF-8."""
    return "".join(
        char
        if char in _PLAIN
        else "".join(f"_{byte:02X}" for byte in char.encode("utf-8", "replace"))
        for char in text
    )
