"""A life from its tasks to its end: devices first, `shutdown` as the last record, then the rest."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from agent.assembly import life
from agent.assembly.agent import RECORDER_TASK, Agent
from agent.assembly.life import FLUSH_LIMIT, catch_signals, end, live, see_through
from agent.journal.journal import JournalUnavailable
from agent.machine.supervisor import STOP_LIMIT, Ending, Task


class Ended:
    """The parts of an agent that its end calls, and in which order; `fails` is one that does."""

    def __init__(self, fails: str = "") -> None:
        self.calls, self.fails = [], fails
        self.supervisor = SimpleNamespace(
            stop=self.part("stop"),
            start=lambda tasks: self.calls.append(("start", *tasks)),
            wait=self.wait,
        )
        self.tasks, self.snapshot = (
            ("recorder", "control"),
            SimpleNamespace(line=lambda: "all well"),
        )
        self.ending = asyncio.get_running_loop().create_future()
        journal = SimpleNamespace(declared=self.part("declared"))
        recorder = SimpleNamespace(
            note=self.part("note"), flush=self.part("flush"), state=SimpleNamespace(waiting=3)
        )
        batcher = SimpleNamespace(seal_all=self.part("seal"))
        self.core = SimpleNamespace(recorder=recorder, batcher=batcher, journal=journal)

    def part(self, name: str):
        async def call(*args, **named):
            self.calls.append((name, *args, *named.items()))
            if name == self.fails:
                raise JournalUnavailable("the disk is full")

        return call

    async def wait(self):
        return await asyncio.shield(self.ending)

    async def lived(self, environ):
        """What `see_through` returns; the end's beginning is among the calls."""
        config = SimpleNamespace(gateway=SimpleNamespace(name="truck-12"))
        world = SimpleNamespace(environ=environ)
        try:
            return await see_through(self, config, world, lambda: self.calls.append(("stopping",)))
        finally:
            forget_signals()


def forget_signals():
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().remove_signal_handler(each)


STOPPED = [("stop", ("keep", {RECORDER_TASK}))]
NOTED = ("note", "shutdown", {"reason": "asked to by SIGTERM"})


async def test_the_last_record_is_that_of_the_end(caplog):
    agent = Ended()
    await end(agent, "asked to by SIGTERM")
    assert agent.calls == [*STOPPED, NOTED, ("flush",), ("seal",), ("stop",)]
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


async def test_a_disk_that_refuses_does_not_hold_up_the_end(caplog):
    agent = Ended("flush")
    await end(agent, "asked to by SIGTERM")
    assert agent.calls == [*STOPPED, NOTED, ("flush",), ("stop",)]
    assert "3 records were not durable at the end: asked to by SIGTERM" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_the_first_signal_that_asks_for_the_end_is_named(number):
    stop = catch_signals()
    try:
        signal.raise_signal(number)
        assert await asyncio.wait_for(stop, 60) == f"asked to by {number.name}"
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0)
        assert stop.result() == f"asked to by {number.name}"
    finally:
        forget_signals()


@pytest.fixture
def settled(monkeypatch):
    """What stays for life is not set apart: the test's process goes on."""
    calls = []
    monkeypatch.setattr("agent.assembly.life.settle", lambda: calls.append("settled"))
    return calls


@pytest.fixture
def manager(tmp_path):
    """The service manager's end of its socket, and the environment that names it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        yield manager, {"NOTIFY_SOCKET": str(tmp_path / "notify")}


async def test_a_task_that_cannot_go_on_ends_the_life_in_order_and_says_why(settled, manager):
    told, environ = manager
    agent = Ended()
    agent.ending.set_result(Ending("recorder", "the card is gone", "put it back"))
    error = await agent.lived(environ)
    assert (str(error), error.advice) == ("recorder: the card is gone", "put it back")
    assert agent.calls == [
        ("start", "recorder", "control"),
        *(("flush",), ("declared",), ("stopping",)),
        *STOPPED,
        ("note", "shutdown", {"reason": "recorder: the card is gone"}),
        *(("flush",), ("seal",), ("stop",)),
    ]
    assert settled == ["settled"]
    assert told.recv(4096) == b"READY=1\nSTATUS=all well"


async def test_a_signal_ends_the_life_without_an_error_and_nobody_waits_on(settled):
    agent = Ended()
    living = asyncio.create_task(agent.lived({}))
    async with asyncio.timeout(60):
        while not settled:
            await asyncio.sleep(0)
    before = asyncio.all_tasks()
    signal.raise_signal(signal.SIGTERM)
    assert await living is None
    assert NOTED in agent.calls
    for _ in range(20):  # what is cancelled ends a few turns later
        await asyncio.sleep(0)
    assert [each for each in before if not each.done()] == [asyncio.current_task()]


async def test_a_first_record_that_no_disk_takes_is_waited_for_only_so_long(
    settled, manager, monkeypatch
):
    monkeypatch.setattr("agent.assembly.life.READY_LIMIT", 0.01)
    told, environ = manager
    agent = Ended()
    agent.core.recorder.flush = asyncio.Event().wait
    monkeypatch.setattr("agent.assembly.life.FLUSH_LIMIT", 0.01)
    agent.ending.set_result(Ending("recorder", "the card is gone", "put it back"))
    assert await agent.lived(environ) is not None
    assert ("declared",) not in agent.calls
    assert told.recv(4096) == b"READY=1\nSTATUS=all well"


def test_what_stays_for_life_is_set_apart_once_what_does_not_is_collected(monkeypatch):
    calls = []
    for name in ("collect", "freeze", "enable"):
        monkeypatch.setattr(life.gc, name, lambda name=name: calls.append(name))
    life.settle()
    assert calls == ["collect", "freeze", "enable"]


def test_the_end_leaves_the_journal_a_second_of_the_five_that_it_may_take():
    assert STOP_LIMIT + FLUSH_LIMIT <= 4.0


@pytest.mark.parametrize("fails", [False, True])
async def test_sockets_are_closed_however_the_life_ended_and_more_tasks_are_of_it(
    monkeypatch, fails
):
    seen = []

    async def see(agent, *_):
        seen.append([each.name for each in agent.tasks])
        if fails:
            raise KeyError("a mistake")
        return "how it ended"

    upstream = SimpleNamespace(close=lambda: seen.append("closed"))
    agent = Agent(None, upstream, None, None, [Task("recorder", None)])
    monkeypatch.setattr("agent.assembly.life.build_agent", lambda *_: agent)
    monkeypatch.setattr("agent.assembly.life.see_through", see)
    with pytest.raises(KeyError) if fails else nullcontext():
        assert await live(None, None, None, None, [Task("journal", None)]) == "how it ended"
    assert seen == [["recorder", "journal"], "closed"]
