"""Shipments as the records tell of them: bound, split, joined, handed over, ended; and their papers."""

from __future__ import annotations

import pytest

from agent.rules.valid_time import Sample
from agent.shipments import papers as papers_module
from agent.shipments import shipment as shipment_module
from agent.shipments.dating import Dating
from agent.shipments.doors import Contact, Door, Watch, contact_of, doors_in_all
from agent.shipments.held import Held, known
from agent.shipments.legs import Leg, all_legs, belongs, legs_of
from agent.shipments.outages import Outage, outages
from agent.shipments.papers import Paper
from agent.shipments.parts import NoPart, joined_by, split
from agent.shipments.placed import placed
from agent.shipments.route import Fix, Route, fix_of, travelled_in_all
from agent.shipments.shipment import Shipment, Shipments, listed, values_of
from agent.shipments.voices import Aboard, aboard_of
from evidence.leaf import Record
from tests.agent.shipments.journeys import BEGIN, Journal

WHOLE = {
    "notice": "ASN-7", "digest": b"\xd1", "vehicle": "B-XY 12", "seals": "S-1, S-2",
    "destination": "Torino", "due": "2026-09-03", "owner": "the dairy", "custodian": "driver-2",
    "papers": "cmr", "model": "M-1", "parents": "WB-1, WB-2",
}  # fmt: skip


def book(journal: Journal) -> Shipments:
    made = Shipments()
    for record in journal.records:
        made.apply(record)
    return made


def ms(seconds: float) -> int:
    return BEGIN + round(seconds * 1000)


def test_a_shipment_is_what_its_record_binds():
    journal = Journal()
    journal.shipment(1, devices=("cargo", "door"), **WHOLE)
    bound = book(journal).get("WB-7")
    assert bound == Shipment(
        "WB-7", "ASN-7", "d1", "B-XY 12", ("S-1", "S-2"), ("cargo", "door"), "Torino", ms(1), None,
        1, "2026-09-03", "the dairy", "driver-2", ("cmr",), "M-1", ("WB-1", "WB-2"), vouched=True,
    )  # fmt: skip
    record = journal.records[0]
    assert values_of(bound) == record.values
    bare = Shipment("B", "", "", "", (), (), "", 5)
    assert values_of(bare) == {"state": "started", "name": "B"}
    assert (listed(""), listed("a"), listed("a, b")) == ((), ("a",), ("a", "b"))


def test_bound_anew_it_began_when_it_began_and_the_custodian_stays_unless_named():
    journal = Journal()
    journal.shipment(1, custodian="driver-1", vehicle="one")
    journal.shipment(2, vehicle="two")
    journal.shipment(3, custodian="driver-3")
    found = book(journal).get("WB-7")
    assert (found.started_ms, found.bound, found.custodian, found.vehicle) == (
        ms(1), 3, "driver-3", "",
    )  # fmt: skip
    journal.records.pop()
    assert book(journal).get("WB-7").custodian == "driver-1"


def test_a_name_that_ended_begins_anew():
    journal = Journal()
    journal.shipment(1, custodian="driver-1")
    journal.shipment(5, "ended")
    assert book(journal).get("WB-7").ended_ms == ms(5)
    journal.shipment(9)
    found = book(journal).get("WB-7")
    assert (found.started_ms, found.bound, found.custodian, found.ended_ms) == (ms(9), 1, "", None)
    journal.shipment(9, "ended", name="unheard of")
    assert book(journal).get("unheard of") is None


@pytest.mark.parametrize(
    ("start", "end", "vouched"),
    [(20, 20, True), (None, 20, False), (20, None, False), (None, None, False)],
)
def test_both_its_moments_are_vouched_for_or_it_is_not(start, end, vouched):
    journal = Journal()
    journal.bound = start
    journal.shipment(1)
    journal.bound = end
    journal.shipment(2, "ended")
    assert book(journal).get("WB-7").vouched is vouched
    journal.records.pop()
    journal.shipment(3)
    assert book(journal).get("WB-7").vouched is (start is not None)


