"""`+CREG`, `+CGREG`, `+CEREG`, `+C5GREG`: whether a network took the modem in. Pure.

3GPP TS 27.007 §7.2, §10.1.20, §10.1.22, §10.1.47. An answer begins with `<n>`, how much the modem
is to say by itself, what it says by itself does not; some modems keep `<n>` there, too. So it is
told from the fields which of them is `<stat>`.
"""

from __future__ import annotations

import re

from drivers.errors import BadFrame
from drivers.modem import technologies
from drivers.modem.answer import Model, Registration
from drivers.modem.fields import Field, fields, hexadecimal

DOMAINS = {"+CREG": "cs", "+CGREG": "ps", "+CEREG": "eps", "+C5GREG": "5gs"}

STATES = {
    0: "none",  # not registered, and not searching
    1: "home",
    2: "searching",
    3: "denied",
    4: "unknown",  # out of coverage, for one
    5: "roaming",
    6: "sms-only",  # in the home network
    7: "sms-only",  # roaming
    8: "emergency",
    9: "home",  # "CSFB not preferred"
    10: "roaming",  # "CSFB not preferred"
    11: "unknown",  # for restricted local services only
}
HIGHEST_N = 5
STAT_DIGITS = 3  # `002,001` of an Iridium modem; with four digits it is an area

NO_AREA = (0, 0xFFFE, 0xFFFF, 0xFFFFFE, 0xFFFFFF)  # TS 23.003 §4.1: deleted, or none; TAC of 5G
NO_CELL = (0, 0xFFFF, 0xFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFF)  # all ones of 16, 28, 32 and 36 bits
NETWORK_CAUSE = "0"  # <cause_type>: <reject_cause> is one of TS 24.008 or 24.301

_SMALL = re.compile(rf"[0-9]{{1,{STAT_DIGITS}}}")
_RAC = re.compile(r"[0-9A-Fa-f]{1,2}")


def registration(name: str, text: str, model: Model | None = None) -> Registration:
    """Read an answer or what came by itself; BadFrame for what is neither."""
    found = fields(text)
    rest = found[_stat_index(found) :]
    state = STATES.get(int(rest[0].text)) if _SMALL.fullmatch(rest[0].text) else None
    if state is None:
        raise BadFrame(f"no state of a registration: {text[:40]!r}")
    domain = DOMAINS[name]
    area, cell, act, *more = _placed([each.text for each in rest[1:]])
    damaged = bool(area) and hexadecimal(area) is None  # then it is not known whose cell it is
    return Registration(
        domain,
        state,
        technologies.by_number(act, model),
        _known(area, NO_AREA),
        None if damaged else _known(cell, NO_CELL),
        _cause(domain, more),
    )


def _stat_index(found: list[Field]) -> int:
    """Return which field is `<stat>`: 0 where `<n>` is not told, else 1.

    Three fields are `<stat>,<area>,<cell>`, unless only the last is quoted. Among four and more the
    second is `<stat>` if it can be one, as areas are quoted or have four digits.
    """
    three = len(found) == len(("stat", "area", "cell")) and not found[-1].quoted
    if three or not _is_stat(found[1:2]):
        if len(found) == len(("n", "stat")):
            raise BadFrame("the second of two fields is no state of a registration")
        return 0
    if not _SMALL.fullmatch(found[0].text) or int(found[0].text) > HIGHEST_N:
        raise BadFrame(f"no code begins with {found[0].text[:20]!r} before a state")
    return 1


def _is_stat(found: list[Field]) -> bool:
    if not found or found[0].quoted or not _SMALL.fullmatch(found[0].text):
        return False
    return int(found[0].text) in STATES


def _placed(after: list[str]) -> list[str]:
    """Return area, cell, AcT and what follows; a routing area between the first two is left out."""
    routing_between = (
        len(after) >= len(("area", "rac", "cell", "act"))
        and _RAC.fullmatch(after[1]) is not None
        and len(after[2]) > len("00")
    )
    if routing_between:
        after = [after[0], *after[2:]]
    return after + [""] * (3 - len(after))


def _known(text: str, unknown: tuple[int, ...]) -> int | None:
    value = hexadecimal(text)
    return None if value in unknown else value


def _cause(domain: str, more: list[str]) -> int | None:
    """Return the reject cause; in the packet domain the routing area may stand before it."""
    for at in (0, 1) if domain == "ps" else (0,):
        pair = more[at : at + 2]
        if len(pair) == 2 and pair[0] == NETWORK_CAUSE and _SMALL.fullmatch(pair[1]):  # noqa: PLR2004
            return int(pair[1])
    return None
