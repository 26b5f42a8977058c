"""How much goes at once, by how long it took before, and how often a node is asked for receipts."""

from __future__ import annotations

import pytest

from agent.upstream.pace import Pace, ReceiptPoll

KIB = 1024


def fitting(pace: Pace, *sizes: int) -> list[int]:
    return pace.fitting(sizes, lambda size: size)


def test_the_first_round_is_of_eight_kibibytes_and_of_one_message_at_least():
    assert fitting(Pace(), 4 * KIB, 4 * KIB, 1) == [4 * KIB, 4 * KIB]
    assert fitting(Pace(), 4 * KIB, 4 * KIB + 1) == [4 * KIB]
    assert fitting(Pace(), 900 * KIB, 1) == [900 * KIB]
    assert fitting(Pace()) == []
    assert len(fitting(Pace(), *[1] * 100)) == 64


@pytest.mark.parametrize(
    ("sent", "seconds", "next_bytes"),
    [
        (8 * KIB, 0.9, 16 * KIB),
        (8 * KIB, 1.0, 8 * KIB),
        (8 * KIB, 2.0, 8 * KIB),
        (8 * KIB, 2.1, 4 * KIB),
        (3 * KIB, 2.1, 3 * KIB // 2),  # a short round that was slow
        (100 * KIB, 2.1, 4 * KIB),  # one message that was larger than the round
        (1, 2.1, 1),
        (4 * KIB, 0.9, 8 * KIB),  # a round that was not full tells nothing of a fuller one
        (4 * KIB + 1, 0.9, 16 * KIB),
    ],
)
def test_a_round_is_twice_or_half_the_one_before(sent, seconds, next_bytes):
    pace = Pace()
    pace.took(sent, seconds)
    assert pace.round_bytes == next_bytes


def test_a_round_has_a_quarter_of_a_mebibyte_at_most():
    pace = Pace()
    for _ in range(10):
        pace.took(pace.round_bytes, 0.1)
    assert pace.round_bytes == 256 * KIB


def test_a_new_session_asks_for_receipts_at_once():
    assert ReceiptPoll().left(100.0) == 0.0


def test_receipts_are_asked_for_a_second_after_a_statement_was_taken():
    poll = ReceiptPoll()
    poll.nothing_waits()
    assert poll.left(100.0) is None
    poll.accepted(100.0)
    poll.accepted(100.5)  # the question is for that one, too
    assert [poll.left(now) for now in (100.0, 100.75, 101.0, 102.0)] == [1.0, 0.25, 0.0, 0.0]


def test_a_node_that_has_none_is_asked_ever_more_seldom_and_once_a_minute_at_least():
    poll, pauses = ReceiptPoll(), []
    for _ in range(8):
        poll.came_in_vain(100.0)
        pauses.append(poll.left(100.0))
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    poll.got(100.0)
    assert poll.left(100.0) == 0.0, "the others may be there, too"
    poll.came_in_vain(100.0)
    assert poll.left(100.0) == 1.0
