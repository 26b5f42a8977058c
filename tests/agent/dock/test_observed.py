"""What the devices of one read point saw, and what a person said of it, record by record."""

from __future__ import annotations

import pytest

from agent.dock.differences import Code, Disposition, Known, Mixed, Remark, Seen
from agent.dock.goods_identity import Identity
from agent.dock.history import Opened
from agent.dock.observed import Observed
from agent.dock.returns import Delivered
from agent.dock.session import Entry, Session, identity_values
from agent.observe.presence import Present
from evidence.leaf import Record
from tests.agent.dock.goods import APPLE, P1, P2, item, notice, piece, unit
from tests.agent.dock.records import DOOR, Check

URI = "urn:epc:id:sgtin:4012345.011111.7"
SEVENTH, APPLES = piece(APPLE, "7"), Identity(gtin=APPLE)
EPC = "3034F0A1B2C3"
ASKED = notice((P1, [item(APPLE, 3)]))


def record(number: int, kind: str, device: str = "r2", quality: str = "ok", **values) -> Record:
    return Record(number, device, kind, 1, number, 1000 + number, "ntp", 20, quality, values)


def tag(number: int, state: str = "leave", **more) -> Record:
    named = {"read_point": DOOR, "epc": EPC, "uri": URI, "state": state}
    return record(number, "tag-state", **named | more)


def scan(number: int, device: str = "scanner", quality: str = "ok", **values) -> Record:
    return record(number, "barcode", device, quality, **values)


def typed(number: int, what: str, check: str = "R-1", **values) -> Record:
    return record(number, "dock-entry", "gateway", "manual", check=check, what=what, **values)


def seen_by(*records: Record) -> Observed:
    observed = Observed(DOOR, ["scanner"])
    for each in records:
        observed.apply(each)
    return observed


def session(*records: Record, **more) -> Session:
    made = Session(Opened("R-1", "ASN1099", "00", DOOR, 10), ASKED, ["scanner"], (), **more)
    made.apply_all(records)
    return made


def test_a_tag_is_told_with_its_reads_once_it_left_and_the_chip_it_showed():
    entered = seen_by(tag(11, "enter", tid="E280", rssi=-55, reads=1))
    assert entered.tags == {
        SEVENTH: Seen(SEVENTH, rssi=-55.0, number=11, by="r2", at_ms=1011),
    }
    left = seen_by(tag(11, "enter", tid="E280"), tag(12, rssi=-70, reads=40))
    assert left.tags == {
        SEVENTH: Seen(SEVENTH, rssi=-70.0, reads=40, number=12, by="r2", at_ms=1012),
    }
    assert (left.epcs, left.tids, left.first) == ({SEVENTH: EPC}, {SEVENTH: "E280"}, {SEVENTH: 11})
    assert left.last_ms == 1011  # nothing new came when it left


def test_numbers_that_are_none_are_not_believed():
    odd = seen_by(tag(11, rssi="strong", reads="many"))
    assert odd.tags == {SEVENTH: Seen(SEVENTH, number=11, by="r2", at_ms=1011)}
    odd = seen_by(scan(12, gtin=APPLE, net_weight="heavy", quantity="two"))
    assert odd.scans == {12: Seen(APPLES, "barcode", number=12, by="scanner", at_ms=1012)}


def test_a_stray_was_never_here():
    observed = seen_by(tag(11, "enter"), tag(12, stray=1))
    assert observed.tags == {}
    assert seen_by(tag(11, stray=1)).tags == {}


def test_what_other_read_points_and_scanners_saw_is_not_seen_here():
    observed = seen_by(
        tag(11, read_point="door 3"),
        scan(12, "another scanner", gtin=APPLE),
        record(13, "box-check", read_point="door 3", verdict="mismatch_class", uri=URI),
        record(14, "temperature", read_point=DOOR, temperature=431),
        scan(15, text="just letters"),
    )
    assert (observed.tags, observed.scans, observed.mixed) == ({}, {}, {})
    assert observed.last_ms is None


