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
_ANY = "*"
_WHOLE_PLACE = "0"  # the extension of a GLN that has none (TDS, §7.2.5)

Parts = list[str]


def canonical(uri: str) -> str:
    """Return the constrained canonical Digital Link of a URI; the URI itself where it has none."""
    match = _URN.fullmatch(uri)
    if match is not None:
        make = _OF_URN.get(match[2])
        try:
            return uri if make is None else CANONICAL + make(match[3].split("."))
        except (IndexError, ValueError):
            return uri
    return _of_link(uri) if uri.startswith(("http://", "https://")) else uri


def _moved(parts: Parts) -> str:
    """Return the key whose first digit is the reference's: GTIN, SSCC."""
    prefix, reference = parts[0], parts[1]
    return with_check_digit(reference[0] + prefix + reference[1:])


def _plain(parts: Parts) -> str:
    return with_check_digit(parts[0] + parts[1])


def _text(parts: Parts) -> str:
    """Return the rest of a URI, which may hold points of its own, as a link writes it."""
    return quote(unquote(".".join(parts)), safe=PLAIN)


def _behind(ai: str, parts: Parts) -> str:
    rest = _text(parts)
    return "" if rest == _ANY or not rest else f"/{ai}/{rest}"


def _serial(parts: Parts) -> str:
    rest = _text(parts)
    return "" if rest == quote(_ANY) else rest


def _gtin(ai: str) -> Callable[[Parts], str]:
    def make(parts: Parts) -> str:
        rest = parts[2:]
        return f"/01/{_moved(parts)}" + ("" if rest == [_ANY] else _behind(ai, rest))

    return make


def _joined(ai: str, lead: str = "") -> Callable[[Parts], str]:
    """Return what makes a key with the serial number right behind its check digit."""
    return lambda parts: (
        f"/{ai}/{lead}{_plain([lead + parts[0], parts[1]])[len(lead) :]}" + _serial(parts[2:])
    )


def _sgln(parts: Parts) -> str:
    extension = "" if parts[2:] == [_WHOLE_PLACE] else _behind("254", parts[2:])
    return f"/414/{_plain(parts)}{extension}"


def _cpi(parts: Parts) -> str:
    serial = "" if parts[2:] == [_ANY] else _behind("8011", parts[2:])
    return f"/8010/{quote(unquote(parts[0] + parts[1]), safe=PLAIN)}{serial}"


def _itip(parts: Parts) -> str:
    serial = "" if parts[4:] == [_ANY] else _behind("21", parts[4:])
    return f"/8006/{_moved(parts)}{parts[2]}{parts[3]}{serial}"


_OF_URN: Mapping[str, Callable[[Parts], str]] = {
    "sgtin": _gtin("21"),
    "lgtin": _gtin("10"),
    "upui": _gtin("235"),
    "sscc": lambda parts: f"/00/{_moved(parts)}",
    "sgln": _sgln,
    "pgln": lambda parts: f"/417/{_plain(parts)}",
    "grai": _joined("8003", "0"),
    "gdti": _joined("253"),
    "sgcn": _joined("255"),
    "giai": lambda parts: f"/8004/{parts[0]}{_text(parts[1:])}",
    "ginc": lambda parts: f"/401/{parts[0]}{_text(parts[1:])}",
    "gsin": lambda parts: f"/402/{_plain(parts)}",
    "gsrn": lambda parts: f"/8018/{_plain(parts)}",
    "gsrnp": lambda parts: f"/8017/{_plain(parts)}",
    "cpi": _cpi,
    "itip": _itip,
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
