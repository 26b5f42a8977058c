"""Shipments in the words of EPCIS and of FSMA 204: worked out by hand, and what is left out."""

from __future__ import annotations

import pytest

from agent.exports import fsma204
from agent.exports.epcis import epcis_document, events_of
from agent.exports.fsma204 import IN_PARTS, NO_LOTS, NOT_ADVISED, SHARED
from agent.exports.journeys import beginnings
from agent.exports.left_out import LeftOut
from agent.exports.shown import batches_of, moment_of
from agent.exports.tracked import KEY_DATA_SHIPPED, LOT
from evidence.bundle import parse_bundle
from tests.agent.dock.goods import APPLE
from tests.agent.epcis.mutants import FOLDER, schema
from tests.agent.exports.days import RECEIVER, ROAD_CHECK, SUPPLIER, UNSET, bundled, goods, road
from tests.evidence.building import ISSUER, record

LOAD = f"urn:tallyman:shipment:{ISSUER.replace(':', '%3A')}:WB-7"
SENSOR = f"urn:tallyman:device:{ISSUER.replace(':', '%3A')}:cargo"


def batches(*lots):
    return batches_of(parse_bundle(bundled(*lots)[1]))


def told(*lots):
    """Return the events by the number of their record, and what is left out."""
    left = LeftOut()
    return {
        each["tallyman:record"]: each for each in events_of(batches(*lots), left)
    }, left.to_json()


@pytest.fixture(scope="module")
def trip():
    return told(road())


def test_a_shipment_is_shipped_once_and_bound_anew_without_a_step(trip):
    events, _ = trip
    first, again = events[0], events[4]
    assert (first["bizStep"], first["disposition"], first["epcList"]) == (
        "shipping", "in_transit", [LOAD],
    )  # fmt: skip
    assert first["sourceList"] == [
        {"type": "possessing_party", "source": "urn:tallyman:party:carrier-1"}
    ]
    assert first["destinationList"] == [
        {"type": "location", "destination": f"https://id.gs1.org/414/{RECEIVER}"}
    ]
    assert first["bizTransactionList"] == [
        {"type": "desadv", "bizTransaction": "urn:tallyman:transaction:ASN1099"}
    ]
    assert (first["tallyman:vehicle"], first["tallyman:seals"]) == ("TO 123 XY", ["S1", "S2"])
    assert "bizStep" not in again
    assert again["tallyman:vehicle"] == "MI 9"


def test_sensors_come_aboard_and_leave_with_its_end(trip):
    events, _ = trip
    aboard, ended = events[1], events[8]
    assert [aboard[name] for name in ("type", "action", "parentID", "childEPCs")] == [
        "AssociationEvent", "ADD", LOAD, [SENSOR],
    ]  # fmt: skip
    assert aboard["tallyman:bizRules"] == "urn:tallyman:profile:2-8:1"
    assert [ended.get(name) for name in ("type", "action", "parentID", "childEPCs", "bizStep")] == [
        "AssociationEvent", "DELETE", LOAD, None, None,  # whether it arrived, it does not say
    ]  # fmt: skip


def test_a_look_before_departure_and_a_hand_over(trip):
    events, left = trip
    assert (events[2]["bizStep"], events[2]["disposition"]) == ("inspecting", "non_conformant")
    assert events[2]["tallyman:missing"] == "no test report"
    over = events[5]
    assert (over["bizStep"], over["readPoint"]["id"]) == (
        "accepting",
        "urn:tallyman:place:yard%203",
    )
    assert over["destinationList"] == [
        {"type": "possessing_party", "destination": f"https://id.gs1.org/417/{SUPPLIER}"}
    ]
    assert (over["tallyman:signedBy"], over["tallyman:remark"]) == ("nobody", "wet")
    assert left == {"a state that lasts: the records of its rule tell of it": 1}


def test_a_hand_over_that_only_says_it_was_signed_is_not(trip):
    said = {"shipment": "WB-7", "taker": "driver-5", "state": "signed"}
    events, _ = told([record(0, "custody", values=said)])
    assert events[0]["tallyman:signedBy"] == "unknown"


def test_a_part_of_a_shipment_does_not_ship_anew_and_after_its_end_a_name_does():
    part = {"name": "WB-7B", "state": "started", "parents": "WB-7"}
    ended = {"name": "WB-7B", "state": "ended"}
    lots = [part, ended, {"name": "WB-7B", "state": "started"}, {"state": "started"}]
    events, left = told([record(n, "shipment", values=each) for n, each in enumerate(lots)])
    assert [events[n].get("bizStep") for n in (0, 2)] == [None, "shipping"]
    assert events[0]["tallyman:parents"] == ["WB-7"]
    assert left == {"it names no shipment": 1}


def test_what_began_a_shipment_is_known_though_a_later_start_had_no_clock():
    start, *_ = road()
    later = record(9, "shipment", device="gateway", wall_ms=5000, values=start.values, **UNSET)
    ended = record(10, "shipment", device="gateway", values={"name": "WB-7", "state": "ended"})
    again = record(11, "shipment", device="gateway", values=start.values)
    shown = [start._replace(number=8), later, ended, again]
    assert [number for _, _, number in sorted(beginnings(batches(shown)))] == [8, 11]


def test_every_document_holds_by_gs1_s_schema_too():
    if not FOLDER.exists():
        pytest.skip(f"no reference data at {FOLDER}: set TALLYMAN_DATA")
    made = epcis_document(batches(road()), LeftOut(), moment_of(0))
    assert len(made["epcisBody"]["eventList"]) == 7
    assert schema().is_valid(made)