def test_who_takes_over_is_the_custodian_while_it_is_under_way():
    journal = Journal()
    journal.note(0, "custody", shipment="WB-7", taker="nobody")
    journal.shipment(1)
    journal.note(2, "custody", shipment="WB-7", taker="driver-9")
    journal.note(2, "custody", shipment="WB-8", taker="driver-8")
    assert book(journal).get("WB-7").custodian == "driver-9"
    journal.shipment(3, "ended")
    journal.note(4, "custody", shipment="WB-7", taker="receiver")
    assert book(journal).get("WB-7").custodian == "driver-9"


def test_of_many_the_oldest_that_ended_is_forgotten(monkeypatch):
    monkeypatch.setattr(shipment_module, "REMEMBERED", 2)
    journal = Journal()
    for name in ("A", "B", "C"):
        journal.shipment(1, name=name)
    assert [each.name for each in book(journal)] == ["A", "B", "C"]  # all are under way
    journal.shipment(2, "ended", name="B")
    journal.shipment(3, "ended", name="A")
    journal.shipment(4, name="D")
    assert [each.name for each in book(journal)] == ["C", "A", "D"]
    assert shipment_module.listed("A, B") == ("A", "B")


def test_a_snapshot_holds_all_of_it_and_an_older_one_less():
    journal = Journal()
    journal.shipment(1, devices=("cargo",), **WHOLE)
    journal.note(2, "attachment", about="WB-7", type="cmr", name="cmr.pdf", model="M", result="passed",
                 valid_from_ms=5, valid_until_ms=9)  # fmt: skip
    before = book(journal)
    again = Shipments.from_json(before.to_json())
    assert list(again) == list(before)
    paper = Paper("WB-7", "cmr", "cmr.pdf", 1, 5, 9, "M", "passed")
    assert again.papers.get("WB-7", "cmr") == paper
    assert before.papers.get("WB-8", "cmr") is None
    older = before.to_json()
    del older["papers"]
    for name in ("vouched", "parents", "papers", "model"):
        del older["shipments"][0][name]
    found = Shipments.from_json(older).get("WB-7")
    assert (found.vouched, found.parents, found.seals) == (None, (), ("S-1", "S-2"))


def test_the_newest_papers_are_remembered(monkeypatch):
    monkeypatch.setattr(papers_module, "REMEMBERED", 2)
    journal = Journal()
    for about in ("A", "B", "A", "C"):
        journal.note(1, "attachment", about=about, type="cmr", name="x.pdf")
    journal.note(1, "attachment", type="cmr", name="of nothing")
    found = book(journal).papers
    assert [each["about"] for each in found.to_json()] == ["A", "C"]
    assert found.get("A", "cmr").number == 2


# Split and joined


LOAD = Shipment(
    "WB-7", "ASN-7", "d1", "B-XY 12", ("S-1", "S-2"), ("cargo", "door"), "Torino", 5,
    owner="the dairy", papers=("cmr",),
)  # fmt: skip


def test_a_part_takes_its_devices_and_seals_along_and_names_what_it_is_of():
    rest, part = split(LOAD, "WB-7b", ["door"], ["S-2"])
    assert (rest.name, rest.devices, rest.seals, rest.parents) == (
        "WB-7", ("cargo",), ("S-1",), (),
    )  # fmt: skip
    assert (part.name, part.devices, part.seals, part.parents) == (
        "WB-7b", ("door",), ("S-2",), ("WB-7",),
    )  # fmt: skip
    assert (part.owner, part.notice, part.papers) == ("the dairy", "ASN-7", ("cmr",))
    for devices, seals in ((["door"], []), ([], ["S-2"])):
        assert split(LOAD, "x", devices, seals)[1].parents == ("WB-7",)


@pytest.mark.parametrize(
    ("devices", "seals", "said"),
    [
        ([], [], "nothing goes along with the part: name a --device or a --seal of it"),
        (["tail"], [], "device 'tail' does not go along with WB-7"),
        (["cargo"], ["S-9"], "seal 'S-9' does not go along with WB-7"),
    ],
)
def test_a_part_is_of_what_is_there(devices, seals, said):
    with pytest.raises(NoPart) as caught:
        split(LOAD, "WB-7b", devices, seals)
    assert str(caught.value) == said


