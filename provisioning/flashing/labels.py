"""Labels to print and stick on: who the gateway is, and which enrolment is its; no secret."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from flashing.log import Line
from flashing.plan import Row

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Gateway labels</title>
<style>
body {{ font: 10pt sans-serif; margin: 8mm; }}
section {{ display: inline-block; width: 60mm; height: 26mm; margin: 1mm; padding: 2mm;
  border: 1px dashed #888; vertical-align: top; overflow: hidden; break-inside: avoid; }}
h1 {{ font-size: 15pt; margin: 0; }} p {{ margin: 0.5mm 0; }} code {{ font-size: 10pt; }}
</style>
{labels}</html>
"""


def labels_page(finished: Sequence[tuple[Row, Line]]) -> str:
    """Return one HTML page, to be printed, with a label for each finished card."""
    return _PAGE.format(labels="".join(_label(row, line) for row, line in finished))


def _label(row: Row, line: Line) -> str:
    lines = [f"{row.site} · {row.profile}", f"{line.time[:10]} · image {line.image_sha256[:12]}"]
    if row.note:
        lines.append(row.note)
    text = "".join(f"<p>{escape(part)}</p>" for part in lines)
    code = f"<p>enrolment <code>{escape(line.enrolment)}</code></p>"
    return f"<section><h1>{escape(row.label)}</h1>{code}{text}</section>\n"
