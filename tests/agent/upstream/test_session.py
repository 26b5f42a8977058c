"""One conversation, step by step: what is compared, what comes first, and what a rest waits for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.journal.journal import JournalUnavailable, Rank
from agent.upstream.budget import Share
from agent.upstream.day_bytes import Carried
from agent.upstream.errors import OrderConflict
from agent.upstream.link import LinkDown, NodeError
from agent.upstream.session import Session, parse_offer
from agent.upstream.states import Step
from evidence.errors import MalformedError
from evidence.statement import parse_statement
from evidence.wire import Code, Envelope, Label, Type
from tests.agent.log_world import EPOCH, ORIGIN
from tests.agent.upstream.stand_ins import Asked, Budget, Node, Outbox, accepted, batch, no


class Enough(Exception):
    """The test has seen what it wants."""


class Rig:
    """A session over a node whose answers a test writes; `now` is its monotonic second."""

    def __init__(self) -> None:
        self.now, self.wall_ms, self.bound_ms = 100.0, 1_800_000_000_500, 500
        self.outbox, self.budget, self.node = Outbox(), Budget(), Node(self.answer)
        self.answers = {Type.REGISTER: accepted, Type.CUSTODY: lambda _: no(Code.WRONG_ROLE)}
        self.told, self.confirmed = [], []
        self.proven = {}
        self.client = SimpleNamespace(
            size=12,
            policy=SimpleNamespace(log=SimpleNamespace(name=ORIGIN)),
            trusted="anchor",
            confirm=self.confirm,
        )
        clock = SimpleNamespace(now=self.stamp)
        conflicts = SimpleNamespace(learn=lambda *_: None)
        self.session = Session(
            self.node, self.outbox, self.client, clock, self.budget, conflicts, self.tell
        )

    def answer(self, asked):
        return self.answers[asked.type](asked)

    def stamp(self):
        return SimpleNamespace(
            monotonic_ms=round(1000 * self.now), wall_ms=self.wall_ms, bound_ms=self.bound_ms
        )

    def tell(self, step, doing):
        self.told.append((step, doing))

    def confirm(self, statements, offer, now):
        self.confirmed.append((sorted(statements), dict(offer.receipts), now))
        return self.proven

    def asked(self, type_):
        return [each for each in self.node.asked if each.type is type_]

    def rests(self, count, seconds=0.0):
        """End the session with its rest after so many, each of which takes so long."""

        async def wait(pause):
            self.outbox.waited.append(pause)
            if len(self.outbox.waited) > count:
                raise Enough
            self.now += seconds or pause
            return False

        self.outbox.wait = wait

    async def serves(self, rests=0):
        self.rests(rests)
        with pytest.raises(Enough):
            await self.session.serve()


@pytest.fixture
def rig():
    return Rig()


def hello(**header):
    said = {Label[name.upper()]: value for name, value in header.items()}
    return lambda _: Envelope(Type.HELLO, bytes(8), {Label.ORIGIN: ORIGIN} | said)


def pending(_asked):
    return Envelope(Type.PENDING, bytes(8), {Label.RETRY_MS: 10})


def receipts(*seqs):
    pairs = tuple((seq, b"receipt %d" % seq) for seq in seqs)
    header = {Label.RECEIPTS: pairs, Label.NOTE: b"note"}
    return lambda _: Envelope(Type.RECEIPT, bytes(8), header)


def in_turn(rig, type_, *answers):
    """Let the node answer each question of this type by the next of these."""
    left = list(answers)

    def answer(asked):
        return left.pop(0)(asked)

    rig.answers[type_] = answer


async def test_a_greeting_says_how_far_we_are(rig):
    rig.answers[Type.HELLO] = hello()
    assert rig.session.step is Step.GREET
    await rig.session.greet()
    header = {Label.EPOCH: EPOCH, Label.SIZE: 12}
    assert rig.node.asked == [Asked(Type.HELLO, header, b"", b"", 0, Carried.UPKEEP)]
    assert rig.outbox.noted == [("forgotten", -1)], "the node has nothing of this epoch"


@pytest.mark.parametrize("origin", ["another.example/log", 7, "x" * 200])
async def test_a_node_of_another_log_is_told_by_its_name(rig, origin):
    rig.answers[Type.HELLO] = hello(origin=origin)
    with pytest.raises(MalformedError, match="not ours") as caught:
        await rig.session.greet()
    assert f"{origin!r:.80}," in str(caught.value)
    assert rig.outbox.noted == []


@pytest.mark.parametrize(
    ("waiting", "looked", "known"),
    [
        (range(2, 6), 1, [[2, 3]]),
        (range(2, 4), 2, [[2, 3]]),
        (range(4, 6), 1, [[]]),
        (range(0), 1, []),
    ],
)
async def test_what_the_node_has_is_noted_and_not_sent_again(rig, world, waiting, looked, known):
    for _ in range(4):
        world.seal()
    ours = world.batches[3].statement
    rig.outbox.ours = {3: ours}
    rig.outbox.statements = [batch(seq) for seq in waiting]
    rig.answers[Type.HELLO] = hello(seq=3, digest=parse_statement(ours).digest)
    await rig.session.greet()
    assert rig.outbox.noted == [("forgotten", 3), *(("alone", seqs) for seqs in known)]
    assert rig.asked(Type.REGISTER) == []


async def test_more_than_a_round_that_the_node_has_is_noted_round_by_round(rig, world):
    world.seal()
    ours = world.batches[0].statement
    rig.outbox.ours = {100: ours}
    rig.outbox.statements = [batch(seq) for seq in range(130)]
    rig.answers[Type.HELLO] = hello(seq=100, digest=parse_statement(ours).digest)
    await rig.session.greet()
    noted = [seqs for how, seqs in rig.outbox.noted if how == "alone"]
    assert noted == [list(range(64)), list(range(64, 101))]


@pytest.mark.parametrize("known", [True, False])
async def test_where_the_log_holds_what_we_never_signed_ours_is_sent_all_the_same(
    rig, world, known
):
    """So that the node must show the other, and nobody can say that ours was hidden."""
    world.seal()
    rig.outbox.ours = {7: world.batches[0].statement} if known else {}
    rig.outbox.statements = [batch(seq) for seq in range(70)]
    rig.answers[Type.HELLO] = hello(seq=7, digest=bytes(32))
    with pytest.raises(OrderConflict, match=r"holds a batch 7 .* the journal does not") as caught:
        await rig.session.greet()
    assert caught.value.evidence == b""
    assert rig.outbox.noted == [("alone", [*range(64)]), ("whole", [*range(64, 70)])]


async def test_a_node_that_refuses_ours_as_well_is_in_conflict_still(rig):
    learnt = []
    rig.session._sender._conflicts.learn = lambda *shown: learnt.append(shown)
    rig.outbox.statements = [batch(0)]
    rig.answers |= {
        Type.HELLO: hello(seq=7, digest=bytes(32)),
        Type.REGISTER: lambda _: no(Code.GAP),
    }
    with pytest.raises(OrderConflict, match="holds a batch 7"):
        await rig.session.greet()
    rig.answers[Type.REGISTER] = lambda _: no(Code.EQUIVOCATION, b"theirs")
    with pytest.raises(OrderConflict, match="another batch 0"):
        await rig.session.greet()
    assert learnt == [("harbour", b"statement 0", b"theirs", 7)], "up to 7 they are theirs"


async def test_alarms_go_first_then_statements_receipts_news_and_what_an_outage_left(rig):
    outbox = rig.outbox
    outbox.owing = {
        Rank.URGENT: [batch(1)], Rank.NEWEST: [batch(3)], Rank.BACKLOG: [batch(2)],
    }  # fmt: skip
    outbox.head = 9
    outbox.statements = [batch(4)]
    outbox.unproven = [batch(0)]
    rig.proven = {0: "proof"}
    rig.answers[Type.STATUS] = receipts(0)
    await rig.serves()
    sent = [each.body or each.statement or each.type for each in rig.node.asked]
    assert sent == [b"body 1", b"statement 4", Type.STATUS, b"body 3", b"body 2"]
    assert rig.told[:5] == [
        (Step.SEND, "sending alarms"),
        (Step.SEND, "sending statements"),
        (Step.PROVE, None),
        (Step.SEND, "sending the newest"),
        (Step.SEND, "sending the backlog"),
    ]


async def test_every_alarm_goes_before_any_statement(rig):
    rig.outbox.owing[Rank.URGENT] = [batch(seq, body_bytes=9000) for seq in (1, 2)]
    rig.outbox.statements = [batch(4)]
    await rig.serves()
    assert [each.body for each in rig.node.asked] == [b"body 1", b"body 2", b"body 4"]


async def test_an_alarm_waits_for_one_round_of_news_and_not_for_a_backlog_s_too(rig):
    outbox = rig.outbox
    outbox.owing |= {Rank.NEWEST: [batch(3)], Rank.BACKLOG: [batch(2)]}

    def alarm_meanwhile(asked):
        if asked.body == b"body 3":
            outbox.owing[Rank.URGENT] = [batch(5, urgent=True)]
        return accepted(asked)

    rig.answers[Type.REGISTER] = alarm_meanwhile
    await rig.serves()
    assert [each.body for each in rig.node.asked] == [b"body 3", b"body 5", b"body 2"]


async def test_receipts_that_come_at_last_are_asked_for_as_often_as_before(rig):
    rig.outbox.unproven, rig.proven = [batch(3), batch(4)], {3: "third"}
    in_turn(rig, Type.STATUS, pending, pending, receipts(3), pending)
    await rig.serves(rests=2)
    assert rig.outbox.waited == [1.0, 2.0, 1.0]


async def test_custody_is_asked_for_until_the_round_is_over(rig):
    owed = [[1, 2], [3], []]

    async def custody_owed(after, limit):
        asked.append((after, limit))
        return owed.pop(0)

    asked = []
    rig.outbox.custody_owed = custody_owed
    rig.answers[Type.CUSTODY] = lambda _: Envelope(Type.CUSTODY, bytes(8), {Label.RECEIPTS: ()})
    await rig.serves()
    assert asked == [(-1, 64), (2, 64), (3, 64)]
    header = {Label.EPOCH: EPOCH, Label.SEQS: (1, 2)}
    assert rig.asked(Type.CUSTODY)[0] == Asked(
        Type.CUSTODY, header, b"", b"", 2 * 320, Carried.PROOFS
    )
    assert len(rig.asked(Type.CUSTODY)) == 2


async def test_receipts_are_asked_for_in_bulk_and_noted_with_the_checkpoint(rig):
    rig.outbox.unproven = [batch(seq) for seq in (3, 4)]
    rig.answers[Type.STATUS] = receipts(3, 4)
    rig.proven = {3: "third", 4: "fourth"}
    await rig.serves()
    header = {Label.EPOCH: EPOCH, Label.SEQS: (3, 4), Label.SIZE: 12}
    assert rig.asked(Type.STATUS) == [
        Asked(Type.STATUS, header, b"", b"", 2 * 1024, Carried.PROOFS)
    ]
    shown = {3: b"receipt 3", 4: b"receipt 4"}
    assert rig.confirmed == [([3, 4], shown, 1_800_000_000)]
    assert rig.outbox.noted == [("confirmed", rig.proven, shown, "anchor"), ("settled",)]


async def test_without_a_clock_that_somebody_vouches_for_nothing_is_judged_by_time(rig):
    rig.outbox.unproven, rig.bound_ms = [batch(3)], None
    rig.answers[Type.STATUS] = receipts(3)
    rig.proven = {3: "third"}
    await rig.serves()
    assert rig.confirmed == [([3], {3: b"receipt 3"}, None)]


@pytest.mark.parametrize("proven", [{3: "third"}, {}])
async def test_of_what_is_not_proven_yet_it_is_noted_that_the_node_has_it(rig, proven):
    rig.outbox.unproven = [batch(3), batch(4)]
    in_turn(rig, Type.STATUS, receipts(3), pending)
    rig.proven = proven
    await rig.serves()
    noted = [each[0] for each in rig.outbox.noted]
    asked_again = bool(proven)  # the others may be there, too
    assert noted == ["confirmed", "settled"] + ["settled"] * asked_again + ["settled"]
    assert ((Step.PROVE, None) in rig.told) is bool(proven)
    assert len(rig.asked(Type.STATUS)) == 1 + asked_again
    assert rig.outbox.waited == [1.0]


async def test_receipts_that_nobody_asked_for_are_refused(rig):
    rig.outbox.unproven = [batch(3)]
    rig.answers[Type.STATUS] = receipts(3, 4)
    with pytest.raises(MalformedError, match="nobody asked for"):
        await rig.session.serve()
    assert rig.confirmed == []


async def test_a_node_that_forgot_what_it_took_gets_it_again(rig):
    rig.outbox.unproven = [batch(3), batch(4)]

    def forgot(_):
        rig.outbox.unproven = []
        return no(Code.UNKNOWN_ENTRY)

    rig.answers[Type.STATUS] = forgot
    await rig.serves()
    assert rig.outbox.noted[0] == ("forgotten", 2)


async def test_any_other_error_ends_the_conversation_and_what_is_held_is_written(rig):
    rig.outbox.unproven = [batch(3)]
    rig.answers[Type.STATUS] = lambda _: no(Code.NOT_ADMITTED)
    with pytest.raises(NodeError, match="not-admitted"):
        await rig.session.serve()
    assert rig.session.step is Step.PROVE
    assert rig.outbox.noted == [("settled",)]


async def test_a_disk_that_refuses_at_the_end_hides_no_cause(rig):
    async def settle():
        raise JournalUnavailable("the disk is full")

    rig.outbox.settle = settle
    rig.outbox.unproven = [batch(3)]
    rig.answers[Type.STATUS] = lambda _: LinkDown("gone")
    with pytest.raises(LinkDown, match="gone"):
        await rig.session.serve()


async def test_a_busy_node_is_asked_again_when_it_wants_to_be(rig, monkeypatch):
    paused = []

    async def sleep(seconds):
        paused.append(seconds)
        rig.answers[Type.STATUS] = receipts(3)

    monkeypatch.setattr("agent.upstream.session.asyncio.sleep", sleep)
    rig.outbox.unproven, rig.proven = [batch(3)], {3: "third"}
    rig.answers[Type.STATUS] = lambda _: no(Code.BUSY, retry_ms=700)
    await rig.serves()
    assert paused == [0.7]
    assert len(rig.asked(Type.STATUS)) == 2


@pytest.mark.parametrize(("due", "saved"), [(True, 1), (False, 0)])
async def test_what_is_spent_is_stored_when_it_is_due(rig, due, saved):
    rig.budget.due = due
    await rig.serves()
    assert rig.budget.saved == saved


async def test_when_nothing_comes_for_two_minutes_the_node_is_asked_for_a_word(rig):
    rig.answers[Type.KEYS] = accepted
    await rig.serves(rests=2)
    assert rig.outbox.waited == [120.0, 120.0, 120.0]
    assert rig.asked(Type.KEYS) == [Asked(Type.KEYS, {}, b"", b"", 0, Carried.UPKEEP)] * 2
    assert rig.told == [(step, "") for step in (Step.SEND, Step.PROVE, Step.KEEP)] * 3
    assert rig.session.step is Step.KEEP


async def test_once_the_day_is_spent_nothing_is_asked(rig):
    rig.budget.allowed = set()
    rig.outbox.unproven = [batch(3)]
    await rig.serves(rests=2)
    assert rig.node.asked == []
    assert rig.outbox.waited == [120.0, 120.0, 120.0]


async def test_where_a_batch_was_sealed_meanwhile_no_word_is_asked_for(rig):
    async def wait(pause):
        rig.outbox.waited.append(pause)
        if len(rig.outbox.waited) == 2:
            raise Enough
        return True

    rig.outbox.wait = wait
    with pytest.raises(Enough):
        await rig.session.serve()
    assert rig.node.asked == []


async def test_while_receipts_are_awaited_that_is_told_and_slept_for(rig):
    rig.outbox.unproven = [batch(3)]
    rig.answers[Type.STATUS] = pending
    await rig.serves(rests=3)
    assert rig.outbox.waited == [1.0, 2.0, 4.0, 8.0]
    assert rig.told[:2] == [
        (Step.SEND, "waiting for receipts"), (Step.KEEP, "waiting for receipts"),
    ]  # fmt: skip
    assert Step.PROVE not in {step for step, _ in rig.told}
    assert rig.asked(Type.KEYS) == []


async def test_after_a_statement_its_receipt_is_asked_for_a_second_later(rig):
    async def wait(pause):
        rig.outbox.waited.append(pause)
        if len(rig.outbox.waited) == 2:
            raise Enough
        rig.outbox.statements = [batch(1)]
        return True

    rig.outbox.wait = wait
    with pytest.raises(Enough):
        await rig.session.serve()
    assert [each.statement for each in rig.node.asked] == [b"statement 1"]
    assert rig.outbox.waited == [120.0, 1.0]


async def test_what_is_held_back_is_said_while_it_is(rig):
    rig.budget.allowed = {Share.STATEMENTS}
    rig.outbox.owing[Rank.NEWEST] = [batch(1)]
    await rig.serves()
    assert rig.told == [(step, "held back") for step in (Step.SEND, Step.PROVE, Step.KEEP)]
    assert rig.outbox.waited == [120.0]
    rig.budget.allowed = set(Share)
    rig.told.clear()
    await rig.serves()
    assert rig.told[0] == (Step.SEND, "sending the newest")
    assert rig.told[-1] == (Step.KEEP, "")


async def test_a_proof_that_waits_to_be_written_is_written_when_it_is_due(rig):
    rig.outbox.due = 5.0
    await rig.serves()
    assert rig.outbox.waited == [5.0]
    assert rig.outbox.noted == [("settled",)], "at the end"
    rig.outbox.due = 0
    rig.outbox.noted.clear()
    await rig.serves()
    assert rig.outbox.noted == [("settled",), ("settled",)]


async def test_custody_is_asked_for_behind_all_else_and_each_quarter_of_an_hour(rig):
    async def owed(after, limit):
        return []

    rig.outbox.custody_owed = owed
    rig.answers[Type.KEYS] = accepted
    await rig.serves(rests=9)
    assert rig.outbox.waited[:9] == [120.0] * 7 + [60.0, 120.0]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Envelope(Type.HELLO, bytes(8)), "HELLO is no answer to STATUS"),
        (Envelope(Type.RECEIPT, bytes(8)), "RECEIPT without RECEIPTS"),
        (Envelope(Type.RECEIPT, bytes(8), {Label.RECEIPTS: ((1,),), Label.NOTE: b""}), "receipt"),
        (Envelope(Type.RECEIPT, bytes(8), {Label.RECEIPTS: ()}), "RECEIPT without NOTE"),
    ],
)
def test_what_is_no_offer_is_refused(answer, told):
    with pytest.raises(MalformedError, match=told):
        parse_offer(answer)


@pytest.mark.parametrize("path", [None, (), (b"h" * 32, b"i" * 32)])
def test_an_offer_is_receipts_one_checkpoint_and_how_it_follows_from_ours(path):
    header = {Label.RECEIPTS: ((4, b"r"), (5, b"s")), Label.NOTE: b"note"}
    header |= {} if path is None else {Label.PATH: path}
    offer = parse_offer(Envelope(Type.RECEIPT, bytes(8), header))
    assert (offer.receipts, offer.note, offer.path) == ({4: b"r", 5: b"s"}, b"note", path)
