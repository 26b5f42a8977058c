"""EPCIS 2.0, §7.4 and §9.5, event by event: what each must have, may have, and has no place for."""

from __future__ import annotations

import pytest

from agent.epcis.events import DOCUMENT, EVENTS, event_shape

A, B = "urn:x:a", "urn:x:b"
AT = "2026-09-21T14:13:20Z"
EVERY = {"eventTime": AT, "eventTimeZoneOffset": "+00:00"}
ACTED = EVERY | {"action": "OBSERVE"}
LEAST = {
    "ObjectEvent": ACTED | {"epcList": []},
    "AggregationEvent": ACTED | {"childEPCs": [A]},
    "AssociationEvent": ACTED | {"childEPCs": [A], "parentID": B},
    "TransactionEvent": ACTED | {"epcList": [], "bizTransactionList": [{"bizTransaction": A}]},
    "TransformationEvent": EVERY | {"inputEPCList": [A], "outputEPCList": [B]},
}
OF_ONE = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


def told(kind, **changes):
    """The problems of the least event of a kind with some changes; None takes a field away."""
    event = {"type": kind} | LEAST[kind] | changes
    event = {name: value for name, value in event.items() if value is not None}
    return [str(each) for each in event_shape(event, "")]


def test_the_least_event_of_each_kind_is_one():
    assert LEAST.keys() == EVENTS.keys()
    assert [told(kind) for kind in LEAST] == [[]] * 5


@pytest.mark.parametrize("kind", LEAST)
def test_what_an_event_must_have(kind):
    for name in LEAST[kind]:
        if name not in OF_ONE:
            assert told(kind, **{name: None}) == [f"{name} is missing"]


@pytest.mark.parametrize("kind", LEAST)
def test_what_any_event_may_have(kind):
    fine = {
        "recordTime": AT, "eventID": A, "certificationInfo": [A, B], "bizStep": "shipping",
        "disposition": "in_transit", "readPoint": {"id": A, "ex:own": 1}, "bizLocation": {"id": A},
        "bizTransactionList": [{"type": "po", "bizTransaction": A}],
        "sourceList": [{"type": "owning_party", "source": A}],
        "destinationList": [{"type": "location", "destination": A}], "ex:own": 7,
        "@context": [A, {"ex": A}],
        "errorDeclaration": {"declarationTime": AT, "reason": "incorrect_data", "correctiveEventIDs": [A]},
        "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 4}]}],
    }  # fmt: skip
    assert told(kind, **fine) == []


WRONG = [
    ({"eventTime": "today"}, "eventTime: 'today' is no moment like 2026-11-22T06:30:00.000Z"),
    ({"eventTimeZoneOffset": "Z"}, "eventTimeZoneOffset: 'Z' is no offset ±hh:mm; UTC is +00:00"),
    ({"eventID": 7}, "eventID: 7 is no URI"),
    ({"certificationInfo": 7}, "certificationInfo: 7 is no URI"),
    ({"bizStep": "sending"}, "bizStep: 'sending' is no business step of CBV"),
    ({"disposition": "lost"}, "disposition: 'lost' is no disposition of CBV"),
    ({"readPoint": {}}, "readPoint: id is missing"),
    ({"bizLocation": {"id": "x"}}, "bizLocation/id: 'x' is no URI"),
    ({"bizTransactionList": [{"bizTransaction": A, "ex:own": 1}]},
     "bizTransactionList/0/ex:own: it has no place here"),
    ({"bizTransactionList": [{"type": "po"}]}, "bizTransactionList/0: bizTransaction is missing"),
    ({"bizTransactionList": [{"type": "x", "bizTransaction": A}]},
     "bizTransactionList/0/type: 'x' is no transaction type of CBV"),
    ({"sourceList": [{"source": A}]}, "sourceList/0: type is missing"),
    ({"sourceList": [{"type": "location"}]}, "sourceList/0: source is missing"),
    ({"sourceList": [{"type": "location", "source": A, "ex:own": 1}]},
     "sourceList/0/ex:own: it has no place here"),
    ({"destinationList": [{"type": "x", "destination": A}]},
     "destinationList/0/type: 'x' is no source or destination type of CBV"),
    ({"destinationList": [{"type": "location", "destination": A, "ex:own": 1}]},
     "destinationList/0/ex:own: it has no place here"),
    ({"destinationList": [{"destination": A}]}, "destinationList/0: type is missing"),
    ({"destinationList": [{"type": "location"}]}, "destinationList/0: destination is missing"),
    ({"sensorElementList": [{}]}, "sensorElementList/0: sensorReport is missing"),
    ({"sensorElementList": [{"sensorReport": []}]},
     "sensorElementList/0/sensorReport: it has 0 items, and needs 1"),
    ({"sensorElementList": [{"sensorReport": [{"value": 4}]}]},
     "sensorElementList/0/sensorReport/0: type is missing"),
    ({"sensorElementList": [{"sensorReport": [{"type": "Speed"}], "sensorMetadata": {"endTime": 7}}]},
     "sensorElementList/0/sensorMetadata/endTime: 7 is no moment like 2026-11-22T06:30:00.000Z"),
    ({"errorDeclaration": {}}, "errorDeclaration: declarationTime is missing"),
    ({"errorDeclaration": {"declarationTime": AT, "reason": "oops"}},
     "errorDeclaration/reason: 'oops' is no reason of CBV"),
    ({"@context": [A, A]}, "@context: ['urn:x:a', 'urn:x:a'] is no URI"),
    ({"own": 7}, "own: an extension is named by a URI or prefix:name"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "problem"), WRONG)
