"""What goes to one log of several: statements it lacks, bodies whose statement it has, gaps."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.gaps import DeclaredGap, Gaps
from agent.journal.journal import BatchState, Confirmation, Rank
from agent.journal.ring_journal import RingJournal
from agent.signing.file_key import FileKey
from agent.upstream.log_books import OneLog, OneOfSeveral
from evidence.errors import MalformedError
from evidence.keys import EDDSA, ES256
from evidence.merkle import Tree, hash_leaf, inclusion_path, root_at
from evidence.receipt import sign_receipt
from evidence.statement import Claims, Gap, sign_gap
from tests.agent.log_world import EPOCH, ISSUER, EdKey, LogWorld, record

KEY = FileKey(ec.derive_private_key(7, ec.SECP256R1()))
ALL = ("east/log", "north/log")
SEALED, ACCEPTED = BatchState.SEALED, BatchState.ACCEPTED


@pytest.fixture
def journal(tmp_path):
    """Three batches; the second is an alarm."""
    journal, world = RingJournal(tmp_path / "journal.sqlite", EPOCH), LogWorld(KEY)
    for seq in range(3):
        records = [record(2 * seq), record(2 * seq + 1)]
        journal.commit(records)
        batch = world.seal(records)
        journal.seal(replace(batch, urgent=seq == 1))
    yield journal
    journal.close()


@pytest.fixture
def rig(tmp_path, journal):
    journal.vouchers(2).begin(ALL, ALL, 1)
    rig = SimpleNamespace(journal=journal, gaps=Gaps(tmp_path, EPOCH), stopped=False)
    rig.books = {
        origin: OneOfSeveral(origin, 2, rig.gaps, lambda: ALL, lambda: rig.stopped)
        for origin in ALL
    }
    return rig


def waiting(rig, origin, state, limit=9):
    return [each.seq for each in rig.books[origin].pending(rig.journal, state, limit)]


def owed(rig, origin, rank):
    return [each.seq for each in rig.books[origin].owed(rig.journal, rank, 2, 9)]


def test_a_body_goes_to_a_log_that_has_its_statement(rig):
    east = rig.books["east/log"]
    assert owed(rig, "east/log", Rank.URGENT) == []
    assert east.last_urgent(rig.journal) == 1
    east.accept(rig.journal, [0, 1], 5, with_body=False)
    assert owed(rig, "east/log", Rank.URGENT) == [1]
    assert owed(rig, "east/log", Rank.BACKLOG) == [0]
    assert owed(rig, "east/log", Rank.NEWEST) == []
    assert owed(rig, "north/log", Rank.URGENT) == []
    assert (waiting(rig, "east/log", SEALED), waiting(rig, "east/log", ACCEPTED)) == ([2], [0, 1])
    assert waiting(rig, "north/log", SEALED) == [0, 1, 2]
    assert east.last_urgent(rig.journal) == -1


def test_what_a_log_lost_goes_there_again(rig):
    east = rig.books["east/log"]
    east.accept(rig.journal, [0, 1, 2], 5, with_body=True)
    east.forget(rig.journal, 0, with_bodies=True)
    assert waiting(rig, "east/log", SEALED) == [1, 2]
    assert waiting(rig, "east/log", SEALED, limit=1) == [1]


def test_nothing_goes_to_any_log_once_one_has_proven_a_second_history(rig):
    rig.books["east/log"].accept(rig.journal, [0], 5, with_body=True)
    rig.stopped = True
    assert waiting(rig, "east/log", SEALED) == []
    assert waiting(rig, "north/log", SEALED) == []
    assert waiting(rig, "east/log", ACCEPTED) == [0], "of what it has, proofs are still asked for"


def gap_at(seq):
    claims = Claims(ISSUER, 1, EPOCH, seq, bytes(32))
    gap = Gap(seq + 1, 10, 5, None, "disk damage")
    return DeclaredGap(sign_gap(claims, gap, KEY.public.kid, ES256, KEY.sign))


def test_a_declared_gap_has_its_place_among_the_batches_of_each_log(rig):
    rig.gaps.keep(gap_at(3))
    assert waiting(rig, "east/log", SEALED) == [0, 1, 2, 3]
    *_, gap = rig.books["east/log"].pending(rig.journal, SEALED, 9)
    assert (gap.urgent, gap.state, gap.body_bytes) == (True, SEALED, 0)
    rig.books["east/log"].accept(rig.journal, [0, 1, 2, 3], 5, with_body=False)
    assert waiting(rig, "east/log", SEALED) == []
    assert waiting(rig, "east/log", ACCEPTED) == [0, 1, 2, 3]
    assert waiting(rig, "north/log", SEALED) == [0, 1, 2, 3]


def test_of_one_log_alone_batches_and_gaps_come_in_order(rig):
    rig.gaps.keep(gap_at(3))
    books = OneLog(rig.gaps)

    def seqs(state, limit=9):
        return [each.seq for each in books.pending(rig.journal, state, limit)]

    assert seqs(SEALED) == [0, 1, 2, 3]
    assert seqs(SEALED, limit=3) == [0, 1, 2]
    books.accept(rig.journal, [0, 1, 2, 3], 5, with_body=True)
    assert (seqs(SEALED), seqs(ACCEPTED)) == ([], [0, 1, 2, 3])
    books.forget(rig.journal, 2, with_bodies=True)
    assert (seqs(SEALED), seqs(ACCEPTED)) == ([3], [0, 1, 2])


LOG_KEY = EdKey()


def receipt_of(origin, seq, *, genesis=b""):
    """A receipt of batch or gap `seq` in the log `origin`, which begins with an entry of its own."""
    entries = [genesis or origin.encode(), *(b"entry %d" % each for each in range(seq + 1))]
    tree, index = Tree([hash_leaf(entry) for entry in entries]), seq + 1
    size = len(entries)
    path, root = inclusion_path(tree.node, index, size), root_at(tree.node, size)
    receipt = sign_receipt(origin, size, index, path, root, LOG_KEY.public, EDDSA, LOG_KEY.sign)
    return Confirmation(seq, index, receipt, size)


def confirm(rig, origin, *seqs, at_ms=7):
    rows = [receipt_of(origin, seq) for seq in seqs]
    rig.books[origin].confirm(rig.journal, rows, f"{origin}\n".encode(), at_ms)


def states(rig):
    return [row.state for row in rig.journal.batches(0, 9)]


def test_batches_and_gaps_are_confirmed_once_both_logs_have_proven_them(rig):
    rig.gaps.keep(gap_at(3))
    for origin in ALL:
        rig.books[origin].accept(rig.journal, [0, 1, 2, 3], 5, with_body=True)
    confirm(rig, "east/log", 0, 3)
    assert states(rig) == [ACCEPTED] * 3
    assert [gap.state for gap in rig.gaps] == [ACCEPTED]
    assert waiting(rig, "east/log", ACCEPTED) == [1, 2], "of these it gave no receipt"
    assert waiting(rig, "north/log", ACCEPTED) == [0, 1, 2, 3]
    confirm(rig, "north/log", 0, 1, 3)
    assert states(rig) == [BatchState.CONFIRMED, ACCEPTED, ACCEPTED]
    assert [gap.state for gap in rig.gaps] == [BatchState.CONFIRMED]
    assert [gap.receipt for gap in rig.gaps] == [receipt_of("north/log", 3).receipt]


def test_a_log_that_is_trusted_no_more_does_not_count(tmp_path, journal):
    journal.vouchers(2).begin(ALL, ALL, 1)
    trusted = [*ALL]
    books = {
        origin: OneOfSeveral(origin, 2, Gaps(tmp_path, EPOCH), lambda: trusted, lambda: False)
        for origin in ALL
    }
    rig = SimpleNamespace(journal=journal, books=books)
    trusted.remove("east/log")
    for origin in ALL:
        books[origin].accept(journal, [0], 5, with_body=True)
        confirm(rig, origin, 0)
    assert states(rig)[0] is ACCEPTED
    trusted.append("east/log")
    confirm(rig, "north/log", 0, at_ms=9)
    assert states(rig)[0] is BatchState.CONFIRMED


def test_one_log_under_two_names_is_no_second_witness(rig):
    for origin in ALL:
        rig.books[origin].accept(rig.journal, [0], 5, with_body=True)
    confirm(rig, "east/log", 0)
    same = receipt_of("north/log", 0, genesis=b"east/log")
    with pytest.raises(MalformedError, match="two receipts are from one log under two names"):
        rig.books["north/log"].confirm(rig.journal, [same], b"north/log\n", 7)
    assert states(rig)[0] is ACCEPTED
    confirm(rig, "east/log", 0)  # its own once more is no other's


class Deferring:
    """A journal that notes whether a proof may wait for the next batch."""

    def __init__(self):
        self.noted = []

    def set_confirmed(self, rows, note, at_ms, *, deferred):
        self.noted.append((list(rows), note, at_ms, deferred))


def test_of_one_log_alone_a_batch_s_proof_may_wait_and_a_gap_s_may_not(rig):
    rig.gaps.keep(gap_at(3))
    books, journal = OneLog(rig.gaps), Deferring()
    batch, gap = receipt_of("east/log", 1), receipt_of("east/log", 3)
    books.confirm(journal, [batch], b"note", 7)
    assert [each.state for each in rig.gaps] == [SEALED]
    books.confirm(journal, [batch, gap], b"note", 8)
    assert journal.noted == [([batch], b"note", 7, True), ([batch, gap], b"note", 8, False)]
    assert [each.state for each in rig.gaps] == [BatchState.CONFIRMED]
    assert OneLog.alone is True
    assert OneOfSeveral.alone is False


def test_of_one_log_alone_the_journal_itself_is_the_book(journal, tmp_path):
    books = OneLog(Gaps(tmp_path, EPOCH))
    assert books.last_urgent(journal) == 1
    books.accept(journal, [0, 1], 5, with_body=False)
    assert books.last_urgent(journal) == -1
    assert [each.seq for each in books.owed(journal, Rank.URGENT, 2, 9)] == [1]
    assert [each.seq for each in books.pending(journal, ACCEPTED, 9)] == [0, 1]
    books.forget(journal, 0, with_bodies=True)
    assert [each.seq for each in books.pending(journal, SEALED, 9)] == [1, 2]
