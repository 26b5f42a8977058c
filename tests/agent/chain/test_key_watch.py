"""A key whose end comes near, or has come, is told of in time; it goes on signing."""

import asyncio
from types import SimpleNamespace

import pytest

from agent.chain.key_watch import (
    OF_STATE,
    KeyState,
    KeyWatch,
    validity,
)
from agent.clock.belief import Source, Stamp
from evidence.policy import GatewayKey
from tests.agent.fakes import FakeTiming

HOUR, DAY = 3600, 86_400
NOW = 1_790_000_000
KEY = SimpleNamespace(kid=b"12345678")
ISSUER = "urn:uuid:7c6d0b3e-0000-4000-8000-000000000000"


def listed(until=None, revoked=None, key=KEY, issuer=ISSUER):
    return GatewayKey(issuer, key, NOW - 365 * DAY, until, revoked)


TABLE = {
    "no end": ([listed()], 1, "counts", None),
    "nobody lists it: pinned before it was let in": ([], 1, "counts", None),
    "far": ([listed(NOW + 31 * DAY)], 1, "counts", NOW + 31 * DAY),
    "30 days before": ([listed(NOW + 30 * DAY)], 1, "ends", NOW + 30 * DAY),
    "one second before": ([listed(NOW + 1)], 1, "ends", NOW + 1),
    "at its end": ([listed(NOW)], 1, "expired", NOW),
    "revoked": ([listed(revoked=NOW - 1)], 1, "revoked", NOW - 1),
    "revoked before its end": ([listed(NOW + 90 * DAY, NOW - 5)], 1, "revoked", NOW - 5),
    "revoked after its end": ([listed(NOW - 9, NOW - 5)], 1, "expired", NOW - 9),
    "one of two logs is enough": ([listed(NOW - 9), listed()], 1, "counts", None),
    "revoked at its end": ([listed(NOW - 9, NOW - 9)], 1, "revoked", NOW - 9),
    "both must": ([listed(NOW - 9), listed()], 2, "expired", NOW - 9),
    "the later of two ends": ([listed(NOW + 5), listed(NOW + 9)], 1, "ends", NOW + 9),
    "two must, one lists it yet": ([listed(NOW - 9)], 2, "counts", None),
}


@pytest.mark.parametrize(("keys", "threshold", "state", "until"), TABLE.values(), ids=TABLE)
def test_validity(keys, threshold, state, until):
    found = validity(keys, threshold, NOW)
    assert (found.state, found.until) == (state, until)


class Bench:
    """A watch over policies that a test exchanges, with a clock that a test moves."""

    def __init__(self, *keys, bound_ms=50, source=Source.NTP):
        self.timing = FakeTiming(0.0)
        self.keys, self.key, self.noted = keys, KEY, []
        self.bound_ms, self.source = bound_ms, source
        self.watch = self.watching(lambda kind, said: self.noted.append((kind, said["state"])))

    def watching(self, note):
        policies = lambda: [SimpleNamespace(gateways=self.keys)]  # noqa: E731
        return KeyWatch(ISSUER, lambda: self.key, policies, 1, self, self.timing, note)

    def now(self):
        wall_ms = round((NOW + self.timing.now) * 1000)
        return Stamp(1, round(self.timing.now * 1000), wall_ms, self.source, self.bound_ms)

    def days(self, count):
        """Let days pass; it looks every six hours."""
        for _ in range(count * 4):
            self.timing.now += DAY / 4
            self.watch.look()


def test_two_months_offline_each_change_is_told_once():
    bench = Bench(listed(NOW + 32 * DAY))
    bench.days(1)
    assert bench.noted == []
    bench.days(2)
    assert bench.noted == [("key-validity", "ends")]
    bench.days(30)
    assert [state for _, state in bench.noted] == ["ends", "expired"]


async def test_it_looks_at_the_start_and_every_hour():
    bench = Bench(listed(NOW + 30 * DAY + 1))
    task = asyncio.create_task(bench.watch.run())
    await bench.timing.advance(HOUR - 1)
    assert (bench.watch.now.until, bench.noted) == (NOW + 30 * DAY + 1, [])
    await bench.timing.advance(1)
    assert bench.noted == [("key-validity", "ends")]
    task.cancel()


def test_a_policy_that_lists_it_for_longer_ends_the_alarm():
    bench = Bench(listed(NOW - 1))
    bench.watch.look()
    bench.keys = [listed()]
    bench.watch.look()
    assert [state for _, state in bench.noted] == ["expired", "counts"]


def test_the_next_key_is_not_the_one_that_ended():
    bench = Bench(listed(NOW - 1))
    bench.watch.look()
    bench.key = SimpleNamespace(kid=b"87654321")
    bench.watch.look()
    assert bench.watch.now.state is KeyState.COUNTS


def test_a_record_says_which_key_and_until_when():
    bench, noted = Bench(listed(NOW + 9)), []
    bench.watch = bench.watching(lambda kind, values: noted.append((kind, values)))
    bench.watch.look()
    bench.keys = [listed()]
    bench.watch.look()
    assert noted == [
        ("key-validity", {"state": "ends", "kid": KEY.kid, "until_ms": (NOW + 9) * 1000}),
        ("key-validity", {"state": "counts", "kid": KEY.kid}),
    ]


def test_others_keys_are_theirs():
    bench = Bench(listed(NOW - 1, issuer="urn:uuid:another"))
    bench.watch.look()
    assert bench.noted == []


@pytest.mark.parametrize(
    ("source", "bound_ms", "told"),
    [(Source.NONE, None, False), (Source.QUORUM, None, True), (Source.NTP, 50, True)],
)
def test_nothing_is_told_by_a_clock_that_may_be_years_off(source, bound_ms, told):
    bench = Bench(listed(NOW - 1), source=source, bound_ms=bound_ms)
    bench.watch.look()
    assert bool(bench.noted) == told


def test_every_trouble_says_what_to_do():
    assert [state in OF_STATE for state in KeyState] == [False, True, True, True]
