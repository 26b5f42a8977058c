"""A pallet at an emulated door: what the demo shows, and what its bundle proves."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from pydifact.exceptions import MissingImplementationWarning
from pydifact.segmentcollection import Interchange
from pyx12.x12file import X12Reader

from evidence import cbor
from evidence.keys import ES256, PublicKey
from evidence.policy import parse_policy
from evidence.report import Outcome
from evidence.verify import verify_bundle
from hil.demo.warehouse import CARTON, KEEPER, MISSING, PALLET, UNEXPECTED, UNTAGGED
from hil.demo.zigbee_hall import HALL_PLUG, is_set_up
from tests.independent.verify import exit_code as stranger_verifies

SECONDS = "6"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory, shim) -> tuple[str, Path]:
    del shim
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "hil", "demo", "--rig", "warehouse", "--seconds", SECONDS]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, folder / "build" / "demo"


@pytest.fixture(scope="module")
def report(told):
    _, folder = told
    policy = parse_policy((folder / "ledger" / "harbour" / "policy.txt").read_text())
    return verify_bundle((folder / "warehouse.bundle").read_bytes(), policy)


def values(report, kind: str) -> list[dict]:
    return [dict(record.values) for record in report.records if record.kind == kind]


def test_the_story_shows_what_is_missing_unexpected_and_typed_in(told):
    out, _ = told
    assert MISSING in out
    assert UNEXPECTED in out
    assert "1 entered by hand only" in out
    assert "6 of 7 pieces, AE X34" in out
    assert "5 read, 1 by hand, 0 believed" in out
    assert "the pallet has left door 2" in out
    assert "AUTHENTIC AND COMPLETE" in out
    assert max(map(len, out.splitlines())) < 80


def test_a_stranger_verifies_the_bundle_with_the_dock_check_in_it(told, report):
    _, folder = told
    policy = (folder / "ledger" / "harbour" / "policy.txt").read_text()
    assert stranger_verifies((folder / "warehouse.bundle").read_bytes(), policy) == 0
    assert report.outcome is Outcome.AUTHENTIC
    (receipt,) = values(report, "dock-check")
    assert (receipt["decision"], receipt["found"], receipt["expected"]) == ("accepted", 6, 7)
    assert (receipt["read"], receipt["by_hand"], receipt["believed"]) == (5, 1, 0)
    assert receipt["units"].hex() == PALLET
    assert receipt["supplier"] == "0614141000012"
    assert receipt["manual"] == 1
    assert receipt["verdict_ms"] >= 0


def test_the_papers_of_the_receipt_read_back_to_its_numbers(told, report):
    """By pydifact and pyx12, and by the names of EPCIS."""
    _, folder = told
    (receipt,) = values(report, "dock-check")
    goods = {(each["gtin"], each.get("lot", "")): each for each in values(report, "dock-goods")}
    came = {
        key: (each["quantity"], each["read"] + each["by_hand"] + each["believed"])
        for key, each in goods.items()
    }
    assert came[CARTON, ""] == (4, 3)
    with warnings.catch_warnings(action="ignore", category=MissingImplementationWarning):
        advice = Interchange.from_str((folder / "receipt.recadv").read_text("latin-1"))
    (message,) = advice.get_messages()
    lines: list[tuple[str, dict[str, int]]] = []
    for segment in message.segments:
        if segment.tag == "LIN":
            lines.append((segment.elements[2][0], {}))
        elif segment.tag == "QTY":
            lines[-1][1][segment.elements[0][0]] = int(segment.elements[0][1])
    assert sorted((gtin, said["12"], said["194"]) for gtin, said in lines) == sorted(
        (gtin, advised, found) for (gtin, _), (advised, found) in came.items()
    )
    reader = X12Reader(io.StringIO((folder / "receipt.861").read_text()))
    segments = [(each.get_seg_id(), each) for each in reader]
    assert reader.pop_errors() == []
    found = [int(each.get_value("RCD02")) for tag, each in segments if tag == "RCD"]
    sent = [int(each.get_value("SN102")) for tag, each in segments if tag == "SN1"]
    assert sorted(zip(sent, found, strict=True)) == sorted(came.values())
    (event,) = json.loads((folder / "receipt.epcis").read_text())["epcisBody"]["eventList"]
    assert (event["disposition"], event["tallyman:read"], event["tallyman:byHand"]) == (
        receipt["disposition"], 5, 1,
    )  # fmt: skip


def test_the_keepers_signature_is_over_the_receipt_and_by_the_key_on_record(report):
    (receipt,), (person,) = values(report, "dock-check"), values(report, "person")
    assert person["name"] == receipt["operator"] == KEEPER
    assert person["key"] == receipt["key"]
    PublicKey.from_cose(receipt["key"]).verify(ES256, receipt["document"], receipt["signature"])
    assert cbor.decode(receipt["document"])["check"] == receipt["check"]


def test_devices_and_hands_are_told_apart(report):
    (typed,) = [record for record in report.records if record.kind == "dock-entry"]
    assert (typed.quality, typed.values["serial"], typed.values["operator"]) == (
        "manual", "42", KEEPER,
    )  # fmt: skip
    (scan,) = [record for record in report.records if record.kind == "barcode"]
    assert (scan.device, scan.quality, scan.values["gtin"]) == ("scanner", "ok", UNTAGGED)
    assert (scan.values["lot"], scan.values["expiry"]) == ("ABC123", "2027-12-31")


def test_article_unit_door_and_shelf_come_from_devices(report):
    states = [record for record in report.records if record.kind == "tag-state"]
    assert {record.device for record in states} == {"door-2", "shelves"} | {
        record.device for record in states if record.device == "door-3"
    }
    uris = {str(record.values["uri"]).split(":")[3] for record in states}
    assert uris == {"sgtin", "sscc"}
    assert {"door 2", "shelf A", "shelf B"} <= {record.values["read_point"] for record in states}
    assert [record.number for record in report.records] == list(range(len(report.records)))


def test_two_doors_hear_the_pallet_and_one_has_it(report):
    states = values(report, "tag-state")
    at_door_2 = {each["epc"] for each in states if each["read_point"] == "door 2"}
    assert len(at_door_2) == 6
    assert not [
        each for each in states if each["read_point"] == "door 3" and each["epc"] in at_door_2
    ]
    assert values(report, "tag-suspect") == []
    assert all(each["rssi"] < 0 and each["reads"] >= 1 for each in states)


def test_goods_on_the_wrong_shelf_are_told(report):
    (wrong,) = values(report, "misplaced")
    assert (wrong["gtin"], wrong["read_point"], wrong["home"]) == (CARTON, "shelf B", "shelf A")


def test_a_router_dies_and_the_shelf_s_node_is_read_where_zigpy_is_set_up(told, report):
    out, _ = told
    if not is_set_up():
        assert "-> no Zigbee: `make zigbee` sets it up" in out
        return
    assert f"cold-store: missing\n   next: give the router {HALL_PLUG} power" in out
    (shelf,) = values(report, "epc-list")
    assert (shelf["tags"], shelf["received"]) == (12, 12)
    climate = [each for each in report.records if each.kind == "temperature"]
    assert {"climate-1", "climate-2", "cold-store"} <= {each.device for each in climate}
    assert [each["state"] for each in values(report, "zigbee-radio")].count("formed") == 1
