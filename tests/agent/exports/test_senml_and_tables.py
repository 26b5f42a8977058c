"""SenML, CSV and FSMA 204 from bundles, read back by other code, to numbers worked out by hand."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import cbor2
import pytest

from agent.exports import fsma204, senml
from agent.exports.left_out import HIDDEN, UNTIMED, LeftOut
from agent.exports.records_csv import records_csv
from agent.exports.shown import batches_of
from agent.exports.tracked import DATE, KEY_DATA
from evidence.bundle import parse_bundle
from tests.agent.dock.goods import APPLE, PEAR
from tests.agent.exports.days import RECEIVER, SUPPLIER, UNSET, bundled, truck, warehouse
from tests.evidence.building import ISSUER, NOON, record

LABELS = {-2: "bn", -3: "bt", 0: "n", 1: "u", 2: "v", 3: "vs", 6: "t", 8: "vd"}
"""RFC 8428, table 4."""


def batches(*records, indexes=None):
    _, data = bundled(*records, indexes=indexes)
    return batches_of(parse_bundle(data))


def entries(records):
    left = LeftOut()
    return senml.entries_of(batches(records), left), left.to_json()


def resolved(pack):
    """Return each value as RFC 8428, §4.6 resolves it: full name, unit, value, absolute time."""
    base, start, found = "", 0, []
    for item in pack:
        base, start = item.get("bn", base), item.get("bt", start)
        value = next(item[key] for key in ("v", "vs", "vd") if key in item)
        found.append((base + item["n"], item.get("u"), value, start + item.get("t", 0)))
    return found


EXPECTED = [
    (f"{ISSUER}:cold-1/temperature", "Cel", 4.31, NOON),
    (f"{ISSUER}:cold-1/humidity", "%RH", 60.25, NOON),
    (f"{ISSUER}:cold-1/pressure", "Pa", 101_325, NOON),
    (f"{ISSUER}:cold-1/temperature", "Cel", 4.02, NOON + 1),
    (f"{ISSUER}:gnss/lat", "lat", 45.47, NOON + 5),
    (f"{ISSUER}:gnss/lon", "lon", 8.62, NOON + 5),
    (f"{ISSUER}:gnss/speed", "m/s", 22, NOON + 5),
    (f"{ISSUER}:gnss/fix", None, "3d", NOON + 5),
    (f"{ISSUER}:gnss/lat", "lat", 45.475, NOON + 6),
    (f"{ISSUER}:gnss/lon", "lon", 8.6250001, NOON + 6),
    (f"{ISSUER}:imu/peak", "m/s2", 304.4964825, NOON + 8),  # 31.05 g of 9.80665 m/s²
    (f"{ISSUER}:imu/duration", "s", 0.009, NOON + 8),
    (f"{ISSUER}:imu/waveform", None, "AAE", NOON + 8),
    (f"{ISSUER}:modem/state", None, "home", NOON + 10),
    (f"{ISSUER}:modem/dbm", "dBW", -121.2, NOON + 10),
]


def test_values_in_json():
    found, left = entries(truck())
    assert resolved(json.loads(senml.to_json(found))) == EXPECTED
    assert left == {
        "SenML cannot say that a value is corrupt": 1,
        "SenML cannot say that a value is no-answer": 1,
        "SenML cannot say that a value is suspect": 1,
        UNTIMED: 1,
        "alarm is no reading": 1,
        "gap is no reading": 1,
    }


def test_values_in_cbor_are_the_same_and_exact():
    found, _ = entries(truck())
    pack = [
        {LABELS[key]: value for key, value in item.items()}
        for item in cbor2.loads(senml.to_cbor(found))
    ]
    told = resolved(pack)
    assert [(name, unit, float(time)) for name, unit, _, time in told] == [
        (name, unit, float(time)) for name, unit, _, time in EXPECTED
    ]
    assert told[0][2] == Decimal("4.31")  # a decimal fraction, no nearest float
    assert told[2][2] == 101_325
    assert told[12][2] == b"\0\1"


@pytest.mark.parametrize("changes", [UNSET, {"wall_ms": 1_000}, {"wall_ms": (1 << 28) * 1000 - 1}])
def test_a_moment_that_nobody_vouches_for_is_never_written(changes):
    found, left = entries([record(0)._replace(**changes)])
    assert (found, left) == ([], {UNTIMED: 1})
    assert json.loads(senml.to_json(found)) == []
    assert cbor2.loads(senml.to_cbor(found)) == []


def test_what_senml_cannot_say_is_no_value():
    found, left = entries([record(0, quality="uncalibrated")])
    assert (found, left) == ([], {"SenML cannot say that a value is uncalibrated": 1})


def test_a_moment_from_1978_on_is_absolute():
    """RFC 8428, §4.5.3: times below 2**28 s are read as relative to now."""
    found, _ = entries([record(0, wall_ms=(1 << 28) * 1000)])
    assert json.loads(senml.to_json(found)) == [
        {"bn": f"{ISSUER}:", "bt": 1 << 28, "n": "cold-room/temperature", "u": "Cel", "v": 4}
    ]


def test_values_in_json_are_written_with_their_base_once_and_letters_as_they_are():
    found, _ = entries([
        record(0, "position", device="gnss", values={"fix": "für 3d"}),
        record(1, values={"temperature": -50, "pressure": 100_000}),
    ])  # fmt: skip
    assert senml.to_json(found).decode() == (
        f'[{{"bn": "{ISSUER}:", "bt": {NOON}, "n": "gnss/fix", "vs": "für 3d"}},\n'
        ' {"n": "cold-room/temperature", "u": "Cel", "v": -0.5, "t": 1},\n'
        ' {"n": "cold-room/pressure", "u": "Pa", "v": 100000, "t": 1}]\n'
    )
    text, below, round_ = cbor2.loads(senml.to_cbor(found))
    assert (text[3], below[2], round_[2]) == ("für 3d", Decimal("-0.5"), 100_000)
    assert type(round_[2]) is int, "a whole number is no decimal fraction"


def test_values_of_several_gateways_stand_each_under_its_own_name():
    (one,) = batches([record(0)])
    found = senml.entries_of([replace(one, gateway="urn:b"), one], LeftOut())
    first, second = json.loads(senml.to_json(found))
    assert (first["bn"], second["bn"]) == ("urn:b:", f"{ISSUER}:")
    assert first["bt"] == second["bt"] == NOON


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"samples": 2**63 - 1}, 1),
        ({"samples": -(2**63) + 1}, 1),
        ({"peak": 2**62}, 0),  # in m/s² it has more digits than there is place for
        ({"peak": 2**62, "samples": 7}, 1),
    ],
)
def test_what_is_too_large_is_no_value(values, said):
    found, left = entries([record(0, "shock", values=values)])
    assert (len(found), left) == (said, {} if said else {"SenML has no word for shock": 1})


def test_names_have_the_characters_of_senml():
    found, _ = entries([record(0, device="Kühlraum 1;b")])
    assert [entry.name for entry in found] == ["K_C3_BChlraum_201_3Bb/temperature"]


def rows(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_every_record_is_a_row():
    left = LeftOut()
    found = rows(records_csv(batches(warehouse(), [*truck_from(17)]), left))
    assert len(found) == 17 + 12
    cold = found[17]
    assert (cold["temperature [°C]"], cold["humidity [%]"], cold["kind"]) == (
        "4.31",
        "60.25",
        "temperature",
    )
    assert cold["time"] == "2026-09-21T14:13:37.000Z"
    assert found[21]["clock"] == "none"
    assert found[21]["time"] == ""  # never a wrong time in a column of right ones
    assert {row["batch"] for row in found[:17]} != {row["batch"] for row in found[17:]}
    assert left.to_json() == {}


def truck_from(first):
    """Return the truck's records behind others."""
    for each in truck():
        number = first + each.number
        yield each._replace(number=number, wall_ms=each.wall_ms + 1000 * first)


