"""What is read, known by hand, or believed: never more than anybody saw, and never less."""

from __future__ import annotations

import itertools

import pytest

from agent.dock.belief import Belief
from agent.dock.check import check
from agent.dock.differences import Code, Known, Seen, State, Tally
from agent.dock.goods_identity import Identity
from agent.dock.notice import Item, Notice, Unit
from agent.dock.returns import Delivered, check_returns
from tests.agent.dock.goods import APPLE, P1, P2, P9, PEAR, PLUM, item, notice, piece, unit
from tests.agent.dock.records import Check

STOLEN = "09506000134352"
THEFT = notice(
    (
        P1,
        [
            item(APPLE, serials=["1", "2"]),
            item(PEAR, serials=["1", "2"]),
            item(PLUM, serials=["1"]),
            item(STOLEN, serials=list("123456")),
        ],
    )
)
OTHERS = [
    piece(APPLE, "1"),
    piece(APPLE, "2"),
    piece(PEAR, "1"),
    piece(PEAR, "2"),
    piece(PLUM, "1"),
]


def seen(*identities: Identity, **more) -> list[Seen]:
    return [Seen(identity, **more) for identity in identities]


def label(gtin: str, pieces: int = 1, source: str = "barcode") -> Seen:
    return Seen(Identity(gtin=gtin), source, pieces=pieces)


def test_an_article_of_which_nothing_was_seen_is_missing_though_its_pallet_was_read():
    verdict = check(THEFT, seen(unit(P1), *OTHERS))
    assert verdict.state is State.DIFFERENT
    assert (verdict.found, verdict.expected, verdict.tally) == (5, 11, Tally(read=5))
    assert {each.identity for each in verdict.of(Code.MISSING)} == {
        piece(STOLEN, serial) for serial in "123456"
    }


def test_what_is_advised_by_serial_number_is_never_believed():
    verdict = check(notice((P1, [item(APPLE, serials=["1", "2"])])), seen(unit(P1)))
    assert (verdict.found, len(verdict.of(Code.MISSING))) == (0, 2)


def test_lines_of_a_unit_are_believed_only_while_no_other_line_of_it_was_read():
    asked = notice((P1, [item(APPLE, 100), item(PEAR, 4)]))
    whole = check(asked, seen(unit(P1)))
    assert (whole.tally, whole.disposition) == (Tally(believed=104), "completeness_inferred")
    touched = check(asked, [*seen(unit(P1)), label(PEAR, 3)])
    assert (touched.found, touched.tally) == (3, Tally(read=3))
    missing = {each.identity.gtin: each.quantity for each in touched.of(Code.MISSING)}
    assert missing == {APPLE: 100, PEAR: 1}


def test_where_nothing_is_believed_a_pallets_label_is_no_goods():
    asked = notice((P1, [item(APPLE, 5)]))
    verdict = check(asked, seen(unit(P1)), known=Known({}, {}, belief=Belief.NOTHING))
    assert (verdict.found, [each.quantity for each in verdict.of(Code.MISSING)]) == (0, [5])


def test_read_and_by_hand_are_told_apart_in_every_line():
    asked = notice(("", [item(APPLE, 3), item(PEAR, 1)]))
    verdict = check(asked, [*seen(piece(APPLE, "1"), piece(APPLE, "2")), label(APPLE, 1, "manual")])
    assert verdict.tally == Tally(read=2, by_hand=1)
    assert {(each.gtin, each.advised, each.tally) for each in verdict.came} == {
        (APPLE, 3, Tally(2, 1)), (PEAR, 1, Tally()),
    }  # fmt: skip


def test_one_carton_fulfils_one_line():
    asked = notice((P1, [item(APPLE, serials=["1"])]), (P2, [item(APPLE, serials=["1"])]))
    verdict = check(asked, seen(unit(P1), unit(P2), piece(APPLE, "1")))
    assert (verdict.found, verdict.expected) == (1, 2)
    (missing,) = verdict.of(Code.MISSING)
    assert missing.hint.startswith("the notice names it twice")


def test_a_label_typed_in_is_one_more_piece_beside_the_tags():
    asked = notice(("", [item(APPLE, 12)]))
    tags = seen(*(piece(APPLE, str(n)) for n in range(10)))
    dead = [*tags, label(APPLE, 2, "manual")]
    assert check(asked, dead).state is State.COMPLETE
    more = check(asked, [*dead, label(APPLE, 1, "manual")])
    assert [(each.code, each.quantity) for each in more.differences] == [("AC", 1)]


def test_a_scan_that_may_be_of_a_box_whose_tag_was_read_is_counted_once_and_told():
    asked = notice(("", [item(APPLE, 12)]))
    tags = seen(*(piece(APPLE, str(n)) for n in range(10)))
    verdict = check(asked, [*tags, label(APPLE, 2)])
    assert (verdict.found, verdict.doubled) == (10, {APPLE: 2})


def test_a_label_without_serial_number_does_not_stand_for_an_advised_one():
    asked = notice(("", [item(APPLE, serials=["1", "2"])]))
    verdict = check(asked, [*seen(piece(APPLE, "1")), label(APPLE, 1, "manual")])
    assert (verdict.found, verdict.unexpected) == (1, 0)
    (missing,) = verdict.differences
    assert missing.identity == piece(APPLE, "2")
    assert missing.hint == "a label without serial number was seen: type one with it, (01)…(21)…"


