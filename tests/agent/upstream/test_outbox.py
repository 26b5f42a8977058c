"""The outbox asks the journal's thread only where something can wait."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.chain.gaps import Gaps
from agent.journal.journal import BatchState, PendingBatch
from agent.upstream.log_books import OneLog
from agent.upstream.outbox import NEXT_SEAL_S, Outbox
from tests.agent.fakes import WALL_MS, FakeTiming, fake_clock

LIMIT = 8


class FakeJournal:
    """States of batches by seq; counts the questions."""

    def __init__(self) -> None:
        self.states: dict[int, BatchState] = {}
        self.taken_ms: dict[int, int | None] = {}
        self.asked = 0
        self.deferred = False
        self.accepted = []

    def pending(self, state, limit):
        self.asked += 1
        found = [seq for seq, each in sorted(self.states.items()) if each is state]
        return [PendingBatch(seq, state, False, b"", 0) for seq in found[:limit]]

    def set_accepted(self, seqs, at_ms, *, with_body):
        self.accepted.append((list(seqs), at_ms, with_body))
        self.states |= dict.fromkeys(seqs, BatchState.ACCEPTED)

    def set_confirmed(self, confirmations, _note, _at_ms, *, deferred):
        self.deferred = deferred
        self.states |= {item.seq: BatchState.CONFIRMED for item in confirmations}
        self.taken_ms |= {item.seq: item.taken_ms for item in confirmations}

    def flush(self):
        self.deferred = False

    def set_forgotten(self, after):
        self.states = {
            seq: BatchState.SEALED if state is BatchState.ACCEPTED and seq > after else state
            for seq, state in self.states.items()
        }


class Here:
    """Runs at once what is for the journal's thread."""

    def __init__(self, journal) -> None:
        self.journal = journal

    async def run(self, work, *args, **named):
        return work(self.journal, *args, **named)

    async def flush(self):
        self.journal.flush()


class FakeAnchor:
    size = 9

    class signed:  # noqa: N801  stands for a checkpoint
        @staticmethod
        def to_bytes():
            return b"note"


class FakeProof:
    index = 1
    size = 9


@pytest.fixture
def journal():
    return FakeJournal()


@pytest.fixture
def timing():
    return FakeTiming()


@pytest.fixture
def outbox(journal, timing, tmp_path):
    gaps = Gaps(tmp_path, bytes(16))
    return Outbox(Here(journal), OneLog(gaps), gaps, fake_clock(timing))


def seal(journal, outbox, *seqs):
    journal.states |= dict.fromkeys(seqs, BatchState.SEALED)
    outbox.sealed()


async def seqs_of(batches):
    return [batch.seq for batch in await batches]


async def confirm(outbox, *seqs):
    await outbox.confirmed(
        dict.fromkeys(seqs, FakeProof()), dict.fromkeys(seqs, b"receipt"), FakeAnchor()
    )


async def test_what_is_known_to_be_nothing_is_not_asked_for_again(journal, outbox):
    assert await outbox.unsent(LIMIT) == await outbox.unconfirmed(LIMIT) == []
    asked = journal.asked
    for _ in range(5):
        assert await outbox.unsent(LIMIT) == await outbox.unconfirmed(LIMIT) == []
    assert journal.asked == asked


async def test_once_a_node_has_all_that_waited_the_journal_is_not_asked_what_waits(journal, outbox):
    await outbox.unconfirmed(LIMIT)
    seal(journal, outbox, 0, 1)
    await outbox.taken_whole(await outbox.unsent(LIMIT))
    asked = journal.asked
    assert await outbox.unsent(LIMIT) == []
    assert journal.asked == asked
    seal(journal, outbox, 2)
    assert await seqs_of(outbox.unsent(LIMIT)) == [2]


async def test_every_change_is_seen(journal, outbox):
    assert await outbox.unsent(LIMIT) == await outbox.unconfirmed(LIMIT) == []
    seal(journal, outbox, 0, 1)
    assert await seqs_of(outbox.unsent(LIMIT)) == [0, 1]
    await outbox.accepted([0], with_body=True)
    assert await seqs_of(outbox.unsent(LIMIT)) == [1]
    await outbox.accepted([1], with_body=True)
    assert await seqs_of(outbox.unsent(LIMIT)) == []
    assert await seqs_of(outbox.unconfirmed(LIMIT)) == [0, 1]
    await confirm(outbox, 0)
    assert await seqs_of(outbox.unconfirmed(LIMIT)) == [1]
    await outbox.forgotten(0)
    assert await seqs_of(outbox.unsent(LIMIT)) == [1]
    assert await seqs_of(outbox.unconfirmed(LIMIT)) == []


