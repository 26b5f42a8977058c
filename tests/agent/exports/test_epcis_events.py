"""EPCIS events from bundles: what each record becomes, worked out by hand, and what is left out."""

from __future__ import annotations

import base64
import json

import pytest

from agent.dock.papers.forms import PAPERS
from agent.dock.papers.receipt import receipt_of
from agent.dock.papers.told import receipt_json
from agent.exports.epcis import epcis_document, events_of
from agent.exports.handovers import NO_RECEIPT
from agent.exports.left_out import HIDDEN, UNTIMED, LeftOut
from agent.exports.shown import batches_of, moment_of, together
from evidence.bundle import parse_bundle
from tests.agent.dock.goods import APPLE, P1, PEAR
from tests.agent.epcis.mutants import FOLDER, schema
from tests.agent.exports.days import CHECK, CHIP, CRATE_LINK, bundled, tag, truck, warehouse
from tests.evidence.building import ISSUER, record


def told(*batches, indexes=None):
    """Return the events of a bundle by the number of their record, and what is left out."""
    _, data = bundled(*batches, indexes=indexes)
    left = LeftOut()
    events = events_of(batches_of(parse_bundle(data)), left)
    return {event["tallyman:record"]: event for event in events}, left.to_json()


def fields(event, *names):
    return [event.get(name) for name in names]


@pytest.fixture(scope="module")
def morning():
    return told(warehouse())


@pytest.fixture(scope="module")
def drive():
    return told(truck())


def test_shelf_and_gate(morning):
    events, left = morning
    steps = {number: fields(events[number], "bizStep", "disposition") for number in (1, 2, 3, 4, 5)}
    assert steps == {
        1: ["storing", None],
        2: ["storing", None],
        3: ["receiving", "in_progress"],
        4: ["departing", "in_transit"],
        5: [None, None],  # whoever does not know the way says no step
    }
    assert [events[number]["epcList"] for number in steps] == [[CRATE_LINK]] * 5
    assert (
        events[1]["readPoint"]
        == events[1]["bizLocation"]
        == {"id": "urn:tallyman:readpoint:shelf%203"}
    )
    assert "bizLocation" not in events[2]  # where it is after it left nobody knows
    assert events[3]["eventTime"] == "2026-09-21T14:13:23.000Z"
    assert left["the tag was read through a wall, and never was there"] == 1


def test_a_round_a_written_tag_and_a_box(morning):
    events, _ = morning
    (element,) = events[7]["sensorElementList"]
    assert fields(events[7], "bizStep", "epcList") == ["cycle_counting", []]
    assert element["sensorReport"] == [{"type": "Count", "value": 12}]
    assert fields(events[8], "action", "bizStep", "disposition") == [
        "ADD",
        "commissioning",
        "active",
    ]
    assert events[8]["epcList"] == [f"urn:epc:raw:96.x{CHIP}"]
    assert fields(events[9], "bizStep", "disposition") == ["inspecting", "mismatch_class"]


def test_a_receipt_and_its_delivery_are_of_the_same_goods(morning):
    events, left = morning
    assert fields(events[13], "bizStep", "disposition") == ["receiving", "mismatch_quantity"]
    assert fields(events[14], "bizStep", "tallyman:signedBy") == ["accepting", "both"]
    for event in (events[13], events[14]):
        assert event["epcList"] == [f"https://id.gs1.org/00/{P1}"]
        assert event["quantityList"] == [
            {"epcClass": f"https://id.gs1.org/01/{APPLE}/10/L%271%2B", "quantity": 9},
            {"epcClass": f"https://id.gs1.org/01/{PEAR}", "quantity": 10},
        ]
    assert left == {
        "EPCIS has no word for boot": 1,
        "the tag was read through a wall, and never was there": 1,
    }


