"""Another member's witness, as the sequencer asks it: from the size it knows, and no further."""

from __future__ import annotations

import asyncio
import logging

import pytest

from evidence.checkpoint import Checkpoint, parse_checkpoint
from evidence.errors import MalformedError
from evidence.merkle import consistency_path
from evidence.note import cosign_note
from evidence.wire import Code, Label, Type
from ledger.base.errors import ForkDanger, StoreFailed
from ledger.witness.remote_witness import RemoteWitness
from tests.evidence.building import NOON, World, seeded

WITHIN_S = 60.0
REQUEST = bytes(range(8))


class Client:
    """Answers each question with the next of `said`: a function of the question, or an error."""

    def __init__(self, *said):
        self.said, self.asked, self.closed = list(said), [], False

    async def ask(self, message):
        self.asked.append(message)
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        answer = said(message)
        return await answer if asyncio.iscoroutine(answer) else answer

    def close(self):
        self.closed = True


class Bench:
    """A log of five entries, and amber, who witnesses it."""

    def __init__(self, *said, time_out=WITHIN_S):
        self.world = World()
        for number in range(4):
            self.world.tree.append(seeded(str(number)))
        self.client = Client(*said)
        self.key = self.world.witness_key("amber")
        self.witness = RemoteWitness(
            "amber",
            self.key,
            self.world.log_key,
            self.client,
            self.store,
            lambda: REQUEST,
            time_out,
        )

    async def store(self, work):
        return work(self)

    def size(self):
        return self.world.tree.size

    def node(self, level, index):
        return self.world.tree.node(level, index)

    def checkpoint(self, size=None, root=None):
        size = self.size() if size is None else size
        tree = World(
            tree=type(self.world.tree)(
                [seeded("genesis"), *(seeded(str(n)) for n in range(size - 1))]
            )
        ).tree
        return Checkpoint(self.world.origin, size, root or tree.root())

    def note(self, size=None, root=None):
        return self.world.note((), checkpoint=self.checkpoint(size, root), minimal=False)

    def signed(self, size=None):
        return parse_checkpoint(self.note(size))

    def cosigns(self, name="amber"):
        def answer(message):
            note = parse_checkpoint(message.get(Label.NOTE)).note
            key, signer = self.world.witness_key(name), self.world.witnesses[name]
            line = cosign_note(note.text, key, NOON, signer).to_line()
            return message.answer(Type.COSIGN, {Label.COSIGNATURE: f"{line}\n"})

        return answer

    def ask(self, signed=None):
        return self.witness.start(signed or self.signed())

    def questions(self):
        """Old size and path of each question."""
        return [(each.get(Label.OLD_SIZE), each.get(Label.PATH)) for each in self.client.asked]

    def path(self, old, size=5):
        return consistency_path(self.node, old, size)


def refuses(code, text="words", **more):
    extra = {Label[name]: value for name, value in more.items()}
    return lambda message: message.error(code, text, extra)


@pytest.fixture
def bench():
    return Bench()


async def test_it_is_asked_from_the_size_that_it_cosigned_last(bench):
    bench.client.said = [bench.cosigns()] * 3
    line = await bench.ask(bench.signed(3))
    assert line.is_by(bench.key)
    (first,) = bench.client.asked
    assert (first.type, first.request, first.statement) == (Type.COSIGN, REQUEST, b"")
    assert first.get(Label.NOTE) == bench.note(3)
    await bench.ask()
    await bench.ask()
    assert bench.questions() == [(0, []), (3, bench.path(3)), (5, [])]
    assert bench.witness.fault == ""


async def test_a_witness_that_names_another_size_is_asked_once_more(bench):
    bench.client.said = [refuses(Code.CONFLICT, SIZE=2), bench.cosigns()]
    assert (await bench.ask()).is_by(bench.key)
    assert bench.questions() == [(0, []), (2, bench.path(2))]


@pytest.mark.parametrize(
    ("size", "again"), [(0, False), (1, True), (4, True), (5, True), (6, False)]
)
async def test_what_it_names_must_make_sense(size, again):
    bench = Bench()
    bench.client.said = [refuses(Code.CONFLICT, "seen another", SIZE=size), bench.cosigns()]
    line = await bench.ask()
    assert ((line is not None), len(bench.client.asked)) == (again, 2 if again else 1)
    assert bench.witness.fault == ("" if again else "seen another")


async def test_another_refusal_is_a_fault_and_asked_once(bench):
    bench.client.said = [refuses(Code.NOT_ADMITTED, "nobody knows you", SIZE=2)]
    assert await bench.ask() is None
    assert bench.witness.fault == "nobody knows you"
    bench.client.said = [
        refuses(Code.CONFLICT, "first", SIZE=2),
        refuses(Code.CONFLICT, "second", SIZE=3),
    ]
    assert await bench.ask() is None
    assert bench.witness.fault == "second"
    assert len(bench.client.asked) == 3


