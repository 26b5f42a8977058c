"""GS1 keys in URIs → the one Digital Link that CBV 2.0 wants in an event's hash. Pure.

EPC URIs, classes and patterns (TDS 2.0, §6 to 8) and Digital Links of any host become
https://id.gs1.org/… with the finest key that they name, and nothing behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote, urlsplit

from drivers.gs1.check_digits import with_check_digit

CANONICAL = "https://id.gs1.org"
PLAIN = "';="  # characters that EPC URIs and links both leave as they are

_URN = re.compile(r"urn:epc:(id|class|idpat):(\w+):(.+)")
_PATTERN, _ANY = "idpat", "*"
_NO_EXTENSION = ["0"]  # of a GLN that is a whole place (TDS, §7.2.5)

Parts = list[str]
"""What stands between the points of an EPC URI; a serial number may hold points of its own."""


def canonical(uri: str) -> str:
    """Return the constrained canonical Digital Link of a URI; the URI itself where it has none."""
    match = _URN.fullmatch(uri)
    try:
        if match is not None and match[2] in _OF_URN:
            return CANONICAL + _OF_URN[match[2]](_parts(match[1], match[3]))
        return _of_link(uri) if uri.startswith(("http://", "https://")) else uri
    except (IndexError, ValueError):
        return uri


def _parts(kind: str, text: str) -> Parts:
    """Return the parts of a URI; a pattern's last one says that any serial number will do."""
    parts = text.split(".")
    return parts[:-1] if kind == _PATTERN and parts[-1] == _ANY else parts


def _moved(parts: Parts) -> str:
    """Return the key whose first digit is the reference's: GTIN, SSCC."""
    prefix, reference = parts[0], parts[1]
    return with_check_digit(reference[0] + prefix + reference[1:])


def _plain(parts: Parts) -> str:
    return with_check_digit(parts[0] + parts[1])


def _text(parts: Parts) -> str:
    """Return the rest of a URI as a link writes it."""
    return quote(unquote(".".join(parts)), safe=PLAIN)


def _behind(ai: str, parts: Parts) -> str:
    """Return the qualifier that the rest of a URI is; nothing where there is none."""
    return f"/{ai}/{_text(parts)}" if parts else ""


def _gtin(ai: str) -> Callable[[Parts], str]:
    return lambda parts: f"/01/{_moved(parts)}{_behind(ai, parts[2:])}"


def _joined(ai: str, lead: str = "") -> Callable[[Parts], str]:
    """Return what makes a key that has its serial number right behind the check digit."""
    return lambda parts: f"/{ai}/{lead}{_plain(parts)}{_text(parts[2:])}"


def _whole(ai: str) -> Callable[[Parts], str]:
    """Return what makes a key without a check digit: prefix and reference as they are."""
    return lambda parts: f"/{ai}/{parts[0]}{_text(parts[1:])}"


def _sgln(parts: Parts) -> str:
    extension = [] if parts[2:] == _NO_EXTENSION else parts[2:]
    return f"/414/{_plain(parts)}{_behind('254', extension)}"


_OF_URN: Mapping[str, Callable[[Parts], str]] = {
    "sgtin": _gtin("21"),
    "lgtin": _gtin("10"),
    "upui": _gtin("235"),
    "sscc": lambda parts: f"/00/{_moved(parts)}",
    "sgln": _sgln,
    "pgln": lambda parts: f"/417/{_plain(parts)}",
    "grai": _joined("8003", lead="0"),
    "gdti": _joined("253"),
    "sgcn": _joined("255"),
    "giai": _whole("8004"),
    "ginc": _whole("401"),
    "gsin": lambda parts: f"/402/{_plain(parts)}",
    "gsrn": lambda parts: f"/8018/{_plain(parts)}",
    "gsrnp": lambda parts: f"/8017/{_plain(parts)}",
    "cpi": lambda parts: f"/8010/{_text([parts[0] + parts[1]])}{_behind('8011', parts[2:])}",
    "itip": lambda parts: f"/8006/{_moved(parts)}{parts[2]}{parts[3]}{_behind('21', parts[4:])}",
}

_QUALIFIERS: Mapping[str, tuple[str, ...]] = {
    "00": (), "01": ("21", "10", "235"), "253": (), "255": (), "401": (), "402": (),
    "414": ("254",), "417": (), "8003": (), "8004": (), "8006": ("21", "10"), "8010": ("8011",),
    "8017": (), "8018": (),
}  # fmt: skip
"""Key → the qualifiers that may stand behind it in a hash, the finest first (CBV 2.0, §8.9)."""


def _of_link(uri: str) -> str:
    steps = urlsplit(uri).path.strip("/").split("/")
    for at in range(len(steps) - 1):
        key = steps[at]
        if key in _QUALIFIERS and steps[at + 1][:1].isalnum() and (len(steps) - at) % 2 == 0:
            said = dict(zip(steps[at::2], steps[at + 1 :: 2], strict=True))
            finest = next((ai for ai in _QUALIFIERS[key] if ai in said), "")
            behind = f"/{finest}/{said[finest]}" if finest else ""
            return f"{CANONICAL}/{key}/{said[key]}{behind}"
    return uri
