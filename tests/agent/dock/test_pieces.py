"""Observations of boxes as pieces: each once, with the best of what its tags and labels say."""

from __future__ import annotations

import itertools

import pytest

from agent.dock.counting import Pieces, clearest, counted
from agent.dock.differences import Came, Code, Difference, Disposition, Seen, State, Tally, Verdict
from agent.dock.goods_identity import Identity
from agent.dock.notice import NO_BATCH, Batch
from agent.dock.returns import Delivered, check_returns
from agent.dock.together import apart, less
from tests.agent.dock.goods import APPLE, P1, P2, P9, PEAR, item, notice, piece, unit

APPLES = Identity(gtin=APPLE)
L1, L2 = Batch("L1", "2027-12-31"), Batch("L2")


def tag(serial: str, **more) -> Seen:
    return Seen(piece(APPLE, serial), **more)


def scan(serial: str = "", **more) -> Seen:
    return Seen(Identity(gtin=APPLE, serial=serial), "barcode", **more)


def typed(**more) -> Seen:
    return Seen(APPLES, "manual", **more)


def pieces_of(*seen: Seen, serials=None):
    return counted(seen, serials or {}).pieces[APPLE]


def test_the_clearest_word_is_a_tags_with_most_reads_then_a_devices():
    strong, weak = tag("1", reads=90, rssi=-50.0), tag("1", reads=2, rssi=-75.0)
    label, hand = scan("1", reads=99), Seen(piece(APPLE, "1"), "manual", reads=100)
    for several, best in (
        ((strong, weak), strong), ((weak, label), weak), ((label, hand), label), ((hand,), hand),
    ):  # fmt: skip
        for order in itertools.permutations(several):
            assert clearest(order) is best


def test_a_box_seen_once_is_as_it_was_seen():
    for seen, by_hand, weight, weighed in (
        (tag("1"), False, 0, 0),
        (scan("1", lot="L1", expiry="2027-12-31", weight_g=1), False, 1, 1),
        (Seen(piece(APPLE, "1"), "manual", weight_g=900), True, 900, 1),
    ):
        assert pieces_of(seen) == [
            Pieces(APPLE, "1", seen.batch, by_hand, seen, 1, weight, weighed)
        ]


def test_a_box_seen_several_times_has_what_any_of_its_labels_says():
    best = tag("1", reads=40)
    words = [
        best,
        scan("1", lot="L1", weight_g=900),
        Seen(piece(APPLE, "1"), "manual", expiry="2027-12-31", weight_g=950),
    ]
    assert pieces_of(*words) == [Pieces(APPLE, "1", L1, False, best, 1, 950, True)]
    hands = [Seen(piece(APPLE, "1"), "manual"), Seen(piece(APPLE, "1"), "manual", number=7)]
    assert pieces_of(*hands) == [Pieces(APPLE, "1", NO_BATCH, True, hands[0], 1, 0, False)]


def test_where_its_labels_disagree_nothing_is_taken_from_them_and_all_is_told():
    found = counted(
        [
            scan("1", lot="L1", expiry="2027-12-31", best_before="2027-01-31"),
            scan("1", lot="L2", expiry="2027-12-31", best_before="2027-02-28"),
            tag("1", expiry="2028-12-31"),
        ],
        {},
    )
    (only,) = found.pieces[APPLE]
    assert only.batch == NO_BATCH
    assert found.contradictions == [
        Difference(code, piece(APPLE, "1"), 1, text, Disposition.NON_CONFORMANT)
        for code, text in (
            (Code.OTHER_BATCH, "its labels say batch L1 and L2"),
            (Code.OTHER_EXPIRY, "its labels say use by 2027-12-31 and 2028-12-31"),
            (Code.OTHER_EXPIRY, "its labels say best before 2027-01-31 and 2027-02-28"),
        )
    ]
    agreed = counted([scan("1", lot="L1"), tag("1"), scan("1", lot="L1")], {})
    assert (agreed.contradictions, agreed.pieces[APPLE][0].batch.lot) == ([], "L1")


def test_labels_without_serial_number_are_grouped_by_batch_with_their_weights():
    first = scan(lot="L1", expiry="2027-12-31", weight_g=900, pieces=1)
    labels = [first, scan(lot="L1", expiry="2027-12-31", number=8), scan(lot="L2", number=9)]
    hands = [typed(pieces=3, lot="L2"), typed(weight_g=500, lot="L2", number=11)]
    found = counted([*labels, *hands], {})
    assert found.pieces[APPLE] == [
        Pieces(APPLE, "", L1, False, first, 2, 900, 1),
        Pieces(APPLE, "", L2, False, first, 1, 0, 0),
        Pieces(APPLE, "", L2, True, hands[0], 4, 500, 1),
    ]
    assert (found.totals, found.doubled) == ({APPLE: 7}, {APPLE: 0})


