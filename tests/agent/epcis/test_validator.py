"""Our validator against GS1's schema: over documents of others, and over thousands of mutants."""

from __future__ import annotations

import copy
import json

import pytest

from agent.epcis.document import document as framed
from agent.epcis.validator import meaning_problems, problems, shape_problems
from agent.exports.shown import moment_of
from tests.agent.epcis.mutants import FOLDER, SEED, compared, documents, schema
from tests.agent.epcis.test_event_hash import DEPARTING, SENSED

COUNT = 10_000


@pytest.fixture(autouse=True)
def reference_data():
    if not FOLDER.exists():
        pytest.skip(f"no reference data at {FOLDER}: set TALLYMAN_DATA")


def test_whatever_the_schema_refuses_of_ten_thousand_mutants_is_refused():
    counts, missed = compared(COUNT, SEED)
    assert missed == []
    assert counts["schema refuses, we refuse"] > 5000
    assert counts["schema takes, we take"] > 1000  # nor is it that we refuse everything
    assert counts["schema takes, we refuse"] < COUNT / 50


def test_valid_documents_of_others_are_taken():
    found = documents()
    assert len(found) == 19
    assert [list(shape_problems(each)) for each in found] == [[]] * 19


REFUSED = {
    "Combination_of_events_with_missing_mandatory_fields": "epcisBody/eventList/0: action is missing",
    "Combination_of_non_standard_bizStep_and_disposition":
        "epcisBody/eventList/0/bizStep: 'transforming' is no business step of CBV",
    "ObjectEvent_with_ilmd_field_without_namespace":
        "epcisBody/eventList/0/ilmd/materialType: an extension is named by a URI or prefix:name",
    "ObjectEvent_with_invalid_certificationInfo": "epcisBody/eventList/0/certificationInfo: ",
    "ObjectEvent_with_non_standard_bizStep":
        "epcisBody/eventList/0/bizStep: 'transforming' is no business step of CBV",
    "ObjectEvent_with_non_standard_disposition":
        "epcisBody/eventList/0/disposition: 'in_transport' is no disposition of CBV",
    "ObjectEvent_with_unknown_field_in_quantityList":
        "epcisBody/eventList/0/quantityList/0/weight: it has no place here",
    "ObjectEvent_without_identifier_list":
        "epcisBody/eventList/0: it names no object: epcList, quantityList, or sensor elements",
}  # fmt: skip


def test_invalid_documents_of_others_are_refused_with_the_reason():
    told = {
        path.stem: str(next(problems(json.loads(path.read_text()))))
        for path in (FOLDER / "invalid").glob("*.json")
    }
    assert told.keys() == REFUSED.keys()
    assert [name for name, text in told.items() if not text.startswith(REFUSED[name])] == []


def of(**fields):
    event = copy.deepcopy(SENSED) | fields
    event["@context"] = {"ex": "https://ns.example.com/"}
    return framed([event], moment_of(1_800_000_000_000))


def with_sensor(metadata=None, **report):
    said = {"type": "Temperature", "value": 5, "uom": "CEL"} | report
    element = {"sensorReport": [said]} | ({"sensorMetadata": metadata} if metadata else {})
    return of(sensorElementList=[element])


LATER, BEFORE = "2020-04-01T14:00:00.001Z", "2020-04-01T14:00:00Z"

UNSEEN = [  # what GS1's schema takes
    (of(epcList=[], sensorElementList=[]), "it names no object, and no sensor's element"),
    (with_sensor({"time": BEFORE}, time=BEFORE), "time: it stands in sensorMetadata already"),
    (with_sensor({"rawData": "urn:a:b"}, rawData="urn:a:b"), "rawData: it stands in sensorMetadata"),
    (with_sensor({"time": LATER}), "a sensor cannot have measured after the event"),
    (with_sensor({"startTime": BEFORE, "endTime": LATER}), "endTime: a sensor cannot have measured"),
    (with_sensor(time=LATER), "sensorReport/0/time: a sensor cannot have measured"),
    (with_sensor({"startTime": BEFORE, "endTime": "2020-04-01T13:00:00Z"}), "it is after endTime"),
    (with_sensor(uom="P1"), "'P1' is no unit of Temperature"),
    (with_sensor(type="RelativeHumidity"), "'CEL' is no unit of RelativeHumidity"),
    (of(epcList=["https://id.gs1.org/01/09506000134353/21/1"]), "epcList/0: the check digit of (01) 09506000134353 is"),
    (of(quantityList=[{"epcClass": "https://id.gs1.org/01/09506000134353/10/L"}]), "epcClass: the check digit of (01)"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "text"), UNSEEN)
def test_what_the_schema_does_not_see(made, text):
    assert schema().is_valid(made)
    assert list(shape_problems(made)) == []
    (problem,) = meaning_problems(made)
    assert text in str(problem)


def test_what_fits_has_no_problem():
    good = framed(
        [DEPARTING, SENSED, with_sensor({"time": BEFORE})["epcisBody"]["eventList"][0]],
        moment_of(0),
    )
    assert list(problems(good)) == []


@pytest.mark.parametrize("value", [None, [], "x", 1, {"type": "EPCISDocument"}, {"type": []}])
def test_what_is_no_document(value):
    assert list(problems(value))
