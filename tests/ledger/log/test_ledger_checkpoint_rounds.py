"""Round after round: what is signed, when it is cosigned anew, and what is told when it is not."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace

import pytest

from evidence.checkpoint import parse_checkpoint
from evidence.merkle import consistency_path
from evidence.note import cosign_note, sign_note
from evidence.policy import parse_policy
from evidence.wire import Code
from ledger.base.errors import ForkDanger, Refused, StoreFailed
from ledger.log.checkpointer import Checkpointer
from ledger.store.store import Kept, Slot
from tests.evidence.building import NOON, World, seeded

HOUR = 3600


class Over(BaseException):
    """The test has seen enough rounds."""


class Clock:
    def __init__(self, rounds=1, took=0.0):
        self.now, self.ticks, self.left, self.took = NOON, 0.0, rounds, took
        self.slept = []

    def wall(self):
        return self.now

    def monotonic(self):
        self.ticks += self.took
        return self.ticks

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.left -= 1
        if not self.left:
            raise Over


class Store:
    """A tree, and slots; `lost` makes another process win."""

    def __init__(self, world):
        self.world, self.slots, self.written, self.lost = world, {}, [], None

    def size(self):
        return self.world.tree.size

    def node(self, level, index):
        return self.world.tree.node(level, index)

    def kept(self, slot, origin):
        return self.slots.get((slot, origin))

    def advance(self, slot, origin, old, new):
        assert self.kept(slot, origin) == old
        if self.lost is slot:
            return False
        self.slots[slot, origin] = new
        self.written.append((slot, new.size))
        return True


class Own:
    """The operator's own cosigner: amber."""

    def __init__(self, world, name="amber"):
        self.world, self.name, self.seen, self.asked = world, name, None, []
        self.key = world.witness_key(name)
        self.refuses = False

    async def kept(self, origin):
        return self.seen

    async def cosign(self, request):
        if self.refuses:
            raise Refused(Code.CONFLICT, "another came first")
        self.asked.append((request.old_size, request.path))
        text = request.signed.note.text
        self.seen = Kept(request.signed.checkpoint.size, b"", b"", 0)
        return cosign_note(text, self.key, NOON, self.world.witnesses[self.name])


class Witness:
    """Another member's; `state`: cosigns, is away, or is busy with an earlier question."""

    def __init__(self, world, name):
        self.name, self.key = name, world.witness_key(name)
        self.signer, self.state, self.fault, self.heard = world.witnesses[name], "cosigns", "", True
        self.greeted = 0

    def start(self, signed):
        if self.state == "busy":
            return None
        return asyncio.create_task(self._answer(signed.note.text))

    async def _answer(self, text):
        if self.state == "away":
            self.fault = "no answer"
            return None
        return cosign_note(text, self.key, NOON + 5, self.signer)

    async def greet(self):
        self.greeted += 1
        self.heard = self.state == "cosigns"


class Bench:
    """A log of five entries, of whose four members three must cosign."""

    def __init__(self, own="amber", **changes):
        self.world = World(**changes)
        for number in range(4):
            self.world.tree.append(seeded(str(number)))
        self.data, self.clock, self.own = Store(self.world), Clock(), Own(self.world, own)
        self.others = [Witness(self.world, name) for name in ("birch", "cedar", "dunes")]
        self.signed = []
        self.identity = SimpleNamespace(
            origin=self.world.origin, policy=self.world.policy(), sign_checkpoint=self.sign
        )
        self.published = 0
        self.rounds = Checkpointer(
            self.identity, self.store, self.own, self.others, self.clock, 1.0, self
        )

    async def publish(self):
        self.published += 1

    async def store(self, work):
        return work(self.data)

    def sign(self, text):
        self.signed.append(text)
        return sign_note(text, self.world.log_key, self.world.log)

    def away(self, *names):
        for each in self.others:
            each.state = "away" if each.name in names else "cosigns"

    def cosigners(self, kept):
        return sorted(self.identity.policy.cosigners(parse_checkpoint(kept.note)))

    async def run(self, rounds=1):
        """Make so many rounds; return what each came to."""
        told, self.clock.left = [], rounds
        with pytest.raises(Over):
            await self.rounds.run(told.append)
        return told


def origin_of(bench):
    return bench.world.origin


async def test_a_round_signs_has_it_cosigned_and_serves_it():
    bench = Bench()
    kept = await bench.rounds.round()
    root = bench.world.tree.root()
    assert (kept.size, kept.root, kept.at) == (5, root, NOON)
    assert len(bench.cosigners(kept)) >= 3
    assert "amber" in bench.cosigners(kept)
    assert bench.data.kept(Slot.COSIGNED, origin_of(bench)) == kept
    assert bench.data.written == [(Slot.SIGNED, 5), (Slot.COSIGNED, 5)]
    signed = bench.data.kept(Slot.SIGNED, origin_of(bench))
    assert parse_checkpoint(signed.note).note.text == parse_checkpoint(kept.note).note.text
    assert (signed.root, signed.at, len(bench.signed)) == (root, NOON, 1)


async def test_an_unchanged_tree_is_cosigned_again_each_hour_and_not_signed_again():
    bench = Bench()
    first = await bench.rounds.round()
    for seconds, again in ((0, False), (HOUR - 1, False), (HOUR, True)):
        bench.clock.now = NOON + seconds
        kept = await bench.rounds.round()
        assert (kept is not None) == again
    assert (kept.size, kept.root, kept.at) == (5, first.root, NOON + HOUR)
    bench.clock.now = NOON + 1  # a clock that was set back a long way does not stop it
    assert (await bench.rounds.round()) is None
    bench.clock.now = NOON
    assert (await bench.rounds.round()).at == NOON
    assert len(bench.signed) == 1