def test_a_scan_says_batch_dates_and_weight_of_one_thing():
    label = {"gtin": APPLE, "lot": "L1", "expiry": "2027-12-31", "best_before": "2027-11-30"}
    observed = seen_by(scan(12, **label, net_weight=150_099, quantity=5, operator="nobody"))
    assert observed.scans == {
        12: Seen(
            APPLES, "barcode", "L1", "2027-12-31", best_before="2027-11-30", weight_g=1500,
            number=12, by="scanner", at_ms=1012,
        )
    }  # fmt: skip
    assert observed.last_ms == 1012


def test_a_doubtful_scan_is_to_be_scanned_again():
    observed = seen_by(
        scan(12, quality="suspect", text="(01)1", gtin=APPLE),
        scan(13, quality="suspect", text="(01)1"),
        scan(14, quality="corrupt", text="(01)2"),
    )
    assert (observed.scans, observed.doubtful) == ({}, {"(01)1", "(01)2"})


@pytest.mark.parametrize(
    ("verdict", "disposition"),
    [
        ("mismatch_class", Disposition.CLASS),
        ("mismatch_instance", Disposition.INSTANCE),
        ("match", None),
        ("", None),
    ],
)
def test_a_box_whose_barcode_and_tag_differ_is_mixed(verdict, disposition):
    box = record(12, "box-check", read_point=DOOR, verdict=verdict, uri=URI, epc=EPC, text="GTIN")
    words = "barcode and tag differ: GTIN"
    wanted = {SEVENTH: Mixed(SEVENTH, words, disposition)} if disposition else {}
    assert seen_by(box).mixed == wanted


def test_what_is_there_already_counts_with_its_own_record_and_chip():
    observed = Observed(DOOR, ())
    observed.present([Present(EPC, DOOR, "r2", URI, "E280", 900, 5)])
    assert observed.tags == {SEVENTH: Seen(SEVENTH, number=5, by="r2", at_ms=900)}
    assert (observed.epcs, observed.tids) == ({SEVENTH: EPC}, {SEVENTH: "E280"})
    observed.apply(tag(11, reads=9))
    assert observed.last_ms is None  # it was known
    assert observed.tids == {SEVENTH: "E280"}


# A check in progress


def test_only_what_came_since_the_check_began_and_was_said_of_it_counts():
    check = session(
        scan(9, sscc=P1), scan(10, gtin=APPLE), typed(11, "label", "R-2", gtin=APPLE),
        typed(12, "label", gtin=APPLE, operator="keeper-1"),
    )  # fmt: skip
    assert check.seen == [
        Seen(APPLES, "barcode", number=10, by="scanner", at_ms=1010),
        Seen(APPLES, "manual", number=12, by="keeper-1", at_ms=1012),
    ]
    assert (list(check.scan_numbers), check.units, check.last_ms) == ([10], [], 1012)


def test_each_entry_can_be_seen_and_taken_back():
    check = session(
        typed(11, "label", sscc=P1, operator="keeper-1"),
        typed(12, "remark", code="AF", gtin=APPLE, text="wet", quantity=2, rejected=1,
              photo=b"\x01", operator="keeper-2"),
        typed(13, "trip", text="too warm"),
        typed(14, "trip", text="4 °C all the way"),
        typed(15, "label", text="nothing that names anything"),
    )  # fmt: skip
    assert list(check.entries.values()) == [
        Entry(11, "label", f"label (00){P1}", "keeper-1", 1011),
        Entry(12, "remark", f"remark AF (01){APPLE}", "keeper-2", 1012),
        Entry(13, "trip", "trip too warm", "", 1013),
        Entry(14, "trip", "trip 4 °C all the way", "", 1014),
        Entry(15, "label", "label nothing that names anything", "", 1015),
    ]
    assert check.remarks == [Remark(Code.DAMAGED, APPLES, 2, True, "wet", 12, b"\x01")]
    assert (check.units, check.trip, check.last_ms) == ([P1], "4 °C all the way", 1011)
    check.apply(typed(16, "undo", entry=14))
    assert check.trip == "too warm"
    for number in (11, 12, 13, 15):
        check.apply(typed(20 + number, "undo", entry=number))
    assert (check.seen, check.remarks, check.trip, check.entries) == ([], [], "", {})
    check.apply(typed(40, "undo", entry="all"))
    assert check.entries == {}


