"""A flag may be raised without an event loop, and wakes who waits for it."""

import asyncio

from agent.journal.flag import Flag
from tests.agent.fakes import settle


def test_it_may_be_raised_before_there_is_a_loop():
    flag = Flag()
    flag.set()
    asyncio.run(flag.wait())


async def test_who_waits_goes_on_once_it_is_raised_and_waits_again_once_it_is_lowered():
    flag = Flag()
    task = asyncio.create_task(flag.wait())
    await settle()
    assert not task.done()
    flag.set()
    flag.set()
    flag.clear()
    await asyncio.wait_for(task, 60)
    again = asyncio.create_task(flag.wait())
    await settle()
    assert not again.done()
    again.cancel()
    await settle()
    flag.set()
    await asyncio.wait_for(flag.wait(), 60)
