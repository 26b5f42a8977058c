"""Labels to print and stick on: who the gateway is, and which enrolment is its; no secret."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from flashing.log import Line
from flashing.plan import Row

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Gateway labels</title>
<style>
body {{ font: 10pt sans-serif; margin: 8mm; }}
section {{ display: inline-block; width: 76mm; height: 26mm; margin: 1mm; padding: 2mm;
  border: 1px dashed #888; vertical-align: top; overflow: hidden; break-inside: avoid; }}
section svg {{ float: right; height: 24mm; width: 24mm; }}
h1 {{ font-size: 15pt; margin: 0; }} p {{ margin: 0.5mm 0; }} code {{ font-size: 10pt; }}
</style>
{labels}</html>
"""
QUIET = 2
"""Modules of margin in the code; the label's own white makes ISO/IEC 18004's four of it."""

Code = Callable[[str], str]
"""Draws a text as SVG."""


def qr_code() -> Code | None:
    """Return what draws QR codes; None where this Python has no segno."""
    try:
        import segno  # noqa: PLC0415  labels can be read without it
    except ImportError:
        return None

    def draw(text: str) -> str:
        code = segno.make(text, error="m", boost_error=False, micro=False)
        return str(code.svg_inline(border=QUIET, omitsize=True))

    return draw


def code_text(row: Row, line: Line) -> str:
    """Return what a label's code says, for a phone's camera: lines of text, no secret."""
    return f"{row.label}\n{row.site} {row.profile}\nenrolment {line.enrolment}"


def labels_page(finished: Sequence[tuple[Row, Line]], code: Code | None) -> str:
    """Return one HTML page, to be printed, with a label for each finished card."""
    return _PAGE.format(labels="".join(_label(row, line, code) for row, line in finished))


def _label(row: Row, line: Line, code: Code | None) -> str:
    drawn = code(code_text(row, line)) if code else ""
    lines = [f"{row.site} · {row.profile}", f"{line.time[:10]} · image {line.image_sha256[:12]}"]
    if row.note:
        lines.append(row.note)
    text = "".join(f"<p>{escape(part)}</p>" for part in lines)
    enrolment = f"<p>enrolment <code>{escape(line.enrolment)}</code></p>"
    return f"<section>{drawn}<h1>{escape(row.label)}</h1>{enrolment}{text}</section>\n"
