"""Numbers and dates as people and spreadsheets write them: read where they mean one thing. Pure.

A German point and an American comma part thousands, and 01/02/2027 is two days: what may mean two
things is refused with both.
"""

from __future__ import annotations

import re

from agent.dock import goods_identity
from agent.dock.notice import NoticeError
from agent.dock.sheet import ROUNDED, is_rounded

_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}([.,][0-9]{3})+")  # with a zero before it, a decimal
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?|[0-9]{8}")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
MONTHS = 12


def number(text: str, place: str) -> str:
    """Return a number with a decimal point; NoticeError where a mark may part thousands."""
    text = text.strip()
    if is_rounded(text):
        raise NoticeError(f"{place}: {text[:40]!r}{ROUNDED}")
    if _THOUSANDS.fullmatch(text):
        whole = text.replace(".", "").replace(",", "")
        raise NoticeError(
            f"{place}: the mark in {text!r} may part thousands or decimals: write {whole}, or "
            f"{text}0 where they are decimals"
        )
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def day(text: str, place: str) -> str:
    """Return a day as YYYYMMDD or ISO 8601 for `goods_identity.date`; "" for nothing."""
    text = text.strip()
    if not text or _ISO.fullmatch(text):
        return text
    if found := _DOTTED.fullmatch(text):
        return _ordered(found[3], found[2], found[1])  # only days come first before points
    if found := _SLASHED.fullmatch(text):
        return _slashed(found, place)
    if re.fullmatch("[0-9]{6}", text):
        raise NoticeError(
            f"{place}: the date {text} may begin with its year or its day: write it like 2027-01-31"
        )
    raise NoticeError(f"{place}: {text[:40]!r} is not a date: write it like 2027-01-31")


def _slashed(found: re.Match[str], place: str) -> str:
    first, second = int(found[1]), int(found[2])
    if first > MONTHS >= second:
        return _ordered(found[3], found[2], found[1])
    if second > MONTHS >= first or first == second:
        return _ordered(found[3], found[1], found[2])
    one, other = (
        _ordered(found[3], *pair) for pair in ((found[1], found[2]), (found[2], found[1]))
    )
    raise NoticeError(f"{place}: {found[0]} may be {one} or {other}: write it like {one}")


def _ordered(year: str, month: str, day_of_month: str) -> str:
    return f"{year}-{int(month):02d}-{int(day_of_month):02d}"


def iso(text: str, place: str) -> str:
    """Return a written day as ISO 8601; NoticeError says what is wrong with it."""
    try:
        return goods_identity.date(day(text, place))
    except goods_identity.IdentityError as error:
        raise NoticeError(f"{place}: {error}: write it like 2027-01-31") from error
