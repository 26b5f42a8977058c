"""One article line by line: which pieces stand for what, and how what is left over is told."""

from __future__ import annotations

import pytest

from agent.dock.check import check
from agent.dock.differences import Came, Code, Difference, Disposition, Seen, State, Tally
from agent.dock.goods_identity import Identity
from agent.dock.notice import NO_BATCH, Batch, Item, Notice, Unit
from tests.agent.dock.goods import APPLE, P1, P2, PEAR, item, notice, piece, unit

APPLES = Identity(gtin=APPLE)
L1 = Batch("L1", "2027-12-31")
TYPE_ONE = "a label without serial number was seen: type one with it, (01)…(21)…"


def apples(*serials: str, **more) -> list[Seen]:
    return [Seen(piece(APPLE, serial), **more) for serial in serials]


def label(pieces: int = 1, source: str = "barcode", **more) -> Seen:
    return Seen(APPLES, source, pieces=pieces, **more)


def missing(identity: Identity, quantity: int = 1, batch: Batch = NO_BATCH, hint: str = ""):
    return Difference(
        Code.MISSING, identity, quantity, "missing", Disposition.QUANTITY, hint, batch=batch
    )


def over(quantity: int, identity: Identity = APPLES, hint: str = ""):
    return Difference(
        Code.OVER, identity, quantity, "more than advised", Disposition.QUANTITY, hint
    )


def unread(number: str) -> Difference:
    text = "all of its contents came, its label was not read"
    return Difference(Code.UNREADABLE, unit(number), 1, text, Disposition.NON_CONFORMANT)


def of(*lines: Item, sscc: str = "") -> Notice:
    return Notice("N", "json", b"", (Unit(sscc, lines),))


def test_a_serial_number_of_another_batch_is_told_and_stands_for_the_line():
    asked = notice(("", [item(APPLE, serials=["1", "2"], lot="L1", expiry="2027-12-31")]))
    wrong = apples("1", source="barcode", lot="WRONG", expiry="2027-12-31")
    verdict = check(asked, [*wrong, *apples("2", lot="L1", expiry="2027-12-31")])
    (differs,) = verdict.differences
    assert (differs.code, differs.identity, differs.quantity, differs.text) == (
        "BH", piece(APPLE, "1"), 1, "batch WRONG, advised L1",
    )  # fmt: skip
    assert (verdict.found, verdict.unexpected) == (2, 0)
    assert verdict.came == (
        Came(APPLE, L1, 2, Tally(read=1)),
        Came(APPLE, Batch("WRONG", "2027-12-31"), 0, Tally(read=1)),
    )


def test_of_two_unread_pallets_the_one_that_lost_a_piece_is_not_whole():
    asked = notice((P1, [item(APPLE, serials=["1"])]), (P2, [item(APPLE, serials=["2", "3"])]))
    verdict = check(asked, apples("1", "3"))
    assert set(verdict.differences) == {missing(piece(APPLE, "2")), unread(P1)}


def test_what_is_short_is_short_on_the_pallet_that_was_not_read():
    asked = notice((P1, [item(APPLE, 2), item(PEAR, 1)]), (P2, [item(APPLE, 3)]))
    seen = [Seen(unit(P2)), label(3), Seen(Identity(gtin=PEAR))]
    assert check(asked, seen).differences == (missing(APPLES, 2),)
    assert set(check(asked, [*seen, label(2)]).differences) == {unread(P1)}
    two = notice((P1, [item(APPLE, 2)]), (P2, [item(APPLE, 3)]), ("", [item(PEAR, 1)]))
    assert check(two, [label(2), Seen(Identity(gtin=PEAR))]).differences == (
        missing(APPLES, 3), unread(P1),
    )  # fmt: skip


def test_what_weighs_too_little_is_not_all_that_was_on_its_pallet():
    asked = of(Item(APPLE, 0, weight_g=5000), sscc=P1)
    whole = check(asked, [label(weight_g=5000)])
    assert whole.differences == (unread(P1),)
    (short,) = check(asked, [label(weight_g=4000)]).differences
    assert (short.code, short.quantity, short.weight_g) == ("X34", 0, 1000)


def test_labels_without_serial_number_are_held_back_for_those_that_are_absent():
    asked = notice(("", [item(APPLE, serials=["1", "2"])]))
    verdict = check(asked, [label(5, "manual")])
    assert set(verdict.differences) == {
        missing(piece(APPLE, "1"), hint=TYPE_ONE),
        missing(piece(APPLE, "2"), hint=TYPE_ONE),
        over(3),
    }
    assert (verdict.expected, verdict.found, verdict.unexpected) == (2, 0, 3)
    one = check(asked, [*apples("1"), label(2, "manual")])
    assert set(one.differences) == {missing(piece(APPLE, "2"), hint=TYPE_ONE), over(1)}