async def test_the_note_that_it_shows_says_how_far_it_has_seen_the_log(bench):
    shown = refuses(Code.CONFLICT, SIZE=2, NOTE=bench.note(2))
    bench.client.said = [shown, bench.cosigns()]
    assert await bench.ask() is not None
    assert bench.questions() == [(0, []), (2, bench.path(2))]


@pytest.mark.parametrize("size", [3, 9])
async def test_a_note_that_our_store_does_not_lead_to_stops_the_node(bench, size):
    """It is the log's own: an old copy of the store was put back, or the disk lost entries."""
    forked = bench.note(size, bytes(32))
    bench.client.said = [refuses(Code.CONFLICT, SIZE=size, NOTE=forked)]
    with pytest.raises(ForkDanger) as caught:
        await bench.ask()
    assert caught.value.evidence == forked
    bench.client.said = [lambda m: m.answer(Type.HELLO, {Label.NOTE: forked})]
    with pytest.raises(ForkDanger):
        await bench.witness.greet()
    assert not bench.witness.heard


async def test_a_fork_that_was_found_when_nobody_waited_is_raised_at_the_next_question(bench):
    bench.client.said = [refuses(Code.CONFLICT, SIZE=9, NOTE=bench.note(9, bytes(32)))]
    task = bench.ask()
    await asyncio.wait([task])
    with pytest.raises(ForkDanger):
        bench.ask()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (MalformedError("wire", "no message"), "no message"),
        (StoreFailed("no disk"), "no disk"),
        (lambda m: m.answer(Type.COSIGN, {}), "COSIGN without COSIGNATURE"),
        (lambda m: m.answer(Type.COSIGN, {Label.COSIGNATURE: "x"}), "'x' is no signature line"),
    ],
)
async def test_what_is_no_answer_is_a_fault(said, fault):
    bench = Bench(said)
    assert await bench.ask() is None
    assert bench.witness.fault == fault


async def test_another_key_s_line_is_none_of_the_witness(bench):
    bench.client.said = [bench.cosigns("birch"), bench.cosigns()]
    assert await bench.ask() is None
    assert bench.witness.fault == "the answer is by another key than the policy's"
    await bench.ask()
    assert bench.questions()[1] == (0, []), "nothing was cosigned"


async def test_who_does_not_answer_is_told_of_once_and_when_it_is_back(caplog):
    async def never(_message=None):
        await asyncio.Event().wait()

    bench = Bench(never, never, time_out=0.01)
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            assert await bench.ask() is None
        assert bench.witness.fault == "no answer within 0.01 s"
        bench.client.said = [bench.cosigns()]
        assert await bench.ask() is not None
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [
        ("WARNING", "witness amber does not cosign: no answer within 0.01 s"),
        ("INFO", "witness amber cosigns again"),
    ]


async def test_one_question_is_out_at_a_time_and_given_up_at_the_end():
    asked = asyncio.Event()

    async def never(_message=None):
        asked.set()
        await asyncio.Event().wait()

    bench = Bench(never)
    task = bench.ask()
    await asked.wait()
    assert bench.ask() is None
    await bench.witness.close()
    assert task.cancelled()
    assert bench.client.closed


async def test_it_is_greeted_by_the_log_s_name_and_then_heard(bench):
    bench.client.said = [
        lambda m: m.answer(Type.HELLO, {Label.NOTE: bench.note(2)}),
        bench.cosigns(),
    ]
    await bench.witness.greet()
    (hello,) = bench.client.asked
    assert (hello.type, hello.request, hello.header) == (
        Type.HELLO, REQUEST, {int(Label.ORIGIN): bench.world.origin},
    )  # fmt: skip
    assert bench.witness.heard
    await bench.ask()
    assert bench.client.asked[1].get(Label.OLD_SIZE) == 2


async def test_who_has_seen_nothing_yet_is_heard_too(bench):
    bench.client.said = [lambda m: m.answer(Type.HELLO, {})]
    await bench.witness.greet()
    assert (bench.witness.heard, bench.witness.fault) == (True, "")


@pytest.mark.parametrize("said", ["refused", "another log's note", "a note by another key"])
async def test_who_shows_nothing_of_the_log_is_not_heard(bench, said):
    other = World(origin="log.example.com/south")
    forged = World(log=other.receipts).note((), minimal=False)
    answers = {
        "refused": refuses(Code.UNKNOWN_ENTRY, "not pinned here"),
        "another log's note": lambda m: m.answer(
            Type.HELLO, {Label.NOTE: other.note((), minimal=False)}
        ),
        "a note by another key": lambda m: m.answer(Type.HELLO, {Label.NOTE: forged}),
    }
    bench.client.said = [answers[said]]
    await bench.witness.greet()
    assert not bench.witness.heard
    assert bench.witness.fault
