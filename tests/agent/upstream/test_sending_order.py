"""What goes first: alarms, then what is new, then what an outage left; statements ahead of all."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from agent.journal.journal import BatchState, PendingBatch, Rank
from agent.upstream.pace import (
    FIRST_ROUND_BYTES,
    LARGEST_ROUND,
    LARGEST_ROUND_BYTES,
    LONGEST_PAUSE_S,
    Pace,
    ReceiptPoll,
)
from agent.upstream.sender import Sender
from evidence.wire import Code, Envelope, Label, Type
from tests.agent.upstream.gateway import HonestNode

BACKLOG = 100
ALARMS = (10, 42, 77)


async def stored_bodies(gateway, count):
    rows = await gateway.journal.batches(0, count)
    return {row.batch.seq: row.batch.body for row in rows}


async def test_a_backlog_goes_by_rank(gateway, node, world):
    honest = HonestNode(world)
    node.answer = honest
    await node.down()
    await gateway.open(node)
    await gateway.seal(BACKLOG, urgent=ALARMS)
    node.up()
    await gateway.delivered(BACKLOG)

    statements = [seq for seq, body in honest.arrivals if not body]
    assert statements == list(range(BACKLOG)), "each once, in the order of the chain"
    bodies = [seq for seq, body in honest.arrivals if body]
    rest = [seq for seq in range(BACKLOG - 1) if seq not in ALARMS]
    assert bodies == [*ALARMS, BACKLOG - 1, *rest]
    assert honest.bodies == await stored_bodies(gateway, BACKLOG)


async def test_what_happens_meanwhile_overtakes_the_backlog(gateway, node, world):
    honest = HonestNode(world)
    node.answer = honest
    await node.down()
    await gateway.open(node)
    await gateway.seal(4 * BACKLOG)
    new, alarm = 4 * BACKLOG, 4 * BACKLOG + 1
    node.up()

    async def draining():
        return len(honest.bodies) > 1

    await gateway.until(draining)
    await gateway.seal(2, urgent=(alarm,))
    await gateway.delivered(4 * BACKLOG + 2)
    bodies = [seq for seq, body in honest.arrivals if body]
    # Sealed first, the other may be on its way already when the alarm is.
    assert bodies.index(alarm) <= bodies.index(new) + 1 < len(bodies) - 1
    assert bodies[-1] == 4 * BACKLOG - 2
    assert sorted(bodies) == list(range(4 * BACKLOG + 2)), "each once"


async def test_what_fits_one_message_goes_in_one(gateway, node, world):
    honest = HonestNode(world)
    node.answer = honest
    await gateway.open(node)
    for count in (1, 2, 3):
        await gateway.seal()
        await gateway.delivered(count)
    assert honest.arrivals == [(0, True), (1, True), (2, True)]


async def test_a_cut_in_mid_backlog_is_resumed_there(gateway, node, world):
    honest = HonestNode(world)
    truth = honest.register
    node.answer = honest
    await node.down()
    await gateway.open(node)
    await gateway.seal(BACKLOG)

    def mute_after_half(envelope):
        return truth(envelope) if len(honest.bodies) < BACKLOG // 2 else None

    honest.register = mute_after_half
    node.up()

    async def half():
        return len(honest.bodies) == BACKLOG // 2

    await gateway.until(half)
    await node.down()
    honest.register = truth
    node.up()
    await gateway.delivered(BACKLOG)
    twice = [seq for seq, body in honest.arrivals if body]
    assert len(twice) - len(set(twice)) <= LARGEST_ROUND
    assert len(honest.logged) == BACKLOG
    assert honest.bodies == await stored_bodies(gateway, BACKLOG)


async def test_confirmation_waits_for_no_body(gateway, node, world):
    honest = HonestNode(world)
    truth = honest.register
    node.answer = honest
    held = asyncio.Event()

    def no_bodies(envelope):
        if envelope.body and not held.is_set():
            return envelope.error(Code.BUSY, "later")
        return truth(envelope)

    honest.register = no_bodies
    await node.down()
    await gateway.open(node)
    await gateway.seal(BACKLOG)
    node.up()
    await gateway.confirmed(BACKLOG)
    counts = await gateway.journal.counts()
    assert counts.bodies_owed == BACKLOG
    assert counts.unsent_records == 3 * BACKLOG
    assert gateway.forwarder.views[0].detail.startswith("sending")
    held.set()
    await gateway.delivered(BACKLOG)
    counts = await gateway.journal.counts()
    assert (counts.unsent_records, counts.oldest_unsent_ms) == (0, None)


async def test_a_body_that_a_node_refuses_holds_up_no_other(gateway, node, world):
    honest = HonestNode(world)
    truth = honest.register
    node.answer = honest

    def picky(envelope):
        answer = truth(envelope)
        if envelope.body and answer.header.get(2) == 1:
            honest.bodies.pop(1)
            return envelope.error(Code.MALFORMED, "bits have rotted")
        return answer

    honest.register = picky
    await node.down()
    await gateway.open(node)
    await gateway.seal(BACKLOG)
    node.up()
    await gateway.confirmed(BACKLOG)

    async def all_but_one():
        return (await gateway.journal.counts()).bodies_owed == 1

    await gateway.until(all_but_one)
    assert honest.bodies.keys() == set(range(BACKLOG)) - {1}


async def test_receipts_come_in_bulk(gateway, node, world):
    honest = HonestNode(world)
    node.answer = honest
    await node.down()
    await gateway.open(node)
    await gateway.seal(BACKLOG)
    node.up()
    await gateway.delivered(BACKLOG)
    asked = [envelope for envelope in node.seen if envelope.type is Type.STATUS]
    assert len(asked) <= 3
    assert set(await gateway.states()) == {BatchState.CONFIRMED}


def test_a_round_is_as_short_as_the_link_is_slow():
    pace = Pace()
    bodies = [4000] * 100
    assert len(pace.fitting(bodies, int)) == FIRST_ROUND_BYTES // 4000
    pace.took(8000, 4.0)  # 2 kB/s
    assert pace.fitting(bodies, int) == [4000], "one body at a time"
    for _ in range(20):
        pace.took(4000, 2.0)
    assert pace.fitting([10**6, 1], int) == [10**6], "at least one"
    for _ in range(40):
        pace.took(sum(pace.fitting(bodies, int)), 0.05)
    assert pace.round_bytes == LARGEST_ROUND_BYTES
    assert len(pace.fitting(bodies, int)) == LARGEST_ROUND


class Owing:
    """An outbox that owes bodies of 4000 bytes each, in a backlog without end."""

    epoch, carries = bytes(16), True

    def __init__(self):
        self.next = 0

    async def newest(self):
        return 10**6

    async def owed(self, rank, newest_from, limit):
        first = range(self.next, self.next + limit)
        return [PendingBatch(seq, BatchState.CONFIRMED, False, b"s", 4000) for seq in first]

    async def body(self, seq):
        return bytes(4000)

    async def bodies_taken(self, seqs):
        self.next += len(seqs)


class Line:
    """A link of so many bytes a second, on a clock of its own."""

    def __init__(self, rate):
        self.now, self._rate = 0.0, rate

    async def request(self, type_, header, statement, body, *, carried):
        self.now += len(body) / self._rate
        return Envelope(Type.ACCEPTED, bytes(8), {})


@pytest.mark.parametrize(
    ("rate", "rounds"),
    [(10**6, [2, 4, 8, 16, 32, 64, 64]), (2000, [2, 1, 1, 1])],
    ids=["1 MB/s", "2 kB/s"],
)
async def test_rounds_of_a_backlog_grow_on_a_fast_link_and_shrink_on_a_slow_one(rate, rounds):
    """8 KiB at first, then twice as much after each round under a second, 64 messages at most."""
    line, outbox = Line(rate), Owing()
    may = SimpleNamespace(allows=lambda _: True, takes_backlog=True)
    sender = Sender(line, outbox, may, None, lambda: line.now)
    await sender.begin()
    sent = []
    for _ in rounds:
        before = outbox.next
        assert await sender.bodies(Rank.BACKLOG)
        sent.append(outbox.next - before)
    assert sent == rounds


@pytest.mark.parametrize("round_trip", [0.01, 0.6])
def test_a_small_round_says_nothing_about_the_link(round_trip):
    pace = Pace()
    for _ in range(10):
        pace.took(300, round_trip)
    assert pace.round_bytes == FIRST_ROUND_BYTES


def test_a_log_without_quorum_is_asked_ever_more_seldom():
    poll = ReceiptPoll()
    now, pauses = 100.0, []
    for _ in range(10):
        poll.came_in_vain(now)
        left = poll.left(now)
        pauses.append(left)
        now += left
        assert poll.left(now) == 0
    assert pauses[:4] == [1, 2, 4, 8]
    assert max(pauses) == LONGEST_PAUSE_S
    poll.got(now)
    poll.came_in_vain(now)
    assert poll.left(now) == 1


def test_nothing_is_asked_while_nothing_waits():
    poll = ReceiptPoll()
    assert poll.left(5.0) == 0
    poll.nothing_waits()
    assert poll.left(5.0) is None
    poll.accepted(5.0)
    assert poll.left(5.25) == 0.75


async def test_no_alarm_of_many_waits_longer_than_a_round(gateway, node, world):
    """The worst of fifteen alarms in a drain; in bodies, as seconds are the link's."""
    honest = HonestNode(world)
    node.answer = honest
    await node.down()
    await gateway.open(node)
    await gateway.seal(4 * BACKLOG)
    node.up()
    waited = []
    for alarm in range(4 * BACKLOG, 4 * BACKLOG + 15):
        before = len(honest.bodies)
        await gateway.seal(urgent=(alarm,))

        async def arrived(alarm=alarm):
            return alarm in honest.bodies

        await gateway.until(arrived)
        waited.append(list(honest.bodies).index(alarm) - before)
    assert max(waited) <= LARGEST_ROUND


async def test_a_node_that_forgot_a_statement_gets_it_again_with_its_body(gateway, node, world):
    """A body travels without its statement; who lost that says so when the body comes."""
    honest = HonestNode(world)
    await node.down()
    await gateway.open(node)
    await gateway.seal(BACKLOG)
    forgets = [BACKLOG - 1]

    def answer(envelope):
        if envelope.type is Type.STATUS and forgets:
            return envelope.answer(Type.PENDING, {Label.RETRY_MS: 10})
        seq = envelope.header.get(Label.SEQ)
        if envelope.type is Type.REGISTER and not envelope.statement and seq in forgets:
            forgets.remove(seq)
            world.entries.remove(honest.logged.pop())
        return honest(envelope)

    node.answer = answer
    node.up()
    await gateway.delivered(BACKLOG)
    assert not forgets
    assert len(honest.logged) == BACKLOG
    assert len(honest.bodies) == BACKLOG