def test_what_came_damaged_was_inspected(morning):
    events, _ = morning
    assert fields(events[15], "bizStep", "disposition") == ["inspecting", "damaged"]
    assert events[15]["quantityList"] == [
        {"epcClass": f"https://id.gs1.org/01/{PEAR}", "quantity": 3}
    ]
    assert 16 not in events  # what is missing stands in the event of the receipt
    one = {"check": CHECK, "code": "AF", "quantity": 1, "text": "wet"}
    unit, thing = {"sscc": P1}, {"gtin": APPLE, "serial": "a/1"}
    found, _ = told(
        [
            record(n, "dock-difference", values=one | said)
            for n, said in enumerate((unit, thing, {}))
        ]
    )
    assert [found[n]["epcList"] for n in (0, 1)] == [
        [f"https://id.gs1.org/00/{P1}"], [f"https://id.gs1.org/01/{APPLE}/21/a%2F1"],
    ]  # fmt: skip
    assert 2 not in found


def test_the_event_of_a_receipt_is_that_of_its_paper(morning):
    paper = json.loads(PAPERS["epcis"][1](receipt_of(receipt_json(CHECK, warehouse()))))
    (event,) = paper["epcisBody"]["eventList"]
    exported = morning[0][13]
    assert event.items() <= exported.items()
    assert {*exported} - {*event} == {"eventID"} | {
        f"tallyman:{name}" for name in ("gateway", "record", "batch", "clock", "clockBoundMs")
    }


def test_a_batch_of_values_is_one_event_that_names_the_batch(drive):
    events, left = drive
    (element,) = events[0]["sensorElementList"]
    assert element["sensorReport"] == [
        {"type": "Temperature", "minValue": 4.02, "maxValue": 4.31, "meanValue": 4.165, "uom": "CEL",
         "tallyman:values": 2},
        {"type": "RelativeHumidity", "minValue": 60.25, "maxValue": 60.25, "meanValue": 60.25,
         "uom": "P1", "tallyman:values": 1},
        {"type": "Pressure", "minValue": 1013.25, "maxValue": 1013.25, "meanValue": 1013.25,
         "uom": "A97", "tallyman:values": 1},
    ]  # fmt: skip
    metadata = element["sensorMetadata"]
    assert metadata["startTime"] == "2026-09-21T14:13:20.000Z"
    assert metadata["endTime"] == events[0]["eventTime"] == "2026-09-21T14:13:23.000Z"
    assert metadata["rawData"] == events[0]["tallyman:batch"]
    assert metadata["rawData"].startswith("ni:///sha-256;")
    # what is bad made no minimum, and is not silent either
    assert events[0]["tallyman:notCounted"] == {"tallyman:corrupt": 1, "tallyman:no-answer": 1}
    assert left[UNTIMED] == 1


def test_values_of_a_sensor_whose_certificate_is_over_count_and_are_marked():
    events, _ = told([record(0), record(1, quality="uncalibrated")])
    assert events[0]["sensorElementList"][0]["sensorReport"][0]["tallyman:values"] == 2
    assert events[0]["tallyman:uncalibrated"] == 1


def test_the_raw_data_is_the_digest_of_the_signed_batch():
    world, data = bundled(truck())
    (batch,) = batches_of(parse_bundle(data))
    named = batch.raw_data.removeprefix("ni:///sha-256;")
    assert base64.urlsafe_b64decode(named + "=") == world.sealed[0].statement.digest


def test_what_is_no_place_on_earth_is_none():
    far = {"lat": 1_000_000_000, "lon": 0}
    events, left = told([record(0, "position", values=far)])
    assert (events, left) == ({}, {"a doubtful place, or none": 1})