def test_a_remark_of_odd_values_is_of_one_piece_and_has_no_picture():
    check = session(typed(11, "remark", code="AF", quantity="two", photo="picture"))
    assert check.remarks == [Remark(Code.DAMAGED, Identity(), 1, False, "", 11, b"")]


def test_what_passed_before_the_check_is_of_it_once_a_person_says_so():
    check = session()
    before = [tag(3, tid="E280", reads=9), scan(4, sscc=P1), tag(5, epc="30AA", uri="")]
    assert check.since == 10
    check.apply(typed(11, "passed", entry=4))
    assert check.since == 4
    check.take_passed([*before, scan(10, sscc=P2)])
    assert check.units == [P1]
    assert [each.identity.epc for each in check.seen if not each.identity.sscc] == ["30AA"]
    assert check.last_ms == 1005
    check.apply(typed(12, "passed", entry=3))
    check.take_passed(before)
    assert (check.epcs[SEVENTH], check.tids[SEVENTH]) == (EPC, "E280")
    check.apply(typed(13, "undo", entry=12))
    assert (check.since, check.units) == (4, [P1])
    check.apply(typed(14, "undo", entry=11))
    assert (check.since, check.seen) == (10, [])


def test_passed_without_a_beginning_is_nothing():
    assert session(typed(11, "passed")).since == 10
    assert session(typed(11, "passed", entry="all")).since == 10


def test_a_withdrawn_scan_counts_no_more_though_it_passed_before():
    check = session(typed(11, "passed", entry=4))
    check.take_passed([scan(4, sscc=P1), scan(5, quality="suspect", text="?")])
    assert (check.units, check.doubtful) == ([P1], 1)
    check.apply(scan(12, quality="suspect", text="??"))
    assert check.doubtful == 2
    check.apply(typed(13, "undo", entry=4))
    assert (check.units, list(check.scan_numbers)) == ([], [])


def test_by_hand_alone_is_what_no_device_saw():
    check = session(
        typed(11, "label", sscc=P1), typed(12, "label", sscc=P1), typed(13, "label", sscc=P2),
        typed(14, "label", gtin=APPLE, quantity=4), scan(15, sscc=P2),
    )  # fmt: skip
    assert check.manual == 5  # P1 once, four apples
    check.apply(scan(16, gtin=APPLE))
    assert check.manual == 1


def test_where_a_tag_is_read_now_is_told_with_it_and_with_no_other():
    check = Check(ASKED)
    check.scan(sscc=P1)
    check.tag(URI)
    away = {SEVENTH: "door 3"}
    told = {each.identity: each.elsewhere for each in check.session.seen_with(away)}
    assert told == {unit(P1): "", SEVENTH: "door 3"}
    assert check.session.seen_with({}) == check.session.seen


def test_returns_are_held_against_what_went_out():
    back = session(scan(12, gtin=APPLE), delivered=Delivered("R-0", {}, {APPLE: 2}))
    verdict = back.verdict(Known({}, {}), {})
    assert (verdict.expected, verdict.found, verdict.state) == (2, 1, "complete")
    damaged = session(
        scan(12, gtin=APPLE), typed(13, "remark", code="AF"), delivered=Delivered("R-0", {}, {})
    )
    assert set(damaged.verdict(Known({}, {}), {}).codes) == {"AE", "AF"}


def test_a_mixed_box_and_goods_of_another_check_come_into_the_verdict():
    check = session(
        tag(11, reads=9),
        record(12, "box-check", read_point=DOOR, verdict="mismatch_class", uri=URI, text="GTIN"),
    )
    verdict = check.verdict(Known({}, {}), {}, [Seen(APPLES, "manual", pieces=2)])
    assert (verdict.found, verdict.expected, verdict.disposition) == (3, 3, "mismatch_class")


def test_the_fields_that_name_a_thing_are_those_it_has():
    assert identity_values(SEVENTH) == {"gtin": APPLE, "serial": "7"}
    assert identity_values(Identity(sscc=P1)) == {"sscc": P1}
    assert identity_values(Identity(epc="30AA")) == {"epc": "30AA"}
