"""How one line of a notice came out, as differences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agent.dock.counting import Pieces
from agent.dock.differences import Code, Difference, Disposition, Tally
from agent.dock.goods_identity import Identity
from agent.dock.matching import OTHER_LOT, dates_agree, misfit
from agent.dock.notice import NO_BATCH, Batch
from foundation.counting import counted

ROUNDING_G = 10
"""What the label of one piece may be off: some scales print hundredths of a kilogram."""


def other_batch(
    piece: Batch, advised: Batch, identity: Identity, count: int, batches: Iterable[Batch]
) -> Iterator[Difference]:
    """Yield in what pieces differ from the batch for which they stand.

    A date that belongs to their own batch, as the notice says elsewhere, is no difference besides.
    """
    if misfit(piece, advised) >= OTHER_LOT:
        text = f"batch {piece.lot}, advised {advised.lot}"
        yield _odd(Code.OTHER_BATCH, identity, count, text, piece)
        if any(each.lot == piece.lot and dates_agree(piece, each) for each in batches):
            return
    if not dates_agree(piece, advised):
        text = f"{_dates(piece)}, advised {_dates(advised)}"
        yield _odd(Code.OTHER_EXPIRY, identity, count, text, piece)


def _odd(code: Code, identity: Identity, count: int, text: str, batch: Batch) -> Difference:
    return Difference(code, identity, count, text, Disposition.NON_CONFORMANT, batch=batch)


def _dates(batch: Batch) -> str:
    return str(batch._replace(lot=""))


def missing(identity: Identity, count: int, batch: Batch = NO_BATCH, hint: str = "") -> Difference:
    """Return that pieces are missing."""
    return Difference(
        Code.MISSING, identity, count, "missing", Disposition.QUANTITY, hint, batch=batch
    )


def over(identity: Identity, count: int, batch: Batch) -> Difference:
    """Return that pieces are more than advised."""
    text = "more than advised"
    return Difference(Code.OVER, identity, count, text, Disposition.QUANTITY, batch=batch)


def other_weight(
    gtin: str, advised: int, weighed: Tally, pieces: Sequence[Pieces], each_g: int = 0
) -> Difference | None:
    """Return what weight is missing or too much, beyond what labels round; None where none is.

    `each_g` is what a piece weighs by the table of articles, 0 where that does not say it: a hint
    for pieces whose labels say nothing, and no weight that came.
    """
    count = sum(each.count for each in pieces)
    blank = count - sum(each.weighed for each in pieces)
    short = advised - weighed.found
    if not blank and abs(short) <= ROUNDING_G * max(1, count):
        return None
    of = f"{kilograms(weighed.found)} of {kilograms(advised)}"
    text = f"{of} on the labels of {counted(count, 'piece')}"
    hint = f"{blank} of them say no weight: weigh them" if blank else ""
    if blank and each_g:
        would_be = kilograms(weighed.found + blank * each_g)
        hint += f"; at {kilograms(each_g)} each (our table) all would be {would_be}"
    code = Code.MISSING if short > 0 else Code.OVER
    return Difference(
        code, Identity(gtin=gtin), 0, text, Disposition.QUANTITY, hint, weight_g=abs(short)
    )


def kilograms(grams: int) -> str:
    """Return grams as kilograms, without zeros that say nothing."""
    return f"{grams / 1000:.3f}".rstrip("0").rstrip(".") + " kg"