def test_no_cell_is_a_formula():
    (row,) = rows(records_csv(batches([record(0, device="=1+1")]), LeftOut()))
    assert row["device"] == "'=1+1"
    hostile = record(0, "made-up", values={"=1+1": 2, "@sum": "-3"})
    (row,) = rows(records_csv(batches([hostile]), LeftOut()))
    assert (row["'=1+1"], row["'@sum"]) == ("2", "'-3")


def test_hidden_records_are_counted():
    left = LeftOut()
    assert len(rows(records_csv(batches(truck(), indexes=(0, 5)), left))) == 2
    assert left.to_json() == {HIDDEN: 10}


def food(records, lot=""):
    left = LeftOut()
    found = fsma204.rows_of(batches(records), left, lot)
    return rows(fsma204.fsma204(found)), fsma204.missing(found), left.to_json()


def test_key_data_of_what_was_received():
    table, missing, left = food(warehouse())
    apples, pears = sorted(table, key=lambda row: row["GTIN"] != APPLE)
    assert [apples[name] for name in KEY_DATA] == [
        "L'1+", "9", "crate", "", SUPPLIER, f"GLN {RECEIVER}, door 2", "2026-09-21", "",
        "advance shipping notice", "ASN1099",
    ]  # fmt: skip
    assert apples["Missing"] == "Product Description, Traceability Lot Code Source"
    assert pears["GTIN"] == PEAR
    assert (pears["Quantity"], pears["Unit of Measure"], pears["Believed"]) == ("10", "piece", "10")
    assert pears["Missing"].startswith("Traceability Lot Code, ")
    assert missing == {
        "Traceability Lot Code": 1, "Product Description": 2, "Traceability Lot Code Source": 2,
    }  # fmt: skip
    assert left == {
        "it is of no receipt, and no shipment": 10,
        "goods that were advised and did not come": 1,
    }


def test_one_lot_alone():
    table, _, left = food(warehouse(), lot="L'1+")
    assert [row["GTIN"] for row in table] == [APPLE]
    assert left["goods of another lot"] == 1
    assert food(warehouse(), lot="L")[0] == []


@pytest.mark.parametrize("decision", ["rejected", "cancelled"])
def test_what_was_not_accepted_was_not_received(decision):
    records = [
        each._replace(values={**each.values, "decision": decision})
        if each.kind == "dock-check"
        else each
        for each in warehouse()
    ]
    table, _, left = food(records)
    assert (table, left[f"the goods were not received: {decision}"]) == ([], 1)


def test_an_unknown_day_is_missing():
    records = [each._replace(**UNSET) for each in warehouse()]
    table, missing, _ = food(records)
    assert [row[DATE] for row in table] == ["", ""]
    assert missing[DATE] == 2


@pytest.mark.parametrize(
    ("changes", "document"),
    [
        ({"notice": ""}, ("purchase order", "PO-7")),
        ({"notice": "", "order": ""}, ("", "")),
        ({}, ("advance shipping notice", "ASN1099")),
    ],
)
def test_the_document_is_the_notice_else_the_order(changes, document):
    records = [
        each._replace(values={**each.values, **changes}) if each.kind == "dock-check" else each
        for each in warehouse()
    ]
    table, _, _ = food(records)
    names = ("Reference Document Type", "Reference Document Number")
    assert {tuple(row[name] for name in names) for row in table} == {document}