def test_what_is_joined_goes_on_with_all_that_both_had():
    added = Shipment("WB-8", "N", "", "", ("S-2", "S-3"), ("tail", "cargo"), "", 1,
                     owner="the dairy", papers=("adr",), parents=("WB-0",))  # fmt: skip
    found = joined_by(LOAD, added)
    assert (found.name, found.devices, found.seals) == (
        "WB-7", ("cargo", "door", "tail"), ("S-1", "S-2", "S-3"),
    )  # fmt: skip
    assert (found.papers, found.parents) == (("cmr", "adr"), ("WB-8",))
    with pytest.raises(NoPart, match="WB-7 is of the dairy, WB-9 of nobody by name"):
        joined_by(LOAD, Shipment("WB-9", "", "", "", (), (), "", 1))
    with pytest.raises(NoPart, match="WB-9 is of nobody by name, WB-7 of the dairy"):
        joined_by(Shipment("WB-9", "", "", "", (), (), "", 1), LOAD)


# Which records are its own


def test_legs_begin_with_a_binding_and_end_before_the_next_or_with_the_end():
    journal = Journal()
    journal.shipment(0, name="other")
    journal.shipment(1, devices=("cargo",), notice="N", owner="us")
    journal.celsius(2, 5.0)
    journal.shipment(3, devices=("cargo", "door"))
    journal.shipment(4, "ended")
    journal.shipment(5, "ended")
    journal.shipment(6)
    legs = all_legs(journal.records)
    assert legs["other"] == (Leg(0, None, frozenset({"cargo"}), ""),)
    assert legs["WB-7"] == (
        Leg(1, 2, frozenset({"cargo"}), "N", "us"),
        Leg(3, 4, frozenset({"cargo", "door"}), ""),
        Leg(6, None, frozenset({"cargo"}), ""),
    )
    assert legs_of("unheard of", journal.records) == ()
    assert [legs["WB-7"][0].holds(number) for number in (0, 1, 2, 3)] == [False, True, True, False]
    assert legs["WB-7"][2].holds(999)
    assert "WB-9" not in all_legs([_ended("WB-9")])


def _ended(name: str) -> Record:
    journal = Journal()
    journal.shipment(1, "ended", name=name)
    return journal.records[0]


@pytest.mark.parametrize(
    ("kind", "device", "values", "own"),
    [
        ("temperature", "cargo", {}, True),
        ("temperature", "warehouse", {}, False),
        ("boot", "gateway", {}, True),
        ("clock", "gateway", {}, True),
        ("gap", "cargo", {}, True),
        ("boot", "warehouse", {}, False),
        ("power", "gateway", {}, False),
        ("shipment", "gateway", {"name": "WB-7"}, True),
        ("shipment", "gateway", {"name": "WB-8"}, False),
        ("custody", "gateway", {"shipment": "WB-7"}, True),
        ("custody", "gateway", {"shipment": "WB-8"}, False),
        ("shipment-check", "gateway", {"shipment": "WB-7"}, True),
        ("shipment-sensor", "cargo", {"shipment": "WB-7"}, True),
        ("shipment-sensor", "cargo", {"shipment": "WB-8"}, False),
        ("shipment-condition", "cargo", {"shipment": "WB-8"}, False),
        ("dock-check", "gateway", {"notice": "N"}, True),
        ("dock-check", "gateway", {"notice": "M"}, False),
        ("attachment", "gateway", {"about": "WB-8"}, False),
    ],
)
def test_what_is_a_shipments_own(kind, device, values, own):
    legs = (Leg(5, 9, frozenset({"cargo"}), "N"),)
    journal = Journal()
    journal.note(1, kind, device, **values)
    record = journal.records[0]
    assert [belongs(record._replace(number=n), "WB-7", legs) for n in (4, 5, 9, 10)] == [
        False, own, own, False,
    ]  # fmt: skip


def test_a_paper_is_its_own_whenever_it_came_and_no_notice_is_every_notice():
    journal = Journal()
    journal.note(1, "attachment", about="WB-7")
    journal.note(1, "dock-check", notice="")
    paper, check = journal.records
    legs = (Leg(0, 9, frozenset(), ""),)
    assert belongs(paper, "WB-7", ())
    assert not belongs(check, "WB-7", legs)


# Times


