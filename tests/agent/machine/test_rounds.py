"""Sleeps of different lengths and beginnings end together."""

import asyncio

import pytest

from agent.machine.rounds import Rounds
from tests.agent.fakes import FakeTiming, settle


@pytest.mark.parametrize(
    ("begins", "seconds", "ends"),
    [
        (101.0, 5.0, 105.0),
        (105.0, 5.0, 110.0),
        (104.0, 10.0, 115.0),
        (102.4, 0.1, 105.0),
        (105.0, 2.0, 110.0),
    ],
)
async def test_a_sleep_ends_at_the_round_nearest_to_its_end(begins, seconds, ends):
    timing = FakeTiming(begins)
    sleep = asyncio.create_task(Rounds(timing).sleep(seconds))
    await settle()
    await timing.advance(ends - begins - 0.01)
    assert not sleep.done()
    await timing.advance(0.01)
    assert sleep.done()


async def test_what_is_called_later_is_called_to_the_moment():
    timing, called = FakeTiming(101.0), []
    rounds = Rounds(timing)
    rounds.call_later(1.5, lambda: called.append(rounds.monotonic()))
    rounds.call_later(1.0, lambda: called.append("never")).cancel()
    await timing.advance(5.0)
    assert called == [102.5]
