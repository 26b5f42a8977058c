"""The forms that single values of an EPCIS document have: URI, moment, offset. Pure."""

from __future__ import annotations

import re
from datetime import datetime

_PCT = "%[0-9A-Fa-f]{2}"
_UNRESERVED = r"A-Za-z0-9\-._~"
_SUB = "!$&'()*+,;="
_SEGMENT = rf"(?:[{_UNRESERVED}{_SUB}:@]|{_PCT})"
_NAME = rf"(?:[{_UNRESERVED}{_SUB}]|{_PCT})"

_URI = re.compile(
    rf"[A-Za-z][A-Za-z0-9]*:"
    rf"(?://(?:(?:{_NAME}|:)*@)?{_NAME}*(?::[0-9]{{1,5}})?(?:/{_SEGMENT}*)*"
    rf"|/?{_SEGMENT}+(?:/{_SEGMENT}*)*)"
    rf"(?:\?(?:{_SEGMENT}|[/?])*)?(?:\#(?:{_SEGMENT}|[/?])*)?"
)
"""RFC 3986, appendix A, but for IP literals and for schemes with + - or a point: nobody names goods
by them, and not all readers take them."""

_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?"
    r"(Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
"""RFC 3339, §5.6; a leap second is refused, as most readers do."""

_OFFSET = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
_UOM = re.compile(r"[A-Z0-9]{2,3}")
_HEX = re.compile(r"[A-Fa-f0-9]+")
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")

CBV = ("urn:epcglobal:cbv", "http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv/")
WEB_VOC = tuple(
    f"{way}://{host}/voc/" for way in ("http", "https") for host in ("gs1.org", "www.gs1.org")
)
"""What a JSON document writes as a bare word, and must not write as a URI (EPCIS 2.0, §10.2)."""


def is_uri(value: object) -> bool:
    """Whether a value is an absolute URI, which a CURIE is, too."""
    return isinstance(value, str) and _URI.fullmatch(value) is not None


def is_other_uri(value: object) -> bool:
    """Whether a value is a URI and none of CBV's own words."""
    return isinstance(value, str) and is_uri(value) and not value.startswith(CBV)


def is_other_measurement(value: object) -> bool:
    """Whether a value is a URI and none of GS1's own measurements."""
    return isinstance(value, str) and is_uri(value) and not value.startswith(WEB_VOC)


def is_moment(value: object) -> bool:
    """Whether a value is a moment with its offset."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return False
    try:
        datetime.fromisoformat(match[1])
    except ValueError:
        return False
    return True


def moment(value: str) -> datetime:
    """Return a moment as `is_moment` takes it, cut to microseconds."""
    match = _MOMENT.fullmatch(value)
    assert match is not None
    return datetime.fromisoformat(match[1] + (match[2] or "")[:7] + match[3].replace("Z", "+00:00"))


def is_offset(value: object) -> bool:
    """Whether a value is an offset from UTC, ±hh:mm."""
    return isinstance(value, str) and _OFFSET.fullmatch(value) is not None


def is_uom(value: object) -> bool:
    """Whether a value has the form of a UN/ECE code."""
    return isinstance(value, str) and _UOM.fullmatch(value) is not None


def is_hexadecimal(value: object) -> bool:
    """Whether a value is hexadecimal, not empty."""
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def is_version(value: object) -> bool:
    """Whether a value is a version: numbers with points between."""
    return isinstance(value, str) and _VERSION.fullmatch(value) is not None
