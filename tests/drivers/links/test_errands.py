"""One-off jobs with a device that may be open for its readings, closed, or lost."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from drivers.driver import Host, State
from drivers.errors import CommandTimeout, DeviceFault, DeviceMissing, LinkLost
from drivers.links import errands
from drivers.links.errands import ErrandDriver
from drivers.reading import Reading
from tests.drivers.fake_timing import FakeTiming

PATIENCE = 30.0  # s


class Desk(ErrandDriver):
    """A device that reads once and then does errands whenever it is told to look for some."""

    def __init__(self):
        super().__init__("desk", Host(FakeTiming()))
        self.open = self.opened_times = 0
        self.missing = None
        self.look = asyncio.Event()

    @contextlib.asynccontextmanager
    async def opened(self):
        if self.missing is not None:
            raise self.missing
        assert self.open == 0, "opened twice"
        self.open += 1
        self.opened_times += 1
        try:
            yield "the device"
        finally:
            self.open -= 1

    async def session(self):
        async with self.opened() as device:
            self.running()
            yield Reading("desk", "tag", {}, 0.0)
            while True:
                await self.look.wait()
                self.look.clear()
                await self.do_errands(device)


@contextlib.asynccontextmanager
async def reading():
    """A desk whose session is under way; what its readings ended with is in `.task`."""
    desk = Desk()
    async with desk:
        stream = desk.readings()
        await anext(stream)
        desk.task = asyncio.ensure_future(anext(stream))
        yield desk
        desk.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await desk.task


async def asked(desk, *jobs):
    """Return the jobs' futures once all of them wait for the session."""
    given = [asyncio.ensure_future(desk.errand(job)) for job in jobs]
    async with asyncio.timeout(PATIENCE):
        while len(desk._errands) < len(jobs):
            await asyncio.sleep(0)
    return given


async def name(device):
    return f"{device}, and it worked"


async def broken(device):
    raise DeviceFault("it is locked")


async def pulled(device):
    raise LinkLost("pulled")


async def test_a_closed_device_is_opened_for_the_job_and_closed_again():
    desk = Desk()
    assert await desk.errand(name) == "the device, and it worked"
    assert (desk.open, desk.opened_times) == (0, 1)
    with pytest.raises(DeviceFault, match="it is locked"):
        await desk.errand(broken)
    assert (desk.open, desk.opened_times) == (0, 2)


async def test_what_prevents_opening_is_told():
    desk = Desk()
    desk.missing = DeviceMissing("gone")
    with pytest.raises(DeviceMissing, match="gone"):
        await desk.errand(name)


async def test_an_open_device_does_it_between_its_own_steps():
    async with reading() as desk:
        assert not desk.errands_wait
        first, second, third = await asked(desk, name, broken, name)
        assert desk.errands_wait
        desk.look.set()
        assert await first == await third == "the device, and it worked"
        with pytest.raises(DeviceFault, match="it is locked"):
            await second
        assert not desk.errands_wait
        assert desk.opened_times == 1
        assert desk.health.state is State.RUNNING


async def test_a_session_that_pauses_is_woken_for_an_errand():
    async with reading() as desk:
        pausing = asyncio.ensure_future(desk._wanted.wait())
        (job,) = await asked(desk, name)
        await asyncio.wait_for(pausing, PATIENCE)
        desk.look.set()
        await job


async def test_a_device_that_is_lost_fails_the_job_and_all_that_wait_behind_it():
    async with reading() as desk:
        first, second = await asked(desk, pulled, name)
        desk.look.set()
        for job in (first, second):
            with pytest.raises(LinkLost, match="pulled"):
                await job
        assert not desk.errands_wait
        assert desk.health.detail == "pulled"


async def test_who_gave_up_has_nothing_done():
    done = []

    async def note(device):
        done.append(device)

    async with reading() as desk:
        given_up, wanted = await asked(desk, note, name)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        desk.look.set()
        await wanted
        assert done == []


@pytest.mark.parametrize("outcome", [name, broken])
async def test_who_gives_up_while_it_is_done_disturbs_nobody(outcome):
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def slow(device):
        begun.set()
        await let_go.wait()
        return await outcome(device)

    async with reading() as desk:
        given_up, wanted = await asked(desk, slow, name)
        desk.look.set()
        await asyncio.wait_for(begun.wait(), PATIENCE)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        let_go.set()
        assert await wanted == "the device, and it worked"


async def test_a_device_that_is_lost_disturbs_nobody_who_gave_up():
    async with reading() as desk:
        lost, given_up, behind = await asked(desk, pulled, name, name)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        desk.look.set()
        for job in (lost, behind):
            with pytest.raises(LinkLost, match="pulled"):
                await job


async def test_whoever_waits_when_it_is_closed_is_told():
    async with reading() as desk:
        (job,) = await asked(desk, name)
        desk.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await desk.task
        await desk.__aexit__(None, None, None)
        assert desk.health.state is State.CLOSED
        with pytest.raises(LinkLost, match=r"^desk is closed$"):
            await job


async def test_an_errand_has_ten_seconds(monkeypatch):
    assert errands.ERRAND_TIMEOUT == 10.0
    monkeypatch.setattr(errands, "ERRAND_TIMEOUT", 0.02)
    async with reading() as desk:
        with pytest.raises(CommandTimeout, match=r"^desk did not do it within 0\.02 s$"):
            await desk.errand(name)
