"""The sections of `status` that take some asking: the journal, the disk under it, the devices."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from agent.clock.clock import Clock
from agent.desks.status import (
    CardStatus,
    DeviceStatus,
    DiskStatus,
    JournalStatus,
    PowerStatus,
    StorageStatus,
)
from agent.intake.collector import Collector
from agent.journal.async_journal import AsyncJournal
from agent.journal.causes import OF_STATE
from agent.journal.journal import Counts, JournalUnavailable
from agent.journal.recorder import Recorder
from agent.journal.storage_state import StorageState
from agent.machine.board import disk_space, power, soc_temperature
from agent.machine.storage import Storage
from agent.machine.supervisor import TaskReport, TaskState
from agent.machine.wear import WearCounter
from agent.observe.silence import Silence
from agent.records.convert import from_reading
from agent.records.sentences import sentence
from drivers.errors import CRASHED
from drivers.reading import Reading

DEVICE_TASK = "device "
"""What the names of devices' tasks start with."""

PATIENCE = 3.0  # s; a slow disk must not keep a person from being told that it is slow

_UNKNOWN: Mapping[str, int | None] = dict.fromkeys(field.name for field in fields(Counts))


class JournalSection:
    """How many records and batches are where, and whether the disk takes new ones."""

    def __init__(self, recorder: Recorder, journal: AsyncJournal, clock: Clock) -> None:
        self._recorder = recorder
        self._journal = journal
        self._clock = clock
        self._counts = _UNKNOWN
        self._counted: float | None = None

    async def take(self, patience: float | None = None) -> JournalStatus:
        """Return how it is now; of a disk that does not answer, what was known last, and when.

        `patience` is in seconds, PATIENCE where it is None.
        """
        state = self._recorder.state
        error, advice, since = state.error, state.advice, state.failing_since
        as_of = self._counted
        try:
            async with asyncio.timeout(PATIENCE if patience is None else patience):
                counts = await self._journal.counts()
        except JournalUnavailable as unreadable:
            error, advice = error or str(unreadable), advice or unreadable.advice
        except TimeoutError:
            error = error or "the disk is slow to answer"
        else:
            self._counts, as_of = asdict(counts), None
            self._counted = self._clock.now().monotonic_ms / 1000
        unsent = self._counts["unsent_records"]
        if unsent is not None:
            unsent += state.waiting
        return JournalStatus(
            **{**self._counts, "unsent_records": unsent},
            waiting=state.waiting,
            as_of_ms=None if as_of is None else self._clock.stamp(as_of).wall_ms,
            failing_since_ms=None if since is None else self._clock.stamp(since).wall_ms,
            error=error,
            advice=advice,
        )

    def trouble(self) -> str:
        """Return what keeps records from being durable, in one line; empty while nothing does."""
        state = self._recorder.state
        return "" if state.failing_since is None else f"RECORDS ARE NOT DURABLE: {state.error}"


class DiskSection:
    """The state folder's disk: its space, its state, its wear."""

    def __init__(
        self, folder: Path, storage: Storage, wear: WearCounter, recorder: Recorder, clock: Clock
    ) -> None:
        self._folder = folder
        self._storage = storage
        self._wear = wear
        self._recorder = recorder
        self._clock = clock

    async def space(self, patience: float | None = None) -> DiskStatus | None:
        """Return its space; None where the disk does not say within `patience` seconds."""
        try:
            async with asyncio.timeout(PATIENCE if patience is None else patience):
                space = await asyncio.to_thread(disk_space, self._folder)
        except OSError:  # TimeoutError is one
            return None
        return DiskStatus(space.free, space.total)

    def storage(self) -> StorageStatus:
        """Return its state under the journal, and what was refused meanwhile."""
        trouble, refusals = self._storage.now, self._recorder.refusals
        return StorageStatus(
            state=str(trouble.state),
            since_ms=self._clock.stamp(self._storage.since).wall_ms,
            error=trouble.error,
            advice=trouble.advice,
            refused=refusals.count,
            reserve=refusals.refusing,
            cause=OF_STATE[trouble.state].id if trouble.state in OF_STATE else "",
        )

    def card(self) -> CardStatus:
        """Return its wear."""
        return CardStatus(**asdict(self._wear.wear))

    def trouble(self) -> str:
        """Return what is wrong with it in one line; empty while nothing is."""
        now = self._storage.now
        return "" if now.state is StorageState.OK else f"storage is {now.state}: {now.error}"


class PowerSection:
    """Supply and heat, as the board under `sys` tells them."""

    def __init__(self, sys: Path) -> None:
        self._sys = sys

    def take(self) -> PowerStatus:
        """Return how they are now: two short reads of sysfs."""
        supply = power(self._sys)
        return PowerStatus(
            None if supply is None else supply.under_voltage,
            None if supply is None else supply.flags,
            soc_temperature(self._sys),
        )


class DeviceSection:
    """What each device does, in the order of the configuration; `reports` are of all tasks."""

    def __init__(
        self,
        collectors: Sequence[Collector],
        silence: Silence,
        reports: Mapping[str, TaskReport],
        clock: Clock,
    ) -> None:
        self._collectors = collectors
        self._silence = silence
        self._reports = reports
        self._clock = clock

    def take(self) -> list[DeviceStatus]:
        """Return how they are now."""
        return [self._device(collector) for collector in self._collectors]

    def _device(self, collector: Collector) -> DeviceStatus:
        device, health = collector.device, collector.health
        last = collector.last
        detail, advice = health.detail, health.advice
        cause = "" if health.cause is None else health.cause.id
        report = self._reports.get(DEVICE_TASK + device.name)
        if report is not None and report.state in (TaskState.WAITING, TaskState.GIVEN_UP):
            detail, advice = f"its driver failed: {report.error}", report.advice or CRASHED.next
            cause = CRASHED.id
        return DeviceStatus(
            name=device.name,
            kind=device.kind,
            read_point=device.read_point,
            state=str(health.state),
            since_ms=self._wall(health.since),
            silent=self._silence.silent(device.name),
            last_ms=None if last is None else self._wall(last.monotonic),
            last="" if last is None else self._text(last),
            detail=detail,
            advice=advice,
            counters=dict(health.counters),
            cause=cause,
        )

    def _text(self, reading: Reading) -> str:
        return sentence(from_reading(reading, 0, self._clock.stamp(reading.monotonic)))

    def _wall(self, monotonic: float) -> int:
        return self._clock.stamp(monotonic).wall_ms