def test_places_a_shock_and_an_alarm(drive):
    events, left = drive
    assert events[6]["readPoint"] == {"id": "geo:45.4750000,8.6250001"}
    assert fields(events[6], "bizStep", "disposition") == ["transporting", "in_transit"]
    assert left["a later place of the same batch stands for it"] == 1
    assert left["a doubtful place, or none"] == 1
    (shock,) = events[8]["sensorElementList"][0]["sensorReport"]
    assert shock == {
        "type": "Acceleration", "maxValue": 31.05, "uom": "K40", "exception": "ALARM_CONDITION",
    }  # fmt: skip
    assert (events[8]["tallyman:durationMs"], events[8]["tallyman:quality"]) == (9, "ok")
    element = events[9]["sensorElementList"][0]
    assert element["sensorMetadata"]["bizRules"] == "urn:tallyman:profile:vaccine:3"
    assert element["sensorReport"] == [
        {"type": "Temperature", "maxValue": 9.12, "uom": "CEL", "exception": "ALARM_CONDITION"}
    ]
    assert left["EPCIS has no word for mobile-network"] == left["EPCIS has no word for gap"] == 1


def test_every_document_holds_by_gs1_s_schema_too():
    if not FOLDER.exists():
        pytest.skip(f"no reference data at {FOLDER}: set TALLYMAN_DATA")
    for records in (warehouse(), truck()):
        _, data = bundled(records)
        made = epcis_document(batches_of(parse_bundle(data)), LeftOut(), moment_of(0))
        assert schema().is_valid(made)


def test_what_the_bundle_hides_is_left_out_and_counted():
    events, left = told(warehouse(), indexes=(1, 14))
    assert list(events) == [1]
    assert left == {HIDDEN: 15, NO_RECEIPT: 1}


def test_goods_of_a_receipt_that_is_hidden_are_counted():
    events, left = told(warehouse(), indexes=(10, 11))
    assert (events, left) == ({}, {HIDDEN: 15, NO_RECEIPT: 2})


def test_a_batch_in_two_bundles_counts_once():
    _, all_of_it = bundled(truck())
    _, some = bundled(truck(), indexes=(0, 8))
    batches = [batches_of(parse_bundle(data)) for data in (some, all_of_it)]
    left = LeftOut()
    assert events_of(together(batches), left) == events_of(batches[1], LeftOut())
    assert HIDDEN not in left.to_json()


def test_no_time_beyond_the_calendar():
    events, left = told([tag(0, "enter", reads=1)._replace(wall_ms=2**62)])
    assert (events, left) == ({}, {UNTIMED: 1})


def test_words_of_strangers_make_no_wrong_document():
    hostile = 'x" \x1b[2J\n{}%ü'
    made = [
        tag(0, "enter", read_point=hostile, uri=hostile),
        record(1, "alarm", device=hostile, values={"limit": hostile, "profile": hostile}),
        record(2, device=hostile),
        record(3, "tag-state", values={}),
    ]
    _, data = bundled(made)
    left = LeftOut()
    document = epcis_document(batches_of(parse_bundle(data)), left, moment_of(0))
    assert ISSUER in json.dumps(document)
    assert sum(left.to_json().values()) + len(document["epcisBody"]["eventList"]) == 4


def test_kinds_that_others_stand_for_and_kinds_of_which_epcis_has_no_word():
    kinds = ("tag", "excursion", "shipment-condition", "gap", "kind-of-a-later-version")
    made = [record(n, kind, values={"gap": 1}) for n, kind in enumerate(kinds)]
    events, left = told([each._replace(values={}) for each in made])
    assert events == {}
    assert left == {
        "a single read: where the tag was, tag-state tells": 1,
        "it is no alarm yet": 1,
        "a state that lasts: the records of its rule tell of it": 1,
        "EPCIS has no word for gap": 1,
        "EPCIS has no word for kind-of-a-later-version": 1,
    }


