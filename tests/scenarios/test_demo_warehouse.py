"""A pallet at an emulated door: what the demo shows, and what its bundle proves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evidence import cbor
from evidence.keys import ES256, PublicKey
from evidence.policy import parse_policy
from evidence.report import Outcome
from evidence.verify import verify_bundle
from hil.demo.warehouse import CARTON, KEEPER, MISSING, PALLET, UNEXPECTED, UNTAGGED
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