def test_a_record_is_dated_by_its_run_once_somebody_vouched_for_a_moment_of_it():
    journal = Journal()
    journal.bound = None
    journal.note(1, "gap", from_ms=100, to_ms=200, state="closed")
    journal.bound = 20
    journal.note(2, "boot")
    early, known_ = journal.records
    early = early._replace(wall_ms=50)  # by a clock that nobody had set
    dating = Dating([early, known_])
    assert (dating.of(early), dating.doubtful(early), dating.vouched) == (ms(1), False, True)
    moved = ms(1) - 50
    assert dating.dated(early).values == {
        "from_ms": 100 + moved, "to_ms": 200 + moved, "state": "closed",
    }  # fmt: skip
    assert dating.dated(early).wall_ms == ms(1)
    assert dating.dated(known_) is known_
    other_run = early._replace(boot=9)
    assert (dating.of(other_run), dating.doubtful(other_run)) == (None, True)
    assert dating.dated(other_run) is other_run
    nobody = Dating([early])
    assert (nobody.of(early), nobody.doubtful(early), nobody.vouched) == (50, True, False)


def test_outages_are_opened_and_closed_device_by_device():
    journal = Journal()
    journal.note(1, "gap", "cargo", state="open", from_ms=10, reason="silent")
    journal.note(2, "gap", "door", state="open", from_ms=20)
    journal.note(3, "gap", "cargo", state="closed", to_ms=30)
    journal.note(4, "gap", "tail", state="closed", from_ms=5, to_ms=40, reason="off")
    journal.note(5, "gap", "cargo", state="open", from_ms=50)
    assert outages(journal.records) == [
        Outage(0, "cargo", 10, 30, "silent"),
        Outage(1, "door", 20, None, "no reason given"),
        Outage(3, "tail", 5, 40, "off"),
        Outage(4, "cargo", 50, None, "no reason given"),
    ]


def test_a_stop_is_told_with_the_newest_moment_before_it():
    journal = Journal()
    journal.note(1, "boot")
    journal.note(2, "boot")
    journal.reboot(10)
    journal.note(10, "boot")
    journal.bound = None
    journal.reboot(20)
    journal.note(20, "boot")
    assert [(each.at - ms(0), each.off_since and each.off_since - ms(0), each.bridged)
            for each in placed(journal.records)] == [
        (1000, None, True), (2000, None, True), (10_000, 2000, True), (10_000, 10_000, False),
    ]  # fmt: skip


def test_each_value_holds_until_the_next_and_no_longer_than_its_reach():
    held = Held(0, 100)
    held.take(Sample(50, 5.0))
    held.take(Sample(90, 6.0))
    held.take(Sample(80, 7.0))  # from the past: as of now
    held.pass_until(250)
    assert held.times == {None: 50 + 60, 5.0: 40, 6.0: 0, 7.0: 100}
    assert known(held.times) == {5.0: 40, 6.0: 0, 7.0: 100}
    held.take(Sample(250, 9.0, floor=True))
    held.pass_until(300)
    assert held.times[None] == 160
    rest = held.cut(310)
    rest.pass_until(400)
    assert rest.times == {None: 90}
    going_on = Held(0, 100)
    going_on.take(Sample(0, 5.0))
    rest = going_on.cut(30)
    rest.pass_until(130)
    assert rest.times == {5.0: 70, None: 30}
    rest.lose(140)
    assert rest.times[None] == 40


# Doors and ways


def test_a_door_opens_once_each_time_it_was_not_open():
    watch = Watch(Contact("door", None), 0)
    assert not watch.heard
    for at, state in ((10, "open"), (20, "open"), (30, "closed"), (50, "open"), (60, "ajar")):
        watch.become(state, at)
    assert watch.heard
    watch.become("open", 70)
    watch.lose(80)
    watch.become("open", 90)
    assert watch.finish(100) == Door("door", None, 4, 20 + 10 + 10 + 10, 20, 10 + 10 + 10)
    rest = watch.cut(100)
    assert rest.heard
    rest.become("open", 110)
    assert rest.finish(120) == Door("door", None, 0, 20, 0, 0)