def test_what_no_event_may_have(changes, problem):
    (name,) = changes
    kinds = [kind for kind in LEAST if name != "bizTransactionList" or kind != "TransactionEvent"]
    for kind in kinds:
        assert told(kind, **changes) == [problem]


REPORTS = [
    ("type", "Temperature", "Heat", "measurement of GS1"),
    ("exception", "ALARM_CONDITION", "ALARM", "exception of GS1"),
    ("microorganism", A, "x", "URI"),
    ("component", "latitude", "lat", "component of CBV"),
    ("stringValue", "", 7, "text"),
    ("booleanValue", False, "no", "true or false"),
    ("hexBinaryValue", "0aF", "0x", "hexadecimal value"),
    ("uriValue", A, "x", "URI"),
    ("uom", "CEL", 7, "text"),
    ("value", -1.5, "4", "number"),
    ("sDev", 0, True, "number"),
]


@pytest.mark.parametrize(("name", "good", "bad", "what"), REPORTS)
def test_each_field_of_a_sensor_s_report(name, good, bad, what):
    for value, wrong in ((good, False), (bad, True)):
        report = {"type": "Speed"} | {name: value}
        found = told("ObjectEvent", sensorElementList=[{"sensorReport": [report]}])
        where = f"sensorElementList/0/sensorReport/0/{name}"
        assert found == ([f"{where}: {bad!r} is no {what}"] if wrong else [])


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("ObjectEvent", ["epcList"]),
        ("TransformationEvent", ["inputEPCList", "outputEPCList"]),
    ],
)
def test_a_thing_stands_once_in_a_list_of_things(kind, names):
    for name in names:
        assert told(kind, **{name: [A, A]}) == [f"{name}: it has an item twice"]


def test_children_and_things_of_transactions_may_stand_twice():
    assert told("AggregationEvent", childEPCs=[A, A]) == []
    assert told("TransactionEvent", epcList=[A, A]) == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ObjectEvent", "quantityList"), ("AggregationEvent", "childQuantityList"),
        ("AssociationEvent", "childQuantityList"), ("TransactionEvent", "quantityList"),
        ("TransformationEvent", "inputQuantityList"), ("TransformationEvent", "outputQuantityList"),
    ],
)  # fmt: skip
def test_a_quantity_has_a_class_a_number_and_a_unit_and_nothing_else(kind, name):
    good = {"epcClass": A, "quantity": 2, "uom": "KGM"}
    assert told(kind, **{name: [good]}) == []
    for change, problem in (
        ({"epcClass": "x"}, "/epcClass: 'x' is no URI"),
        ({"quantity": "2"}, "/quantity: '2' is no number"),
        ({"uom": "kilo"}, "/uom: 'kilo' is no unit code"),
        ({"ex:own": 1}, "/ex:own: it has no place here"),
    ):
        assert told(kind, **{name: [good | change]}) == [f"{name}/0{problem}"]
    assert told(kind, **{name: [{"quantity": 2}]}) == [f"{name}/0: epcClass is missing"]


@pytest.mark.parametrize("kind", ["ObjectEvent", "TransformationEvent"])
def test_a_disposition_that_persists_is_set_or_unset(kind):
    def persisting(**said):
        return told(kind, persistentDisposition=said)

    where = "persistentDisposition"
    assert persisting(set=["recalled"], unset=["active"]) == []
    assert persisting() == [f"{where} sets and unsets nothing"]
    assert persisting(set=[]) == [f"{where}/set: it has 0 items, and needs 1"]
    assert persisting(unset=["active", "active"]) == [f"{where}/unset: it has an item twice"]
    assert persisting(set=["recalled"], **{"ex:own": 1}) == [
        f"{where}/ex:own: it has no place here"
    ]
    assert told("AggregationEvent", **{where: {"set": ["recalled"]}}) == [
        f"{where}: an extension is named by a URI or prefix:name"
    ]


