"""What checks were before: which are open, what was received, and what went through unasked."""

from __future__ import annotations

import pytest

from agent.dock import history as history_module
from agent.dock.differences import Seen
from agent.dock.goods_identity import Identity
from agent.dock.history import CheckHistory, Opened, Span, packed, unpacked
from agent.dock.own_units import OwnUnits
from agent.dock.papers.told import receipt_json
from agent.dock.passed import Offer, offer
from agent.dock.stages import stages
from evidence.leaf import Record
from tests.agent.dock.goods import APPLE, P1, P2, P9, PEAR, piece, unit

DOOR = "door 2"


def record(number: int, kind: str, device: str = "gateway", **values) -> Record:
    return Record(number, device, kind, 1, number, 1000 + number, "ntp", 20, "ok", values)


def begun(number: int, check: str, notice: str = "N", **more) -> Record:
    named = {"check": check, "notice": notice, "digest": b"\xd1", "read_point": DOOR}
    return record(number, "dock-open", **named | more)


def ended(number: int, check: str, notice: str = "N", **more) -> Record:
    named = {
        "check": check, "notice": notice, "digest": b"\xd1", "read_point": DOOR,
        "decision": "accepted", "found": 4, "expected": 4,
    }  # fmt: skip
    return record(number, "dock-check", **named | more)


def folded(*records: Record) -> CheckHistory:
    history = CheckHistory()
    for each in records:
        history.apply(each)
    return history


def test_a_check_is_open_from_its_beginning_to_its_receipt():
    history = folded(begun(5, "R-1", operator="keeper-1"), begun(6, "R-2", "M", purpose="returns"))
    first = Opened("R-1", "N", "d1", DOOR, 5, False, "keeper-1", 1005)
    other = Opened("R-2", "M", "d1", DOOR, 6, True, "", 1006)
    assert history.open == {"R-1": first, "R-2": other}
    history.apply(ended(9, "R-1", order="PO-7", papers="recadv csv"))
    assert history.open == {"R-2": other}
    span = Span("R-1", DOOR, 5, 9, "N", "d1", "accepted", False, 4, 4, "PO-7")
    assert history.spans == {"R-1": span}
    assert (history.count, history.owed) == (2, {"R-1": ["recadv", "csv"]})
    assert CheckHistory.from_json(history.to_json()).to_json() == history.to_json()


def test_a_receipt_whose_beginning_is_gone_begins_with_itself():
    history = folded(
        ended(9, "R-1", digest="no bytes", found="four", expected="", units="no bytes")
    )
    assert history.spans == {"R-1": Span("R-1", DOOR, 9, 9, "N", found=-1, expected=-1)}
    assert history.received == {"N": "R-1"}


@pytest.mark.parametrize(
    ("first", "second", "received"),
    [(4, None, True), (3, None, False), (3, 1, True), (3, 0, False), (-1, 4, True)],
)
def test_a_notice_is_received_once_all_of_it_came_on_one_receipt_or_several(
    first, second, received
):
    history = folded(ended(7, "R-1", found=first))
    if second is not None:
        history.apply(ended(8, "R-2", found=second))
        assert [span.receipt for span in history.receipts_of("N")] == ["R-1", "R-2"]
    newest = "R-1" if second is None else "R-2"
    assert history.received == ({"N": newest} if received else {})
    assert history.came_of("N") == max(0, first) + (second or 0)


@pytest.mark.parametrize("more", [{"decision": "rejected"}, {"purpose": "returns"}])
def test_what_was_refused_or_came_back_is_not_received(more):
    history = folded(ended(7, "R-1", units=packed([P1]), **more))
    assert (history.received, history.receipts_of("N"), history.came_of("N")) == ({}, [], 0)
    assert history.last_at(DOOR) == 7  # but it was checked there


def test_the_units_of_a_receipt_are_received_though_the_rest_is_not():
    history = folded(ended(7, "R-1", found=1, units=packed([P1, P2])))
    assert history.received == {P1: "R-1", P2: "R-1"}
    assert unpacked(packed([P1, P2, P9])) == [P1, P2, P9]


def test_the_newest_receipt_at_a_read_point_is_its_own():
    history = folded(ended(7, "R-1"), ended(8, "R-2"), ended(9, "R-3", read_point="door 3"))
    assert (history.last_at(DOOR), history.last_at("door 3"), history.last_at("x")) == (8, 9, -1)


def test_papers_are_owed_until_each_was_given():
    history = folded(ended(7, "R-1", papers="recadv csv"), ended(8, "R-2", papers=""))
    assert history.owed == {"R-1": ["recadv", "csv"]}
    history.apply(record(9, "dock-paper", check="R-1", form="csv"))
    assert history.owed == {"R-1": ["recadv"]}
    history.apply(record(10, "dock-paper", check="R-1", form="recadv"))
    history.apply(record(11, "dock-paper", check="R-7", form="recadv"))
    assert history.owed == {}


def test_the_oldest_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(history_module, "SPANS_REMEMBERED", 2)
    monkeypatch.setattr(history_module, "REMEMBERED", 2)
    history = folded(*(ended(n, f"R-{n}", f"N-{n}", units=b"") for n in (1, 2, 3)))
    assert list(history.spans) == ["R-2", "R-3"]
    assert history.received == {"N-2": "R-2", "N-3": "R-3"}
    for n in (1, 2, 3):
        history.apply(record(n, "dock-notice", notice=f"N-{n}", digest=bytes([n])))
    assert history.notices == {"N-2": "02", "N-3": "03"}


