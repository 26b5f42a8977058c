"""Several logs over the same batches: so many must vouch, each once, and only those that count."""

from __future__ import annotations

import pytest

from agent.journal.journal import BatchState, Confirmation, Proof
from evidence import cbor
from tests.agent.journal.test_ring_journal import batch, open_at, records

EAST, NORTH, SOUTH = "east/log", "north/log", "south/log"
ALL = (EAST, NORTH, SOUTH)
PER_BATCH = 2


@pytest.fixture
def journal(tmp_path):
    """Four sealed batches; the third is an alarm."""
    journal = open_at(tmp_path / "journal.sqlite")
    journal.commit(records(0, 4 * PER_BATCH))
    for seq in range(4):
        journal.seal(batch(seq, seq * PER_BATCH, PER_BATCH, urgent=seq == 2))
    yield journal
    journal.close()


@pytest.fixture
def vouchers(journal):
    """Two of three logs confirm."""
    vouchers = journal.vouchers(2)
    vouchers.begin(ALL, ALL, 1)
    return vouchers


def vouch(vouchers, origin, *seqs, size=9):
    rows = [Confirmation(seq, seq + 1, cbor.encode((origin, seq)), size) for seq in seqs]
    vouchers.vouch(origin, rows, f"{origin}\n{size}".encode(), 70)


def states(journal):
    return [row.state.value for row in journal.batches(0, 9)]


def seqs(found):
    return [each.seq for each in found]


def test_a_log_is_sent_what_it_has_not_and_asked_for_what_it_has_not_proven(vouchers):
    assert vouchers.sent(EAST) == -1
    assert seqs(vouchers.unsent(EAST, 9)) == [0, 1, 2, 3]
    assert seqs(vouchers.unsent(EAST, 2)) == [0, 1]
    assert vouchers.unproven(EAST, 9) == []
    assert vouchers.last_urgent(EAST) == 2
    vouchers.accepted(EAST, [0, 1, 2], 50, with_body=True)
    assert vouchers.sent(EAST) == 2
    (last,) = vouchers.unsent(EAST, 9)
    assert (last.seq, last.state, last.urgent) == (3, BatchState.SEALED, False)
    assert seqs(vouchers.unproven(EAST, 9)) == [0, 1, 2]
    assert [each.urgent for each in vouchers.unproven(EAST, 9)] == [False, False, True]
    assert vouchers.last_urgent(EAST) == -1
    vouch(vouchers, EAST, 0, 2)
    assert seqs(vouchers.unproven(EAST, 9)) == [1]
    assert (vouchers.vouched(EAST, 2), vouchers.vouched(EAST, 1)) == (True, False)
    assert seqs(vouchers.unsent(NORTH, 9)) == [0, 1, 2, 3], "of another log nothing follows"


def test_a_batch_is_confirmed_when_so_many_logs_vouch(journal, vouchers):
    for origin in (EAST, NORTH):
        vouchers.accepted(origin, [0, 1], 50, with_body=origin == EAST)
    vouch(vouchers, EAST, 0, 1)
    vouch(vouchers, EAST, 0, size=12)  # the same log again
    assert not vouchers.enough(0)
    assert states(journal) == ["accepted", "accepted", "sealed", "sealed"]
    vouch(vouchers, NORTH, 1)
    assert (vouchers.enough(0), vouchers.enough(1)) == (False, True)
    assert states(journal) == ["accepted", "confirmed", "sealed", "sealed"]
    assert vouchers.proofs(1) == [
        Proof(cbor.encode((EAST, 1)), b"east/log\n9"),
        Proof(cbor.encode((NORTH, 1)), b"north/log\n9"),
    ]
    assert vouchers.proofs(3) == []


def test_a_log_that_counts_no_more_takes_its_word_back_and_another_gives_it(journal, vouchers):
    for origin in ALL:
        vouchers.accepted(origin, [0], 50, with_body=True)
    vouch(vouchers, EAST, 0)
    vouch(vouchers, NORTH, 0)
    assert states(journal)[0] == "confirmed"
    vouchers.count([EAST, SOUTH], 80)
    assert states(journal)[0] == "accepted"
    assert not vouchers.enough(0)
    vouch(vouchers, SOUTH, 0)
    assert states(journal)[0] == "confirmed"
    vouchers.count([EAST, NORTH], 90)
    assert states(journal)[0] == "confirmed", "its receipts were kept, and count again"


def test_books_go_on_after_a_restart_and_with_another_number(journal, vouchers):
    vouchers.accepted(EAST, [0, 1], 50, with_body=True)
    vouch(vouchers, EAST, 0)
    again = journal.vouchers(1)
    again.begin(ALL, ALL, 95)
    assert again.sent(EAST) == 1
    assert states(journal)[:2] == ["confirmed", "accepted"], "one is enough from now on"
    stricter = journal.vouchers(3)
    stricter.begin(ALL, ALL, 96)
    assert states(journal)[:2] == ["accepted", "accepted"]


def test_what_a_log_forgot_is_sent_again_and_what_it_proved_is_not(journal, vouchers):
    vouchers.accepted(EAST, [0, 1, 2], 50, with_body=True)
    vouch(vouchers, EAST, 2)
    vouchers.forgotten(EAST, 0, with_bodies=True)
    assert vouchers.sent(EAST) == 0
    assert seqs(vouchers.unsent(EAST, 9)) == [1, 3]
    assert journal.counts().bodies_owed == 3, "of batches 1 and 2 again, and of 3"
    vouchers.forgotten(EAST, 7, with_bodies=True)
    assert vouchers.sent(EAST) == 0, "it never had so many"


def test_receipts_of_the_log_that_was_alone_are_taken_over(journal):
    def own(origin, seq):
        return Confirmation(seq, 1, b"\x00" + cbor.encode(origin), 5)

    journal.set_accepted([0, 1], 40)
    journal.set_confirmed([own(EAST, 0), own(EAST, 1)], f"{EAST}\n5\n".encode(), 41)
    vouchers = journal.vouchers(1)
    vouchers.begin(ALL, ALL, 42)
    assert (vouchers.vouched(EAST, 0), vouchers.vouched(NORTH, 0)) == (True, False)
    assert len(vouchers.proofs(1)) == 1
    assert states(journal)[:2] == ["confirmed", "confirmed"]
    vouchers.end()
    assert journal.vouchers(1).proofs(1) == vouchers.proofs(1), "they stay"


def test_a_gateway_with_one_log_has_no_such_books(journal):
    assert journal.vouchers(1).proofs(0) == []
    journal.vouchers(1).end()
