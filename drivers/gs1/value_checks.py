"""What the parts of an AI's value must be beyond length and characters, each check by name. Pure.

The names are those of `ai_table`. A check gets what it looks at, for the error, and the part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from drivers.gs1.characters import DIGITS
from drivers.gs1.check_digits import PAIR, check_digit, check_pair
from drivers.gs1.code_lists import COUNTRIES, COUNTRY_LETTERS, CURRENCIES, PACKAGES
from drivers.gs1.errors import Fault, Gs1Error

DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LEAP_YEARS = 4  # in two digits of a year: 00 is 2000, a leap year
CENTURY_DIGITS = 2
FEBRUARY, SHORT_FEBRUARY = 2, 28
HOURS, SIXTY = 24, 60
SHORTEST_PREFIX = 4  # digits of a company prefix
NO_COUNTRY = "999"
EQUATOR_TURNS = {"latitude": 1_800_000_000, "longitude": 3_600_000_000}  # 10^-7 degrees
IBAN_LEAST, IBAN_HEAD, IBAN_MODULUS = 11, 4, 97
MEDIA = " ".join(f"{code:02d}" for code in (*range(1, 11), *range(80, 100)))
ESCAPE = re.compile("%[0-9A-Fa-f]{2}")

Check = Callable[[str, str], None]


def check_date(ai: str, text: str) -> None:
    """Refuse what is no date YYMMDD; day 00 stands for the end of the month."""
    if len(text) != len("YYMMDD") or not DIGITS.issuperset(text):
        raise Gs1Error(Fault.DATE, f"({ai}) {text!r} is no date of the form YYMMDD")
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    if not 1 <= month <= len(DAYS) or day > _last_day(year, month):
        raise Gs1Error(Fault.DATE, f"({ai}) {text} is no day of the calendar")


def _last_day(year: int, month: int) -> int:
    short = month == FEBRUARY and year % LEAP_YEARS
    return SHORT_FEBRUARY if short else DAYS[month - 1]


def _day(ai: str, text: str) -> None:
    check_date(ai, text)
    if text.endswith("00"):
        raise Gs1Error(Fault.DATE, f"({ai}) {text} has no day")


def _full_day(ai: str, text: str) -> None:
    _day(ai, text[CENTURY_DIGITS:])


def _below(limit: int, what: str) -> Check:
    def check(ai: str, text: str) -> None:
        if int(text) >= limit:
            raise Gs1Error(Fault.CONTENT, f"({ai}) has no {what} {text}")

    return check


_hour, _minute, _second = _below(HOURS, "hour"), _below(SIXTY, "minute"), _below(SIXTY, "second")


def _time(ai: str, text: str) -> None:
    _hour(ai, text[:2])
    _minute(ai, text[2:])


def _check_digit(ai: str, text: str) -> None:
    right = check_digit(text[:-1])
    if text[-1] != right:
        raise Gs1Error(
            Fault.CHECK_DIGIT,
            f"the check digit of ({ai}) {text} is {text[-1]}, where {right} belongs",
        )


def _check_pair(ai: str, text: str) -> None:
    right = check_pair(text[:-PAIR])
    if text[-PAIR:] != right:
        raise Gs1Error(
            Fault.CHECK_DIGIT,
            f"the check characters of ({ai}) {text} are {text[-PAIR:]}, where {right} belong",
        )


def _company(ai: str, text: str) -> None:
    head = text[:SHORTEST_PREFIX]
    if len(head) < SHORTEST_PREFIX or not DIGITS.issuperset(head):
        raise Gs1Error(Fault.CHARACTER, f"({ai}) {text} begins with no company prefix")


def _one_of(codes: str, what: str) -> Check:
    def check(ai: str, text: str) -> None:
        if text not in codes.split():
            raise Gs1Error(Fault.CONTENT, f"({ai}) has {text!r}, which is no {what}")

    return check


def _form(expression: str, what: str) -> Check:
    form = re.compile(expression)

    def check(ai: str, text: str) -> None:
        if form.fullmatch(text) is None:
            raise Gs1Error(Fault.CONTENT, f"({ai}) {text} {what}")

    return check


def _escaped(ai: str, text: str) -> None:
    if "%" in ESCAPE.sub("", text):
        raise Gs1Error(Fault.CONTENT, f"({ai}) {text} has a % without two hexadecimal digits")


def _piece(ai: str, text: str) -> None:
    half = len(text) // 2
    piece, total = int(text[:half]), int(text[half:])
    if not 1 <= piece <= total:
        raise Gs1Error(Fault.CONTENT, f"({ai}) is piece {piece} of {total}")


def _birth(ai: str, text: str) -> None:
    """A child's place among those born together, such as 1/2."""
    if text[1] != "/" or not DIGITS.issuperset(text[0] + text[2]):
        raise Gs1Error(Fault.CONTENT, f"({ai}) {text} is not of the form 1/2")
    _piece(ai, text[0] + text[2])


def _degrees(which: str) -> Check:
    def check(ai: str, text: str) -> None:
        if int(text) > EQUATOR_TURNS[which]:
            raise Gs1Error(Fault.CONTENT, f"({ai}) {text} is beyond every {which}")

    return check


def _iban(ai: str, text: str) -> None:
    turned = text[IBAN_HEAD:] + text[:IBAN_HEAD]
    sound = len(text) >= IBAN_LEAST and text[:2] in COUNTRY_LETTERS.split() and turned.isalnum()
    if not sound or turned != turned.upper() or _number(turned) % IBAN_MODULUS != 1:
        raise Gs1Error(Fault.CHECK_DIGIT, f"({ai}) {text} is no IBAN")


def _number(text: str) -> int:
    """Return the number of digits and letters, A for 10 (ISO 13616-1)."""
    return int("".join(str(int(char, 36)) for char in text))


def _coupon(ai: str, text: str) -> None:
    raise Gs1Error(Fault.UNSUPPORTED, f"({ai}) is a coupon, which is not checked here")


CHECKS: Mapping[str, Check] = {
    "birth": _birth,
    "check": _check_digit,
    "company": _company,
    "company+1": lambda ai, text: _company(ai, text[1:]),
    "country": _one_of(COUNTRIES, "number of a country (ISO 3166)"),
    "country-letters": _one_of(COUNTRY_LETTERS, "country (ISO 3166)"),
    "country-or-none": _one_of(f"{COUNTRIES} {NO_COUNTRY}", "number of a country (ISO 3166)"),
    "coupon": _coupon,
    "currency": _one_of(CURRENCIES, "number of a currency (ISO 4217)"),
    "date": check_date,
    "day": _day,
    "escaped": _escaped,
    "full-day": _full_day,
    "hour": _hour,
    "iban": _iban,
    "importer": _form("[-_0-9A-Za-z]", "is no importer's index"),
    "latitude": _degrees("latitude"),
    "longitude": _degrees("longitude"),
    "media": _one_of(MEDIA, "medium"),
    "minus": _form("-", "may be a minus sign only"),
    "minute": _minute,
    "mixed": _form(".*[^0-9].*", "has digits alone"),
    "nonzero": _form("0*[1-9][0-9]*", "may not be zero"),
    "package": _one_of(PACKAGES, "type of package (UN/ECE 21)"),
    "pair": _check_pair,
    "piece": _piece,
    "second": _second,
    "sex": _form("[0129]", "is no sex of ISO 5218"),
    "time": _time,
    "unpadded": _form("0|[^0].*", "begins with 0"),
    "winding": _form("[019]", "is no direction of winding"),
    "yes-no": _form("[01]", "is neither 0 nor 1"),
    "zero": _form("0", "does not begin with 0"),
}
