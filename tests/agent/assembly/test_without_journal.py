"""A start on a disk that does not take the journal: what waits, what ends it, what does not pass."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace

import pytest

from agent.assembly.core import identify
from agent.assembly.core import open_journal as really_open
from agent.assembly.without_journal import TRY_EVERY, TakenAgain, live_without
from agent.config.ledger import LedgerSettings
from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.storage_state import StorageState
from agent.signing.identity import BOOT_FILE
from foundation.errors import Fatal
from tests.agent.assembly.joined import BARE, configured, journal_threads, world_of
from tests.agent.assembly.test_life import LONG, appears, asked
from tests.agent.fakes import FakeTiming

FULL = JournalUnavailable("no room for the journal", advice="free some", state=StorageState.FULL)


class Rig:
    """A gateway without its journal; `opens` says how each try to open it ends."""

    def __init__(self, folder, monkeypatch) -> None:
        self.timing = FakeTiming()
        self.config, self.world = configured(folder, BARE), world_of(self.timing)
        self.config.gateway.state_dir.mkdir()
        self.identity = identify(self.config, self.world)
        self.stopping, self.opens, self.tries = [], [], 0
        monkeypatch.setattr("agent.assembly.without_journal.open_journal", self.open)
        monkeypatch.setattr("agent.assembly.life.settle", lambda: None)  # the test's process stays
        monkeypatch.setattr("agent.assembly.life.READY_LIMIT", 0.01)  # nothing becomes durable
        monkeypatch.setattr("agent.assembly.life.FLUSH_LIMIT", 0.01)

    def open(self, config, epoch):
        self.tries += 1
        error = self.opens.pop(0) if self.opens else FULL
        if error is not None:
            raise error
        return really_open(config, epoch)

    def live(self, error=FULL):
        return live_without(
            self.config, self.world, self.identity, error, lambda: self.stopping.append(1)
        )

    async def ends(self, living):
        async with asyncio.timeout(LONG):
            while not living.done():
                await self.timing.advance(TRY_EVERY)
        return living.result()


@pytest.fixture
def rig(tmp_path, monkeypatch):
    return Rig(tmp_path, monkeypatch)


@pytest.mark.parametrize("at_last", [None, Fatal("damaged", advice="look")])
async def test_the_next_life_begins_once_the_disk_takes_it_or_says_what_is_wrong(rig, at_last):
    rig.opens = [FULL, FULL, at_last]
    assert await rig.ends(asyncio.create_task(rig.live())) is False
    assert rig.tries == 3
    assert rig.stopping == [], "that is no end"


@pytest.mark.parametrize("before", [True, False])
async def test_a_gateway_that_never_had_a_journal_begins_its_first_one_then(rig, before):
    """One that had it misses it: whoever took the file away has to put it back."""
    if before:
        (rig.config.gateway.state_dir / BOOT_FILE).write_text('id = "x"\nnumber = 4\n')
    rig.opens = [FULL, None]
    assert await rig.ends(asyncio.create_task(rig.live())) is False
    journal = rig.config.gateway.state_dir / "journal.sqlite"
    assert journal.exists() is not before
    if before:
        with pytest.raises(JournalDamaged, match="this gateway has recorded before"):
            really_open(rig.config, rig.identity.epoch)
    else:
        really_open(rig.config, rig.identity.epoch).close()


async def test_meanwhile_it_answers_and_it_may_be_asked_to_stop(rig):
    living = asyncio.create_task(rig.live())
    control = rig.config.gateway.control
    await appears(control, living)
    (status,) = await asked(control, verb="status")
    assert {each["error"] for each in status["tasks"]} <= {"", str(FULL)}
    signal.raise_signal(signal.SIGTERM)
    assert await rig.ends(living) is True
    assert rig.stopping == [1]


async def test_the_disk_is_tried_every_five_seconds_and_no_sooner(rig):
    living = asyncio.create_task(rig.live())
    async with asyncio.timeout(LONG):
        while not rig.tries:
            await asyncio.sleep(0.01)
    await rig.timing.advance(4.9)
    assert rig.tries == 1
    rig.opens = [None]
    assert await rig.ends(living) is False
    assert rig.tries == 2


async def test_a_fault_that_does_not_pass_is_told_at_once(rig):
    broken = JournalUnavailable("damaged", state=StorageState.FAILING)
    with pytest.raises(JournalUnavailable) as caught:
        await rig.live(broken)
    assert caught.value is broken
    assert rig.tries == 0


async def test_a_disk_that_is_full_by_its_own_word_is_waited_for(rig, monkeypatch):
    """The journal does not know what ails the disk: a new file of some size does."""
    monkeypatch.setattr("agent.assembly.without_journal.probe", lambda _: StorageState.READ_ONLY)
    rig.opens = [None]
    living = asyncio.create_task(rig.live(JournalUnavailable("?", state=StorageState.FAILING)))
    assert await rig.ends(living) is False


@pytest.mark.parametrize("taken", [True, False])
async def test_what_ends_this_life_is_told_unless_the_next_one_begins(rig, monkeypatch, taken):
    told, before = Fatal("recorder: the card is gone", advice="put it back"), journal_threads()

    async def live(core, config, world, on_stopping, more):
        del core, config, world
        (opening,) = more
        if taken:
            rig.opens = [None]
            with pytest.raises(TakenAgain):
                await opening.run()
        on_stopping()
        return told

    monkeypatch.setattr("agent.assembly.life.live", live)
    if taken:
        assert await rig.live() is False
    else:
        with pytest.raises(Fatal) as caught:
            await rig.live()
        assert caught.value is told
    assert rig.stopping == ([] if taken else [1])
    assert journal_threads() <= before


async def test_while_the_disk_does_not_take_it_nothing_is_sent_anywhere(rig, monkeypatch):
    async def live(core, config, world, on_stopping, more):
        del core, world, on_stopping
        assert config.ledger.nodes == ()
        assert [(each.name, each.essential) for each in more] == [("journal", True)]

    monkeypatch.setattr("agent.assembly.life.live", live)
    rig.config = replace(rig.config, ledger=LedgerSettings(nodes=(object(),)))
    assert await rig.live() is True