def test_which_carton_is_more_does_not_depend_on_the_order_of_reads():
    asked = notice(("", [item(APPLE, 3)]))
    tags = seen(*(piece(APPLE, str(n)) for n in range(4)))
    verdicts = [check(asked, list(order)) for order in itertools.permutations(tags)]
    assert all(each == verdicts[0] for each in verdicts)
    (more,) = verdicts[0].differences
    assert (more.code, more.identity, more.quantity) == ("AC", Identity(gtin=APPLE), 1)


def test_of_cartons_too_many_the_likely_stray_is_named():
    asked = notice(("", [item(APPLE, 3)]))
    stray = Seen(piece(APPLE, "0"), rssi=-75.0, reads=2)
    tags = seen(*(piece(APPLE, str(n)) for n in range(1, 4)), rssi=-50.0, reads=90)
    (more,) = check(asked, [stray, *tags]).differences
    assert (more.identity, more.hint) == (piece(APPLE, "0"), "a stray? -75 dBm, 2 reads")


def test_weights_are_summed_beside_the_pieces_and_are_not_pieces():
    catch = Notice("N", "json", b"", (Unit("", (Item(APPLE, 0, weight_g=25_500),)),))
    weigh = [Seen(Identity(gtin=APPLE), "barcode", weight_g=g) for g in (12_000, 13_500)]
    verdict = check(catch, weigh)
    assert (verdict.state, verdict.expected, verdict.unexpected) == (State.COMPLETE, 0, 0)
    (line,) = verdict.came
    assert (line.weight_g, line.weighed, line.tally) == (25_500, Tally(read=25_500), Tally(read=2))
    (short,) = check(catch, weigh[:1]).differences
    assert (short.code, short.weight_g) == ("X34", 13_500)
    assert short.text == "12 kg of 25.5 kg on the labels of 1 piece"
    (unknown,) = check(catch, [*weigh, label(APPLE)]).differences
    assert unknown.hint == "1 of them say no weight: weigh them"


# Returns


OUT = notice(("", [item(APPLE, 4), item(PEAR, serials=["1", "2", "3"])]))


@pytest.mark.parametrize("strange", [unit(P9), piece(PLUM, "1"), Identity(epc="30AA")])
def test_a_strange_thing_that_comes_back_takes_nothing_away(strange):
    verdict = check_returns(OUT, Delivered(), seen(strange), {})
    assert (verdict.found, verdict.unexpected, verdict.codes) == (0, 1, ("AE",))
    five = check_returns(OUT, Delivered(), [label(APPLE, 4), label(PLUM, 5)], {})
    assert (five.found, five.unexpected) == (4, 5)


def test_more_than_went_out_cannot_come_back():
    verdict = check_returns(OUT, Delivered(), [label(APPLE, 9)], {})
    assert (verdict.found, verdict.unexpected) == (4, 5)
    (more,) = verdict.differences
    assert (more.code, more.quantity, more.text) == ("AC", 5, "more came back than went out")


def test_what_was_missing_when_the_goods_went_cannot_come_back():
    before = Delivered("R-1", {piece(PEAR, "1"): "", piece(PEAR, "2"): ""}, {PEAR: 2})
    verdict = check_returns(OUT, before, seen(piece(PEAR, "1"), piece(PEAR, "3")), {})
    assert (verdict.found, verdict.expected) == (1, 2)
    (never,) = verdict.differences
    assert (never.code, never.identity) == ("AE", piece(PEAR, "3"))


def test_returns_of_which_nothing_came_are_not_complete():
    verdict = check_returns(OUT, Delivered(), [], {})
    assert (verdict.state, verdict.disposition) == ("nothing", "unknown")


# Entries, and taking them back


def test_what_was_typed_can_be_taken_back_and_so_can_a_scan():
    asked = notice((P1, [item(APPLE, 1)]))
    check_ = Check(asked)
    check_.scan(sscc=P1)
    twice = [check_.type(gtin=APPLE) for _ in range(2)]
    assert [each.code for each in check_.verdict.differences] == ["AC"]
    check_.undo(twice[1])
    assert (check_.verdict.state, check_.session.manual) == (State.COMPLETE, 1)
    damaged = check_.note(
        "dock-entry", quality="manual", check="R-1", what="remark", code="AF", quantity=1
    )
    assert check_.verdict.codes == ("AF",)
    check_.undo(damaged)
    wrong = check_.scan(gtin=PEAR)
    assert check_.verdict.codes == ("AE",)
    check_.undo(wrong)
    assert check_.verdict.differences == ()
    assert [each.said for each in check_.session.entries.values()] == [f"label (01){APPLE}"]


def test_twelve_labels_of_one_article_are_twelve_things_known_by_hand():
    check_ = Check(notice(("", [item(APPLE, 12)])))
    for _ in range(12):
        check_.type(gtin=APPLE)
    assert (check_.session.manual, check_.verdict.tally) == (12, Tally(by_hand=12))


@pytest.mark.parametrize(
    ("how", "label", "pieces"),
    [
        ("type", {"gtin": APPLE, "quantity": 5}, 5),
        ("type", {"gtin": APPLE, "serial": "0071", "quantity": 5}, 1),
        ("scan", {"gtin": APPLE, "quantity": 5}, 1),
        ("scan", {"gtin": APPLE, "serial": "0071"}, 1),
    ],
)
def test_only_typed_labels_without_serial_number_stand_for_several_pieces(how, label, pieces):
    check = Check(THEFT)
    getattr(check, how)(**label)
    getattr(check, how)(**label)
    assert check.verdict.pieces == {APPLE: pieces if "serial" in label else 2 * pieces}
