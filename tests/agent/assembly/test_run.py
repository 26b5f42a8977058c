"""From the lock on: with a journal or without, again where the disk takes it, and all let go."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.assembly import run as module
from agent.assembly.run import run
from agent.journal.journal import JournalUnavailable
from foundation.durable import LOCK_NAME, AlreadyLocked, lock_file
from tests.agent.assembly.joined import BARE, configured, journal_threads, world_of


class Lives:
    """The two ways to live, as a test has them end; `calls` is what was begun, in order."""

    def __init__(self, monkeypatch, folder):
        self.config, self.world = configured(folder, BARE), world_of()
        self.calls, self.stopped, self.refusals = [], [], []
        self.ending, self.alone = None, []
        open_journal = module.open_journal
        self.world.host.close = lambda: self.calls.append("let go")

        def opened(*args):
            if self.refusals:
                raise self.refusals.pop(0)
            return open_journal(*args)

        monkeypatch.setattr(module, "open_journal", opened)
        monkeypatch.setattr("agent.assembly.life.live", self.live)
        monkeypatch.setattr("agent.assembly.without_journal.live_without", self.live_without)

    async def live(self, core, config, world, on_stopping):
        records = await core.journal.records(0, 9)
        self.calls.append([record.kind for record in records])
        on_stopping()
        return self.ending

    async def live_without(self, config, world, identity, error, on_stopping):
        self.calls.append(f"without: {error}")
        return self.alone.pop(0)

    async def run(self):
        return await run(self.config, self.world, lambda: self.stopped.append(1))


@pytest.fixture
def lives(monkeypatch, tmp_path):
    return Lives(monkeypatch, tmp_path)


async def test_a_life_begins_once_its_start_is_signed_and_lets_go_of_all(lives):
    lives.ending, before = SimpleNamespace(why="it failed"), journal_threads()
    assert await lives.run() is lives.ending
    assert lives.calls == [["boot", "config"], "let go"]
    assert lives.stopped == [1]
    assert journal_threads() <= before
    with lock_file(lives.config.gateway.state_dir / LOCK_NAME):
        pass


async def test_two_agents_never_have_one_state(lives):
    lives.config.gateway.state_dir.mkdir()
    with lock_file(lives.config.gateway.state_dir / LOCK_NAME), pytest.raises(AlreadyLocked):
        await lives.run()
    assert lives.calls == []


async def test_without_a_journal_it_lives_until_there_is_one(lives):
    full = JournalUnavailable("the disk is full")
    lives.refusals, lives.alone = [full, full], [False, False]
    assert await lives.run() is None
    assert lives.calls == ["without: the disk is full"] * 2 + [["boot", "config"], "let go"]


async def test_who_is_asked_to_stop_meanwhile_stops(lives):
    lives.refusals, lives.alone = [JournalUnavailable("the disk is full")], [True]
    assert await lives.run() is None
    assert lives.calls == ["without: the disk is full", "let go"]
