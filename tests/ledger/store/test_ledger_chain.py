"""What the log takes as a gateway's next statement, and what it says of any other; pure."""

from __future__ import annotations

import pytest

from ledger.store.chain import (
    Accepted,
    BadBody,
    Entry,
    Equivocation,
    Gap,
    Submission,
    Unnamed,
    judge,
    judge_epoch,
)
from ledger.store.group import right_edge
from ledger.store.tree import completed_by
from tests.evidence.test_chain import (
    FIRST,
    LOST,
    NEXT,
    OTHER,
    SECOND,
    WRONG,
    batch,
    follows,
    gap,
)

THIRD = batch(2, SECOND.digest)


def entry(statement, index=7):
    return Entry(index, statement.claims.seq, statement.digest, statement.encoded)


def said(new, same=None, newest=None, fault=""):
    submission = Submission(new, b"body" if fault else b"", fault)
    return judge(submission, same and entry(same), newest and entry(newest, 9))


def test_the_next_statement_is_nobody_s_yet():
    assert said(FIRST) is None
    assert said(SECOND, newest=FIRST) is None
    assert said(batch(4, LOST.digest, 8), newest=LOST) is None


def test_the_same_statement_again_is_accepted_as_before():
    assert said(FIRST, same=FIRST, newest=SECOND) == Accepted(7)
    assert said(FIRST, same=FIRST, newest=FIRST, fault="another body") == BadBody("another body")


def test_another_statement_of_its_number_is_a_second_history():
    other = batch(0, None, mark=1)
    assert said(other, same=FIRST, newest=SECOND) == Equivocation(entry(FIRST))
    assert said(other, same=FIRST, fault="another body") == Equivocation(entry(FIRST))


@pytest.mark.parametrize(
    ("new", "newest", "verdict"),
    [
        (SECOND, None, Gap(0, "statement 1 came where 0 is the next")),
        (THIRD, FIRST, Gap(1, "statement 2 came where 1 is the next")),
        (FIRST, SECOND, Gap(2, "statement 0 came where 2 is the next")),
        (batch(5, LOST.digest, 8), LOST, Gap(4, "statement 5 came where 4 is the next")),
        (batch(2, LOST.digest, 8), LOST, Gap(4, "statement 2 came where 4 is the next")),
    ],
)
def test_a_statement_out_of_turn_hears_whose_turn_it_is(new, newest, verdict):
    assert said(new, newest=newest) == verdict


def test_what_does_not_follow_is_wanted_anew():
    verdict = said(batch(1, WRONG), newest=FIRST)
    assert (type(verdict), verdict.wanted) == (Gap, 1)
    assert "prev is not the digest" in verdict.text
    verdict = said(batch(1, FIRST.digest, signer=OTHER), newest=FIRST)
    assert type(verdict) is Unnamed
    assert "another key signs" in verdict.text
    late = said(batch(0, None, 3))
    assert (type(late), late.wanted) == (Gap, 0)
    assert late.text.endswith(": an epoch begins with record 0")


def test_a_body_is_looked_at_last():
    assert said(FIRST, fault="another body") == BadBody("another body")
    assert said(SECOND, newest=FIRST, fault="another body") == BadBody("another body")
    assert type(said(THIRD, newest=FIRST, fault="another body")) is Gap


@pytest.mark.parametrize(
    ("told", "kept", "newest", "wanted"),
    [
        (follows(1, SECOND.digest, 1), None, None, None),  # nothing is here of that epoch
        (follows(1, SECOND.digest, 1), SECOND, SECOND, None),
        (follows(0, FIRST.digest, 1), FIRST, SECOND, None),
        (follows(None, None, 1), None, SECOND, None),
        (follows(2, THIRD.digest, 2), None, SECOND, 1),
        (follows(1, WRONG, 1), SECOND, SECOND, 1),
        (follows(0, WRONG, 1), FIRST, SECOND, 1),
        (follows(0, FIRST.digest, 0), FIRST, SECOND, 1),
        (follows(3, LOST.digest, 3), LOST, LOST, None),
        (follows(4, WRONG, 4), LOST, LOST, 3),
    ],
)
def test_a_new_epoch_must_name_or_declare_all_that_is_here(told, kept, newest, wanted):
    verdict = judge_epoch(told, kept and entry(kept), newest and entry(newest))
    assert (verdict and verdict.wanted) == wanted
    if told.seq is not None and wanted is not None and told.seq > wanted:
        assert verdict.text == f"the epoch before must first be sent up to {told.seq}"
    elif wanted is not None:
        assert verdict.text.endswith("; the first statement must name it or declare it lost")


@pytest.mark.parametrize(
    ("size", "edge"),
    [(0, []), (1, [(0, 0)]), (2, [(1, 0)]), (6, [(1, 2), (2, 0)]), (7, [(0, 6), (1, 2), (2, 0)])],
)
def test_a_tree_consists_of_the_full_subtrees_at_its_edge(size, edge):
    assert right_edge(size) == edge


@pytest.mark.parametrize(
    ("size", "places"),
    [(0, [(0, 0)]), (1, [(0, 1), (1, 0)]), (2, [(0, 2)]), (7, [(0, 7), (1, 3), (2, 1), (3, 0)])],
)
def test_a_leaf_completes_these_subtrees(size, places):
    asked = []

    def node(level, index):
        asked.append((level, index))
        return bytes(32)

    made = list(completed_by(node, size, b"\1" * 32))
    assert [(level, index) for level, index, _ in made] == places
    assert asked == [(level, index - 1) for level, index in places[:-1]]
    assert made[0][2] == b"\1" * 32


def test_a_gap_takes_the_place_of_what_it_declares():
    assert said(gap(1, 3, FIRST.digest, 2, 6), newest=FIRST) is None
    assert said(batch(0, None, epoch=NEXT, follows=follows(1, SECOND.digest, 1))) is None
