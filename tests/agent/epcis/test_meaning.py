"""What GS1's schema cannot see of an event, check by check, on events of as few words as it takes."""

from __future__ import annotations

import pytest

from agent.epcis.meaning import event_meaning

PALLET = "https://id.gs1.org/00/095201234567891235"
APPLES = {"epcClass": "https://id.gs1.org/01/09506000134352/10/L7", "quantity": 3}
SENSED = {"sensorReport": [{"type": "Temperature", "value": 5.0, "uom": "CEL"}]}


def problems(type_, **more):
    event = {"type": type_, "eventTime": "2026-11-30T12:00:00Z", **more}
    return [str(each) for each in event_meaning(event, "events/0")]


@pytest.mark.parametrize("type_", ["ObjectEvent", "TransactionEvent"])
@pytest.mark.parametrize(
    "about",
    [
        {"epcList": [PALLET]},
        {"quantityList": [APPLES]},
        {"parentID": PALLET},
        {"epcList": [], "sensorElementList": [SENSED]},
    ],
)
def test_an_event_about_objects_names_one_or_what_a_sensor_says(type_, about):
    assert problems(type_, **about) == []
    text = "events/0: it names no object, and no sensor's element stands in its place"
    assert problems(type_, **{name: [] for name in about}) == problems(type_) == [text]


@pytest.mark.parametrize(
    ("type_", "about"),
    [
        ("TransformationEvent", {"inputEPCList": [PALLET]}),
        ("AggregationEvent", {"childEPCs": [PALLET]}),
        ("AssociationEvent", {"childEPCs": [PALLET]}),
    ],
)
def test_an_event_of_another_type_names_its_objects_elsewhere(type_, about):
    assert problems(type_, **about) == []


def test_a_wrong_check_digit_is_said_with_its_place():
    (problem,) = problems("ObjectEvent", epcList=[PALLET, PALLET[:-1] + "6"])
    assert problem.startswith("events/0/epcList/1: the check digit of (00) 095201234567891236")
