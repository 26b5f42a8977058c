"""The one thread of a bus: its calls one by one, and what a call that hangs costs whom."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from queue import SimpleQueue

import pytest

from drivers.errors import DeviceFault, LinkLost
from drivers.links.bus_thread import TRANSFER_TIMEOUT, BusThread, work
from drivers.links.causes import BUS_HANGS

PATIENCE = 30.0  # s


@pytest.fixture
def bus():
    thread = BusThread("/dev/bus-1", "bus one", timeout=PATIENCE)
    yield thread
    thread.close(lambda: None)


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)


async def test_all_calls_are_done_in_one_thread_with_the_name_of_the_bus(bus):
    first, second = [await bus.run(threading.current_thread) for _ in range(2)]
    assert first is second is not threading.current_thread()
    assert first.name == "bus one"
    assert first.daemon


async def test_calls_never_overlap(bus):
    inside, most = [], []

    def call():
        inside.append(1)
        most.append(len(inside))
        inside.pop()
        return len(most)

    assert sorted(await asyncio.gather(*(bus.run(call) for _ in range(5)))) == [1, 2, 3, 4, 5]
    assert most == [1] * 5


async def test_an_error_goes_to_who_called_and_the_next_call_works(bus):
    def broken():
        raise DeviceFault("it says no")

    with pytest.raises(DeviceFault, match="it says no"):
        await bus.run(broken)
    assert await bus.run(lambda: 7) == 7


async def test_who_hangs_waits_for_its_time_and_everybody_else_not_at_all():
    assert TRANSFER_TIMEOUT == 3.0, "the Pi's own controller gives up after one second"
    bus, let_go = BusThread("/dev/bus-1", "bus one", timeout=0.02), threading.Event()
    with pytest.raises(LinkLost) as caught:
        await bus.run(lambda: let_go.wait(PATIENCE))
    assert str(caught.value) == "/dev/bus-1: a transfer did not end within 0.02 s"
    assert caught.value.cause is BUS_HANGS
    with pytest.raises(LinkLost) as caught:
        await bus.run(lambda: 7)
    assert str(caught.value) == "/dev/bus-1: an earlier transfer still hangs in the kernel"
    assert caught.value.cause is BUS_HANGS
    bus.close(lambda: None)
    let_go.set()


async def test_after_a_hanging_call_ended_the_bus_works_again():
    bus, let_go = BusThread("/dev/bus-1", "bus one", timeout=0.05), threading.Event()
    ended = []

    def hanging():
        let_go.wait(PATIENCE)
        ended.append(True)

    giving_up = asyncio.ensure_future(bus.run(hanging))
    with pytest.raises(LinkLost, match=r"within 0.05 s"):
        await giving_up
    let_go.set()
    await until(lambda: ended)
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                assert await bus.run(lambda: 7) == 7
            except LinkLost:
                continue
            break
    bus.close(lambda: None)


async def test_the_last_thing_is_done_behind_what_runs_and_ends_the_thread(bus):
    thread = await bus.run(threading.current_thread)
    begun, let_go, done = threading.Event(), threading.Event(), []

    def call():
        begun.set()
        let_go.wait(PATIENCE)
        done.append("call")

    running = asyncio.ensure_future(bus.run(call))
    await until(begun.is_set)
    bus.close(lambda: done.append("last"))
    assert done == []
    let_go.set()
    await running
    await until(lambda: not thread.is_alive())
    assert done == ["call", "last"]
    with pytest.raises(LinkLost, match=r"^/dev/bus-1 is closed$"):
        await bus.run(lambda: 7)


def test_a_call_that_nobody_waits_for_any_more_is_not_done():
    jobs, done = SimpleQueue(), []
    given_up, wanted = Future(), Future()
    given_up.cancel()
    jobs.put((given_up, lambda: done.append("given up")))
    jobs.put((wanted, lambda: done.append("wanted")))
    jobs.put(None)
    work(jobs)
    assert done == ["wanted"]
    assert wanted.done()