NO_OBJECT = "it names no object: epcList, quantityList, or sensor elements of a readPoint"
NO_MAKING = "ilmd is told of what is made, with the action ADD"
HALVES = "it needs inputs and outputs, or one of them and a transformationID"
SENSED = {"sensorElementList": [{"sensorReport": [{"type": "Speed"}]}]}
FIVE = [{"epcClass": A}]
WHOLE = [
    ("ObjectEvent", {"epcList": None}, NO_OBJECT),
    ("ObjectEvent", {"epcList": None, "quantityList": []}, NO_OBJECT),
    ("ObjectEvent", {"epcList": None, "quantityList": FIVE}, ""),
    ("ObjectEvent", {"epcList": None, **SENSED}, NO_OBJECT),
    ("ObjectEvent", {"epcList": None, "readPoint": {"id": A}}, NO_OBJECT),
    ("ObjectEvent", {"epcList": None, "readPoint": {"id": A}, "sensorElementList": []}, NO_OBJECT),
    ("ObjectEvent", {"epcList": None, "readPoint": {"id": A}, **SENSED}, ""),
    ("ObjectEvent", {"ilmd": {"ex:lot": "L"}, "action": "ADD"}, ""),
    ("ObjectEvent", {"ilmd": {"ex:lot": "L"}}, NO_MAKING),
    ("ObjectEvent", {"ilmd": {"ex:lot": "L"}, "action": "DELETE"}, NO_MAKING),
    ("ObjectEvent", {"action": "MOVE"}, "action: 'MOVE' is no action: ADD, OBSERVE or DELETE"),
    ("AggregationEvent", {"childEPCs": []}, "it names no children"),
    ("AggregationEvent", {"childEPCs": None, "childQuantityList": FIVE}, ""),
    ("AggregationEvent", {"childEPCs": None, "action": "DELETE"}, ""),
    ("AssociationEvent", {"childEPCs": None, "action": "ADD"}, "it names no children"),
    ("AssociationEvent", {"childEPCs": None, "action": "DELETE"}, ""),
    ("TransactionEvent", {"epcList": None}, "it names no object"),
    ("TransactionEvent", {"epcList": None, "quantityList": FIVE}, ""),
    ("TransactionEvent", {"epcList": None, "action": "DELETE"}, ""),
    ("TransactionEvent", {"bizTransactionList": []}, "it names no transaction"),
    ("TransformationEvent", {"inputEPCList": None}, HALVES),
    ("TransformationEvent", {"inputEPCList": None, "inputQuantityList": FIVE}, ""),
    ("TransformationEvent", {"outputEPCList": None, "outputQuantityList": FIVE}, ""),
    ("TransformationEvent", {"outputEPCList": None, "transformationID": A}, ""),
    ("TransformationEvent", {"inputEPCList": None, "transformationID": A}, ""),
    ("TransformationEvent", {"inputEPCList": [], "outputEPCList": [], "transformationID": A}, HALVES),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "problem"), WHOLE)
def test_what_must_hold_of_an_event_as_a_whole(kind, changes, problem):
    assert told(kind, **changes) == ([problem] if problem else [])


@pytest.mark.parametrize("value", [None, [], "ObjectEvent", {}, {"type": "x"}, {"type": []}])
def test_what_is_no_event_is_told_which_there_are(value):
    kinds = "ObjectEvent, AggregationEvent, AssociationEvent, TransactionEvent, TransformationEvent"
    assert [str(each) for each in event_shape(value, "e")] == [f"e: its type is none of {kinds}"]


FRAME = {
    "@context": A, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": AT,
    "epcisBody": {"eventList": []},
}  # fmt: skip


def framed(**changes):
    document = {name: each for name, each in (FRAME | changes).items() if each is not None}
    return [str(each) for each in DOCUMENT(document, "")]


def test_what_a_document_must_have():
    assert framed() == []
    assert [framed(**{name: None}) for name in FRAME] == [[f"{name} is missing"] for name in FRAME]
    assert framed(epcisBody={}) == ["epcisBody: eventList is missing"]
    assert framed(epcisBody={"eventList": [7]})[0].startswith("epcisBody/eventList/0: its type is")


def test_master_data_of_a_document():
    def master(**element):
        rows = [{"type": A, "vocabularyElementList": [element]}]
        return framed(epcisHeader={"epcisMasterData": {"vocabularyList": rows}})

    where = "epcisHeader/epcisMasterData/vocabularyList/0"
    kinds = ({"id": A, "attribute": each} for each in (7, "x", {"a": 1}))
    assert master(id=A, attributes=list(kinds), children=[B]) == []
    assert master() == [f"{where}/vocabularyElementList/0: id is missing"]
    assert master(id=A, attributes=[{"attribute": 7}]) == [
        f"{where}/vocabularyElementList/0/attributes/0: id is missing"
    ]
    assert framed(epcisHeader={"epcisMasterData": {"vocabularyList": [{}]}}) == [
        f"{where}: type is missing"
    ]
    assert framed(sender=7, schemaVersion="two") == [
        "schemaVersion: 'two' is no version like 2.0", "sender: 7 is no text",
    ]  # fmt: skip