def test_a_scan_of_a_box_gives_it_its_batch_and_its_weight():
    read = tag("1")
    found = counted([read, scan(lot="L1", expiry="2027-12-31", weight_g=900)], {})
    assert found.pieces[APPLE] == [Pieces(APPLE, "1", L1, False, read, 1, 900, 1)]
    assert found.doubled == {APPLE: 1}
    heavy = tag("1", weight_g=700)
    found = counted([heavy, scan(lot="L1", expiry="2027-12-31")], {})
    assert found.pieces[APPLE] == [Pieces(APPLE, "1", L1, False, heavy, 1, 700, 1)]


def test_a_box_takes_first_the_scan_of_the_batch_in_which_the_notice_has_it():
    boxes = [tag("1"), tag("2"), tag("3")]
    serials = {piece(APPLE, "1"): L2, piece(APPLE, "2"): L1}
    labels = [scan(lot="L1", expiry="2027-12-31"), scan(lot="L2"), scan(lot="L3")]
    for order in itertools.permutations(labels):
        found = counted([*boxes, *order], serials)
        batches = {each.serial: each.batch.lot for each in found.pieces[APPLE]}
        assert batches == {"1": "L2", "2": "L1", "3": "L3"}
        assert found.doubled == {APPLE: 3}
    (first, other) = counted([tag("1"), tag("2"), scan(lot="L1"), scan(lot="L2")], {}).pieces[APPLE]
    assert (first.batch.lot, other.batch.lot) == ("L1", "L2")


def test_a_box_whose_batch_is_known_takes_a_scan_of_it_or_of_none():
    box = tag("1", lot="L1")
    for label, doubled in ((scan(lot="L1"), 1), (scan(), 1), (scan(lot="L2"), 0)):
        found = counted([box, label], {})
        assert found.doubled == {APPLE: doubled}
        assert found.totals == {APPLE: 2 - doubled}
    two = counted([box, scan(), scan()], {})
    assert (two.doubled, two.totals) == ({APPLE: 1}, {APPLE: 2})
    both = counted([box, scan(lot="L1"), scan(lot="L1")], {})
    assert (both.doubled, both.totals) == ({APPLE: 1}, {APPLE: 2})


def test_what_is_no_article_is_kept_apart():
    stray = [Seen(Identity(epc="30AA"), reads=2), Seen(Identity(epc="30AA"), reads=9)]
    labels = [Seen(unit(P1), "barcode"), Seen(unit(P1), "manual"), Seen(unit(P2))]
    found = counted([*stray, *labels], {})
    assert found.others == [stray[1]]
    assert found.units == {P1: labels[:2], P2: labels[2:]}
    assert (found.pieces, found.doubled, found.totals) == ({}, {}, {})


# What comes back

OUT = notice((P1, [item(APPLE, 3), item(PEAR, serials=["1", "2"])]))


def back(*seen: Seen, before: Delivered | None = None, tids=None, remarks=()):
    return check_returns(OUT, before or Delivered(), seen, tids or {}, remarks)


def test_what_went_out_comes_back_once_devices_before_hands():
    verdict = back(typed(pieces=2), scan(), scan(), Seen(piece(PEAR, "2")))
    assert verdict == Verdict(
        State.DIFFERENT, Disposition.QUANTITY, 5, 4, 1,
        (Difference(Code.OVER, APPLES, 1, "more came back than went out", Disposition.QUANTITY),),
        tally=Tally(3, 1), pieces={APPLE: 4, PEAR: 1}, doubled={APPLE: 0, PEAR: 0},
    )  # fmt: skip
    whole = back(scan(), Seen(unit(P1), "barcode"))
    assert (whole.state, whole.disposition, whole.unexpected) == (
        "complete", "completeness_verified", 0,
    )  # fmt: skip
    assert (whole.expected, whole.found, whole.tally) == (5, 1, Tally(read=1))


@pytest.mark.parametrize(
    ("strange", "count"),
    [
        (Seen(unit(P9)), 1),
        (Seen(Identity(epc="30AA")), 1),
        (Seen(piece(PEAR, "3")), 1),
        (Seen(Identity(gtin="04012345333336"), "manual", pieces=4), 4),
    ],
)
def test_what_was_not_handed_over_is_told_by_itself(strange, count):
    verdict = back(scan(), strange)
    text = "was not handed over under this notice"
    assert verdict.differences == (
        Difference(Code.NOT_ADVISED, strange.identity, count, text, Disposition.INSTANCE),
    )
    assert (verdict.unexpected, verdict.found) == (count, 1)


def test_of_an_article_that_was_read_as_it_went_only_those_pieces_come_back():
    before = Delivered("R-1", {piece(APPLE, "7"): "E280"}, {APPLE: 3})
    assert back(tag("7"), before=before).state is State.COMPLETE
    assert back(tag("8"), before=before).codes == ("AE",)
    assert back(tag("8")).state is State.COMPLETE  # nobody read which ones went
    assert back(scan(), before=before).state is State.COMPLETE
    others = Delivered("R-1", {piece(PEAR, "1"): ""}, {APPLE: 3, PEAR: 1})
    assert back(tag("8"), before=others).state is State.COMPLETE


