"""QR codes for a terminal: two rows of modules in a line, with half blocks."""

from __future__ import annotations

from collections.abc import Iterator

QUIET = 2
"""Modules of margin. ISO/IEC 18004 wants four; cameras are content with two on a dark screen."""

# What a pair of modules shows, upper and lower, True for a dark one. Light modules are drawn, dark
# ones left to the terminal's background, which is dark as a rule; scanners take the inverse, too.
HALVES = {
    (False, False): "\N{FULL BLOCK}",
    (False, True): "\N{UPPER HALF BLOCK}",
    (True, False): "\N{LOWER HALF BLOCK}",
    (True, True): " ",
}


def drawn(text: str) -> Iterator[str]:
    """Yield the lines of a QR code, error correction M; 90 characters make 19 lines of 37."""
    import segno  # noqa: PLC0415  only receipts on a terminal need it

    code = segno.make(text, error="m", boost_error=False, micro=False)
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=QUIET)]
    width = len(rows[0])
    if len(rows) % 2:
        rows.append([False] * width)
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        yield "".join(HALVES[pair] for pair in zip(upper, lower, strict=True))
