"""GS1 keys as application identifiers (AI) and values: check digits, EPC fields and back. Pure.

Keys are held as a mapping from AI to value, as an element string or a Digital Link has them:
{"01": "09506000134352", "21": "6789"}. An EPC says where the company prefix ends and leaves the
check digit out (TDS, chapter 7); the keys are the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drivers.gs1.check_digits import with_check_digit
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.identifiers import IDENTIFIERS

Keys = Mapping[str, str]
Fields = Mapping[str, str]

SHORTEST_PREFIX, LONGEST_PREFIX = 6, 12  # digits; TDS, §14.2
NO_EXTENSION = "0"  # TDS, §7.2.5: the EPC of a place without an extension
NOT_OF_TAGS = frozenset({"piece", "unpadded"})  # checks that TDS leaves out: a tag may break them


def check_key(ai: str, value: str) -> None:
    """Refuse a value that its AI cannot have on a tag, and what is no AI."""
    identifier = IDENTIFIERS.get(ai)
    if identifier is None:
        raise Gs1Error(Fault.SYNTAX, f"({ai}) is no application identifier")
    identifier.check(value, but=NOT_OF_TAGS)


def check_keys(keys: Keys) -> None:
    """Refuse values that their AIs cannot have on a tag."""
    for ai, value in keys.items():
        check_key(ai, value)


def _gtin(fields: Fields) -> str:
    reference = fields["item_reference"]
    return with_check_digit(reference[0] + fields["company_prefix"] + reference[1:])


def _sscc(fields: Fields) -> str:
    reference = fields["serial_reference"]
    return with_check_digit(reference[0] + fields["company_prefix"] + reference[1:])


def _plain(reference: str) -> Callable[[Fields], str]:
    return lambda fields: with_check_digit(fields["company_prefix"] + fields[reference])


_gln = _plain("location_reference")
_gsrn = _plain("service_reference")


def _sgln(fields: Fields) -> Keys:
    extension = fields["extension"]
    return {"414": _gln(fields)} | ({} if extension == NO_EXTENSION else {"254": extension})


def _with_serial(ai: str, reference: str, lead: str = "") -> Callable[[Fields], Keys]:
    body = _plain(reference)
    return lambda fields: {ai: lead + body(fields) + fields["serial"]}


_TO_KEYS: dict[str, Callable[[Fields], Keys]] = {
    "sgtin": lambda fields: {"01": _gtin(fields), "21": fields["serial"]},
    "sscc": lambda fields: {"00": _sscc(fields)},
    "sgln": _sgln,
    "grai": _with_serial("8003", "asset_type", lead="0"),
    "giai": lambda fields: {"8004": fields["company_prefix"] + fields["asset_reference"]},
    "gsrn": lambda fields: {"8018": _gsrn(fields)},
    "gsrnp": lambda fields: {"8017": _gsrn(fields)},
    "gdti": _with_serial("253", "document_type"),
    "cpi": lambda fields: {
        "8010": fields["company_prefix"] + fields["part_reference"],
        "8011": fields["serial"],
    },
    "sgcn": _with_serial("255", "coupon_reference"),
    "itip": lambda fields: {
        "8006": _gtin(fields) + fields["piece"] + fields["total"],
        "21": fields["serial"],
    },
}


def keys_of(identity: str, fields: Fields) -> Keys:
    """Return the keys of an EPC's fields; none for GID, DoD and ADI."""
    make = _TO_KEYS.get(identity)
    return {} if make is None else make(fields)


def _moved(key: str, digits: int) -> dict[str, str]:
    """Divide a key whose first digit belongs to the reference (GTIN, SSCC)."""
    prefix, rest = key[1 : 1 + digits], key[1 + digits : -1]
    return {"company_prefix": prefix, "reference": key[0] + rest}


def _split(key: str, digits: int) -> dict[str, str]:
    return {"company_prefix": key[:digits], "reference": key[digits:-1]}


def _named(parts: dict[str, str], reference: str, **more: str) -> dict[str, str]:
    return {"company_prefix": parts["company_prefix"], reference: parts["reference"], **more}


def identity_of(keys: Keys) -> str:
    """Return the EPC identity that `keys` name; Gs1Error when they name none, or only a class."""
    for ai, identity in IDENTITIES.items():
        if ai in keys:
            for needed in _NEEDED.get(ai, ()):
                if needed not in keys:
                    raise Gs1Error(Fault.CLASS, f"({ai}) without ({needed}) names no single thing")
            if len(keys[ai]) == _CLASS_LENGTH.get(ai):
                raise Gs1Error(Fault.CLASS, f"({ai}) without a serial number names no single thing")
            return identity
    raise Gs1Error(Fault.UNSUPPORTED, "no key among them that an EPC could be made of")


IDENTITIES = {
    "8006": "itip",
    "01": "sgtin",
    "00": "sscc",
    "414": "sgln",
    "8003": "grai",
    "8004": "giai",
    "8018": "gsrn",
    "8017": "gsrnp",
    "253": "gdti",
    "8010": "cpi",
    "255": "sgcn",
}
_NEEDED = {"01": ("21",), "8006": ("21",), "8010": ("8011",)}
_CLASS_LENGTH = {"8003": 14, "253": 13, "255": 13}


def fields_of(keys: Keys, prefix_digits: int) -> tuple[str, Fields]:
    """Return identity and EPC fields of `keys`, given the length of the company prefix."""
    check_keys(keys)
    identity = identity_of(keys)
    if not SHORTEST_PREFIX <= prefix_digits <= LONGEST_PREFIX:
        raise Gs1Error(Fault.PARTITION, f"a company prefix has 6 to 12 digits, not {prefix_digits}")
    return identity, _FROM_KEYS[identity](keys, prefix_digits)


def _from_serial(ai: str, reference: str, lead: int = 0) -> Callable[[Keys, int], Fields]:
    end = lead + 13

    def fields(keys: Keys, digits: int) -> Fields:
        key = keys[ai]
        return _named(_split(key[lead:end], digits), reference, serial=key[end:])

    return fields


_FROM_KEYS: dict[str, Callable[[Keys, int], Fields]] = {
    "sgtin": lambda keys, digits: _named(
        _moved(keys["01"], digits), "item_reference", serial=keys["21"]
    ),
    "sscc": lambda keys, digits: _named(_moved(keys["00"], digits), "serial_reference"),
    "sgln": lambda keys, digits: _named(
        _split(keys["414"], digits),
        "location_reference",
        extension=keys.get("254", NO_EXTENSION),
    ),
    "grai": _from_serial("8003", "asset_type", lead=1),
    "giai": lambda keys, digits: {
        "company_prefix": keys["8004"][:digits],
        "asset_reference": keys["8004"][digits:],
    },
    "gsrn": lambda keys, digits: _named(_split(keys["8018"], digits), "service_reference"),
    "gsrnp": lambda keys, digits: _named(_split(keys["8017"], digits), "service_reference"),
    "gdti": _from_serial("253", "document_type"),
    "cpi": lambda keys, digits: {
        "company_prefix": keys["8010"][:digits],
        "part_reference": keys["8010"][digits:],
        "serial": keys["8011"],
    },
    "sgcn": _from_serial("255", "coupon_reference"),
    "itip": lambda keys, digits: _named(
        _moved(keys["8006"][:14], digits),
        "item_reference",
        piece=keys["8006"][14:16],
        total=keys["8006"][16:],
        serial=keys["21"],
    ),
}
