"""What a thing at the door is: a logistic unit (SSCC), an item (GTIN and serial), or its EPC. Pure.

One written form for tags, barcodes and hands: element strings in brackets, `(00)…` or `(01)…(21)…`.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from urllib.parse import unquote

SSCC_DIGITS, GTIN_DIGITS = 18, 14
LINKS = ("https://", "http://")
GTIN_LENGTHS = (8, 12, 13, 14)
EIGHT_DIGITS = 8

_ELEMENT = re.compile(r"\((\d{2})\)([^()]+)")
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
    """What a barcode or a person says of a thing: identity, and batch and expiry where given."""

    identity: Identity
    lot: str = ""
    expiry: str = ""


def check_digit(digits: str) -> str:
    """Return the GS1 check digit that belongs behind `digits` (General Specifications, 7.9)."""
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in _from_right(digits))
    return str(-total % 10)


def _from_right(digits: str) -> enumerate[str]:
    return enumerate(reversed(digits))


def _checked(what: str, digits: str) -> str:
    if not digits.isascii() or not digits.isdigit():
        raise IdentityError(f"{what} {digits[:40]!r} is not all digits")
    if check_digit(digits[:-1]) != digits[-1]:
        raise IdentityError(f"{what} {digits} has a wrong check digit")
    return digits


def sscc(text: str) -> str:
    """Return an SSCC of 18 digits; IdentityError says what is wrong."""
    if len(text) != SSCC_DIGITS:
        raise IdentityError(f"an SSCC has {SSCC_DIGITS} digits, not {text[:40]!r}")
    return _checked("SSCC", text)


def gtin(text: str) -> str:
    """Return a GTIN of 8, 12, 13 or 14 digits as 14; IdentityError says what is wrong."""
    if len(text) not in GTIN_LENGTHS:
        raise IdentityError(f"a GTIN has 8, 12, 13 or 14 digits, not {text[:40]!r}")
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
        return Identity(gtin=body + check_digit(body), serial=unquote(serial))
    if match and match[1] == "sscc" and len(parts) == len(("prefix", "serial")):
        prefix, serial = parts
        body = serial[:1] + prefix + serial[1:]
        return Identity(sscc=body + check_digit(body))
    return Identity(epc=uri or epc)


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
    """Return what a person typed.

    `(00)…`, `(01)…(21)…(10)…(17)…`, bare digits, an EPC URI or a Digital Link.
    """
    text = text.strip()
    if text.startswith(LINKS):
        found = _of_link(text)
        if found is None:
            raise IdentityError(f"{text[:60]!r} is not a Digital Link of a unit or an article")
        return Label(found)
    if text.startswith("urn:epc:id:"):
        return Label(of_uri(text, ""))
    if text.startswith("("):
        return _of_elements(text)
    if len(text) == SSCC_DIGITS:
        return Label(Identity(sscc=sscc(text)))
    return Label(Identity(gtin=_of_eight(text) if len(text) == EIGHT_DIGITS else gtin(text)))


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


def _of_elements(text: str) -> Label:
    elements: dict[str, str] = dict(_ELEMENT.findall(text))
    if "".join(f"({ai}){value}" for ai, value in _ELEMENT.findall(text)) != text:
        raise IdentityError(f"{text[:60]!r} is not written like (01)04012345111118(21)0071")
    lot, expiry = elements.get("10", ""), date(elements.get("17", elements.get("15", "")))
    if "00" in elements:
        return Label(Identity(sscc=sscc(elements["00"])), lot, expiry)
    if "01" not in elements:
        raise IdentityError(f"{text[:60]!r} has neither (00), an SSCC, nor (01), a GTIN")
    return Label(Identity(gtin=gtin(elements["01"]), serial=elements.get("21", "")), lot, expiry)


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
    except ValueError as error:
        raise IdentityError(f"{text[:40]!r} is not a date") from error
