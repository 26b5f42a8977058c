"""Pieces against advised batches: no more stand for others than must, whatever their order."""

from __future__ import annotations

import itertools
import random

import pytest

from agent.dock.counting import Pieces
from agent.dock.differences import Seen, Tally
from agent.dock.goods_identity import Identity
from agent.dock.line_differences import kilograms, other_batch, other_weight
from agent.dock.matching import FITS, OTHER_BOTH, OTHER_DATE, OTHER_LOT, assigned, misfit
from agent.dock.notice import NO_BATCH, Batch
from tests.agent.dock.goods import APPLE

D1, D2 = "2027-12-31", "2028-12-31"
A, B = Batch("L1", D1), Batch("L2", D2)


@pytest.mark.parametrize(
    ("piece", "line", "fit"),
    [
        (A, A, FITS),
        (NO_BATCH, A, FITS),
        (A, NO_BATCH, FITS),
        (Batch("L1"), A, FITS),
        (Batch("", D1), A, FITS),
        (Batch("L1", D2), A, OTHER_DATE),
        (Batch("", D2), A, OTHER_DATE),
        (Batch("L2", D1), A, OTHER_LOT),
        (Batch("L2"), A, OTHER_LOT),
        (B, A, OTHER_BOTH),
        # Dates of two kinds are compared where notice and label say one each.
        (Batch("L1", "", D1), A, FITS),
        (Batch("L1", "", D2), A, OTHER_DATE),
        (Batch("L1", D1, D2), A, FITS),
        (Batch("L1", D1, D2), Batch("L1", D1, D1), OTHER_DATE),
        (Batch("L1", D2, D1), Batch("L1", D1, D1), OTHER_DATE),
        (Batch("L1", D1, D2), Batch("L1", "", D1), OTHER_DATE),
    ],
)
def test_what_one_of_the_two_does_not_say_fits(piece, line, fit):
    assert misfit(piece, line) == fit


def test_as_many_as_are_there_stand_for_as_many_as_are_advised():
    assert assigned({A: 5}, {A: 3}) == {(A, A): 3}
    assert assigned({A: 3}, {A: 5}) == {(A, A): 3}
    assert assigned({A: 5, B: 1}, {A: 3, B: 3}) == {(A, A): 3, (B, B): 1, (A, B): 2}
    assert assigned({}, {A: 3}) == assigned({A: 3}, {}) == {}


def test_pieces_move_on_to_another_line_that_they_fit_where_others_fit_theirs_alone():
    open_, dated = Batch("L1"), Batch("L1", D1, D2)
    first, other = Batch("L1", D1), Batch("L1", D2)
    assert assigned({open_: 2, dated: 1}, {first: 2, other: 1}) == {
        (dated, first): 1, (open_, first): 1, (open_, other): 1,
    }  # fmt: skip


def test_pieces_move_on_over_several_lines():
    lines = [Batch(f"L{n}", D1) for n in (1, 2, 3)]
    blank, first = NO_BATCH, Batch("L1", "", D1)
    found = assigned({blank: 2, first: 1}, dict.fromkeys(lines, 1))
    assert found == {(first, lines[0]): 1, (blank, lines[1]): 1, (blank, lines[2]): 1}


def fewest_misfits(pieces: list[Batch], lines: list[Batch]) -> int:
    """Try each order: of how many pieces no more than that fit a line of their own."""
    if len(pieces) > len(lines):
        pairs = ((p, lines) for p in itertools.permutations(pieces, len(lines)))
    else:
        pairs = ((pieces, some) for some in itertools.permutations(lines, len(pieces)))
    return max(
        sum(misfit(piece, line) == FITS for piece, line in zip(some, others, strict=True))
        for some, others in pairs
    )


