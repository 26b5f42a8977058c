"""Every case of a receiving advice gives its code; people's remarks count; order does not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dock.check import check
from agent.dock.differences import (
    CODE_TEXTS,
    Code,
    Disposition,
    Known,
    Mixed,
    Remark,
    Seen,
    State,
)
from agent.dock.goods_identity import Identity
from tests.agent.dock.goods import APPLE, P1, P2, P9, PEAR, PLUM, item, notice, piece, unit

SERIALS = ["1", "2", "3"]
SERIAL_NOTICE = notice((P1, [item(APPLE, serials=SERIALS)]))
QUANTITY_NOTICE = notice(
    (P1, [item(APPLE, 3, lot="L1", expiry="2027-01-31")]), (P2, [item(PEAR, 2)])
)
ALL = [piece(APPLE, serial) for serial in SERIALS]
BOTH = [unit(P1), unit(P2)]


def seen(*identities: Identity, **more) -> list[Seen]:
    return [Seen(identity, **more) for identity in identities]


CASES = {
    # GS1 in Europe's RECADV examples
    "exact, piece by piece": (SERIAL_NOTICE, seen(unit(P1), *ALL), [], set(), "completeness_verified"),
    "exact, by the pallets' labels": (
        QUANTITY_NOTICE, seen(*BOTH), [], set(), "completeness_inferred",
    ),
    "missing piece": (SERIAL_NOTICE, seen(unit(P1), *ALL[:2]), [], {"X34"}, "mismatch_quantity"),
    "missing pallet": (QUANTITY_NOTICE, seen(unit(P1)), [], {"X34"}, "mismatch_quantity"),
    "missing quantity": (
        QUANTITY_NOTICE, seen(*BOTH, *ALL[:2]), [], {"X34"}, "mismatch_quantity",
    ),
    "unannounced pallet": (
        QUANTITY_NOTICE, seen(*BOTH, unit(P9)), [], {"AE"}, "mismatch_instance",
    ),
    "unannounced article": (
        SERIAL_NOTICE, seen(unit(P1), *ALL, piece(PLUM, "1")), [], {"AE"}, "mismatch_class",
    ),
    "different SSCC": (
        SERIAL_NOTICE, seen(unit(P9), *ALL), [], {"AE"}, "mismatch_instance",
    ),
    "different SSCC, contents not read": (
        QUANTITY_NOTICE, seen(unit(P1), unit(P9)), [], {"AE", "X34"}, "mismatch_instance",
    ),
    "no SSCC label": (SERIAL_NOTICE, seen(*ALL), [], {"BN"}, "non_conformant"),
    "different serial number": (
        SERIAL_NOTICE, seen(unit(P1), *ALL[:2], piece(APPLE, "7")), [], {"AE", "X34"},
        "mismatch_instance",
    ),
    "over-shipped": (
        SERIAL_NOTICE, seen(unit(P1), *ALL, piece(APPLE, "7")), [], {"AC"}, "mismatch_quantity",
    ),
    "over-shipped quantity": (
        QUANTITY_NOTICE, seen(*BOTH, *ALL, piece(APPLE, "4")), [], {"AC"}, "mismatch_quantity",
    ),
    "different best before date": (
        QUANTITY_NOTICE,
        [*seen(unit(P2)), Seen(unit(P1), "barcode", lot="L1", expiry="2026-12-31")],
        [], {"BI"}, "non_conformant",
    ),
    "different batch": (
        QUANTITY_NOTICE, [*seen(unit(P2)), Seen(unit(P1), "barcode", lot="L2")], [], {"BH"},
        "non_conformant",
    ),
    "damaged": (
        QUANTITY_NOTICE, seen(*BOTH), [Remark(Code.DAMAGED, unit(P1))], {"AF"}, "damaged",
    ),
    "unacceptable temperature": (
        QUANTITY_NOTICE, seen(*BOTH), [Remark(Code.TEMPERATURE, unit(P2), rejected=True)], {"X32"},
        "non_conformant",
    ),
    "bar code unreadable": (
        QUANTITY_NOTICE, seen(*BOTH), [Remark(Code.UNREADABLE, unit(P1))], {"BN"},
        "non_conformant",
    ),
    "reject part": (
        QUANTITY_NOTICE, seen(*BOTH), [Remark(Code.DAMAGED, unit(P1), 2, rejected=True)], {"AF"},
        "damaged",
    ),
    "late": (
        notice((P1, []), due="2026-11-20"), seen(unit(P1)), [], {"AG"}, "non_conformant",
    ),
    "no DESADV, against the order": (
        notice(("", [item(APPLE, 3)]), basis="order"), seen(*ALL), [], set(),
        "completeness_verified",
    ),
    "against the order, one less": (
        notice(("", [item(APPLE, 3)]), basis="order"), seen(*ALL[:2]), [], {"X34"},
        "mismatch_quantity",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_receiving_advice_case_gives_its_code(case):
    asked, things, remarks, codes, disposition = CASES[case]
    verdict = check(asked, things, remarks, Known({}, {}, today="2026-11-22"))
    assert set(verdict.codes) == codes
    assert verdict.disposition == disposition
    assert verdict.state is (State.DIFFERENT if codes else State.COMPLETE)
    shuffled = [*things]
    random.Random(1).shuffle(shuffled)
    again = check(asked, shuffled, remarks, Known({}, {}, today="2026-11-22"))
    assert set(again.differences) == set(verdict.differences)


def test_every_code_is_in_some_case_and_has_its_words():
    covered = set().union(*(case[3] for case in CASES.values()))
    assert covered == {str(code) for code in Code if code}
    assert set(CODE_TEXTS) == set(Code) - {Code.NONE}


def test_never_ordered_is_told_from_ordered_but_not_advised():
    asked = notice((P1, [item(APPLE, serials=SERIALS)]), ordered=[APPLE, PLUM])
    verdict = check(asked, seen(unit(P1), *ALL, piece(PLUM, "1"), piece(PEAR, "1")))
    texts = {each.identity.gtin: each.text for each in verdict.differences}
    assert texts == {PLUM: "ordered, not advised", PEAR: "neither advised nor ordered"}
    assert verdict.unexpected == 2


def test_94_of_96_with_a_stray_from_the_neighbour_door():
    serials = [f"{number:04d}" for number in range(1, 97)]
    asked = notice(
        (P1, [item(APPLE, serials=serials[:48])]), (P2, [item(APPLE, serials=serials[48:])])
    )
    tags = seen(
        *BOTH, *(piece(APPLE, serial) for serial in serials if serial not in ("0071", "0072"))
    )
    stray = Seen(piece(PEAR, "0009"), rssi=-71.0, reads=2, elsewhere="door 3")
    known = Known({}, {piece(PEAR, "0009"): "ASN1101"})
    verdict = check(asked, [*tags, stray], known=known)
    assert (verdict.found, verdict.expected, verdict.unexpected) == (94, 96, 1)
    assert {each.identity.serial for each in verdict.of(Code.MISSING)} == {"0071", "0072"}
    (strange,) = verdict.of(Code.NOT_ADVISED)
    assert strange.hint == "belongs to ASN1101; also read at door 3; a stray? -71 dBm, 2 reads"
    assert verdict.disposition is Disposition.CLASS


@pytest.mark.parametrize("key", ["ASN1099", P1])
def test_the_same_pallet_again_was_already_received(key):
    verdict = check(QUANTITY_NOTICE, seen(*BOTH), known=Known({key: "R-20261122-0001"}, {}))
    assert verdict.state is State.ALREADY_RECEIVED
    assert verdict.receipt_before == "R-20261122-0001"


def test_nothing_came():
    verdict = check(QUANTITY_NOTICE, [])
    assert (verdict.found, verdict.expected) == (0, 5)
    assert {str(each.identity) for each in verdict.of(Code.MISSING)} == {f"(00){P1}", f"(00){P2}"}


@pytest.mark.parametrize(
    ("tags", "labels", "codes", "unexpected"),
    [
        (0, 3, set(), 0),  # no tag was read: each label is a piece
        (3, 3, set(), 0),  # every box was scanned as well: the same three
        (2, 3, set(), 0),  # the third box's tag is dead, its barcode is not
        (2, 2, {"X34"}, 0),
        (3, 5, {"AC"}, 2),
    ],
)
def test_labels_without_serial_number_count_boxes_once(tags, labels, codes, unexpected):
    asked = notice(("", [item(APPLE, 3)]))
    label = Seen(Identity(gtin=APPLE), "barcode", pieces=labels)
    verdict = check(asked, [*seen(*ALL[:tags]), label])
    assert set(verdict.codes) == codes
    assert verdict.unexpected == unexpected


def test_the_barcode_of_a_box_whose_tag_was_read_is_not_one_box_more():
    label = Seen(Identity(gtin=APPLE), "barcode", pieces=3)
    assert check(SERIAL_NOTICE, [*seen(unit(P1), *ALL), label]).state is State.COMPLETE


def test_a_box_whose_barcode_and_tag_differ_is_a_difference_without_a_code():
    mixed = Mixed(ALL[0], "barcode and tag differ: GTIN", Disposition.CLASS)
    verdict = check(SERIAL_NOTICE, seen(unit(P1), *ALL), mixed=[mixed])
    assert (verdict.codes, verdict.disposition) == ((), "mismatch_class")
    assert verdict.state is State.DIFFERENT


def test_without_a_trusted_clock_nothing_is_late():
    assert check(notice((P1, []), due="2020-01-01"), seen(unit(P1))).state is State.COMPLETE


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 14)))
def test_counts_add_up(advised, came):
    if not advised:
        return
    asked = notice((P1, [item(APPLE, serials=[str(each) for each in sorted(advised)])]))
    verdict = check(asked, seen(unit(P1), *(piece(APPLE, str(each)) for each in came)))
    assert verdict.expected == len(advised)
    if came:
        assert verdict.found == len(advised & came)
        assert len(verdict.of(Code.MISSING)) == len(advised - came)
        assert verdict.unexpected == len(came - advised)
        assert (verdict.state is State.COMPLETE) == (advised == came)


def test_a_full_truck():
    """33 pallets of 600 serialised cartons: 20,000 pieces, all of them seen."""
    units = [("", [item(APPLE, serials=[f"{u}-{n}" for n in range(600)])]) for u in range(33)]
    asked = notice(*units)
    tags = seen(*asked.identities)
    verdict = check(asked, tags)
    assert (verdict.found, verdict.state) == (33 * 600, State.COMPLETE)


def test_goods_that_come_late_are_one_difference_of_one_delivery():
    late = notice((P1, []), due="2026-11-20")
    (found,) = check(late, seen(unit(P1)), known=Known({}, {}, today="2026-11-21")).differences
    assert (found.code, found.quantity, found.identity) == (Code.LATE, 1, Identity())
    assert found.text == "due 2026-11-20, came 2026-11-21"
    in_time = check(late, seen(unit(P1)), known=Known({}, {}, today="2026-11-20"))
    assert in_time.differences == ()
