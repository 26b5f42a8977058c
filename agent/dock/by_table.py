"""What a table of articles makes of a notice's lines: units, pieces in packages, weights. Pure."""

from __future__ import annotations

from agent.dock.articles import Articles
from agent.dock.line_differences import kilograms
from agent.dock.lines import NAMES, Line
from agent.dock.measures import PIECE, Measure
from agent.dock.notice import Item, NoticeError
from agent.dock.values import grams, whole

WEIGHT_OFF = 0.2
"""How far a line's weight may be off what its pieces weigh by the table: hams of one article differ
so much, while pounds for kilograms, or cartons for pieces, make more. Ours."""


def settle(line: Line, articles: Articles) -> str:
    """Let quantities without a unit, of all parts of a line, count what the table says.

    Beside a weight they count pieces, by whatever the article is sold. Return what that made of
    them, where the number is another one, or no number of things any more.
    """
    parts = [part for part in line.parts or [line] if part.bare]
    if (line.parts or [line])[0] is not line or not parts:
        return ""  # done with the first of them
    unit = articles.units.get(line.gtin, PIECE)
    weighed = any(part.weight_g for part in parts)
    for part in parts:
        _count(part, PIECE if unit.grams and part.weight_g else unit)
    bare = sum(part.bare for part in parts)
    if unit.pieces > 1:
        return f"{bare} x {unit.pieces} are {sum(part.pieces for part in parts)} pieces"
    if unit.grams and not weighed:
        return f"{bare} are {kilograms(sum(part.weight_g for part in parts))}"
    return ""


def _count(line: Line, unit: Measure) -> None:
    number = str(line.bare)
    if unit.grams:
        _agree(line, "weight_g", grams(number, unit, line.place))
    elif unit.package:
        _agree(line, "packages", whole(number, line.place))
        line.package = line.package or unit.package
    else:
        _agree(line, "pieces", whole(number, line.place) * unit.pieces)


def _agree(line: Line, what: str, value: int) -> None:
    before = getattr(line, what)
    if before and before != value:
        raise NoticeError(
            f"{line.place}: {NAMES[what]} {before} and {value} of the same goods: ask the supplier "
            "which is meant"
        )
    setattr(line, what, value)


def recount(line: Line, articles: Articles, *, by_number: bool) -> str:
    """Count what bears the GTIN of a line; return what that made of its quantity, if anything.

    Packages in which each piece bears it are so many pieces. Pieces are packages only of a line
    that has a number of the supplier's (`by_number`): a GTIN says itself what is counted.
    """
    unit = articles.units.get(line.gtin)
    if unit is None or line.serials or not line.content:
        return ""
    if unit == PIECE and line.packages and not line.pieces:
        packages, line.packages = line.packages, 0
        line.pieces = packages * line.content
        return f"{packages} x {line.content} ({line.package}) are {line.pieces} pieces"
    if unit.package and by_number and line.pieces and not line.packages:
        pieces, line.pieces = line.pieces, 0
        line.packages, rest = divmod(pieces, line.content)
        if rest:
            raise NoticeError(
                f"{line.place}: {pieces} pieces of {line.gtin} fill no whole {unit.package} of "
                f"{line.content}: correct the table of articles, or ask the supplier"
            )
        line.package = unit.package
        return f"{pieces} pieces are {line.packages} x {line.content} ({line.package})"
    return ""


def weight_of_each(item: Item, articles: Articles) -> int:
    """Return what one of an item weighs by the table, in grams; 0 where nobody knows.

    A table that has pieces says nothing of cartons, nor one of cartons of pieces.
    """
    unit = articles.units.get(item.gtin)
    counts_packages = bool(unit and unit.package)
    if item.quantity and bool(item.package) != counts_packages:
        return 0
    return articles.weights.get(item.gtin, 0) // max(1, unit.pieces if unit else 1)


def weighs_otherwise(item: Item) -> bool:
    """Whether the weight of an item is not what its pieces weigh by the table."""
    expected = item.quantity * item.each_g
    off = abs(item.weight_g - expected)
    return bool(item.weight_g and expected) and off > WEIGHT_OFF * expected
