"""What codes are taken for, counted: FNC1 that a scanner ate, GS1's own verdicts, damaged scans."""

import os

import pytest

from tests.drivers.gs1 import counts
from tests.drivers.gs1.labels import FORMS, VERDICTS

BOUND = 8_000  # kB that 5,000 damaged scans may take, of which a scan has up to 1 kB


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("option", ["auto", "eaten"])
def test_no_label_without_its_fnc1_is_taken_for_another(form, option):
    found = counts.lost_fnc1(form, 3000, option)
    assert found["wrong"] == 0
    assert found["doubted"] + found["right"] == 3000


@pytest.mark.parametrize("form", FORMS)
def test_what_is_provably_cut_is_doubted_even_where_fnc1_is_said_to_come(form):
    found = counts.lost_fnc1(form, 3000, "sent")
    assert found["cut"] > 0
    assert found["cut and taken"] == 0


@pytest.mark.parametrize("form", FORMS)
def test_a_scanner_that_sends_fnc1_is_believed(form):
    found = counts.kept_fnc1(form, 300)
    taken = (
        "doubted" if form.startswith("01+10+37") else "right"
    )  # (01) and (37) exclude each other
    assert found == {taken: 300}


def test_gs1_s_own_verdicts():
    if not VERDICTS.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs {VERDICTS}: set TALLYMAN_DATA")
        pytest.skip(f"no reference data at {VERDICTS}: set TALLYMAN_DATA")
    found = counts.verdicts()
    assert found["strings"] == 3000
    assert found["they refuse, we take"] == 0
    assert found["they refuse, we take with FNC1 known to come"] == 0
    assert found["they accept, we doubt with FNC1 known to come"] == 0
    assert found["other values"] == 0


def test_damaged_scans_are_read_or_told_in_bounded_time_and_memory():
    found, slowest, peak = counts.damaged(5_000)
    assert set(found) == {"ok", "suspect", "corrupt"}
    assert slowest < 1_000
    assert peak < BOUND
