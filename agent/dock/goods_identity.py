"""What a thing at the door is: a logistic unit (SSCC), an item (GTIN and serial), or its EPC. Pure.

One written form for tags, barcodes and hands: element strings in brackets, `(00)…` or `(01)…(21)…`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from urllib.parse import unquote

from agent.dock.sheet import ROUNDED
from foundation.dataclass import dataclass

SSCC_DIGITS, GTIN_DIGITS = 18, 14
LINKS = ("https://", "http://")
GTIN_LENGTHS = (8, 12, 13, 14)
EIGHT_DIGITS, UPC_DIGITS = 8, 12
MOST_ZEROS = 4  # that a number begins with, and a spreadsheet takes

_SSCC_AI, _GTIN_AI = "00", "01"
_SPELLED_GS = ("\\x1d", "<GS>", "{GS}", "^]")  # how FNC1 is written where it cannot be typed
POUND_KG = 0.45359237  # exactly, since 1959
_URI = re.compile(r"urn:epc:id:(\w+):(.+)")


class IdentityError(ValueError):
    """A text that names no thing; it says why."""


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """Exactly one of `sscc`, `gtin` (with or without `serial`) and `epc` is set."""

    sscc: str = ""
    gtin: str = ""
    serial: str = ""
    epc: str = ""

    def __str__(self) -> str:
        if self.sscc:
            return f"(00){self.sscc}"
        if self.gtin:
            return f"(01){self.gtin}" + (f"(21){self.serial}" if self.serial else "")
        return self.epc


@dataclass(frozen=True, slots=True)
class Label:
    """What a person typed of a thing: identity, and batch, dates (ISO 8601) and weight where given.

    `net_weight` is in 10^-5 kg, as records have it.
    """

    identity: Identity
    lot: str = ""
    expiry: str = ""
    best_before: str = ""
    net_weight: int = 0


def check_digit(digits: str) -> str:
    """Return the GS1 check digit that belongs behind `digits` (General Specifications, 7.9)."""
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in _from_right(digits))
    return str(-total % 10)


def _from_right(digits: str) -> enumerate[str]:
    return enumerate(reversed(digits))


def _checked(what: str, digits: str) -> str:
    if not _is_number(digits):
        raise IdentityError(f"{what} {digits[:40]!r} is not all digits")
    if check_digit(digits[:-1]) != digits[-1]:
        raise IdentityError(f"{what} {digits} has a wrong check digit")
    return digits


def _spoilt(text: str, length: int) -> str:
    """Say how a spreadsheet spoilt a number, where it shows."""
    if re.fullmatch(r"[0-9][.,]?[0-9]*E\+?[0-9]+", text, re.IGNORECASE):
        return ROUNDED
    full = text.zfill(length)
    lost = text.isascii() and text.isdigit() and length - MOST_ZEROS <= len(text) < length
    if lost and check_digit(full[:-1]) == full[-1]:
        return f": a spreadsheet took leading zeros of {full}; make the column text"
    return ""


def sscc(text: str) -> str:
    """Return an SSCC of 18 digits; IdentityError says what is wrong."""
    if len(text) != SSCC_DIGITS:
        raise IdentityError(
            f"an SSCC has {SSCC_DIGITS} digits, not {text[:40]!r}{_spoilt(text, SSCC_DIGITS)}"
        )
    return _checked("SSCC", text)


def gtin(text: str) -> str:
    """Return a GTIN of 8, 12, 13 or 14 digits as 14; IdentityError says what is wrong."""
    if len(text) not in GTIN_LENGTHS:
        raise IdentityError(
            f"a GTIN has 8, 12, 13 or 14 digits, not {text[:40]!r}{_spoilt(text, UPC_DIGITS)}"
        )
    return _checked("GTIN", text).zfill(GTIN_DIGITS)


def of_uri(uri: str, epc: str) -> Identity:
    """Return what a tag's pure identity names; another scheme's is known by its EPC alone.

    The "+" schemes, which do not say how long a company prefix is, have a Digital Link for it.
    """
    if uri.startswith(LINKS):
        return _of_link(uri) or Identity(epc=uri)
    match = _URI.fullmatch(uri)
    parts = match[2].split(".") if match else []
    if match and match[1] == "sgtin" and len(parts) >= len(("prefix", "item", "serial")):
        prefix, item, serial = parts[0], parts[1], ".".join(parts[2:])
        body = item[:1] + prefix + item[1:]
        if _is_number(body):
            return Identity(gtin=body + check_digit(body), serial=unquote(serial))
    if match and match[1] == "sscc" and len(parts) == len(("prefix", "serial")):
        prefix, serial = parts
        body = serial[:1] + prefix + serial[1:]
        if _is_number(body):
            return Identity(sscc=body + check_digit(body))
    return Identity(epc=uri or epc)


def _is_number(text: str) -> bool:
    """Tell whether a text is digits: whoever wrote a URI may have put anything there."""
    return text.isascii() and text.isdigit()


def _of_link(link: str) -> Identity | None:
    """Return the unit or item of a Digital Link; None for anything else."""
    from drivers.gs1 import digital_link  # noqa: PLC0415  a megabyte that few tags need
    from drivers.gs1.errors import Gs1Error  # noqa: PLC0415  as above

    try:
        keys = digital_link.parse(link)
    except Gs1Error:
        return None
    if "00" in keys:
        return Identity(sscc=keys["00"])
    return Identity(gtin=keys["01"], serial=keys.get("21", "")) if "01" in keys else None


def of_text(text: str) -> Label:
    """Return what a person typed, or a scanner in their place.

    `(00)…`, `(01)…(21)…(10)…(17)…`, digits in any groups, what a scanner sends (`]C1…`, `01…`), an
    EPC URI or a Digital Link.
    """
    text = text.strip()
    if text.startswith("urn:epc:id:"):
        return Label(of_uri(text, ""))
    digits = "".join(text.split())
    if digits.isascii() and digits.isdigit() and len(digits) <= len(_SSCC_AI) + SSCC_DIGITS:
        return Label(_of_digits(digits))
    return _of_keys(text, _keys_of(text))


def _of_digits(digits: str) -> Identity:
    """Return what bare digits are, by how many they are; an SSCC may have its AI before it."""
    if len(digits) == len(_SSCC_AI) + SSCC_DIGITS and digits.startswith(_SSCC_AI):
        digits = digits.removeprefix(_SSCC_AI)
    if len(digits) == len(_GTIN_AI) + GTIN_DIGITS and digits.startswith(_GTIN_AI):
        digits = digits.removeprefix(_GTIN_AI)
    if len(digits) == SSCC_DIGITS:
        return Identity(sscc=sscc(digits))
    return Identity(gtin=_of_eight(digits) if len(digits) == EIGHT_DIGITS else gtin(digits))


def _keys_of(text: str) -> Mapping[str, str]:
    """Return values by AI, read as what a scanner sends is; IdentityError says what is wrong."""
    from drivers.gs1 import digital_link, element_strings, elements  # noqa: PLC0415  as above
    from drivers.gs1.errors import Gs1Error  # noqa: PLC0415  as above

    for sign in _SPELLED_GS:
        text = text.replace(sign, elements.GS)
    if text.startswith(LINKS):
        try:
            return digital_link.parse(text)
        except Gs1Error as error:
            raise IdentityError(f"{text[:60]!r} is not a Digital Link: {error}") from error
    if text.startswith("("):
        found = elements.bracketed(text)
        keys, problem = found.values, found.problem
    else:
        symbology, body = element_strings.split_aim(text)
        content = element_strings.read_content(body, symbology)
        keys, problem = dict(content.keys), content.problem
    if problem or not keys:
        why = problem or "neither digits of a GTIN or an SSCC, nor (00)… or (01)…"
        raise IdentityError(f"{text[:60]!r}: {why}")
    return keys


def _of_keys(text: str, keys: Mapping[str, str]) -> Label:
    """Return what the values of a label name."""
    if "00" in keys:
        identity = Identity(sscc=sscc(keys["00"]))
    elif "01" in keys:
        identity = Identity(gtin=gtin(keys["01"]), serial=keys.get("21", ""))
    else:
        raise IdentityError(f"{text[:60]!r} has neither (00), an SSCC, nor (01), a GTIN")
    expiry, best_before = date(keys.get("17", "")), date(keys.get("15", ""))
    return Label(identity, keys.get("10", ""), expiry, best_before, _net_weight(keys))


def _net_weight(keys: Mapping[str, str]) -> int:
    """Return the kilograms of (310n), or pounds of (320n), in 10^-5 kg; the n: decimals."""
    for ai, value in keys.items():
        if len(ai) == len("310n") and ai.startswith(("310", "320")):
            each = POUND_KG if ai.startswith("320") else 1.0
            return round(int(value) * each * 10.0 ** (5 - int(ai[-1])))
    return 0


def _of_eight(digits: str) -> str:
    """Return the GTIN of 8 digits, which EAN-8 prints, and UPC-E with another meaning."""
    from drivers.gs1 import retail  # noqa: PLC0415  as above
    from drivers.gs1.errors import Gs1Error  # noqa: PLC0415  as above

    try:
        return retail.of_shape(digits) or gtin(digits)
    except Gs1Error:
        upc_a = retail.expanded(digits)
        raise IdentityError(
            f"{digits} may be EAN-8, or UPC-E for {upc_a}: type 000000{digits} or {upc_a}"
        ) from None


def date(text: str) -> str:
    """Return a date as ISO 8601: from `YYMMDD` (this century), `YYYYMMDD…` or ISO; "" from "".

    Day 00 is the last of its month (General Specifications, 3.4).
    """
    digits = text[:10].replace("-", "") if "-" in text else text[:8]
    if not digits:
        return ""
    if len(digits) == len("YYMMDD"):
        digits = f"20{digits}"
    if len(digits) != len("YYYYMMDD") or not digits.isdigit():
        raise IdentityError(f"{text[:40]!r} is not a date")
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    try:
        if day:
            return dt.date(year, month, day).isoformat()
        following = dt.date(year + month // 12, month % 12 + 1, 1)
        return (following - dt.timedelta(days=1)).isoformat()
    except (ValueError, OverflowError) as error:  # before the year 1
        raise IdentityError(f"{text[:40]!r} is not a date") from error