def test_what_came_damaged_is_an_event_where_it_names_goods():
    said = {"check": "R-1", "code": "AF", "text": "wet"}
    made = [
        record(0, "dock-difference", values=said),
        record(1, "dock-difference", values=said | {"gtin": APPLE, "quantity": 2}),
        record(2, "dock-difference", values=said | {"gtin": APPLE, "serial": "7"}),
        record(3, "dock-difference", values=said | {"sscc": P1}),
    ]
    events, left = told(made)
    assert left == {"it names no goods": 1}
    assert {number: fields(each, "disposition", "bizStep", "tallyman:receipt", "tallyman:text")
            for number, each in events.items()} == {
        number: ["damaged", "inspecting", "R-1", "wet"] for number in (1, 2, 3)
    }  # fmt: skip
    link = "https://id.gs1.org"
    assert events[1]["quantityList"] == [{"epcClass": f"{link}/01/{APPLE}", "quantity": 2}]
    assert [events[2]["epcList"], events[3]["epcList"]] == [
        [f"{link}/01/{APPLE}/21/7"], [f"{link}/00/{P1}"],
    ]  # fmt: skip


def at(number, lat, **changes):
    return record(number, "position", device="gnss", values={"lat": lat, "lon": 0}, **changes)


def test_of_a_batch_s_places_the_last_good_one_is_told_and_the_others_are_counted():
    events, left = told([at(0, 10), at(1, 20), at(2, 30), at(3, 40, quality="suspect")])
    assert (list(events), left) == (
        [2],
        {"a doubtful place, or none": 1, "a later place of the same batch stands for it": 2},
    )
    events, left = told([at(0, 10)])
    assert (list(events), left) == ([0], {})


def test_what_is_no_value_of_its_kind_is_counted_as_such():
    events, left = told([record(0, values={"temperature": "warm"}), record(1)])
    assert left == {"a field of it holds no value of its kind": 1}
    assert events[1]["tallyman:lastRecord"] == 1


def test_an_event_says_when_it_was_whose_it_is_and_how_exact_the_clock(drive):
    events, _ = drive
    shock = events[8]
    gateway = ISSUER.replace(":", "%3A")
    assert {name: shock[name] for name in shock if name != "sensorElementList"} == {
        "type": "ObjectEvent", "eventID": shock["eventID"], "eventTime": "2026-09-21T14:13:28.000Z",
        "eventTimeZoneOffset": "+00:00", "action": "OBSERVE", "bizStep": "sensor_reporting",
        "epcList": [], "readPoint": {"id": f"urn:tallyman:place:{gateway}:imu"},
        "tallyman:durationMs": 9, "tallyman:quality": "ok", "tallyman:gateway": ISSUER,
        "tallyman:record": 8, "tallyman:batch": shock["tallyman:batch"], "tallyman:clock": "ntp",
        "tallyman:clockBoundMs": 40,
    }  # fmt: skip
    assert shock["sensorElementList"][0]["sensorMetadata"] == {
        "time": "2026-09-21T14:13:28.000Z", "deviceID": f"urn:tallyman:device:{gateway}:imu",
        "rawData": shock["tallyman:batch"],
    }  # fmt: skip
    assert set(events[0]["sensorElementList"][0]["sensorMetadata"]) == {
        "startTime", "endTime", "deviceID", "rawData",
    }  # fmt: skip
    assert [events[0][f"tallyman:{name}"] for name in ("record", "lastRecord")] == [0, 3]
    assert events[6]["sensorElementList"][0]["sensorReport"] == [
        {"type": "Angle", "value": 45.475, "uom": "DD", "component": "latitude"},
        {"type": "Angle", "value": 8.6250001, "uom": "DD", "component": "longitude"},
    ]


def test_a_mean_has_one_decimal_more_than_its_values_and_none_where_it_is_whole():
    for hundredths, mean in (((402, 403, 403), 4.027), ((400, 400), 4), ((401, 402), 4.015)):
        values = [record(n, values={"temperature": each}) for n, each in enumerate(hundredths)]
        (event,) = told(values)[0].values()
        (report,) = event["sensorElementList"][0]["sensorReport"]
        assert (report["meanValue"], report["tallyman:values"]) == (mean, len(hundredths))