def test_nobody_is_asked_to_type_a_label_where_none_was_seen():
    asked = notice(("", [item(APPLE, serials=["1", "2"])]))
    assert check(asked, apples("1")).differences == (missing(piece(APPLE, "2")),)
    assert check(asked, apples("1", "7")).differences == (
        missing(piece(APPLE, "2")),
        Difference(
            Code.NOT_ADVISED, piece(APPLE, "7"), 1,
            "the article was advised, with another serial number", Disposition.INSTANCE,
        ),
    )  # fmt: skip


def test_labels_without_serial_number_stand_for_what_is_advised_by_quantity_beside_serials():
    asked = notice(("", [item(APPLE, serials=["1", "2"]), item(APPLE, 3, lot="L1")]))
    verdict = check(asked, [*apples("1"), label(3, "manual")])
    assert verdict.differences == (missing(piece(APPLE, "2")),)
    assert (verdict.found, verdict.expected, verdict.tally) == (4, 5, Tally(1, 3))


def test_labels_with_a_weight_stand_for_what_is_advised_by_weight_beside_serials():
    asked = of(Item(APPLE, 1, serials=("1",)), Item(APPLE, 0, lot="L1", weight_g=4000))
    verdict = check(asked, [label(weight_g=4000)])
    assert verdict.differences == (missing(piece(APPLE, "1")),)
    by_weight = Came(
        APPLE, Batch("L1"), 0, Tally(read=1), weight_g=4000, weighed=Tally(read=4000)
    )  # fmt: skip
    assert verdict.came == (by_weight, Came(APPLE, NO_BATCH, 1, Tally()))


def test_the_weight_of_a_line_that_is_counted_is_no_line_of_its_own():
    verdict = check(of(Item(APPLE, 2, weight_g=9000)), [label(2)])
    assert (verdict.state, verdict.expected) == (State.COMPLETE, 2)
    assert verdict.came == (Came(APPLE, NO_BATCH, 2, Tally(read=2)),)


def test_pieces_too_many_are_named_only_where_serial_numbers_tell_which():
    only_serials = notice(("", [item(APPLE, serials=["1"])]))
    assert check(only_serials, apples("1", "7")).differences == (over(1, piece(APPLE, "7")),)
    both = notice(("", [item(APPLE, serials=["1"]), item(APPLE, 1)]))
    assert check(both, apples("1", "7", "8")).differences == (over(1),)
    (_, other) = check(both, apples("7", "8")).differences
    assert (other.code, other.identity, other.quantity) == ("AE", piece(APPLE, "8"), 1)


def test_what_is_too_much_came_all_the_same_under_its_own_batch():
    asked = notice(("", [item(APPLE, 1, lot="L1", package="carton", content=6)]))
    more = Seen(APPLES, "manual", lot="L2", pieces=2)
    verdict = check(asked, [label(1, "manual", lot="L1"), more])
    assert verdict.came == (
        Came(APPLE, Batch("L1"), 1, Tally(by_hand=1), "carton", 6),
        Came(APPLE, Batch("L2"), 0, Tally(by_hand=2)),
    )
    assert (verdict.found, verdict.unexpected) == (1, 2)


def test_clear_reads_are_taken_before_strays_and_tags_before_hands():
    asked = notice(("", [item(APPLE, 2)]))
    weak = Seen(piece(APPLE, "1"), rssi=-70.0, reads=2)
    (more,) = check(asked, [weak, *apples("2"), label(1, "manual")]).differences
    assert (more.code, more.identity) == ("AC", piece(APPLE, "1"))
    verdict = check(asked, [*apples("1", "2"), label(1, "manual")])
    assert (verdict.tally, verdict.unexpected) == (Tally(read=2), 1)


@pytest.mark.parametrize(
    ("rssi", "reads", "hint"),
    [
        (-67.9, 4, ""),
        (-68.0, 4, "a stray? -68 dBm, 4 reads"),
        (-68.0, 0, "a stray? -68 dBm, 0 reads"),
        (-67.9, 3, "a stray? -68 dBm, 3 reads"),
        (None, 3, "a stray? 3 reads"),
        (None, 1, "a stray? 1 read"),
        (None, 4, ""),
        (None, 0, ""),  # it is still there: nobody counted yet
    ],
)
def test_a_tag_is_taken_for_a_stray_from_a_weak_signal_or_few_reads(rssi, reads, hint):
    asked = notice(("", [item(APPLE, 1)]))
    strange = piece(PEAR, "1")
    (differs,) = check(asked, [*apples("1"), Seen(strange, rssi=rssi, reads=reads)]).differences
    assert (differs.code, differs.identity, differs.hint) == ("AE", strange, hint)
    scanned = Seen(strange, "barcode", rssi=rssi, reads=reads)
    (differs,) = check(asked, [*apples("1"), scanned]).differences
    assert differs.hint == ""