def test_half_a_year_of_receipts_and_a_year_of_units_are_remembered():
    history = folded(*(ended(n, f"R-{n}", decision="rejected") for n in range(2001)))
    assert (len(history.spans), "R-0" in history.spans) == (2000, False)
    pallets = [f"{n:018d}" for n in range(20_000)]
    history.apply(ended(3000, "R-many", units=packed(pallets)))
    assert list(history.received) == pallets


# What passed before a check began


def tag(number: int, serial: str) -> Record:
    uri = f"urn:epc:id:sgtin:4012345.011111.{serial}"
    return record(number, "tag-state", "r2", read_point=DOOR, uri=uri, epc=serial, state="leave")


def scan(number: int, **values) -> Record:
    return record(number, "barcode", "scanner", **values)


def test_what_passed_is_offered_from_its_first_record_on():
    passed = [tag(3, "1"), scan(4, gtin=PEAR), tag(5, "2"), tag(6, "1"), scan(7, gtin=PEAR)]
    assert offer(passed, DOOR, ["scanner"], []) == Offer(3, 2, 2, 1004, 1007)
    assert offer(passed[1:2], DOOR, ["scanner"], []) == Offer(4, 0, 1, 1004, 1004)
    assert offer(passed[1:3], DOOR, ["scanner"], []) == Offer(4, 1, 1, 1004, 1005)
    assert offer(passed[:1], DOOR, ["scanner"], []) == Offer(3, 1, 0, 1003, 1003)


def test_what_a_check_knows_already_is_not_offered():
    passed = [tag(3, "1"), scan(4, gtin=PEAR), tag(5, "2"), scan(6, gtin=PEAR)]
    known = [Seen(piece(APPLE, "1")), Seen(Identity(gtin=PEAR), "barcode", number=4)]
    assert offer(passed, DOOR, ["scanner"], known) == Offer(5, 1, 1, 1005, 1006)
    every = [*known, Seen(piece(APPLE, "2")), Seen(Identity(gtin=PEAR), "barcode", number=6)]
    assert offer(passed, DOOR, ["scanner"], every) is None
    assert offer([], DOOR, ["scanner"], []) is None


def test_the_stages_of_a_check_are_the_moments_of_its_records():
    seen = [Seen(unit(P1), "barcode", at_ms=1500), Seen(piece(APPLE, "1"), at_ms=1200),
            Seen(piece(APPLE, "2"), at_ms=1300)]  # fmt: skip
    assert stages(1000, seen, 2000, signed=True) == {
        "opened_ms": 1000, "first_ms": 1200, "last_ms": 1500, "decided_ms": 2000, "signed": True,
        "sources": {"barcode": 1, "tag": 2},
    }  # fmt: skip
    nothing = stages(1000, [], 2000, signed=False)
    assert (nothing["first_ms"], nothing["last_ms"], nothing["sources"]) == (None, None, {})


def test_a_receipt_is_told_from_its_own_records_and_the_newest_signature():
    goods = record(3, "dock-goods", check="R-1", gtin=APPLE, photo=b"\x0a")
    differs = record(4, "dock-difference", check="R-1", code="X34")
    decided = ended(5, "R-1", document=b"receipt")
    proof = record(9, "delivery", check="R-1", document=b"proof")
    told = receipt_json("R-1", [goods, differs, decided, ended(6, "R-2", document=b"other")])
    assert told == {
        "check": "R-1", "receipt": decided.values | {"digest": "d1", "document": b"receipt".hex()},
        "delivery": {}, "decided_ms": 1005, "number": 5,
        # printf receipt | sha256sum
        "sha256": "6f32860910ca0fb2a20c7fda143666b09dbf8db5238195c90a586fb542ff0cad",
        "goods": [{"check": "R-1", "gtin": APPLE, "photo": "0a"}],
        "differences": [{"check": "R-1", "code": "X34"}],
    }  # fmt: skip
    for records in ([proof, decided], [decided, proof]):
        told = receipt_json("R-1", records)
        assert told["delivery"] == {"check": "R-1", "document": b"proof".hex()}
        # printf proof | sha256sum
        assert told["sha256"] == (
            "c1cda26362828b69266512052b97cb3729e3b052e4ade47c0a1e3383defe73c7"
        )
    assert "sha256" not in receipt_json("R-1", [ended(5, "R-1")])


# Numbers of our own units: GS1 General Specifications, 3.2


def test_own_units_have_18_digits_with_the_standards_check_digit():
    units = OwnUnits(1, "0614141")
    assert (units.name, units.digits, units.highest) == ("10614141", 9, 999_999_999)
    assert units.sscc(234_567_890) == "106141412345678908"  # the one that GS1 shows
    assert units.sscc(0)[:-1] == "10614141000000000"
    assert len(units.sscc(units.highest)) == 18
    assert [units.reference(units.sscc(n)) for n in (0, 7, units.highest)] == [0, 7, 999_999_999]
    assert units.reference("206141412345678905") is None
    assert OwnUnits(0, "9506000134").highest == 999_999