async def test_more_than_was_asked_for_is_not_forgotten(journal, outbox):
    seal(journal, outbox, *range(3))
    await outbox.accepted([0, 1, 2], with_body=True)
    assert await seqs_of(outbox.unconfirmed(2)) == [0, 1]
    await confirm(outbox, 0, 1)
    assert await seqs_of(outbox.unconfirmed(2)) == [2]


async def test_a_batch_sealed_while_the_journal_is_asked_is_found(journal, outbox):
    journal.states[0] = BatchState.CONFIRMED
    pending = journal.pending

    def slow(state, limit):
        found = pending(state, limit)
        seal(journal, outbox, 1)
        return found

    journal.pending = slow
    assert await outbox.unsent(LIMIT) == []
    journal.pending = pending
    assert await seqs_of(outbox.unsent(LIMIT)) == [1]


async def taken_whole(outbox, journal, *seqs):
    seal(journal, outbox, *seqs)
    await outbox.taken_whole(await outbox.unsent(LIMIT))


async def test_while_proofs_come_a_batch_is_noted_once_with_its_proof(journal, outbox):
    assert await outbox.unconfirmed(LIMIT) == []  # nothing older waits for a proof
    await taken_whole(outbox, journal, 0, 1)
    assert set(journal.states.values()) == {BatchState.SEALED}, "nothing was written"
    outbox.sealed()
    assert await outbox.unsent(LIMIT) == [], "nor is it sent again"
    assert [batch.seq for batch in await outbox.unconfirmed(LIMIT)] == [0, 1]
    await confirm(outbox, 0)
    await outbox.settle()
    assert journal.states == {0: BatchState.CONFIRMED, 1: BatchState.ACCEPTED}
    assert journal.taken_ms[0] is not None


async def test_what_a_node_lost_before_its_proof_came_goes_out_again(journal, outbox):
    assert await outbox.unconfirmed(LIMIT) == []
    await taken_whole(outbox, journal, 0, 1)
    await outbox.forgotten(0)
    assert await seqs_of(outbox.unsent(LIMIT)) == [1]
    assert await seqs_of(outbox.unconfirmed(LIMIT)) == [0]


async def test_where_older_ones_wait_for_a_proof_the_next_is_noted_at_once(journal, outbox):
    journal.states[0] = BatchState.ACCEPTED
    assert len(await outbox.unconfirmed(LIMIT)) == 1
    await taken_whole(outbox, journal, 1)
    assert set(journal.states.values()) == {BatchState.ACCEPTED}


async def test_a_proof_waits_for_the_next_batch_but_not_for_long(journal, outbox, timing):
    await taken_whole(outbox, journal, 0)
    assert outbox.left() is None, "nothing is proven yet"
    await confirm(outbox, 0)
    assert journal.deferred
    await timing.advance(NEXT_SEAL_S - 1)
    assert outbox.left() == pytest.approx(1)
    await timing.advance(1)
    assert outbox.left() == 0
    await outbox.settle()
    assert (journal.deferred, outbox.left()) == (False, None)


async def test_a_proof_that_went_with_a_batch_is_not_written_again(journal, outbox):
    await taken_whole(outbox, journal, 0)
    await confirm(outbox, 0)
    seal(journal, outbox, 1)
    assert outbox.left() is None


async def test_what_is_held_is_written_with_the_moment_when_the_first_was_taken(
    journal, outbox, timing
):
    await outbox.unconfirmed(LIMIT)
    await taken_whole(outbox, journal, 0)
    timing.now += 2.0
    await taken_whole(outbox, journal, 1)
    assert journal.accepted == []
    await outbox.settle()
    assert journal.accepted == [([0, 1], WALL_MS, True)]
    await outbox.settle()
    assert len(journal.accepted) == 1, "it is written once"


@pytest.mark.parametrize(("held", "written"), [(64, []), (65, [64, 1])])
async def test_so_many_are_held_as_one_question_asks_about(journal, outbox, held, written):
    await outbox.unconfirmed(LIMIT)
    seal(journal, outbox, *range(held))
    batches = await outbox.unsent(100)
    await outbox.taken_whole(batches[:64])
    for batch in batches[64:]:
        await outbox.taken_whole([batch])
    assert [len(seqs) for seqs, _, _ in journal.accepted] == written


async def test_where_another_log_s_proof_may_come_first_nothing_is_held(journal, outbox):
    outbox._books.alone = False
    await outbox.unconfirmed(LIMIT)
    await taken_whole(outbox, journal, 0)
    assert journal.accepted == [([0], WALL_MS, True)]


