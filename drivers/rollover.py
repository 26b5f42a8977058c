"""The GPS week's rollover, which old firmware of any receiver gets wrong. Pure."""

from __future__ import annotations

from datetime import date, timedelta

ROLLOVER = timedelta(weeks=1024)  # IS-GPS-200 §20.3.3.3.1.1: the week number has 10 bits
FEW_YEARS = timedelta(days=3 * 365)
"""A date further than this from what is known is none. Receivers begin with the week 0 of their
firmware (1980, 1999, 2000, 2006 …), which unfolds to anywhere within ±10 years."""


def unfold(day: date, known: date) -> date | None:
    """Undo week rollovers: return that date, whole rollovers from `day`, which is nearest `known`.

    None when even that is more than FEW_YEARS away: such a receiver does not know the date.
    """
    rollovers = round((known - day) / ROLLOVER)
    nearest = day + rollovers * ROLLOVER
    return nearest if abs(nearest - known) <= FEW_YEARS else None
