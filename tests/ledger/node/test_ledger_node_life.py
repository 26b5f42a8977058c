"""A running node's signs of life: what systemd hears while all goes on, and when a part is stuck."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from ledger.base.errors import ForkDanger, StoreFailed
from ledger.node.node import Node, Surroundings
from ledger.store.store import Kept
from tests.agent.fakes import FakeTiming
from tests.ledger.support import NOW

CONFIG = SimpleNamespace(role="sequencer", name="alpha", listen="tcp://0.0.0.0:7411")


class Notifier:
    """Notes when and what systemd is told."""

    def __init__(self, timing):
        self.timing, self.said, self.fed = timing, [], []

    def ready(self, text):
        self.said.append(("ready", text))

    def status(self, text):
        self.said.append(("status", text))

    def watchdog(self):
        self.fed.append(self.timing.now)


class Part:
    """A part that works until the end; as checkpointer it tells what it is given."""

    def __init__(self):
        self.ran, self.progress = 0, None

    async def serve(self):
        self.ran += 1
        await asyncio.Event().wait()

    async def run(self, progress=None):
        self.progress = progress
        await self.serve()


class Store:
    def __init__(self, timing):
        self.timing, self.asked, self.state = timing, [], "well"

    async def __call__(self, work):
        self.asked.append(self.timing.now)
        if self.state == "hangs":
            await asyncio.Event().wait()
        if self.state == "fails":
            raise StoreFailed("ledger.db: disk I/O error")
        return work(SimpleNamespace(size=lambda: 5))


class Life:
    def __init__(self, watchdog=10.0):
        self.timing = FakeTiming(0.0)
        self.notifier, self.store = Notifier(self.timing), Store(self.timing)
        self.parts = {
            name: Part() for name in ("server", "registrar", "checkpointer", "endings", "enrolment")
        }
        around = Surroundings(self.timing, self.notifier, watchdog)
        parts = dict(self.parts)
        self.node = Node(CONFIG, around, self.store, parts.pop("server"), **parts)
        self.task = asyncio.create_task(self.node.run())

    async def __aenter__(self):
        await self.timing.advance(0.0)
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.wait([self.task])


async def test_every_part_runs_and_systemd_is_told_where_it_listens():
    async with Life() as life:
        assert [part.ran for part in life.parts.values()] == [1] * 5
        assert life.notifier.said == [("ready", "sequencer alpha listens on tcp://0.0.0.0:7411")]
        life.parts["checkpointer"].progress(Kept(5, b"", b"", NOW))
        life.parts["checkpointer"].progress(None)
        assert life.notifier.said[1:] == [("status", "size 5 is cosigned")]


async def test_the_store_is_asked_for_a_sign_of_life_and_a_failing_disk_is_one(caplog):
    async with Life(watchdog=None) as life:
        await life.timing.advance(10.0)
        life.store.state = "fails"
        await life.timing.advance(10.0)
        assert life.store.asked == [0.0, 5.0, 10.0, 15.0, 20.0]
        assert life.notifier.fed == [], "without a watchdog nobody is fed"
    assert "ledger.db: disk I/O error (look at the disk: df, dmesg)" in caplog.text


@pytest.mark.parametrize("stuck", ["store", "checkpoints"])
async def test_the_watchdog_starves_thirty_seconds_behind_the_last_sign_of_a_part(stuck):
    async with Life() as life:
        told = life.parts["checkpointer"].progress
        if stuck == "store":
            await life.timing.advance(4.0)
            life.store.state = "hangs"
        for _ in range(12):
            await life.timing.advance(5.0)
            if stuck == "store":
                told(None)
        # the store's last sign is of 0 s, as the one at 5 s never came; the rounds told nothing
        assert life.notifier.fed == [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]


async def test_while_every_part_gives_its_signs_the_watchdog_is_fed():
    async with Life() as life:
        told = life.parts["checkpointer"].progress
        for _ in range(12):
            await life.timing.advance(5.0)
            told(None)
        assert life.notifier.fed == [5.0 * number for number in range(13)]


async def test_what_is_fatal_to_a_part_ends_the_node():
    life = Life()

    async def forked(_progress):
        raise ForkDanger("this log signed 5 entries, its store holds 1", evidence=b"note")

    life.parts["checkpointer"].run = forked
    with pytest.raises(ExceptionGroup) as caught:
        await life.task
    assert caught.group_contains(ForkDanger)
