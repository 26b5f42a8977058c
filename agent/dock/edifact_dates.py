"""Dates of EDIFACT by their format code (UN/ECE 2379). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from agent.dock.notice import NoticeError

_LAST_OF_MONTH = "00"
ORDERS: Mapping[str, str] = {
    "2": "DDMMYY",
    "3": "MMDDYY",
    "4": "DDMMCCYY",
    "101": "YYMMDD",
    "102": "CCYYMMDD",
    "201": "YYMMDD",
    "202": "YYMMDD",
    "203": "CCYYMMDD",
    "204": "CCYYMMDD",
    "205": "CCYYMMDD",
    "301": "YYMMDD",
    "303": "CCYYMMDD",
    "609": "YYMM",
    "610": "CCYYMM",
}
"""Where year, month and day stand; a time may follow."""

PERIODS: Mapping[str, str] = {"713": "201", "717": "101", "718": "102", "719": "203"}
"""Two moments with a dash between, and the format of each."""

WITHOUT_CODE = (8, 12, 14)
"""Digits of a date in a message that names no format, as they begin with a whole year."""


def day_of(value: str, code: str, place: str) -> str:
    """Return the day, YYYYMMDD, the last one of a period or month; NoticeError for other forms."""
    if code in PERIODS:
        value, code = value.rpartition("-")[2], PERIODS[code]
    if not code and value.isdigit() and len(value) in WITHOUT_CODE:
        code = "102"
    order = ORDERS.get(code)
    if order is None:
        raise NoticeError(
            f"{place}: date {value[:20]!r} in format {code[:5]!r} names no day that is known here: "
            "ask the supplier for format 102, CCYYMMDD"
        )
    if not value.isdigit() or len(value) < len(order):
        raise NoticeError(f"{place}: {value[:20]!r} is no date like {order}, format {code}")
    year = _part(value, order, "CCYY") or "20" + _part(value, order, "YY")
    day = _part(value, order, "DD") or _LAST_OF_MONTH
    return year + _part(value, order, "MM") + day


def _part(value: str, order: str, name: str) -> str:
    at = order.find(name)
    return value[at : at + len(name)] if at >= 0 else ""
