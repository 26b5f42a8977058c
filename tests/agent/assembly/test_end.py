"""The end in order: devices first, `shutdown` as the last record, then what commits and seals."""

from __future__ import annotations

import asyncio
import logging
import signal
from types import SimpleNamespace

import pytest

from agent.assembly.agent import RECORDER_TASK
from agent.assembly.life import catch_signals, end
from agent.journal.journal import JournalUnavailable


class Ended:
    """The parts of an agent that its end calls, and in which order; `fails` is one that does."""

    def __init__(self, fails: str = "") -> None:
        self.calls, self.fails = [], fails
        self.supervisor = SimpleNamespace(stop=self.part("stop"))
        recorder = SimpleNamespace(
            note=self.part("note"), flush=self.part("flush"), state=SimpleNamespace(waiting=3)
        )
        batcher = SimpleNamespace(seal_all=self.part("seal"))
        self.core = SimpleNamespace(recorder=recorder, batcher=batcher)

    def part(self, name: str):
        async def call(*args, **named):
            self.calls.append((name, *args, *named.items()))
            if name == self.fails:
                raise JournalUnavailable("the disk is full")

        return call


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
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().remove_signal_handler(each)