def test_what_is_not_believed_of_a_door_is_unknown():
    journal = Journal()
    journal.note(0, "input", "door", state="open", port=2)
    journal.note(0, "input", "door", "suspect", state="closed")
    good, doubtful = journal.records
    assert contact_of(good) == Contact("door", 2)
    watch = Watch(contact_of(good), 0)
    watch.take(good, 0)
    watch.take(doubtful, 10)
    assert watch.finish(30) == Door("door", 2, 1, 10, 0, 20)
    total = doors_in_all([Door("door", 2, 1, 10, 0, 20), Door("door", 2, 3, 1, 2, 4)])
    assert total == Door("door", 2, 4, 11, 2, 24)


@pytest.mark.parametrize(
    ("lat", "lon", "quality", "known_"),
    [
        (90.0, 180.0, "ok", True), (-90.0, -180.0, "manual", True), (90.0000001, 0.0, "ok", False),
        (0.0, 180.0000001, "ok", False), (0.0, 0.0, "suspect", False),
    ],
)  # fmt: skip
def test_a_position_is_believed_where_it_is_on_earth(lat, lon, quality, known_):
    journal = Journal()
    journal.place(1, lat, lon, quality=quality)
    found = fix_of(journal.records[0])
    assert found == (Fix(lat, lon, ms(1), 0) if known_ else None)
    journal.note(1, "position", "gnss", lat="here", lon=5)
    journal.note(1, "position", "gnss", lat=5)
    assert [fix_of(each) for each in journal.records[1:]] == [None, None]


METRE = 1 / 111_195.08  # degrees of latitude: a 360th of 2π · 6,371,008.8 m


def route(*places, reach=10_000) -> Route:
    journal = Journal()
    for at, metres in places:
        journal.place(at, metres * METRE, 0.0)
    made = Route("gnss", 0, reach)
    for record in journal.records:
        made.take(record, record.monotonic_ms)
    return made


@pytest.mark.parametrize(
    ("places", "along", "across"),
    [
        ([(0, 0), (5, 49.9), (10, 0)], 0, 0),  # a parked vehicle's positions wander
        ([(0, 0), (5, 50.1)], 50.1, 0),
        ([(0, 0), (5, 30), (10, 60), (15, 90), (20, 120)], 120, 0),
        ([(0, 0), (10, 1000)], 1000, 0),
        ([(0, 0), (10.001, 1000)], 0, 1000),
        ([(0, 0), (5, 100), (20, 600), (25, 800)], 300, 500),
        ([(0, 0), (5, 40), (20, 140)], 0, 100),
    ],
)
def test_the_way_goes_from_fix_to_fix_and_across_where_none_was_known(places, along, across):
    made = route(*places)
    found = made.finish(round(places[-1][0] * 1000))
    assert (found.distance, found.across) == pytest.approx((along, across), abs=0.01)
    assert found.fixes == len(places)
    assert (found.start.number, found.end.number) == (0, len(places) - 1)


def test_a_way_that_was_lost_goes_on_across():
    made = route((0, 0), (1, 100))
    made.lose(2000)
    journal = Journal()
    journal.place(2, 300 * METRE, 0.0)
    made.take(journal.records[0], 2000)
    found = made.finish(4000)
    assert (found.distance, found.across) == pytest.approx((100, 200), abs=0.01)
    assert (found.valid_ms, found.unknown_ms) == (4000, 0)
    rest = made.cut(4000).finish(13_000)
    assert (rest.fixes, rest.start, rest.valid_ms, rest.unknown_ms) == (0, None, 8000, 1000)
    total = travelled_in_all([rest, found, rest])
    assert (total.fixes, total.start, total.end) == (3, found.start, found.end)
    assert (total.valid_ms, total.unknown_ms) == (20_000, 2000)
    assert total.distance == pytest.approx(100, abs=0.01)
    assert travelled_in_all([rest]).end is None


def test_a_sensor_is_aboard_as_it_was_declared():
    journal = Journal()
    journal.aboard(1, kinds="temperature, shock", state="open", port=2, profile="2-8", version=3,
                   read_point="cargo space")  # fmt: skip
    journal.aboard(2, interval=None)
    whole, bare = map(aboard_of, journal.records)
    assert whole == Aboard(
        "cargo", ("temperature", "shock"), 60_000, "open", 2, "2-8", 3, "cargo space"
    )
    assert bare == Aboard("cargo", ("temperature",), None, "", None, "", None, "")
