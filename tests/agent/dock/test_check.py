"""Every case of a receiving advice gives its code; people's remarks count; order does not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dock.check import check
from agent.dock.differences import (
    CODE_TEXTS,
    Came,
    Code,
    Difference,
    Disposition,
    Known,
    Mixed,
    Remark,
    Seen,
    State,
    Tally,
)
from agent.dock.goods_identity import Identity
from agent.dock.notice import NO_BATCH, Batch, Item, Notice, Unit
from tests.agent.dock.goods import APPLE, P1, P2, P9, PEAR, PLUM, item, notice, piece, unit

SERIALS = ["1", "2", "3"]
SERIAL_NOTICE = notice((P1, [item(APPLE, serials=SERIALS)]))
QUANTITY_NOTICE = notice(
    (P1, [item(APPLE, 3, lot="L1", expiry="2027-01-31")]), (P2, [item(PEAR, 2)])
)
ALL = [piece(APPLE, serial) for serial in SERIALS]
BOTH = [unit(P1), unit(P2)]
STRANGE_UNIT = "a unit that was not advised"


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


@pytest.mark.parametrize(
    ("strange", "text"),
    [
        (piece(PLUM, "1"), "not advised"),
        (Identity(epc="E2801160"), "a tag that names no article"),
    ],
)
def test_why_something_is_strange_is_said(strange, text):
    differences = check(SERIAL_NOTICE, seen(unit(P1), *ALL, strange)).differences
    assert [each.text for each in differences if each.identity == strange] == [text]


def test_a_pallet_of_which_nothing_came_is_told_line_by_line_as_not_there():
    whole = notice((P1, [item(APPLE, 3, lot="L1")]), (P2, [item(PEAR, 2), item(PLUM, 1)]))
    verdict = check(whole, seen(unit(P1)))
    assert verdict.differences == (
        Difference(Code.MISSING, unit(P2), 3, "missing", Disposition.QUANTITY),
    )
    assert verdict.came == (
        Came(APPLE, Batch("L1"), 3, Tally(believed=3)),
        Came(PEAR, NO_BATCH, 2, Tally()),
        Came(PLUM, NO_BATCH, 1, Tally()),
    )
    assert (verdict.expected, verdict.found, verdict.tally) == (6, 3, Tally(believed=3))
    assert verdict.believed == (P1,)


def test_what_a_pallet_weighs_is_believed_with_it():
    line = Item(APPLE, 0, weight_g=25_500, package="carton", content=6, each_g=8500)
    asked = Notice("N", "json", b"", (Unit(P1, (line,)),))
    believed = Came(APPLE, NO_BATCH, 0, Tally(), "carton", 6, 25_500, Tally(believed=25_500), 3)
    assert check(asked, seen(unit(P1))).came == (believed,)
    nothing = Came(APPLE, NO_BATCH, 0, Tally(), "carton", 6, 25_500, Tally(), 3)
    assert check(asked, []).came == (nothing,)


def test_pallets_without_contents_count_one_each():
    asked = notice((P1, []), (P2, []))
    verdict = check(asked, [*seen(unit(P1)), *seen(unit(P2), source="manual")])
    assert (verdict.expected, verdict.tally, verdict.state) == (2, Tally(1, 1), "complete")
    both = check(asked, [*seen(unit(P1)), *seen(unit(P1), source="manual")])
    assert both.tally == Tally(read=1)
    assert both.differences == (
        Difference(Code.MISSING, unit(P2), 1, "missing", Disposition.QUANTITY),
    )


def test_a_strange_label_may_be_that_of_the_one_pallet_whose_label_was_not_read():
    bare = notice((P1, []), (P2, []))
    (strange,) = check(bare, seen(unit(P1), unit(P9))).differences
    assert strange == Difference(
        Code.NOT_ADVISED, unit(P9), 1,
        f"not advised; it may stand for (00){P2}, which was not read", Disposition.INSTANCE,
    )  # fmt: skip
    elsewhere = Seen(unit(P9), elsewhere="door 3")
    texts = {each.identity: each.text for each in check(bare, [elsewhere]).differences}
    assert texts == {unit(P1): "missing", unit(P2): "missing", unit(P9): STRANGE_UNIT}
    (strange,) = check(bare, [*seen(unit(P1)), elsewhere]).of(Code.NOT_ADVISED)
    assert (strange.text, strange.hint) == (STRANGE_UNIT, "also read at door 3")


def test_two_strange_labels_stand_for_no_pallet():
    other = "340123450000000078"
    verdict = check(SERIAL_NOTICE, seen(unit(P9), unit(other), *ALL))
    assert (verdict.unexpected, verdict.codes) == (2, ("AE", "BN"))
    (unread,) = verdict.of(Code.UNREADABLE)
    assert unread == Difference(
        Code.UNREADABLE, unit(P1), 1, "all of its contents came, its label was not read",
        Disposition.NON_CONFORMANT,
    )  # fmt: skip


def test_a_strange_article_came_as_it_was_seen():
    strangers = [
        Seen(Identity(gtin=PLUM), "barcode", lot="L9", pieces=1),
        Seen(Identity(gtin=PEAR), "manual", pieces=2),
        Seen(Identity(epc="30AA")),
    ]
    verdict = check(SERIAL_NOTICE, [*seen(unit(P1), *ALL), *strangers])
    assert verdict.came == (
        Came(APPLE, NO_BATCH, 3, Tally(read=3)),
        Came(PEAR, NO_BATCH, 0, Tally(by_hand=2)),
        Came(PLUM, Batch("L9"), 0, Tally(read=1)),
    )
    assert (verdict.found, verdict.unexpected) == (3, 4)
    assert {(each.identity, each.quantity, each.batch) for each in verdict.differences} == {
        (Identity(gtin=PEAR), 2, NO_BATCH),
        (Identity(gtin=PLUM), 1, Batch("L9")),
        (Identity(epc="30AA"), 1, NO_BATCH),
    }


LABELS = [
    ({"lot": "L1", "expiry": "2027-12-31"}, []),
    ({"lot": "L2"}, []),
    ({"lot": "L3"}, [("BH", "batch L3, advised L1, L2")]),
    ({"expiry": "2026-12-31"}, [("BI", "use by 2026-12-31, advised 2027-12-31")]),
    ({"best_before": "2026-01-31"}, [("BI", "best before 2026-01-31, advised 2027-11-30")]),
    (
        {"lot": "L3", "expiry": "2026-12-31"},
        [("BH", "batch L3, advised L1, L2"), ("BI", "use by 2026-12-31, advised 2027-12-31")],
    ),
]


@pytest.mark.parametrize(("label", "told"), LABELS)
def test_a_pallets_label_may_name_only_batches_and_dates_that_are_advised_for_it(label, told):
    asked = notice(
        (P1, [item(APPLE, 1, lot="L1", expiry="2027-12-31"),
              item(PEAR, 1, lot="L2", best_before="2027-11-30"), item(PLUM, 1)]),
        (P2, [item(APPLE, 1, lot="L4", expiry="2028-12-31")]),
    )  # fmt: skip
    verdict = check(asked, [Seen(unit(P1), "barcode", **label), *seen(unit(P2))])
    assert [(each.code, each.text) for each in verdict.differences] == told
    for each in verdict.differences:
        assert (each.identity, each.quantity, each.disposition) == (
            unit(P1), 1, "non_conformant",
        )  # fmt: skip
        assert each.batch == Batch(**label)
    bare = check(notice((P1, [item(APPLE, 1)])), [Seen(unit(P1), "barcode", **label)])
    assert bare.differences == ()  # nothing was advised that it could differ from


def test_goods_that_were_seen_in_another_check_of_the_notice_are_its_goods():
    asked = notice((P1, [item(APPLE, 2)]), (P2, [item(PEAR, 1)]))
    there = seen(unit(P1), *ALL[:1])
    verdict = check(asked, seen(unit(P2), *ALL[1:2]), others=there)
    assert (verdict.found, verdict.state, verdict.believed) == (3, "complete", (P2,))
    known = Known({}, {}, believed=[P1])
    believed = check(asked, seen(unit(P2)), known=known, others=seen(unit(P1)))
    assert (believed.believed, believed.tally) == ((P1, P2), Tally(believed=3))
    assert believed.state is State.COMPLETE


def test_a_single_piece_that_came_before_names_its_receipt():
    again = Known({}, {}, seen_before={ALL[1]: "R-1"})
    verdict = check(SERIAL_NOTICE, seen(unit(P1), *ALL), known=again)
    assert (verdict.state, verdict.receipt_before) == ("already-received", "R-1")
    both = Known({P1: "R-0"}, {}, seen_before={ALL[1]: "R-1"})
    assert check(SERIAL_NOTICE, seen(unit(P1), *ALL), known=both).receipt_before == "R-0"
    other = Known({}, {}, seen_before={piece(PEAR, "1"): "R-1"})
    verdict = check(SERIAL_NOTICE, seen(unit(P1), *ALL), known=other)
    assert (verdict.state, verdict.receipt_before) == ("complete", "")


def test_what_nobody_saw_anything_of_is_not_known():
    verdict = check(notice(("", [item(APPLE, 3)])), [])
    assert (verdict.disposition, verdict.state) == ("mismatch_quantity", "different")
    none = check(Notice("N", "json", b"", ()), [])
    assert (none.disposition, none.state, none.expected) == ("unknown", "complete", 0)


def test_the_worst_difference_gives_the_disposition():
    """GS1 CBV: complete, then what does not conform, damage, quantity, another one, another sort."""
    said = {
        "non_conformant": Remark(Code.TEMPERATURE, unit(P1)),
        "damaged": Remark(Code.DAMAGED, unit(P1)),
    }
    remarks: list[Remark] = []
    for disposition, remark in said.items():
        remarks.insert(0, remark)
        assert check(QUANTITY_NOTICE, seen(*BOTH), remarks).disposition == disposition
    assert check(QUANTITY_NOTICE, seen(unit(P1)), remarks).disposition == "mismatch_quantity"
    strange = seen(*BOTH, unit(P9), piece(PLUM, "1"))
    assert check(QUANTITY_NOTICE, strange[:3], remarks).disposition == "mismatch_instance"
    assert check(QUANTITY_NOTICE, strange, remarks).disposition == "mismatch_class"


def test_a_remark_is_told_in_the_words_of_its_code_where_it_has_none():
    photo = b"\x01" * 32
    said = Remark(Code.DAMAGED, unit(P1), 2, True, "crushed", 17, photo)
    silent = Remark(Code.TEMPERATURE, unit(P2))
    assert check(QUANTITY_NOTICE, seen(*BOTH), [said, silent]).differences == (
        Difference(Code.DAMAGED, unit(P1), 2, "crushed", Disposition.DAMAGED, rejected=True,
                   number=17, photo=photo),
        Difference(Code.TEMPERATURE, unit(P2), 1, "temperature on receipt out of range",
                   Disposition.NON_CONFORMANT),
    )  # fmt: skip
