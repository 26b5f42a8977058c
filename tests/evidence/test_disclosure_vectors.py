"""The published vectors of bundles in part, files and sealed files (disclosure.json)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evidence.encrypt import open_sealed
from evidence.policy import parse_policy
from evidence.verify import verify_bundle
from tests.evidence.disclosure import ANNA, BRUNO, cases, sealed_file
from tests.independent.verify import exit_code as stranger_verifies

PUBLISHED = json.loads((Path(__file__).parent / "disclosure.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", PUBLISHED["bundles"], ids=lambda case: case["name"])
def test_published_bundle(case):
    data = bytes.fromhex(case["bundle"])
    assert verify_bundle(data, parse_policy(case["policy"])).outcome == case["exit"]
    assert stranger_verifies(data, case["policy"]) == case["exit"]


def test_the_script_makes_the_published_cases():
    made = [(name, code) for name, _, _, code in cases()]
    assert made == [(case["name"], case["exit"]) for case in PUBLISHED["bundles"]]


def test_published_sealed_file():
    vector = PUBLISHED["sealed"]
    assert sealed_file().data.hex() == vector["sealed"]
    data, commitment = bytes.fromhex(vector["sealed"]), bytes.fromhex(vector["commitment"])
    for key in (ANNA, BRUNO):
        assert open_sealed(data, key, commitment).hex() == vector["file"]
