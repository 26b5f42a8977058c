"""What is due comes at its moment, or sooner when somebody asks for less."""

import asyncio

import pytest

from agent.journal.due import Due
from tests.agent.fakes import FakeTiming, settle


@pytest.fixture
async def waiting():
    timing = FakeTiming()
    due = Due(timing)
    task = asyncio.create_task(due.wait())
    await settle()
    yield due, timing, task
    task.cancel()


async def test_nothing_is_due_until_it_is_asked_for(waiting):
    due, timing, task = waiting
    await timing.advance(3600)
    assert not task.done()
    due.within(0)
    await settle()
    assert task.done()


async def test_the_moment_comes_closer_while_it_is_waited_for_but_never_goes_away(waiting):
    due, timing, task = waiting
    for seconds in (10, 2, 30):
        due.within(seconds)
        await settle()
    await timing.advance(1.9)
    assert not task.done()
    await timing.advance(0.1)
    assert task.done()


async def test_cleared_it_waits_for_the_next(waiting):
    due, timing, task = waiting
    task.cancel()
    due.within(1)
    due.clear()
    again = asyncio.create_task(due.wait())
    await timing.advance(5)
    assert not again.done()
    due.within(1)
    await timing.advance(1)
    assert again.done()


async def test_what_was_asked_for_before_anybody_waits_comes_at_its_moment():
    timing = FakeTiming()
    due = Due(timing)
    await asyncio.to_thread(due.within, 3)  # where no loop runs
    assert due.asked
    await timing.advance(1)
    task = asyncio.create_task(due.wait())
    await timing.advance(1.9)
    assert not task.done()
    await timing.advance(0.1)
    assert task.done()