async def test_statements_that_went_alone_are_noted_without_their_bodies(journal, outbox):
    seal(journal, outbox, 0, 1)
    await outbox.accepted([], with_body=False)
    await outbox.accepted([0, 1], with_body=False)
    assert journal.accepted == [([0, 1], WALL_MS, False)]
    assert await seqs_of(outbox.unconfirmed(LIMIT)) == [0, 1]


async def test_of_what_is_sealed_no_more_is_returned_than_was_asked_for(journal, outbox):
    await outbox.unconfirmed(LIMIT)
    await taken_whole(outbox, journal, 0)
    seal(journal, outbox, 1, 2, 3)
    assert await seqs_of(outbox.unsent(2)) == [1, 2]
    assert await seqs_of(outbox.unsent(LIMIT)) == [1, 2, 3]


async def test_a_proof_that_waits_is_due_after_a_quarter_of_a_minute(journal, outbox, timing):
    await taken_whole(outbox, journal, 0, 1)
    await confirm(outbox, 0)
    timing.now += 5.0
    await confirm(outbox, 1)
    assert outbox.left() == 10.0, "the first one's"
    timing.now += 20.0
    assert outbox.left() == 0.0


async def test_the_way_to_a_proof_is_timed_from_when_a_node_took_it(journal, outbox, timing):
    await outbox.unconfirmed(LIMIT)
    await taken_whole(outbox, journal, 0, 1)
    timing.now += 1.5
    await confirm(outbox, 0)
    assert (outbox.times.proven.count, outbox.times.proven.seconds) == (1, 1.5)
    await outbox.forgotten(0)
    await confirm(outbox, 1)
    assert outbox.times.proven.count == 1, "the node had lost it"


async def test_who_waits_for_a_batch_is_told_whether_there_is_one(journal, outbox):
    assert await outbox.wait(0.0) is False
    outbox.sealed()
    assert await outbox.wait(0.0) is True
    assert await outbox.wait(0.0) is False


class Bodies:
    """A journal that has batch 7 in memory and reads the others."""

    epoch = bytes(16)

    def __init__(self, newest=7) -> None:
        self.head_ = None if newest is None else batch_of(newest, b"in memory")
        self.read, self.refused = [], []

    def newest(self):
        return self.head_

    async def head(self):
        return self.head_

    async def batch(self, seq):
        self.read.append(seq)
        return SimpleNamespace(batch=batch_of(seq, b"read"))

    async def batches(self, first, last):
        assert first == last
        return [await self.batch(first)] if first < 8 else []

    async def set_refused(self, *what):
        self.refused.append(what)

    async def run(self, work):
        return work(self)


def batch_of(seq, body):
    return SimpleNamespace(seq=seq, statement=b"statement %d" % seq, body=body)


class Declared(set):
    """Seqs of declared gaps, each with its statement."""

    def statement(self, seq):
        return b"gap %d" % seq if seq in self else None


@pytest.mark.parametrize(
    ("newest", "seq", "body", "read"),
    [(7, 7, b"in memory", []), (7, 6, b"read", [6]), (None, 7, b"read", [7]), (7, 9, b"", [])],
)
async def test_the_newest_body_is_in_memory_and_a_gap_has_none(newest, seq, body, read):
    journal = Bodies(newest)
    outbox = Outbox(journal, None, Declared({9}), fake_clock())
    assert await outbox.body(seq) == body
    assert journal.read == read


async def test_a_statement_is_found_in_the_journal_or_among_the_gaps_or_was_never_signed():
    outbox = Outbox(Bodies(), None, Declared({9}), fake_clock())
    assert await outbox.find(3) == b"statement 3"
    assert await outbox.find(9) == b"gap 9"
    assert await outbox.find(8) is None
    assert await outbox.stored(3) == (b"statement 3", b"read")
    assert await outbox.newest() == 7
    assert await Outbox(Bodies(None), None, Declared(), fake_clock()).newest() == 0


async def test_what_a_node_will_never_take_is_noted_and_the_last_alarm_asked_of_the_books():
    books = SimpleNamespace(last_urgent=lambda journal: (journal, 5))
    journal = Bodies()
    outbox = Outbox(journal, books, Declared(), fake_clock())
    await outbox.refused(3, "conflict", "another one is there")
    assert journal.refused == [(3, "conflict", "another one is there")]
    assert await outbox.last_urgent() == (journal, 5)


async def test_a_declared_gap_among_them_is_noted_at_once(journal, outbox):
    await outbox.unconfirmed(LIMIT)
    outbox._gaps = Declared({1})
    await taken_whole(outbox, journal, 0, 1)
    assert journal.accepted == [([0, 1], WALL_MS, True)]
