"""What goes in a round and as what, and what is noted of each answer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.journal.journal import BatchState, Rank
from agent.upstream.budget import Share
from agent.upstream.day_bytes import Carried
from agent.upstream.errors import Equivocated, OrderConflict
from agent.upstream.link import LinkDown, NodeError
from agent.upstream.sender import Sender
from evidence.wire import Code, Label, Type
from tests.agent.log_world import EPOCH
from tests.agent.upstream.stand_ins import Asked, Budget, Node, Outbox, accepted, batch, no

ROUND = 8 * 1024
"""Bytes of the first round."""


class Rig:
    """A sender that has begun; `now` is its monotonic second, a round takes `seconds`."""

    def __init__(self) -> None:
        self.now, self.seconds, self.answers = 100.0, 0.0, accepted
        self.outbox, self.budget, self.node = Outbox(), Budget(), Node(self.answer)
        self.learnt, self.conflict = [], None
        conflicts = SimpleNamespace(learn=self.learn)
        self.sender = Sender(self.node, self.outbox, self.budget, conflicts, lambda: self.now)

    def answer(self, asked):
        self.now += self.seconds
        return self.answers(asked)

    def learn(self, *shown):
        self.learnt.append(shown)
        return self.conflict

    @property
    def sent(self):
        """Seqs of what went, by what went: "s", "b" or "sb"."""
        return [
            (
                int((each.statement or each.body).split()[1]),
                "s" * bool(each.statement) + "b" * bool(each.body),
            )
            for each in self.node.asked
        ]


@pytest.fixture
def rig():
    return Rig()


async def statements(rig, *batches):
    rig.outbox.statements = list(batches)
    await rig.sender.begin()
    return await rig.sender.statements()


async def test_what_waits_goes_whole_where_it_makes_one_round(rig):
    rig.outbox.head = 4
    assert await statements(rig, batch(4), batch(5, urgent=True)) is True
    assert rig.node.asked == [
        Asked(Type.REGISTER, {}, b"statement 4", b"body 4", 0, Carried.LIVE),
        Asked(Type.REGISTER, {}, b"statement 5", b"body 5", 0, Carried.ALARMS),
    ]
    assert rig.outbox.noted == [("whole", [4, 5])]
    assert await rig.sender.statements() is False
    assert rig.sender.holding is False
    looks = rig.outbox.looks
    assert await rig.sender.bodies(Rank.BACKLOG) is False
    assert rig.outbox.looks == looks, "each went with its body: nothing can be owed"


@pytest.mark.parametrize(("count", "whole"), [(63, True), (64, False)])
async def test_where_more_may_wait_than_one_round_statements_go_ahead(rig, count, whole):
    await statements(rig, *(batch(seq) for seq in range(count)))
    assert {parts for _, parts in rig.sent} == {"sb" if whole else "s"}
    assert rig.outbox.noted == [("whole" if whole else "alone", list(range(count)))]


@pytest.mark.parametrize(("more", "whole"), [(0, True), (1, False)])
async def test_a_whole_round_is_of_8_kib_statements_and_bodies(rig, more, whole):
    first = batch(1, statement=b"statement 1" + b" " * 89, body_bytes=100)
    last = batch(2, statement=b"statement 2" + b" " * 89, body_bytes=ROUND - 300 + more)
    await statements(rig, first, last)
    assert {parts for _, parts in rig.sent} == {"sb" if whole else "s"}
    assert len(rig.sent) == 2
    assert {each.carried for each in rig.node.asked} == {Carried.LIVE if whole else Carried.PROOFS}


async def test_a_round_of_statements_is_of_8_kib_too(rig):
    long = [batch(seq, statement=b"statement %d" % seq + b" " * 3000) for seq in (1, 2, 3)]
    rig.outbox.head = 3
    await statements(rig, *long)
    assert rig.sent == [(1, "s"), (2, "s")]
    await rig.sender.statements()
    assert rig.sent[2:] == [(3, "s")], "the bodies of the first two are owed, and older"


async def test_once_statements_went_ahead_their_bodies_are_asked_for(rig):
    await statements(rig, *(batch(seq) for seq in range(64)))
    rig.outbox.owing[Rank.BACKLOG] = [batch(3, state=BatchState.CONFIRMED)]
    assert await rig.sender.bodies(Rank.BACKLOG) is True
    header = {Label.EPOCH: EPOCH, Label.SEQ: 3}
    assert rig.node.asked[64:] == [Asked(Type.REGISTER, header, b"", b"body 3", 0, Carried.LIVE)]
    assert rig.outbox.noted[1:] == [("bodies", [3])]
    assert await rig.sender.bodies(Rank.NEWEST) is False
    looks = rig.outbox.looks
    assert await rig.sender.bodies(Rank.BACKLOG) is False
    assert await rig.sender.bodies(Rank.URGENT) is False
    assert rig.outbox.looks == looks + 1, "the last rank has none: no more is asked"


async def test_bodies_of_an_outage_are_told_apart(rig):
    rig.outbox.head = 7
    rig.outbox.owing[Rank.BACKLOG] = [batch(6), batch(7), batch(8, urgent=True)]
    await rig.sender.begin()
    await rig.sender.bodies(Rank.BACKLOG)
    assert rig.outbox.newest_from == 7
    assert [each.carried for each in rig.node.asked] == [
        Carried.BACKLOG,
        Carried.LIVE,
        Carried.ALARMS,
    ]


@pytest.mark.parametrize(
    ("waiting", "parts"),
    [
        ([batch(7)], "s"),  # what was the newest at the start is no newer than the backlog
        ([batch(8)], "sb"),
        ([batch(8, urgent=True), batch(9)], "sb"),
        ([batch(8), batch(9, urgent=True)], "s"),  # the alarm waits for no body
    ],
)
async def test_beside_a_backlog_only_what_is_newer_and_holds_up_no_alarm_goes_whole(
    rig, waiting, parts
):
    rig.outbox.head = 7
    rig.outbox.owing[Rank.URGENT] = [batch(3)]
    await statements(rig, *waiting)
    assert {each for _, each in rig.sent} == {parts}


@pytest.mark.parametrize(("seq", "parts"), [(6, "s"), (7, "sb")])
async def test_over_a_way_that_is_not_for_a_backlog_it_stays(rig, seq, parts):
    rig.outbox.head, rig.budget.takes_backlog = 7, False
    await statements(rig, batch(seq))
    assert rig.sent == [(seq, parts)]


async def test_to_a_log_that_takes_no_bodies_statements_go_alone(rig):
    rig.outbox.carries = False
    await statements(rig, batch(1))
    assert rig.sent == [(1, "s")]
    assert rig.outbox.noted == [("alone", [1])]
    rig.outbox.owing[Rank.URGENT] = [batch(1)]
    assert await rig.sender.bodies(Rank.URGENT) is False


async def test_nine_tenths_spent_statements_go_alone(rig):
    rig.budget.allowed = {Share.STATEMENTS}
    await statements(rig, batch(1))
    assert rig.sent == [(1, "s")]
    assert rig.sender.holding is False


@pytest.mark.parametrize(("last", "sent"), [(-1, []), (1, [(0, "s"), (1, "s")])])
async def test_once_all_is_spent_only_what_an_alarm_needs_goes(rig, last, sent):
    rig.budget.allowed = set()
    rig.outbox.last = last
    assert await statements(rig, batch(0), batch(1, urgent=True), batch(2)) is bool(sent)
    assert rig.sent == sent
    assert rig.sender.holding is True


async def test_once_all_is_spent_nothing_is_held_where_nothing_waits(rig):
    rig.budget.allowed = set()
    assert await statements(rig) is False
    assert rig.sender.holding is False


async def test_what_spends_the_last_bytes_is_noted_at_once_as_no_proof_is_asked_for(rig):
    def last_bytes(asked):
        rig.budget.allowed = set()
        return accepted(asked)

    rig.answers = last_bytes
    await statements(rig, batch(1))
    assert rig.outbox.noted == [("with bodies", [1])]


@pytest.mark.parametrize(
    ("rank", "share"), [(Rank.NEWEST, Share.NEWEST), (Rank.BACKLOG, Share.BACKLOG)]
)
async def test_bodies_are_held_by_their_share_of_the_day(rig, rank, share):
    rig.outbox.owing[rank] = [batch(1)]
    await rig.sender.begin()
    rig.budget.allowed = set(Share) - {share}
    assert await rig.sender.bodies(rank) is False
    assert (rig.sender.holding, rig.sent) == (True, [])
    rig.budget.allowed = {share}
    assert await rig.sender.bodies(rank) is True


async def test_alarms_go_whatever_is_spent(rig):
    rig.outbox.owing[Rank.URGENT] = [batch(1, urgent=True)]
    await rig.sender.begin()
    rig.budget.allowed = set()
    assert await rig.sender.bodies(Rank.URGENT) is True
    assert (rig.sender.holding, rig.sent) == (False, [(1, "b")])


@pytest.mark.parametrize("code", [Code.MALFORMED, Code.TOO_LARGE])
async def test_a_body_that_is_refused_is_not_sent_again_and_holds_up_no_other(rig, code):
    rig.outbox.owing[Rank.BACKLOG] = [batch(seq) for seq in range(66)]
    rig.answers = lambda asked: no(code) if asked.header[Label.SEQ] == 1 else accepted(asked)
    await rig.sender.begin()
    assert await rig.sender.bodies(Rank.BACKLOG) is True
    taken = [seq for seq in range(64) if seq != 1]
    assert rig.outbox.noted == [("bodies", taken)]
    await rig.sender.bodies(Rank.BACKLOG)
    assert rig.sent[64:] == [(64, "b"), (65, "b")]
    assert await rig.sender.bodies(Rank.BACKLOG) is False


async def test_behind_as_many_refused_bodies_as_a_round_has_the_others_are_found(rig):
    rig.outbox.owing[Rank.BACKLOG] = [batch(seq) for seq in range(65)]
    rig.answers = lambda asked: no(Code.MALFORMED)
    await rig.sender.begin()
    await rig.sender.bodies(Rank.BACKLOG)
    rig.answers = accepted
    assert await rig.sender.bodies(Rank.BACKLOG) is True
    assert rig.outbox.noted[-1] == ("bodies", [64])


@pytest.mark.parametrize(
    "error", [no(Code.GAP), no(Code.BUSY), LinkDown("gone"), no(Code.UNKNOWN_ENTRY)]
)
async def test_what_is_not_the_body_s_fault_ends_the_round_once_the_others_are_noted(rig, error):
    rig.outbox.owing[Rank.BACKLOG] = [batch(seq, state=BatchState.CONFIRMED) for seq in (1, 2, 3)]
    rig.answers = lambda asked: error if asked.header[Label.SEQ] == 2 else accepted(asked)
    await rig.sender.begin()
    with pytest.raises(type(error)) as caught:
        await rig.sender.bodies(Rank.BACKLOG)
    assert caught.value is error
    assert rig.outbox.noted == [("bodies", [1, 3])]


async def test_what_a_node_forgot_before_it_was_proven_goes_again(rig):
    rig.outbox.owing[Rank.NEWEST] = [batch(5, state=BatchState.ACCEPTED)]
    rig.answers = lambda _: no(Code.UNKNOWN_ENTRY)
    await rig.sender.begin()
    assert await rig.sender.bodies(Rank.NEWEST) is True
    assert rig.outbox.noted == [("bodies", []), ("forgotten", 4)]


@pytest.mark.parametrize("error", [no(Code.GAP, seq=1), LinkDown("gone")])
async def test_of_statements_those_before_a_failure_are_noted(rig, error):
    rig.answers = lambda asked: error if asked.statement.endswith(b"2") else accepted(asked)
    with pytest.raises(type(error)) as caught:
        await statements(rig, batch(1), batch(2))
    assert caught.value is error
    assert rig.outbox.noted == [("whole", [1])]


async def test_another_statement_of_ours_in_the_log_is_believed_when_it_is_shown(rig):
    rig.conflict = SimpleNamespace(text=lambda: "an old copy", theirs=b"theirs")
    rig.answers = lambda _: no(Code.EQUIVOCATION, b"theirs")
    rig.sender.newest_logged = 9
    with pytest.raises(Equivocated, match="an old copy") as caught:
        await statements(rig, batch(3))
    assert caught.value.conflict is rig.conflict
    assert rig.learnt == [("harbour", b"statement 3", b"theirs", 9)]
    refusal = ("refused", 3, Code.EQUIVOCATION, "equivocation: no")
    assert rig.outbox.noted == [("whole", []), refusal]


async def test_a_node_that_shows_nothing_proves_nothing(rig):
    rig.answers = lambda _: no(Code.EQUIVOCATION)
    with pytest.raises(OrderConflict, match=r"another batch 3 .* does not show it") as caught:
        await statements(rig, batch(3))
    assert type(caught.value) is OrderConflict
    assert caught.value.evidence == b"statement 3"
    assert rig.learnt == [("harbour", b"statement 3", b"", -1)]
    assert isinstance(caught.value.__cause__, NodeError)


@pytest.mark.parametrize(
    ("seconds", "next_round"),
    [(0.9, ["s"] * 4), (1.5, ["s"] * 2), (2.1, ["s"])],
)
async def test_the_next_round_is_as_long_as_the_last_one_was_quick(rig, seconds, next_round):
    """Two of 4 KiB; the whole round's time counts, from when it began."""

    def large(seq):
        return batch(seq, statement=(b"statement %d" % seq).ljust(4096))

    rig.outbox.carries = False
    rig.seconds = seconds / 2
    await statements(rig, *(large(seq) for seq in range(9)))
    assert len(rig.sent) == 2
    await rig.sender.statements()
    assert [parts for _, parts in rig.sent[2:]] == next_round
