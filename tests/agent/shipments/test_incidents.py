"""What went wrong on the way, and what is wrong with papers: from when, to when, and by whose word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.observe.calibration import Calibration
from agent.shipments.custody import Custodian, answering, custodians
from agent.shipments.incidents import Shock, Stretch, shock_of, stretches
from agent.shipments.papers import Papers
from agent.shipments.readiness import Fault, faults
from agent.shipments.route import Fix
from agent.shipments.shipment import Shipment
from agent.shipments.summary import summarized
from evidence.leaf import Record
from tests.agent.shipments.journeys import BEGIN, Journal

HERE = Fix(45.45, 8.62, BEGIN, 1)
RULE = {
    "rule": "too warm", "profile": "2-8", "version": 3, "limit": "temperature above 8 °C",
    "before": "ok",
}  # fmt: skip


def ms(seconds: float) -> int:
    return BEGIN + round(seconds * 1000)


def noted(*told: tuple) -> list[tuple[Record, Fix]]:
    """Records of (second, kind, fields) about the rule above, all at one place."""
    journal = Journal()
    for at, kind, values in told:
        journal.note(at, kind, "cargo", **RULE | values)
    return [(record, HERE) for record in journal.records]


BEGUN = Stretch(
    0, "cargo", "too warm", "2-8", 3, "temperature above 8 °C", "excursion", "", ms(1), None, None,
    None, None, "", HERE,
)  # fmt: skip


def test_a_stretch_lasts_from_when_it_began_until_the_rule_is_ok():
    begin = (5, "excursion", {"state": "excursion", "from_ms": ms(1)})
    assert stretches(noted(begin)) == [BEGUN]
    end = {"state": "ok", "from_ms": ms(8), "counted_ms": 7000, "lowest": 805, "highest": 1250}
    over = replace(BEGUN, end_ms=ms(8), counted_ms=7000, lowest=8.05, highest=12.5)
    assert stretches(noted(begin, (9, "excursion", end))) == [over]
    bare = stretches(noted(begin, (9, "excursion", {"state": "ok"})))
    assert bare == [replace(BEGUN, end_ms=ms(9))]
    back = stretches(noted(begin, (9, "excursion", {"state": "ok", "from_ms": ms(-5)})))
    assert back == [replace(BEGUN, end_ms=ms(1))]  # none ends before it began


def test_what_was_told_at_the_beginning_holds_where_the_end_does_not_say():
    told = {"state": "alarm", "severity": "critical", "counted_ms": 60, "lowest": 801,
            "highest": 990, "goods": "2 × apples"}  # fmt: skip
    (found,) = stretches(noted((5, "alarm", told), (9, "excursion", {"state": "ok"})))
    assert found == replace(
        BEGUN, state="alarm", severity="critical", start_ms=ms(5), end_ms=ms(9), counted_ms=60,
        lowest=8.01, highest=9.9, goods="2 × apples",
    )  # fmt: skip


def test_an_excursion_that_becomes_an_alarm_is_two_stretches_and_a_person_ends_the_second():
    found = stretches(noted(
        (1, "excursion", {"state": "excursion"}), (5, "alarm", {"state": "alarm"}),
        (9, "override", {"operator": "keeper-2", "reason": "goods are cooled"}),
        (10, "override", {"operator": "nobody", "reason": "nothing is under way"}),
    ))  # fmt: skip
    assert [(each.number, each.state, each.start_ms, each.end_ms, each.ended_by)
            for each in found] == [
        (0, "excursion", ms(1), ms(5), ""),
        (1, "alarm", ms(5), ms(9), "keeper-2: goods are cooled"),
    ]  # fmt: skip


def test_of_a_lost_sensor_no_values_are_told():
    found = stretches(noted(
        (1, "excursion", {"state": "unknown"}),
        (9, "excursion", {"state": "ok", "counted_ms": 7, "lowest": 1, "highest": 2}),
    ))  # fmt: skip
    (only,) = found
    assert (only.state, only.end_ms, only.counted_ms, only.lowest, only.highest) == (
        "unknown", ms(9), None, None, None,
    )  # fmt: skip


def test_what_was_under_way_when_its_sensor_was_bound_begins_there():
    standing = (5, "shipment-condition", {"state": "alarm", "from_ms": ms(-60)})
    (found,) = stretches(noted(standing))
    assert (found.start_ms, found.carried, found.end_ms) == (ms(5), True, None)
    assert stretches(noted(standing, (5, "excursion", {"state": "ok", "from_ms": ms(5)}))) == []
    twice = stretches(noted((1, "alarm", {"state": "alarm"}), standing))
    assert [(each.number, each.carried, each.end_ms) for each in twice] == [(0, False, None)]


@pytest.mark.parametrize(
    ("first", "then", "reported"),
    [
        ({"reports": "hot"}, {"reports": "low"}, ["hot, low"]),
        ({"reports": "hot"}, {}, ["hot", ""]),
        ({}, {"reports": "hot"}, ["", "hot"]),
    ],
)
def test_only_another_fault_of_a_battery_goes_on(first, then, reported):
    alarm = {"state": "alarm"}
    found = stretches(noted((1, "alarm", alarm | first), (5, "alarm", alarm | then)))
    assert [each.reports for each in found] == reported


def test_a_gap_that_does_not_say_since_when_begins_with_its_record():
    journal = Journal()
    journal.shipment(0, devices=("door",))
    journal.note(10, "input", "door", state="open")
    journal.note(20, "gap", "door", state="open")
    journal.note(25, "gap", "door", state="closed", from_ms=ms(15))
    journal.shipment(30, "ended")
    (door,) = summarized("WB-7", journal.records).fared.doors
    assert (door.open_ms, door.unknown_ms, door.openings) == (10_000, 20_000, 1)


def test_other_records_and_other_states_begin_nothing():
    assert stretches(noted((1, "excursion", {"state": "ok"}))) == []
    assert stretches(noted((1, "shock", {"state": "alarm"}))) == []
    assert stretches(noted((1, "override", {"state": "alarm"}))) == []


@pytest.mark.parametrize(
    ("quality", "believed", "at_least"),
    [("ok", True, False), ("saturated", True, True), ("undersampled", True, True),
     ("suspect", False, False)],
)  # fmt: skip
def test_a_shock_is_told_in_natural_units(quality, believed, at_least):
    journal = Journal()
    journal.note(3, "shock", "cargo", quality, peak=1234, duration=1500, delta_v="fast")
    record = journal.records[0]
    natural = shock_of(record, HERE)
    assert natural == Shock(
        0, "cargo", ms(3), 12.34, natural.duration, None, believed, at_least, quality, HERE
    )
    assert natural.duration == 15.0


# Who answers for it


def test_custodians_follow_each_other_from_moment_to_moment():
    journal = Journal()
    journal.shipment(1, custodian="driver-1")
    journal.shipment(2, custodian="driver-1")  # bound anew: nobody else
    journal.note(3, "custody", shipment="WB-7", taker="driver-2", state="unsigned",
                 place="gate", remark="wet")  # fmt: skip
    journal.note(4, "custody", shipment="WB-8", taker="nobody", state="unsigned")
    journal.shipment(5)
    journal.shipment(6, custodian="driver-3")
    journal.shipment(7, "ended")
    journal.shipment(8, "ended")
    found = custodians("WB-7", journal.records)
    assert found == [
        Custodian("driver-1", ms(1), ms(3), "stated", "", "", 0),
        Custodian("driver-2", ms(3), ms(6), "unsigned", "gate", "wet", 2),
        Custodian("driver-3", ms(6), ms(7), "stated", "", "", 5),
    ]
    whos = [answering(found, ms(at)) for at in (0.999, 1, 2.999, 3, 6, 6.999, 7)]
    assert [each and each.who for each in whos] == [
        None, "driver-1", "driver-1", "driver-2", "driver-3", "driver-3", None,
    ]  # fmt: skip
    assert Custodian("x", 5, None, "stated", "", "", 0).answers_at(2**60)


def test_a_shipment_that_ended_and_begins_anew_has_nobody_of_before():
    journal = Journal()
    journal.shipment(1, custodian="driver-1")
    journal.shipment(2)
    journal.shipment(3, "ended")
    journal.shipment(5)
    found = summarized("WB-7", journal.records)
    assert [(leg.custodian, leg.first, leg.last) for leg in found.legs] == [
        ("driver-1", 0, 1), ("driver-1", 1, 2), ("", 3, None),
    ]  # fmt: skip
    assert [leg.fared.length_ms for leg in found.legs] == [1000, 1000, 0]


# Ready to leave


DAY = 86_400_000
DUE = Shipment("WB-7", "", "", "", (), ("cargo",), "", BEGIN, due="2026-09-03", papers=("cmr",))
END_OF_DUE = BEGIN + 3 * DAY - 1


def looked(shipment: Shipment, *papers: dict, calibrations=(), sure=True) -> list[Fault]:
    journal, book = Journal(), Papers()
    for paper in papers:
        journal.note(1, "attachment", **{"about": "WB-7", "type": "cmr", "name": "p"} | paper)
    for record in journal.records:
        book.apply(record)
    return faults(shipment, book, calibrations, BEGIN, sure=sure)


@pytest.mark.parametrize(
    ("paper", "fault"),
    [
        ({"valid_from_ms": BEGIN}, None),
        ({"valid_from_ms": BEGIN + 1}, ("early", "cmr p holds from 2026-09-01 on")),
        ({"valid_until_ms": BEGIN}, ("over", "cmr p ended 2026-09-01")),
        ({"valid_until_ms": BEGIN - 1}, ("over", "cmr p ended 2026-08-31")),
        ({"valid_until_ms": END_OF_DUE}, None),
        (
            {"valid_until_ms": END_OF_DUE - 1},
            ("over", "cmr p ends 2026-09-03, before the delivery is due"),
        ),
        ({"valid_until_ms": -(2**62)}, ("over", f"cmr p ended {-(2**62)} ms since 1970")),
    ],
)
def test_a_paper_holds_from_now_until_the_end_of_the_day_it_is_due(paper, fault):
    assert looked(DUE, paper) == ([] if fault is None else [Fault(*fault)])
    soon = replace(DUE, due="soon")
    if fault and fault[1].endswith("due"):
        assert looked(soon, paper) == []


def test_all_that_is_wrong_is_told_at_once():
    tested = replace(DUE, papers=("test-report", "calibration"), model="M-1", devices=("a", "b"))
    report = {"type": "test-report", "model": "M-2", "result": "failed"}
    of_a = {"about": "a", "type": "calibration", "name": "K-1", "valid_until_ms": BEGIN - DAY}
    own = Calibration("a", "temperature", 0.0, 1.0, "K-2", BEGIN - 2 * DAY)
    other = Calibration("c", "temperature", 0.0, 1.0, "K-3", BEGIN - 2 * DAY)
    assert looked(tested, report, of_a, calibrations=[own, other], sure=False) == [
        Fault("unknown", "nobody vouches for the gateway's clock, by which dates are checked"),
        Fault("wrong", "test-report p is about model M-2, the goods are M-1"),
        Fault("wrong", "test-report p says failed"),
        Fault("over", "calibration K-1 of a ended 2026-08-31"),
        Fault("over", "calibration K-2 of a ended 2026-08-30"),
        Fault("missing", "calibration of b: none is on record"),
    ]


@pytest.mark.parametrize(
    ("model", "paper", "said"),
    [
        ("M-1", {"model": "M-1", "result": "passed"}, []),
        ("M-1", {"model": "M-1"}, []),
        ("", {"model": "M-2"}, []),
        ("M-1", {}, ["test-report p is about no model by name, the goods are M-1"]),
    ],
)
def test_a_test_report_is_about_the_goods_and_passed(model, paper, said):
    tested = replace(DUE, papers=("test-report",), model=model)
    found = looked(tested, {"type": "test-report"} | paper)
    assert [each.text for each in found] == said
    other = looked(replace(DUE, model="M-1"), {"model": "M-2", "result": "failed"})
    assert other == []  # a cmr is about no model


def test_a_sensor_has_its_certificate_from_either_side():
    wanted = replace(DUE, papers=("calibration",))
    assert [each.what for each in looked(wanted)] == ["missing"]
    own = Calibration("cargo", "temperature", 0.0, 1.0, "K-2", None)
    assert looked(wanted, calibrations=[own]) == []
    assert looked(wanted, {"about": "cargo", "type": "calibration"}) == []
    assert looked(replace(DUE, papers=())) == []
