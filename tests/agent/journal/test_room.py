"""Places are never more than there are, and who waits gets one in turn."""

import asyncio

import pytest

from agent.journal.room import Room
from tests.agent.fakes import settle


@pytest.fixture
def room():
    """Two places, both taken."""
    room = Room(2)
    assert room.take()
    assert room.take()
    return room


async def waiting(room: Room) -> asyncio.Task[None]:
    task = asyncio.create_task(room.wait())
    await settle()
    return task


async def test_a_place_given_back_goes_to_who_waited_longest_and_to_nobody_else(room):
    first, second = await waiting(room), await waiting(room)
    room.give()
    assert not room.take(), "the place is the first one's, who only has not run yet"
    await settle()
    assert (first.done(), second.done()) == (True, False)
    room.give()
    await settle()
    assert second.done()
    assert room.full


async def test_who_gave_up_waiting_keeps_no_place(room):
    first, second = await waiting(room), await waiting(room)
    first.cancel()
    await settle()
    room.give()
    await settle()
    assert second.done()


async def test_who_is_cancelled_with_the_place_just_given_passes_it_on(room):
    first, second = await waiting(room), await waiting(room)
    room.give()
    first.cancel()
    await settle()
    assert first.cancelled()
    assert second.done()
    room.give()
    assert room.take()
    assert not room.take()