async def test_a_tree_that_grew_is_signed_at_once():
    bench = Bench()
    await bench.rounds.round()
    bench.world.tree.append(seeded("more"))
    kept = await bench.rounds.round()
    assert kept.size == 6
    assert len(bench.signed) == 2
    assert bench.own.asked == [(0, []), (5, consistency_path(bench.data.node, 5, 6))]


async def test_the_own_cosigner_is_asked_from_what_it_has_seen():
    bench = Bench()
    bench.own.seen = Kept(5, b"", b"", 0)
    await bench.rounds.round()
    assert bench.own.asked == [(5, [])]


async def test_other_witnesses_are_in_force_from_the_next_round_on():
    bench = Bench()
    bench.away("dunes")
    await bench.rounds.round()
    bench.away()
    text = bench.world.policy_text().replace(" 3 ", " 4 ")
    bench.identity.policy = parse_policy(text)
    assert bench.cosigners(await bench.rounds.round()) == ["amber", "birch", "cedar", "dunes"]
    assert await bench.rounds.round() is None


async def test_without_a_quorum_nothing_new_is_served_and_that_is_told_once(caplog):
    bench = Bench()
    bench.away("birch", "cedar")
    with caplog.at_level(logging.INFO):
        assert [await bench.rounds.round() for _ in range(2)] == [None, None]
        assert bench.data.kept(Slot.COSIGNED, origin_of(bench)) is None
        bench.away("birch")
        assert (await bench.rounds.round()).size == 5
    lost, back = caplog.records
    assert (lost.levelname, lost.getMessage()) == (
        "ERROR", "no quorum for size 5, entries wait: birch: no answer; cedar: no answer",
    )  # fmt: skip
    said, _, names = back.getMessage().partition(" by ")
    assert (back.levelname, said) == ("INFO", "quorum again: size 5 is cosigned")
    assert sorted(names.split(", ")) == ["amber", "cedar", "dunes"]
    assert len(bench.signed) == 1


async def test_one_who_is_busy_with_an_earlier_question_is_not_waited_for():
    bench = Bench()
    bench.others[0].state = "busy"
    assert bench.cosigners(await bench.rounds.round()) == ["amber", "cedar", "dunes"]


async def test_an_operator_who_is_no_member_counts_for_nobody():
    bench = Bench(own="amber", quorum="group q 3 birch cedar dunes\nquorum q")
    bench.own.key = bench.world.receipts.note_key("x", bench.own.key.type)
    kept = await bench.rounds.round()
    assert bench.cosigners(kept) == ["birch", "cedar", "dunes"]


@pytest.mark.parametrize("slot", [Slot.SIGNED, Slot.COSIGNED])
async def test_another_process_at_the_same_store_is_told(slot):
    bench = Bench()
    bench.data.lost = slot
    with pytest.raises(StoreFailed, match="another process writes this store") as caught:
        await bench.rounds.round()
    assert caught.value.advice == "stop it"


async def test_what_was_signed_and_is_gone_stops_the_node():
    bench = Bench()
    await bench.rounds.round()
    bench.data.slots.clear()
    bench.world.tree = type(bench.world.tree)([seeded("genesis")])
    with pytest.raises(ForkDanger, match="this log signed 5 entries, its store holds 1"):
        await bench.rounds.round()


async def test_rounds_come_every_second_and_what_fails_is_tried_again(caplog):
    bench = Bench()
    bench.clock.took = 0.25
    bench.own.refuses = True
    assert await bench.run() == [None]
    bench.own.refuses = False
    bench.data.lost = Slot.SIGNED
    bench.world.tree.append(seeded("more"))
    assert await bench.run() == [None]
    bench.data.lost = None
    (kept,) = await bench.run()
    assert kept.size == 6
    assert bench.clock.slept == [0.75] * 3
    assert bench.published == 1, "after rounds that came to an end"
    assert [each.getMessage() for each in caplog.records] == [
        "no checkpoint this time: own cosigner: another came first",
        "no checkpoint this time: another process writes this store (stop it)",
    ]
    bench.clock.took = 2.0
    await bench.run()
    assert bench.clock.slept[-1] == 0.0


async def test_nothing_is_signed_before_enough_say_how_far_they_saw_the_log(caplog):
    bench = Bench()
    for each in bench.others:
        each.heard = False
    bench.away("birch", "cedar")
    assert await bench.run(2) == [None, None]
    assert (bench.signed, bench.published) == ([], 2)
    assert [each.getMessage() for each in caplog.records] == [
        "nothing is signed before a witness says how far it saw us: birch, cedar"
    ]
    bench.away("birch")
    (kept,) = await bench.run()
    assert kept.size == 5
    assert [each.greeted for each in bench.others] == [3, 3, 1]
    await bench.run()
    assert [each.greeted for each in bench.others] == [3, 3, 1], "enough were heard"


async def test_who_is_the_quorum_alone_asks_nobody_first():
    bench = Bench(quorum="quorum amber")
    for each in bench.others:
        each.heard = False
    (kept,) = await bench.run()
    assert kept.size == 5
    assert [each.greeted for each in bench.others] == [0, 0, 0]
