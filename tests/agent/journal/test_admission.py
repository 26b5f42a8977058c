"""Telemetry that finds no room waits; refused it is only where the disk refuses, too."""

from __future__ import annotations

import asyncio

import pytest

from agent.journal.admission import Admission
from agent.journal.refusals import Cause, Refusals
from tests.agent.fakes import FakeTiming, settle


class Rig:
    """Two places, and a disk that takes what is written until it is told to fail."""

    def __init__(self) -> None:
        self.timing, self.refusals, self.failing = FakeTiming(), Refusals(), False
        self.admission = Admission(2, self.refusals, self.timing, lambda: self.failing)
        self.room = self.admission.room

    async def fill(self) -> None:
        assert self.room.take()
        assert self.room.take()

    async def waiting(self) -> asyncio.Task[bool]:
        task = asyncio.create_task(self.admission.granted())
        await settle()
        assert not task.done()
        return task


@pytest.fixture
def rig():
    return Rig()


def test_while_all_is_well_a_place_is_had_at_once(rig):
    assert rig.admission.at_once() is True
    assert rig.admission.at_once() is True
    assert rig.room.full
    assert rig.admission.at_once() is False


def test_while_telemetry_is_refused_no_place_is_taken(rig):
    rig.admission.refuse(Cause.JOURNAL)
    assert rig.refusals.has(Cause.JOURNAL)
    assert rig.admission.at_once() is False
    assert rig.room.take()
    assert rig.room.take(), "both were free"


async def test_who_asks_while_there_is_room_does_not_wait(rig):
    assert await rig.admission.granted() is True
    assert await rig.admission.granted() is True
    assert rig.room.full


async def test_who_asks_while_telemetry_is_refused_is_refused_at_once(rig):
    rig.admission.refuse(Cause.JOURNAL)
    assert await rig.admission.granted() is False


async def test_who_waits_gets_the_place_that_is_given_back(rig):
    await rig.fill()
    task = await rig.waiting()
    rig.room.give()
    await settle()
    assert task.result() is True
    assert rig.room.full, "the place is taken"


async def test_on_a_disk_that_takes_what_is_written_one_waits_for_as_long_as_it_takes(rig):
    await rig.fill()
    task = await rig.waiting()
    await rig.timing.advance(100.0)
    assert not task.done()
    assert not rig.refusals.refusing
    rig.room.give()
    await settle()
    assert task.result() is True


async def test_on_a_disk_that_refuses_one_is_refused_after_ten_seconds(rig):
    await rig.fill()
    rig.failing = True
    task = await rig.waiting()
    await rig.timing.advance(9.9)
    assert not task.done()
    await rig.timing.advance(0.1)
    assert task.result() is False
    assert rig.refusals.has(Cause.MEMORY)
    rig.room.give()
    assert rig.room.take(), "who was refused does not stand in line any more"


async def test_a_place_had_while_refusing_began_is_given_back(rig):
    await rig.fill()
    task = await rig.waiting()
    rig.admission.refuse(Cause.ARCHIVE)
    rig.room.give()
    await settle()
    assert task.result() is False
    assert rig.room.take()


async def test_who_gives_up_waiting_leaves_its_place_to_others(rig):
    await rig.fill()
    task = await rig.waiting()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    rig.room.give()
    assert rig.room.take()


async def test_who_is_ended_with_the_place_just_given_passes_it_on(rig):
    await rig.fill()
    task = await rig.waiting()
    rig.room.give()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert rig.room.take()


async def test_nothing_of_a_wait_stays_behind(rig):
    before = asyncio.all_tasks()
    await rig.fill()
    task = await rig.waiting()
    rig.room.give()
    await settle()
    assert task.result() is True
    assert asyncio.all_tasks() == before
