"""The five kinds of EPCIS 2.0 events and the document around them, as checks of shape. Pure.

EPCIS 2.0, §7.4 (fields of events) and §9.5 (JSON-LD). What must hold of an event as a whole stands
in `_WHOLE`; what values mean is `agent.epcis.meaning`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agent.epcis import words
from agent.epcis.formats import (
    is_hexadecimal,
    is_moment,
    is_offset,
    is_other_measurement,
    is_other_uri,
    is_uom,
    is_uri,
    is_version,
)
from agent.epcis.shape import (
    Check,
    Members,
    Problem,
    anything,
    either,
    form,
    is_number,
    is_object,
    is_text,
    listed,
    word,
)

URI = form(is_uri, "URI")
MOMENT = form(is_moment, "moment like 2026-11-22T06:30:00.000Z")
NUMBER = form(is_number, "number")
TEXT = form(is_text, "text")
OBJECT = form(is_object, "object")
URIS = listed(URI)
CONTEXT = either(URI, OBJECT, listed(either(URI, OBJECT), unique=True))

_BIZ_STEP = word(words.BIZ_STEPS, "business step of CBV", is_other_uri)
_DISPOSITION = word(words.DISPOSITIONS, "disposition of CBV", is_other_uri)
_PARTY = word(words.PARTIES, "source or destination type of CBV", is_other_uri)
_ACTION = word(("ADD", "OBSERVE", "DELETE"), "action: ADD, OBSERVE or DELETE")
_PLACE = Members({"id": URI}, ("id",))
_QUANTITY = Members(
    {"epcClass": URI, "quantity": NUMBER, "uom": form(is_uom, "unit code")},
    ("epcClass",),
    is_open=False,
)
_QUANTITIES = listed(_QUANTITY)
_TRANSACTION = Members(
    {
        "type": word(words.TRANSACTIONS, "transaction type of CBV", is_other_uri),
        "bizTransaction": URI,
    },
    ("bizTransaction",),
    is_open=False,
)
_SOURCE = Members({"type": _PARTY, "source": URI}, ("type", "source"), is_open=False)
_DESTINATION = Members({"type": _PARTY, "destination": URI}, ("type", "destination"), is_open=False)
_PERSISTENT = listed(_DISPOSITION, least=1, unique=True)

_SENSOR_COMMON: Mapping[str, Check] = {
    "time": MOMENT,
    "deviceID": URI,
    "deviceMetadata": URI,
    "rawData": URI,
    "dataProcessingMethod": URI,
    "bizRules": URI,
}
_METADATA = Members({**_SENSOR_COMMON, "startTime": MOMENT, "endTime": MOMENT})
_REPORT = Members(
    {
        **_SENSOR_COMMON,
        "type": word(words.MEASUREMENTS, "measurement of GS1", is_other_measurement),
        "exception": word(words.EXCEPTIONS, "exception of GS1", is_other_measurement),
        "microorganism": URI,
        "chemicalSubstance": URI,
        "coordinateReferenceSystem": URI,
        "component": word(words.COMPONENTS, "component of CBV", is_other_uri),
        "stringValue": TEXT,
        "booleanValue": form(lambda value: isinstance(value, bool), "true or false"),
        "hexBinaryValue": form(is_hexadecimal, "hexadecimal value"),
        "uriValue": URI,
        "uom": TEXT,
        **dict.fromkeys(
            ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), NUMBER
        ),
    },
    ("type",),
)
_ELEMENT = Members(
    {"sensorMetadata": _METADATA, "sensorReport": listed(_REPORT, least=1)}, ("sensorReport",)
)

_ERROR = Members(
    {
        "declarationTime": MOMENT,
        "reason": word(words.ERROR_REASONS, "reason of CBV", is_other_uri),
        "correctiveEventIDs": URIS,
    },
    ("declarationTime",),
)

_EVERY: Mapping[str, Check] = {
    "@context": CONTEXT,
    "type": anything,
    "eventTime": MOMENT,
    "recordTime": MOMENT,
    "eventTimeZoneOffset": form(is_offset, "offset ±hh:mm; UTC is +00:00"),
    "eventID": URI,
    "certificationInfo": either(URI, URIS),
    "errorDeclaration": _ERROR,
    "bizStep": _BIZ_STEP,
    "disposition": _DISPOSITION,
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": listed(_TRANSACTION),
    "sourceList": listed(_SOURCE),
    "destinationList": listed(_DESTINATION),
    "sensorElementList": listed(_ELEMENT),
}
_TIMES = ("eventTime", "eventTimeZoneOffset")
_EPCS = listed(URI, unique=True)
_ACTED = {"action": _ACTION}
_PERSISTING: Mapping[str, Check] = {
    "persistentDisposition": Members({"set": _PERSISTENT, "unset": _PERSISTENT}, is_open=False),
    "ilmd": Members({}),
}
_CHILDREN: Mapping[str, Check] = {
    "parentID": URI,
    "childEPCs": URIS,
    "childQuantityList": _QUANTITIES,
}

EVENTS: Mapping[str, Members] = {
    "ObjectEvent": Members(
        {**_EVERY, **_ACTED, **_PERSISTING, "epcList": _EPCS, "quantityList": _QUANTITIES},
        (*_TIMES, "action"),
    ),
    "AggregationEvent": Members({**_EVERY, **_ACTED, **_CHILDREN}, (*_TIMES, "action")),
    "AssociationEvent": Members({**_EVERY, **_ACTED, **_CHILDREN}, (*_TIMES, "action", "parentID")),
    "TransactionEvent": Members(
        {**_EVERY, **_ACTED, "parentID": URI, "epcList": URIS, "quantityList": _QUANTITIES},
        (*_TIMES, "action", "bizTransactionList"),
    ),
    "TransformationEvent": Members(
        {
            **_EVERY,
            **_PERSISTING,
            "transformationID": URI,
            "inputEPCList": _EPCS,
            "inputQuantityList": _QUANTITIES,
            "outputEPCList": _EPCS,
            "outputQuantityList": _QUANTITIES,
        },
        _TIMES,
    ),
}
"""Type → what its fields are."""


def _object(event: Mapping[str, Any]) -> str:
    if "ilmd" in event and event.get("action") != "ADD":
        return "ilmd is told of what is made, with the action ADD"
    of_place = event.get("sensorElementList") and "readPoint" in event
    if "epcList" in event or event.get("quantityList") or of_place:
        return ""
    return "it names no object: epcList, quantityList, or sensor elements of a readPoint"


def _parent(event: Mapping[str, Any]) -> str:
    if event.get("childEPCs") or event.get("childQuantityList") or event.get("action") == "DELETE":
        return ""
    return "it names no children"


def _transaction(event: Mapping[str, Any]) -> str:
    if not event.get("bizTransactionList", True):
        return "it names no transaction"
    if "epcList" in event or event.get("quantityList") or event.get("action") == "DELETE":
        return ""
    return "it names no object"


def _transformation(event: Mapping[str, Any]) -> str:
    inputs = event.get("inputEPCList") or event.get("inputQuantityList")
    outputs = event.get("outputEPCList") or event.get("outputQuantityList")
    if (inputs and outputs) or (event.get("transformationID") and (inputs or outputs)):
        return ""
    return "it needs inputs and outputs, or one of them and a transformationID"


_WHOLE: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "ObjectEvent": _object,
    "AggregationEvent": _parent,
    "AssociationEvent": _parent,
    "TransactionEvent": _transaction,
    "TransformationEvent": _transformation,
}


def _persistent(event: Mapping[str, Any]) -> str:
    told = event.get("persistentDisposition")
    if isinstance(told, dict) and not told:
        return "persistentDisposition sets and unsets nothing"
    return ""


def event_shape(value: object, where: str) -> Iterator[Problem]:
    """Yield what is wrong with an event's form."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(kind, str) or kind not in EVENTS:
        yield Problem(where, f"its type is none of {', '.join(EVENTS)}")
        return
    yield from EVENTS[kind](value, where)
    for whole in (_WHOLE[kind], _persistent):
        if text := whole(value):
            yield Problem(where, text)


_ATTRIBUTE = Members({"id": URI, "attribute": either(NUMBER, TEXT, OBJECT)}, ("id",))
_VOCABULARY = Members(
    {
        "type": URI,
        "vocabularyElementList": listed(
            Members({"id": URI, "attributes": listed(_ATTRIBUTE), "children": URIS}, ("id",))
        ),
    },
    ("type",),
)
_HEADER = Members({"epcisMasterData": Members({"vocabularyList": listed(_VOCABULARY)})})

DOCUMENT = Members(
    {
        "@context": CONTEXT,
        "id": URI,
        "type": word(("EPCISDocument",), "EPCISDocument"),
        "schemaVersion": form(is_version, "version like 2.0"),
        "creationDate": MOMENT,
        "instanceIdentifier": TEXT,
        "sender": TEXT,
        "receiver": TEXT,
        "epcisHeader": _HEADER,
        "epcisBody": Members({"eventList": listed(event_shape)}, ("eventList",)),
    },
    ("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
)
"""The document that holds events."""