def test_where_not_all_that_went_was_read_the_notice_counts_too():
    part = Delivered("R-1", {piece(PEAR, "1"): ""}, None, whole=False)
    assert back(Seen(piece(PEAR, "2")), before=part).state is State.COMPLETE
    every = Delivered("R-1", {piece(PEAR, "1"): ""}, None)
    assert back(Seen(piece(PEAR, "2")), before=every).codes == ("AE",)
    assert back(Seen(piece(PEAR, "1")), before=every).expected == 5


def test_a_piece_on_another_chip_or_in_two_places_is_suspect():
    pear = piece(PEAR, "1")
    before = Delivered("R-1", {pear: "E2801"}, {PEAR: 1})
    (told,) = back(Seen(pear), before=before, tids={pear: "E2802"}).differences
    assert told == Difference(
        Code.NONE, pear, 1, "SUSPECT: another chip than the one of receipt R-1",
        Disposition.INSTANCE,
    )  # fmt: skip
    for tids in ({pear: "E2801"}, {pear: ""}, {}):
        assert back(Seen(pear), before=before, tids=tids).differences == ()
    unread = Delivered("R-1", {pear: ""}, {PEAR: 1})
    assert back(Seen(pear), before=unread, tids={pear: "E2802"}).differences == ()
    (told,) = back(Seen(pear, elsewhere="door 3"), before=before).differences
    assert (told.code, told.quantity, told.text) == (
        Code.NONE, 1, "SUSPECT: at door 3 at the same time",
    )  # fmt: skip
    (told,) = back(Seen(unit(P1), elsewhere="door 3")).differences
    assert (told.identity, told.text) == (unit(P1), "SUSPECT: at door 3 at the same time")


# One notice over several checks


def total(*differences: Difference, found=5, unexpected=1, came=(), state=State.DIFFERENT, **more):
    return Verdict(
        state, Disposition.QUANTITY, 9, found, unexpected, differences, came=came, **more
    )


def test_a_check_adds_what_the_others_under_its_notice_did_not_see():
    missing = Difference(Code.MISSING, APPLES, 4, "missing", Disposition.QUANTITY)
    theirs = Difference(Code.OVER, Identity(gtin=PEAR), 1, "more", Disposition.QUANTITY)
    ours = Difference(Code.OTHER_BATCH, APPLES, 1, "batch", Disposition.NON_CONFORMANT)
    apples = Came(APPLE, L1, 6, Tally(4, 1), weight_g=900, weighed=Tally(800, 100))
    plums = Came("04012345333336", NO_BATCH, 3, Tally(1))
    both = total(
        missing, theirs, ours, tally=Tally(4, 2, 1), unexpected=3, came=(apples, plums),
        pieces={APPLE: 5, PEAR: 2},
    )  # fmt: skip
    there = Came(APPLE, L1, 6, Tally(3), weight_g=900, weighed=Tally(600))
    others = total(
        missing, theirs, tally=Tally(3, 3, 0), unexpected=1, came=(there,),
        pieces={APPLE: 4, PEAR: 2},
    )  # fmt: skip
    found = apart(both, others)
    assert found.differences == (missing, ours)
    assert (found.tally, found.found, found.unexpected) == (Tally(1, 0, 1), 2, 2)
    assert (found.state, found.disposition) == (State.DIFFERENT, Disposition.QUANTITY)
    assert found.pieces == {APPLE: 1}
    assert found.came == (
        Came(APPLE, L1, 6, Tally(1, 1), weight_g=900, weighed=Tally(200, 100)),
        plums,
    )


@pytest.mark.parametrize(
    ("believed", "disposition"),
    [(0, "completeness_verified"), (1, "completeness_inferred")],
)
def test_what_differs_in_the_others_goods_alone_is_no_difference_here(believed, disposition):
    theirs = Difference(Code.OVER, Identity(gtin=PEAR), 1, "more", Disposition.QUANTITY)
    found = apart(
        total(theirs, tally=Tally(3, 0, believed), unexpected=1), total(theirs, unexpected=2)
    )
    assert (found.state, found.disposition) == ("complete", disposition)
    assert (found.differences, found.unexpected) == ((), 0)
    again = apart(total(theirs, state=State.ALREADY_RECEIVED), total(theirs))
    assert again.state is State.ALREADY_RECEIVED


def test_a_weighed_line_is_another_than_a_counted_one_of_the_same_goods():
    counted_line, weighed = Came(APPLE, L1, 6, Tally(4)), Came(APPLE, L1, 0, Tally(2), weight_g=900)
    found = apart(total(came=(counted_line, weighed)), total(came=(weighed,)))
    assert [each.tally for each in found.came] == [Tally(4), Tally()]
    cartons = Came(APPLE, L1, 6, Tally(4), "carton", 6)
    assert apart(total(came=(cartons,)), total(came=(counted_line,))).came == (cartons,)


def test_nothing_is_less_than_nothing():
    assert less(Tally(1, 2, 3), Tally(3, 2, 1)) == Tally(0, 0, 2)
    assert less(Tally(5, 5, 5), Tally(1, 2, 3)) == Tally(4, 3, 2)
