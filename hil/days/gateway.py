"""A trip's gateway: the agent's own core and intake, composed as the agent composes them.

Time jumps (`virtual_time`), devices say what is written, and the disk is a folder in memory. What
is left out has no part in what a day comes to: ways to a ledger, desks, health.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from agent.assembly.core import build_core, identify
from agent.assembly.intake import Intake, build_intake
from agent.assembly.world import Core, World
from agent.config.settings import Config, parse
from agent.journal.async_journal import AsyncJournal
from agent.journal.journal import SealedBatch
from agent.journal.places import FILE_NAME
from agent.journal.ring_journal import RingJournal
from agent.journal.thread import JournalThread
from drivers.driver import Host
from evidence.keys import PublicKey
from hil.days.clock import DayClock
from hil.days.devices import SELDOM, DayTiming, ScriptedCatalog
from hil.days.people import Desk, People
from hil.days.signals import FIX_EVERY, ROUND, signals
from hil.days.trip import DAY, Trip
from hil.days.virtual_time import Inline, VirtualLoop

RING_BYTES = 4 << 20
MOST_BATCHES = 1 << 20
BEHIND = 300.0  # s behind the day's end, until the last tags have left


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a day left: who recorded it, by which key, and the signed batches."""

    gateway: str
    key: PublicKey
    batches: Sequence[SealedBatch]


@dataclass(frozen=True, slots=True)
class Run:
    """One life of the agent within the day, s; `orderly` is how it ends."""

    start: float
    end: float
    orderly: bool
    off_since: float | None


def recorded(trip: Trip, folder: Path) -> Recorded:
    """Live through a day in an empty folder; return what it left."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_Gateway(trip, folder).live())


def runs(trip: Trip) -> Iterator[Run]:
    """Yield the agent's lives, one after another."""
    start, off_since = 0.0, None
    for span, orderly in sorted(trip.off):
        yield Run(start, span.start, orderly, off_since)
        start, off_since = span.end, span.start
    yield Run(start, DAY + BEHIND, orderly=True, off_since=off_since)


def configuration(trip: Trip) -> str:
    """Return the configuration of the trip's gateway."""
    sensors = "".join(
        f'[[device]]\nname = "{each.name}"\nkind = "day.climate"\ninterval = {trip.interval}\n'
        'profile = "2-8"\n'
        for each in trip.sensors
    )
    return f"""{sensors}
[gateway]
name = "truck-7"
state_dir = "state"
control = "control.sock"
[journal]
window = {SELDOM}
ring_bytes = {RING_BYTES}
[batch]
seconds = 900
[[device]]
name = "door"
kind = "day.door"
[[device]]
name = "position"
kind = "day.receiver"
interval = {FIX_EVERY}
[[device]]
name = "load"
kind = "day.reader"
[[device]]
name = "tail"
kind = "day.reader"
[[read_point]]
name = "load"
kind = "shelf"
round = {ROUND}
antennas = "load:1"
[[read_point]]
name = "tail"
outer = "tail:1"
inner = "tail:2"
"""


class _Gateway:
    def __init__(self, trip: Trip, folder: Path) -> None:
        self._trip = trip
        self._people = People(trip)
        self._scripts = signals(trip)
        self._folder = folder
        self._entropy = trip.rng.randbytes
        self._boot_id = folder / "sys/kernel/random/boot_id"
        self._boot_id.parent.mkdir(parents=True)

    async def live(self) -> Recorded:
        """Live through the day."""
        *before, last = runs(self._trip)
        for run in before:
            core = await self._lived(run)
            await core.journal.close()
        core = await self._lived(last)
        rows = await core.journal.batches(0, MOST_BATCHES)
        await core.journal.close()
        key = core.succession.present.public
        return Recorded(core.identity.gateway, key, [row.batch for row in rows])

    async def _lived(self, run: Run) -> Core:
        """Live through one life of the agent; return its core, whose journal is open."""
        await _until(run.start)
        core, intake = await self._start(run)
        await self._see_through(run, core, intake)
        return core

    async def _start(self, run: Run) -> tuple[Core, Intake]:
        self._boot_id.write_text(f"{run.start}\n")
        timing = DayTiming(run.start)
        catalog = ScriptedCatalog(self._scripts, timing)
        world = World(
            catalog=catalog,
            host=Host(timing, self._trip.rng),
            clock=DayClock(self._trip, timing, run.off_since),
            environ={},
            entropy=self._entropy,
            proc=self._folder,
        )
        config = self._config(catalog)
        identity = identify(config, world)
        ring = RingJournal(config.gateway.state_dir / FILE_NAME, identity.epoch, RING_BYTES)
        journal = AsyncJournal(ring, cast("JournalThread", Inline()))
        core = await build_core(config, world, identity, journal)
        return core, build_intake(config, world, core)

    def _config(self, catalog: ScriptedCatalog) -> Config:
        (self._folder / "state").mkdir(exist_ok=True)
        text = configuration(self._trip).encode()
        return parse(text, self._folder / "tallyman.toml", catalog, lambda: "truck-7")

    async def _see_through(self, run: Run, core: Core, intake: Intake) -> None:
        """Run the tasks until the run ends, as it ends."""
        tasks = [asyncio.ensure_future(each()) for each in _tasks(core, intake)]
        keeper = asyncio.ensure_future(core.recorder.run())
        await self._deeds(run, Desk(core.recorder, core.journal))
        await _until(run.end)
        await _stop(tasks)
        if run.orderly:
            await core.recorder.note("shutdown", {"reason": "asked to by SIGTERM"})
            await core.recorder.flush()
            await core.batcher.seal_all()
        await _stop([keeper])

    async def _deeds(self, run: Run, desk: Desk) -> None:
        """Have people do what is due in a run."""
        for deed in self._people.deeds[self._people.done :]:
            if max(deed.at, run.start) >= run.end:
                return
            await _until(max(deed.at, run.start + 1.0))
            await deed.do(desk)
            self._people.done += 1


def _tasks(core: Core, intake: Intake) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    watches = [] if intake.conditions is None else [intake.conditions.run]
    collectors = [each.run for each in intake.collectors]
    return [core.batcher.run, intake.tags().run, intake.observer.run, *watches, *collectors]


async def _until(moment: float) -> None:
    """Return at a moment of the day."""
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))


async def _stop(tasks: Sequence[asyncio.Future[None]]) -> None:
    """End tasks; one that failed before is a mistake of this program."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
