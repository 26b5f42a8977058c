"""Each second a node looks for keys that were shut out, and what it writes of them when."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from foundation.errors import Retry
from ledger.log.endings import Endings, keep_closing
from ledger.store.store import Kept, Slot
from tests.evidence.building import NOON, World

SEEN = NOON + 62
"""When more than half of the cosigners of `World.note` had seen it."""


class Over(BaseException):
    """The test has seen enough rounds."""


class Clock:
    """Time passes only while somebody sleeps."""

    def __init__(self):
        self.passed, self.slept, self.left = 0.0, [], 0

    def wall(self):
        return NOON

    def monotonic(self):
        return 1000.0 + self.passed

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.passed += seconds
        self.left -= 1
        if not self.left:
            raise Over


def fenced(name):
    key = SimpleNamespace(kid=name.encode())
    return SimpleNamespace(name=name, issuer=f"urn:uuid:{name}", key=key)


def kid(name):
    return name.encode().hex()


class Bench:
    """A log whose newest entry of each gateway is in `last`; its served checkpoint is of `size`."""

    def __init__(self, size=5):
        self.world, self.clock, self.slots = World(), Clock(), {}
        self.policy, self.origin = self.world.policy(), self.world.origin
        self.last_of, self.shut_out, self.ended, self.fails = {}, [], [], []
        if size:
            self.serve(size)
        self.endings = Endings(self.store, self.policy, lambda: self.shut_out, self.end, self.clock)

    def serve(self, size, at=NOON):
        self.slots[Slot.COSIGNED, self.origin] = Kept(size, bytes(32), self.world.note(), at)

    async def store(self, work):
        if self.fails:
            raise self.fails.pop(0)
        return work(self)

    def last(self, issuer):
        index = self.last_of.get(issuer.removeprefix("urn:uuid:"))
        return None if index is None else SimpleNamespace(index=index)

    def kept(self, slot, name):
        return self.slots.get((slot, name))

    def advance(self, slot, name, old, new):
        assert self.kept(slot, name) == old
        self.slots[slot, name] = new
        return True

    def end(self, ends):
        self.ended.append((self.clock.passed, dict(ends)))
        self.shut_out = [each for each in self.shut_out if each.key.kid.hex() not in ends]

    async def seconds(self, count):
        self.clock.left = count
        with pytest.raises(Over):
            await self.endings.run()


async def test_what_came_before_the_fence_gets_a_second_to_be_in_the_log():
    bench = Bench()
    await bench.seconds(2)
    bench.shut_out = [fenced("one")]
    await bench.seconds(2)
    bench.shut_out += [fenced("two")]
    await bench.seconds(2)
    assert bench.ended == [(3.0, {kid("one"): NOON}), (5.0, {kid("two"): NOON})]
    assert bench.clock.slept == [1.0] * 6


async def test_a_key_whose_statements_wait_for_the_quorum_waits_with_them(caplog):
    caplog.set_level(logging.INFO)
    bench = Bench(size=0)
    bench.shut_out, bench.last_of = [fenced("one"), fenced("two")], {"one": 4}
    await bench.seconds(3)
    assert bench.ended == [(1.0, {kid("two"): NOON})]
    assert caplog.messages == ["the key of two has ended; give out policy.txt again"]
    assert Slot.CLOSING not in {slot for slot, _ in bench.slots}


async def test_a_fault_is_told_once_and_again_after_it_had_passed(caplog):
    bench = Bench()
    bench.shut_out = [fenced("one")]
    await bench.seconds(1)
    fault = Retry("ledger.db: disk I/O error", advice="look at the disk")
    bench.fails = [fault, fault]
    await bench.seconds(2)
    told = ["the end of a key is not written: ledger.db: disk I/O error (look at the disk)"]
    assert caplog.messages == told
    await bench.seconds(1)
    assert len(bench.ended) == 1
    bench.shut_out, bench.fails = [fenced("two")], [fault]
    await bench.seconds(2)
    assert caplog.messages == told * 2


@pytest.mark.parametrize(("index", "ends"), [(None, NOON), (4, SEEN + 300), (5, None)])
def test_an_end_is_now_for_who_sent_nothing_and_else_behind_what_was_seen(index, ends):
    """Of five entries the last has number 4; the margin is that of the witnesses' clocks."""
    bench = Bench()
    bench.last_of = {"one": index}
    assert keep_closing(bench, bench.policy, fenced("one"), NOON) == ends
    closing = bench.kept(Slot.CLOSING, kid("one"))
    assert closing == (bench.kept(Slot.COSIGNED, bench.origin) if index == 4 else None)


def test_the_first_checkpoint_over_all_of_a_gateway_stays():
    bench = Bench()
    bench.last_of = {"one": 4}
    keep_closing(bench, bench.policy, fenced("one"), NOON)
    first = bench.kept(Slot.CLOSING, kid("one"))
    bench.serve(5, at=SEEN + 9)
    assert keep_closing(bench, bench.policy, fenced("one"), NOON) == SEEN + 309
    assert bench.kept(Slot.CLOSING, kid("one")) == first
