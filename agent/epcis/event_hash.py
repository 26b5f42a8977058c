"""Event Hash IDs: the name that everybody computes of an event alike (CBV 2.0, §8.9). Pure.

A hash is no signature. It names an event between partners; whoever changes an event computes
another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

from agent.epcis import words
from agent.epcis.formats import is_moment, moment
from agent.epcis.links import canonical

VERSION = "CBV2.0"
REF, VOC = "https://ref.gs1.org/cbv/", "https://gs1.org/voc/"

Names = Mapping[str, str]
"""Prefix → namespace, as a document's context has them."""

KNOWN: Names = {
    "gs1": VOC,
    "cbv": REF,
    "epcis": "https://ref.gs1.org/epcis/",
    "cbvmda": "urn:epcglobal:cbv:mda",
}
"""Prefixes of the standard's own context."""

_URN_WORD = re.compile(r"urn:epcglobal:cbv:(bizstep|disp|btt|sdt|er):(.+)")
_OF_URN = {"bizstep": "BizStep-", "disp": "Disp-", "btt": "BTT-", "sdt": "SDT-", "er": "ER-"}
_HALF_MS = timedelta(microseconds=500)


def event_id(event: Mapping[str, Any], names: Names = KNOWN) -> str:
    """Return the event's hash as a URI; `names` are the prefixes of its extensions."""
    digest = hashlib.sha256(pre_hash(event, names).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver={VERSION}"


def pre_hash(event: Mapping[str, Any], names: Names = KNOWN) -> str:
    """Return the string that is hashed: fields in the standard's order, extensions behind them."""
    return f"eventType={event['type']}{_in_order(event, _EVENT, names)}"


Writer = Callable[[str, Any, Names], str]
"""Writes a field with its name, or nothing."""


def _value(key: str, value: Any, names: Names) -> str:
    text = _plain(value, names)
    return f"{key}={text}" if text else ""


def _plain(value: Any, names: Names) -> str:
    """Return a single value in its one form."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value)
    return canonical(_expanded(str(value).strip(), names))


def _number(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _expanded(text: str, names: Names) -> str:
    """Return the URI of a CURIE or of CBV's own URN, and any other text as it is."""
    if match := _URN_WORD.fullmatch(text):
        return f"{REF}{_OF_URN[match[1]]}{match[2]}"
    prefix, colon, rest = text.partition(":")
    return names[prefix] + rest if colon and prefix in names and rest[:2] != "//" else text


def _moment(key: str, value: Any, names: Names) -> str:
    """Write a moment in UTC, rounded to milliseconds, halves upwards."""
    if not is_moment(value):
        return _value(key, value, names)
    rounded = moment(value).astimezone(UTC) + _HALF_MS
    return f"{key}={rounded:%Y-%m-%dT%H:%M:%S}.{rounded.microsecond // 1000:03d}Z"


def _word(lead: str, known: Iterable[str]) -> Writer:
    """Return the writer of a word of CBV, which is hashed as a URI."""
    bare = frozenset(known)

    def write(key: str, value: Any, names: Names) -> str:
        return _value(key, lead + value if value in bare else value, names)

    return write


def _several(child: str, write: Writer) -> Writer:
    """Return the writer of a list: its name once, then its items sorted, each called `child`."""

    def written(key: str, value: Any, names: Names) -> str:
        items = value if isinstance(value, list) else [value]
        inner = "".join(sorted(write(child, each, names) for each in items))
        return key + inner if inner else ""

    return written


def _sorted_items(write: Writer) -> Writer:
    """Return the writer of items that each have the list's own name."""

    def written(key: str, value: Any, names: Names) -> str:
        items = value if isinstance(value, list) else [value]
        return "".join(sorted(write(key, each, names) for each in items))

    return written


def _parts(order: Mapping[str, Writer]) -> Writer:
    """Return the writer of an object: its name, then its fields in `order`."""

    def written(key: str, value: Any, names: Names) -> str:
        inner = _in_order(value, order, names)
        return key + inner if inner else ""

    return written


def _unnamed(order: Mapping[str, Writer]) -> Writer:
    return lambda _, value, names: _in_order(value, order, names)


def _in_order(value: Mapping[str, Any], order: Mapping[str, Writer], names: Names) -> str:
    """Write the fields that `order` names in its order, then the extensions, sorted."""
    told = "".join(write(key, value[key], names) for key, write in order.items() if key in value)
    own = {key: each for key, each in value.items() if ":" in key}
    return told + _extensions(own, names)


def _extensions(own: Mapping[str, Any], names: Names) -> str:
    lines = []
    for key, value in own.items():
        name = _key(key, names)
        lines += [_extension(name, each, names) for each in _as_list(value)]
    return "".join(sorted(lines))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _extension(name: str, value: Any, names: Names) -> str:
    if isinstance(value, Mapping):
        return name + _extensions(value, names)
    return f"{name}={_plain(value, names)}"


def _key(key: str, names: Names) -> str:
    prefix, _, local = key.partition(":")
    return f"{{{names[prefix]}}}{local}" if prefix in names else key


_EPCS = _several("epc", _value)
_QUANTITIES = _several(
    "quantityElement", _parts({"epcClass": _value, "quantity": _value, "uom": _value})
)
_DISPOSITION = _word(f"{REF}Disp-", words.DISPOSITIONS)
_MEASUREMENT = _word(VOC, words.MEASUREMENTS)
_EXCEPTION = _word(VOC, words.EXCEPTIONS)
_COMPONENT = _word(f"{REF}Comp-", words.COMPONENTS)


def _typed(field: str, lead: str, known: Iterable[str]) -> Writer:
    """Return the writer of a list of things with a type, which stands first."""
    return _several("", _unnamed({"type": _word(lead, known), field: _value}))


_METADATA = {
    "time": _moment, "startTime": _moment, "endTime": _moment,
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"),
                    _value),
}  # fmt: skip
_REPORT = {
    "type": _MEASUREMENT, "exception": _EXCEPTION,
    **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"), _value),
    "time": _moment, "microorganism": _value, "chemicalSubstance": _value, "value": _value,
    "component": _COMPONENT,
    **dict.fromkeys(
        ("stringValue", "booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue",
         "meanValue", "sDev", "percRank", "percValue", "uom", "coordinateReferenceSystem"), _value),
}  # fmt: skip
_ELEMENT = {"sensorMetadata": _parts(_METADATA), "sensorReport": _sorted_items(_parts(_REPORT))}

