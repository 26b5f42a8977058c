"""What is wrong with papers before goods leave."""

from __future__ import annotations

import pytest

from agent.observe.calibration import Calibration
from agent.shipments.readiness import faults
from agent.shipments.shipment import Shipments
from tests.agent.shipments.journeys import Journal

DAY = 86_400_000
NOW = 1_788_220_800_000  # 2026-09-01T00:00:00Z


def look(attached=(), calibrations=(), sure=True, **bound):
    """Return what is wrong with a shipment that these papers are attached to."""
    journal = Journal()
    journal.shipment(0, **bound)
    for paper in attached:
        values = {"about": "WB-7", "name": "p.pdf"} | paper
        journal.note(1, "attachment", **values)
    book = Shipments()
    for record in journal.records:
        book.apply(record)
    again = Shipments.from_json(book.to_json())
    assert again.to_json() == book.to_json()
    found = faults(again.get("WB-7"), again.papers, calibrations, NOW, sure=sure)
    return [tuple(each) for each in found]


def test_what_was_not_asked_for_is_not_missing():
    assert look() == []


@pytest.mark.parametrize(
    ("paper", "said"),
    [
        ({}, []),
        ({"valid_until_ms": NOW + 1}, []),
        ({"valid_until_ms": NOW}, [("over", "invoice p.pdf ended 2026-09-01")]),
        ({"valid_from_ms": NOW + DAY}, [("early", "invoice p.pdf holds from 2026-09-02 on")]),
    ],
)
def test_a_paper_must_hold_now(paper, said):
    assert look([{"type": "invoice"} | paper], papers="invoice") == said


def test_a_paper_must_hold_until_the_delivery_is_due():
    papers = [{"type": "insurance", "valid_until_ms": NOW + DAY}]
    assert look(papers, papers="insurance", due="2026-09-03") == [
        ("over", "insurance p.pdf ends 2026-09-02, before the delivery is due")
    ]
    assert look(papers, papers="insurance", due="soon") == []


def test_the_newest_paper_of_a_type_counts_and_another_shipments_does_not():
    old, new = {"type": "origin", "valid_until_ms": NOW - DAY}, {"type": "origin"}
    assert look([old, new], papers="origin") == []
    assert look([new, old], papers="origin") == [("over", "origin p.pdf ended 2026-08-31")]
    assert look([new | {"about": "WB-8"}], papers="origin") == [
        ("missing", "origin: none is on record")
    ]


def test_a_part_has_the_papers_of_what_it_was_split_from():
    paper = {"type": "origin", "about": "WB-1"}
    assert look([paper], papers="origin", parents="WB-0, WB-1") == []
    assert look([paper], papers="origin") == [("missing", "origin: none is on record")]


@pytest.mark.parametrize(
    ("paper", "said"),
    [
        ({"model": "LP-100", "result": "passed"}, []),
        ({"model": "LP-10"}, [("wrong", "test-report p.pdf is about model LP-10, the goods are LP-100")]),
        ({}, [("wrong", "test-report p.pdf is about no model by name, the goods are LP-100")]),
        ({"model": "LP-100", "result": "failed"}, [("wrong", "test-report p.pdf says failed")]),
    ],
)  # fmt: skip
def test_a_test_report_must_be_about_the_goods(paper, said):
    assert look([{"type": "test-report"} | paper], papers="test-report", model="LP-100") == said


def test_a_sensors_certificate_must_hold_whoever_told_of_it():
    over = Calibration("cargo", "temperature", 0.0, 1.0, "4711", NOW - DAY)
    ended = [("over", "calibration 4711 of cargo ended 2026-08-31")]
    assert look(calibrations=[over]) == ended
    assert look(calibrations=[over], devices=("other",)) == []
    attached = {"type": "calibration", "about": "cargo", "name": "c.pdf", "valid_until_ms": NOW}
    assert look([attached]) == [("over", "calibration c.pdf of cargo ended 2026-09-01")]


def test_where_certificates_are_asked_for_each_sensor_needs_one():
    assert look(papers="calibration", devices=("cargo", "gps")) == [
        ("missing", "calibration of cargo: none is on record"),
        ("missing", "calibration of gps: none is on record"),
    ]


def test_a_clock_that_nobody_vouches_for_is_never_ready():
    (only,) = look(sure=False)
    assert only[0] == "unknown"
