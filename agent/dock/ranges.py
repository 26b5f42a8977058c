"""Ranges of numbers, from the first to the last, as messages shorten them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.dock.builder import MOST_ITEMS
from agent.dock.goods_identity import check_digit
from agent.dock.notice import NoticeError
from agent.dock.values import plain_sscc

_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})")


def numbers(first: str, last: str, place: str, *, ssccs: bool) -> Iterator[str]:
    """Yield the numbers from `first` to `last`; an SSCC counts without its check digit."""
    if ssccs:
        first, last = plain_sscc(first), plain_sscc(last)
    low, high = (_NUMBERED.fullmatch(text[:-1] if ssccs else text) for text in (first, last))
    alike = low and high and low[1] == high[1] and len(low[2]) == len(high[2])
    if not low or not high or not alike or not 0 <= int(high[2]) - int(low[2]) < MOST_ITEMS:
        raise NoticeError(f"{place}: from {first[:20]!r} to {last[:20]!r} is not a range")
    for number in range(int(low[2]), int(high[2]) + 1):
        body = low[1] + str(number).zfill(len(low[2]))
        yield body + check_digit(body) if ssccs else body