_EVENT: Mapping[str, Writer] = {
    "eventTime": _moment,
    "eventTimeZoneOffset": _value,
    "epcList": _EPCS,
    "parentID": _value,
    "inputEPCList": _EPCS,
    "childEPCs": _EPCS,
    "quantityList": _QUANTITIES,
    "childQuantityList": _QUANTITIES,
    "inputQuantityList": _QUANTITIES,
    "outputEPCList": _EPCS,
    "outputQuantityList": _QUANTITIES,
    "action": _value,
    "transformationID": _value,
    "bizStep": _word(f"{REF}BizStep-", words.BIZ_STEPS),
    "disposition": _DISPOSITION,
    "persistentDisposition": _parts(
        {"set": _sorted_items(_DISPOSITION), "unset": _sorted_items(_DISPOSITION)}
    ),
    "readPoint": _parts({"id": _value}),
    "bizLocation": _parts({"id": _value}),
    "bizTransactionList": _typed("bizTransaction", f"{REF}BTT-", words.TRANSACTIONS),
    "destinationList": _typed("destination", f"{REF}SDT-", words.PARTIES),
    "sourceList": _typed("source", f"{REF}SDT-", words.PARTIES),
    "sensorElementList": _several("sensorElement", _parts(_ELEMENT)),
    "ilmd": _parts({}),
}
"""The standard's order. Its table has sources before destinations, the hashes that were published
with it (version 1.9 of GS1's reference implementation) have them the other way round: as those."""
