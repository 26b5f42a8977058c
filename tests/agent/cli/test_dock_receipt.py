"""A receipt on a console: who decided what, how it is known, and what did not fit the notice."""

from __future__ import annotations

import pytest

from agent.cli.dock_receipt import again, code_text, difference, lines, photos, signature, with_code

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
RECEIPT = {
    "check": "R-1", "notice": "ASN-1", "decision": "accepted", "found": 6, "expected": 7,
    "digest": "ab" * 32, "sha256": "cd" * 32, "verdict_ms": None, "signed": "yes",
    "read_point": "door 2",
}  # fmt: skip


def told(**more):
    return list(lines(RECEIPT | more, "signed: yes"))


def test_a_receipt_says_what_was_decided_and_what_can_be_compared():
    more = {"codes": "X34, 119", "read": 4, "by_hand": 1, "believed": 1, "verdict_ms": 1250}
    assert told(**more, receipts="R-0", together=2, photos="11" * 32 + "22" * 32) == [
        "receipt R-1: notice ASN-1 accepted",
        "  6 of 7 pieces, X34, 119",
        "  4 read, 1 by hand, 1 believed",
        "  2 of 7 with R-0",
        "  1.2 s after the last new item",
        "  SHA-256 of notice and receipt:",
        f"  {'ab' * 32}",
        f"  {'cd' * 32}",
        "  2 photos, bound by their SHA-256",
        f"  {'11' * 32}",
        f"  {'22' * 32}",
        "  signed: yes",
        "  it is sealed now, sent when there is a network",
    ]


def test_what_is_not_known_has_no_line():
    bare, full = told(), told(read=4, by_hand=1, believed=1)
    assert len(full) == len(bare) + 1
    assert len(told(verdict_ms=0)) == len(bare) + 1, "at once is known, too"
    assert len(told(receipts="R-0", together=2)) == len(bare) + 1
    assert told(receipts="R-0", together=2, order="PO-1") != told(receipts="R-0", together=2)
    assert told(photos="") == bare


def test_beside_a_code_digests_are_cut_in_half_and_pictures_counted():
    narrow = list(lines(RECEIPT | {"photos": "11" * 32}, "signed", 40))
    assert [line.strip() for line in narrow if "ab" * 8 in line] == ["ab" * 16, "ab" * 16]
    assert not any("11" * 8 in line for line in narrow)
    assert max(map(len, narrow)) <= 40
    shown = list(with_code(RECEIPT, "signed"))
    assert max(map(len, shown)) <= 79
    assert shown[0].startswith("receipt R-1: notice ASN-1 accepted  ")


def test_what_a_narrow_receipt_has_no_room_for_goes_on_below_itself():
    more = {"codes": "X34, 119", "read": 4, "by_hand": 1, "believed": 1, "verdict_ms": 1250}
    told = list(lines(RECEIPT | more | {"photos": "11" * 64}, "signed", 22))
    assert [line for line in told[2:] if "ab" * 8 not in line and "cd" * 8 not in line] == [
        "  6 of 7 pieces, X34,",
        "    119",
        "  4 read, 1 by hand, 1",
        "    believed",
        "  1.2 s after the last",
        "    new item",
        "  SHA-256 of notice",
        "    and receipt:",
        "  2 photos, bound by",
        "    their SHA-256",
        "  signed",
        "  it is sealed now,",
        "  sent when there is a",
        "  network",
    ]


def test_its_code_says_its_number_and_digest_in_capitals():
    assert code_text(RECEIPT) == f"TALLYMAN:R-1:{'CD' * 32}"


@pytest.mark.parametrize(("packed", "count"), [("", 0), ("11" * 32, 1), ("11" * 96, 3)])
def test_each_picture_has_its_digest(packed, count):
    assert photos({"photos": packed}) == ["11" * 32] * count
    assert photos({}) == []


def test_who_signed_is_said_of_the_delivery_where_there_is_one():
    assert signature(RECEIPT, {}) != signature(RECEIPT | {"signed": "no"}, {})
    both, one = (signature(RECEIPT, {"state": state}) for state in ("signed", "unilateral"))
    assert len({both, one, signature(RECEIPT, {})}) == 3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"code": "X34", "gtin": "1", "serial": "44"}, "X34 missing: 1 x (01)1(21)44"),
        ({"sscc": "9"}, "missing: 1 x (00)9"),
        ({"gtin": "1", "lot": "L"}, "missing: 1 x (01)1, batch L"),
    ],
)
def test_a_difference_names_what_it_is_about(values, said):
    assert difference({"text": "missing", "quantity": 1} | values) == said


def test_a_difference_of_the_whole_delivery_and_its_picture():
    text = difference({"text": "damaged", "quantity": 2, "photo": "ab"})
    assert text.startswith("damaged: 2 x ")
    assert "ab" in text
    assert "(01)" not in text


def test_a_receipt_of_before_is_told_as_its_records_say_it():
    before = {
        name: value for name, value in RECEIPT.items() if name not in ("sha256", "verdict_ms")
    }
    record = {
        "check": "R-1", "receipt": before, "delivery": {}, "decided_ms": AT, "sha256": "cd" * 32,
        "differences": [{"text": "missing", "quantity": 1, "gtin": "1"}],
    }  # fmt: skip
    whole = list(again(record, utc=True))
    assert whole[0] == told()[0]
    assert f"  {'cd' * 32}" in whole
    assert "2026-09-21 14:13:20.000 UTC" in whole[-2]
    assert "door 2" in whole[-2]
    assert whole[-1] == "  missing: 1 x (01)1"
    del record["sha256"]
    assert not any("cd" * 8 in line for line in again(record, utc=True))
    (gone,) = again(record | {"receipt": {}}, utc=True)
    assert "R-1" in gone


def test_what_is_too_long_goes_on_below_and_further_in():
    long = {
        "notice": "a rather long number of a notice", "codes": "X34, 119, AE, AF, BH, BI, BN",
        "read": 40_000, "by_hand": 1000, "believed": 1000, "verdict_ms": 1250, "together": 2,
        "receipts": "R-0, R-1, R-2, R-3, R-4, R-5", "photos": "11" * 32,
    }  # fmt: skip
    both = "UNILATERAL: one of the two did not sign here"
    assert list(lines(RECEIPT | long, both, 40)) == [
        "receipt R-1: notice a rather long number",
        "  of a notice accepted",
        "  6 of 7 pieces, X34, 119, AE, AF, BH,",
        "    BI, BN",
        "  40000 read, 1000 by hand, 1000",
        "    believed",
        "  2 of 7 with R-0, R-1, R-2, R-3, R-4,",
        "    R-5",
        "  1.2 s after the last new item",
        "  SHA-256 of notice and receipt:",
        f"  {'ab' * 16}",
        f"  {'ab' * 16}",
        f"  {'cd' * 16}",
        f"  {'cd' * 16}",
        "  1 photo, bound by its SHA-256",
        "  UNILATERAL: one of the two did not",
        "  sign here",
        "  it is sealed now, sent when there is a",
        "  network",
    ]
    far = RECEIPT | {"read_point": "the northern door of the warehouse by the river"}
    told_again = {
        "check": "R-1", "receipt": far, "delivery": {}, "decided_ms": AT,
        "differences": [{"text": "missing " * 11 + "all", "quantity": 1, "gtin": "1"}],
    }  # fmt: skip
    assert list(again(told_again, utc=True))[-4:] == [
        "  decided 2026-09-21 14:13:20.000 UTC at the northern door of the warehouse by",
        "    the river",
        f"  {'missing ' * 9}".rstrip(),
        "      missing missing all: 1 x (01)1",
    ]
