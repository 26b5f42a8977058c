"""Times that something lasts, in the units that people count in: docs/PROTOCOL.md, "Sentences"."""

from __future__ import annotations

from foundation.counting import counted

MS_A_SECOND, S_A_MINUTE, S_AN_HOUR, S_A_DAY = 1000, 60, 3600, 86_400
S_A_YEAR = 31_557_600  # of 365.25 days


def duration(ms: int) -> str:
    """Return milliseconds in the units that people count in: 9.993 s, 3 min 5 s, 11 years 357 days.

    From a minute on these are the two largest units, and what is less is dropped.
    """
    sign, size = "-" if ms < 0 else "", abs(ms)
    if size < MS_A_SECOND:
        return f"{ms} ms"
    seconds = size // MS_A_SECOND
    if seconds < S_A_MINUTE:
        return f"{ms / MS_A_SECOND:.3f} s"
    if seconds < S_AN_HOUR:
        text = f"{seconds // S_A_MINUTE} min {seconds % S_A_MINUTE} s"
    elif seconds < S_A_DAY:
        text = f"{seconds // S_AN_HOUR} h {seconds % S_AN_HOUR // S_A_MINUTE} min"
    elif seconds < S_A_YEAR:
        text = f"{_days(seconds)} {seconds % S_A_DAY // S_AN_HOUR} h"
    else:
        text = f"{counted(seconds // S_A_YEAR, 'year')} {_days(seconds % S_A_YEAR)}"
    return sign + text


def _days(seconds: int) -> str:
    return counted(seconds // S_A_DAY, "day")