def test_values_of_which_none_is_good_are_no_event():
    events, left = told([record(0, quality="corrupt"), record(1, quality="corrupt")])
    assert (events, left) == ({}, {"none of the batch's values of its device is good": 2})


def test_a_stretch_goes_from_its_first_moment_to_its_last_whatever_came_first():
    first, late = record(0), record(1, wall_ms=record(0).wall_ms - 5000)
    (event,) = told([first, late])[0].values()
    metadata = event["sensorElementList"][0]["sensorMetadata"]
    assert metadata["startTime"] == "2026-09-21T14:13:15.000Z"
    assert metadata["endTime"] == event["eventTime"] == "2026-09-21T14:13:20.000Z"


def test_an_alarm_at_a_read_point_and_what_epcis_does_not_measure():
    said = {"limit": "humidity below 40 %", "rule": "dry", "lowest": 3512, "profile": "hall"}
    events, left = told([
        record(0, "alarm", values=said | {"read_point": "door 2"}),
        record(1, "alarm", values={"limit": "battery below 10 %"}),
        record(2, "alarm", values={}),
        record(3, "shock", values={"duration": 9}),
        record(4, "shock", quality="saturated",
               values={"peak": 1600, "delta_v": 1750, "fall": 12, "duration": 650}),
    ])  # fmt: skip
    assert events[0]["readPoint"] == {"id": "urn:tallyman:readpoint:door%202"}
    assert fields(events[0], "tallyman:rule", "tallyman:limit") == ["dry", "humidity below 40 %"]
    (element,) = events[0]["sensorElementList"]
    assert element["sensorMetadata"]["bizRules"] == "urn:tallyman:profile:hall:"
    assert element["sensorReport"] == [
        {"type": "RelativeHumidity", "minValue": 35.12, "uom": "P1", "exception": "ALARM_CONDITION"}
    ]
    names = ("durationMs", "deltaVelocity", "fallMetres", "quality")
    assert fields(events[4], *(f"tallyman:{name}" for name in names)) == [
        6.5, 1.75, 0.12, "saturated",
    ]  # fmt: skip
    assert left == {
        "it is about battery, which EPCIS does not measure": 1,
        "it is about nothing known, which EPCIS does not measure": 1,
        "no peak was measured": 1,
    }


def test_a_place_with_a_speed_says_it():
    values = {"lat": -454_700_000, "lon": 86_200_000, "speed": 2250}
    (event,) = told([record(0, "position", values=values)])[0].values()
    assert event["readPoint"] == {"id": "geo:-45.4700000,8.6200000"}
    assert event["sensorElementList"][0]["sensorReport"][2] == {
        "type": "Speed", "value": 22.5, "uom": "MTS",
    }  # fmt: skip


def test_a_receipt_on_which_nothing_came_is_no_event():
    line = {"check": CHECK, "gtin": APPLE, "quantity": 2, "read": 0, "by_hand": 0, "believed": 0}
    receipt = {
        "check": CHECK, "notice": "ASN1099", "read_point": "door 2", "decision": "accepted",
        "disposition": "mismatch_quantity", "expected": 2, "found": 0, "read": 0, "by_hand": 0,
        "believed": 0,
    }  # fmt: skip
    rejected = {name: value for name, value in receipt.items() if name != "disposition"}
    for values, reason in ((receipt, "nothing came on its receipt"), (rejected, NO_RECEIPT)):
        made = [record(0, "dock-goods", values=line), record(1, "dock-check", values=values)]
        events, left = told(made)
        assert (events, left) == ({}, {reason: 1})


def test_a_check_that_was_given_up_received_nothing():
    records = [
        each._replace(values={**each.values, "decision": "cancelled"})
        if each.kind == "dock-check" else each for each in warehouse()
    ]  # fmt: skip
    events, left = told(records)
    assert 13 not in events
    assert left["the check was cancelled: nothing was received"] >= 1
