"""Values of a notice of whatever form: checked where they come in, named by their place. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from agent.dock.goods_identity import SSCC_DIGITS, IdentityError
from agent.dock.measures import Measure
from agent.dock.notice import MOST_TEXT, NoticeError

MOST_QUANTITY = 10**6
MOST_GRAMS = 10**8  # 100 t: more than a truck
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{0,12})?")


def whole(text: str, place: str) -> int:
    """Return a whole number; NoticeError where it is none, or more than any truck carries."""
    number, _, fraction = text.strip().partition(".")
    whole = number.isascii() and number.isdigit() and len(number) < MOST_TEXT
    if not whole or fraction.strip("0"):
        raise NoticeError(f"{place}: quantity {text[:20]!r} is not a whole number")
    if int(number) > MOST_QUANTITY:
        raise NoticeError(f"{place}: quantity {text[:20]} is not in 1 to {MOST_QUANTITY}")
    return int(number)


def amount(text: str, place: str) -> Decimal:
    """Return a number of what the next one says; NoticeError where it is none."""
    if not _NUMBER.fullmatch(text.strip()):
        raise NoticeError(f"{place}: quantity {text[:20]!r} is not a number")
    return Decimal(text.strip())


def grams(text: str, measure: Measure, place: str) -> int:
    """Return a weight in grams; NoticeError where it is none, or more than any truck carries."""
    try:
        value = Decimal(text.strip() if text.isascii() and "_" not in text else "")
    except InvalidOperation as error:
        raise NoticeError(f"{place}: weight {text[:20]!r} is not a number") from error
    if not value.is_finite() or not 0 < value <= MOST_GRAMS:
        raise NoticeError(f"{place}: weight {text[:20]} is not in 0 to 100 t")
    weight = round(float(value) * measure.grams)
    if not 0 < weight <= MOST_GRAMS:
        raise NoticeError(f"{place}: weight {text[:20]} is not in 0 to 100 t")
    return weight


def plain_sscc(text: str) -> str:
    """Return an SSCC without its application identifier and the spaces of print."""
    digits = "".join(text.split()).removeprefix("(00)")
    with_ai = len(digits) == SSCC_DIGITS + len("00") and digits.startswith("00")
    return digits.removeprefix("00") if with_ai else digits


def cancelled(number: str, place: str) -> NoticeError:
    """Return the error for a message that takes a notice back."""
    return NoticeError(
        f"{place}: this message cancels notice {number[:MOST_TEXT]!r}: no goods come under it; "
        "ask the supplier"
    )


def named(place: str, check: Callable[[str], str], text: str) -> str:
    """Return what `check` makes of a value; NoticeError with its place when it is wrong."""
    try:
        return check(text.strip())
    except IdentityError as error:
        raise NoticeError(f"{place}: {error}") from error