def food(*lots):
    left = LeftOut()
    found = fsma204.rows_of(batches(*lots), left)
    return {row["Critical Tracking Event"]: row for row in found}, found, left.to_json()


def test_key_data_of_what_was_shipped():
    rows, found, _ = food(road())
    assert [rows["Shipping"][name] for name in KEY_DATA_SHIPPED] == [
        "L7", 10, "crate", "", RECEIVER, "", "2026-09-21", "", "advance shipping notice", "ASN1099",
    ]  # fmt: skip
    assert rows["Shipping"]["Missing"] == (
        "Product Description, Shipped From, Traceability Lot Code Source"
    )
    assert (rows["Shipping"]["Shipment"], rows["Shipping"]["GTIN"]) == ("WB-7", APPLE)
    assert (rows["Receiving"]["Quantity"], rows["Receiving"]["Date Shipped (UTC)"]) == (9, "")
    assert fsma204.missing(found)["Shipped From"] == 1  # who received is not asked for it


def test_goods_that_nobody_advised_left_with_no_shipment():
    came = goods(
        9, check=ROAD_CHECK, gtin=APPLE, lot="L8", quantity=0, read=3, by_hand=0, believed=0
    )
    _, found, left = food([*road(), came])
    lots = {(row["Critical Tracking Event"], row["Traceability Lot Code"]) for row in found}
    assert lots == {("Receiving", "L7"), ("Receiving", "L8"), ("Shipping", "L7")}
    assert left[NOT_ADVISED] == 1


def test_goods_by_weight_are_told_in_kilograms():
    fish = goods(9, check=ROAD_CHECK, gtin=APPLE, lot="F1", quantity=0, read=0, by_hand=0,
                 believed=0, weight=20_500, weighed=20_250)  # fmt: skip
    _, found, left = food([*road(), fish])
    told = {row["Critical Tracking Event"]: row for row in found if row[LOT] == "F1"}
    amounts = {name: (row["Quantity"], row["Unit of Measure"]) for name, row in told.items()}
    assert amounts == {
        "Shipping": ("20.500", "kilogram"), "Receiving": ("20.250", "kilogram"),
    }  # fmt: skip
    assert NOT_ADVISED not in left


@pytest.mark.parametrize(
    ("receiver", "went_to", "came_to"),
    [
        (RECEIVER, RECEIVER, f"GLN {RECEIVER}, door 2"),
        ("a market", "a market", "a market, door 2"),
        (None, "Novara", ""),
    ],
)
def test_whom_the_receipt_does_not_name_the_shipment_s_destination_is(receiver, went_to, came_to):
    start, *rest = road()
    start = start._replace(values=start.values | {"destination": "Novara"})
    lines = [each._replace(values={**each.values, "receiver": receiver})
             if each.kind == "dock-goods" else each for each in rest]  # fmt: skip
    if receiver is None:
        for each in lines:
            each.values.pop("receiver", None)
    rows, _, _ = food([start, *lines])
    assert rows["Shipping"]["Immediate Subsequent Recipient"] == went_to
    assert rows["Receiving"]["Received Location"] == came_to


def test_a_day_that_no_clock_vouches_for_is_no_day_of_shipping():
    start, *rest = road()
    rows, _, _ = food([start._replace(**UNSET), *rest])
    assert rows["Shipping"]["Date Shipped (UTC)"] == ""
    assert "Date Shipped (UTC)" in rows["Shipping"]["Missing"]


def test_two_trucks_of_one_notice_do_not_ship_its_lots_twice():
    start, *rest = road()
    other = start._replace(number=9, values={**start.values, "name": "WB-8"})
    rows, _, left = food([start, *rest, other])
    assert (list(rows), left[SHARED]) == (["Receiving"], 2)
    part = other._replace(values={**other.values, "parents": "WB-7"})
    assert list(food([start, *rest, part])[0]) == ["Receiving", "Shipping"]


def test_lots_that_no_receipt_of_the_very_notice_tells_are_not_made_up():
    start, *rest = road()
    other = start._replace(values={**start.values, "digest": b"\x98" * 32})
    part = start._replace(values={**start.values, "parents": "WB-6"})
    for first, reason in ((other, NO_LOTS), (part, IN_PARTS)):
        rows, _, left = food([first, *rest])
        assert list(rows) == ["Receiving"]
        assert left[reason] == 1
    assert food([start])[2] == {NO_LOTS: 1}


def test_a_look_before_departure_is_an_event_where_it_says_what_came_of_it():
    said = {"shipment": "WB-7", "faults": 0}
    ready, not_ready = (
        said | {"state": "ready"},
        said | {"state": "not ready", "missing": "invoice"},
    )
    looks = [said, ready, not_ready, {"state": "ready"}]
    events, left = told([record(n, "shipment-check", values=each) for n, each in enumerate(looks)])
    assert left == {
        "it does not say whether the shipment may leave": 1, "it names no shipment": 1,
    }  # fmt: skip
    names = ("bizStep", "disposition", "epcList", "tallyman:missing")
    shipment = f"urn:tallyman:shipment:{ISSUER.replace(':', '%3A')}:WB-7"
    assert {n: [each.get(name) for name in names] for n, each in events.items()} == {
        1: ["inspecting", "conformant", [shipment], None],
        2: ["inspecting", "non_conformant", [shipment], "invoice"],
    }