def test_no_order_of_pieces_has_more_that_fit():
    dice = random.Random(5)
    batches = [Batch(*each) for each in itertools.product(("", "L1", "L2"), ("", D1, D2))]
    for _ in range(150):
        pieces = [dice.choice(batches) for _ in range(dice.randint(1, 5))]
        lines = [dice.choice(batches) for _ in range(dice.randint(1, 5))]
        supply = {each: pieces.count(each) for each in pieces}
        demand = {each: lines.count(each) for each in lines}
        flow = assigned(supply, demand)
        fits = sum(count for (piece, line), count in flow.items() if misfit(piece, line) == FITS)
        assert fits == fewest_misfits(pieces, lines), (pieces, lines)
        assert flow.total() == min(len(pieces), len(lines))
        for each, count in supply.items():
            assert sum(n for (piece, _), n in flow.items() if piece == each) <= count
        for each, count in demand.items():
            assert sum(n for (_, line), n in flow.items() if line == each) <= count


# In what they differ


def told(piece: Batch, advised: Batch, *batches: Batch):
    return [
        (str(each.code), each.quantity, each.text, each.batch)
        for each in other_batch(piece, advised, Identity(gtin=APPLE), 3, batches or (advised,))
    ]


def test_a_date_that_belongs_to_the_other_batch_is_no_difference_besides():
    lot = ("BH", 3, "batch L2, advised L1", B)
    date = ("BI", 3, f"use by {D2}, advised use by {D1}", B)
    assert told(B, A) == [lot, date]
    assert told(B, A, A, B) == [lot]
    assert told(B, A, A, Batch("L2", D1)) == [lot, date]
    assert told(B, A, A, Batch("L3", D2)) == [lot, date]
    assert told(Batch("L1", D2), A) == [(*date[:3], Batch("L1", D2))]
    assert told(A, A) == told(NO_BATCH, A) == []


def pieces(count: int, weight_g: int, weighed: int) -> Pieces:
    return Pieces(APPLE, "", NO_BATCH, False, Seen(Identity(gtin=APPLE)), count, weight_g, weighed)


@pytest.mark.parametrize(
    ("count", "advised", "weighs", "code"),
    [
        (1, 5000, 4990, None), (1, 5000, 4989, "X34"), (1, 5000, 5010, None),
        (1, 5000, 5011, "AC"), (3, 5000, 4970, None), (3, 5000, 4969, "X34"),
        (0, 11, 0, "X34"), (0, 10, 0, None),
    ],
)  # fmt: skip
def test_labels_round_a_hundredth_of_a_kilogram_each(count, advised, weighs, code):
    all_of_it = [pieces(count, weighs, count)] if count else []
    found = other_weight(APPLE, advised, Tally(read=weighs), all_of_it)
    assert (None if found is None else found.code) == code
    if found is not None:
        assert (found.quantity, found.weight_g) == (0, abs(advised - weighs))
        what = "1 piece" if count == 1 else f"{count} pieces"
        assert found.text.endswith(f" of {kilograms(advised)} on the labels of {what}")


def test_pieces_without_a_weight_are_to_be_weighed_however_much_there_is():
    some = [pieces(2, 4000, 1), pieces(1, 1000, 1)]
    found = other_weight(APPLE, 5000, Tally(read=5000), some, each_g=1500)
    assert (found.code, found.weight_g, found.text) == (
        "AC", 0, "5 kg of 5 kg on the labels of 3 pieces",
    )  # fmt: skip
    assert found.hint == (
        "1 of them say no weight: weigh them; at 1.5 kg each (our table) all would be 6.5 kg"
    )
    bare = other_weight(APPLE, 5000, Tally(read=5000), some)
    assert bare.hint == "1 of them say no weight: weigh them"


@pytest.mark.parametrize(
    ("grams", "said"), [(0, "0 kg"), (1, "0.001 kg"), (1500, "1.5 kg"), (20_000, "20 kg")]
)
def test_kilograms_have_no_zeros_that_say_nothing(grams, said):
    assert kilograms(grams) == said
