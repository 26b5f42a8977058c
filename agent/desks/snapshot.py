"""Takes the snapshot that `status` shows, from the parts that run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict

from agent.clock.clock import Clock
from agent.config.settings import Config
from agent.desks.status import (
    CardStatus,
    ClockStatus,
    DeviceStatus,
    DiskStatus,
    JournalStatus,
    KeyStatus,
    NodeStatus,
    Status,
    StorageStatus,
    TaskStatus,
    UplinkStatus,
)
from agent.intake.collector import Collector
from agent.journal.journal import Counts, Journal, JournalUnavailable
from agent.journal.recorder import Recorder
from agent.journal.storage_state import StorageState
from agent.journal.thread import JournalThread
from agent.machine.health import disk_space
from agent.machine.storage import Storage
from agent.machine.supervisor import Supervisor, TaskState
from agent.machine.version import VERSION
from agent.machine.wear import WearCounter
from agent.observe.silence import Silence
from agent.records.convert import from_reading
from agent.records.sentences import sentence
from agent.signing.identity import Identity
from agent.upstream.mode import TrustStatus
from drivers.reading import Reading

DEVICE_TASK = "device "
"""What the names of devices' tasks start with."""

PATIENCE = 3.0  # s; a slow disk must not keep a person from being told that it is slow

_NOTHING = Counts(0, 0, 0, 0, 0, 0, 0, 0, None, 0, 0)


class Snapshot:
    """Asks the parts. `supervisor` is set once the table of tasks stands."""

    def __init__(
        self,
        config: Config,
        identity: Identity,
        clock: Clock,
        recorder: Recorder,
        journal: Journal,
        thread: JournalThread,
        collectors: Sequence[Collector],
        silence: Silence,
        *,
        nodes: Callable[[], Sequence[NodeStatus]],
        uplink: Callable[[], UplinkStatus | None],
        trust: Callable[[], TrustStatus],
        key: Callable[[], KeyStatus | None],
        storage: Storage,
        wear: WearCounter,
    ) -> None:
        self._config = config
        self._identity = identity
        self._clock = clock
        self._recorder = recorder
        self._journal = journal
        self._thread = thread
        self._collectors = collectors
        self._silence = silence
        self._nodes = nodes
        self._uplink = uplink
        self._trust = trust
        self._key = key
        self._storage = storage
        self._wear = wear
        self._counts = _NOTHING
        self._started = clock.now().monotonic_ms / 1000
        self.supervisor: Supervisor | None = None

    async def take(self) -> Status:
        """Return how everything does now; never fails because a disk or device does."""
        return Status(
            name=self._config.gateway.name,
            gateway=self._identity.gateway,
            version=VERSION,
            config=str(self._config.path),
            started_ms=self._wall(self._started),
            clock=self._clock_status(),
            journal=await self._journal_status(),
            disk=await self._disk_status(),
            storage=self._storage_status(),
            card=CardStatus(**asdict(self._wear.wear)),
            ledger=bool(self._config.ledger.nodes),
            nodes=self._nodes(),
            uplink=self._uplink(),
            devices=self.devices(),
            tasks=self._tasks(),
            trust=self._trust(),
            key=self._key(),
        )

    def line(self) -> str:
        """Return the state in one line, without asking the disk."""
        devices = self.devices()
        silent = sum(device.silent for device in devices)
        text = f"{len(devices)} devices, {silent} silent; clock by {self._clock.source}"
        if self._recorder.state.failing_since is not None:
            return f"RECORDS ARE NOT DURABLE: {self._recorder.state.error}; {text}"
        if self._storage.now.state is not StorageState.OK:
            return f"storage is {self._storage.now.state}: {self._storage.now.error}; {text}"
        return text

    def _storage_status(self) -> StorageStatus:
        trouble, refusals = self._storage.now, self._recorder.refusals
        return StorageStatus(
            state=str(trouble.state),
            since_ms=self._wall(self._storage.since),
            error=trouble.error,
            advice=trouble.advice,
            refused=refusals.count,
            reserve=refusals.refusing,
        )

    def _wall(self, monotonic: float) -> int:
        return self._clock.stamp(monotonic).wall_ms

    def _clock_status(self) -> ClockStatus:
        now = self._clock.now()
        return ClockStatus(now.wall_ms, now.source, now.bound_ms, now.boot)

    async def _journal_status(self) -> JournalStatus:
        state = self._recorder.state
        error, advice, since = state.error, state.advice, state.failing_since
        try:
            async with asyncio.timeout(PATIENCE):
                self._counts = await self._thread.run(self._journal.counts)
        except JournalUnavailable as unreadable:  # the numbers last known are better than none
            error, advice = error or str(unreadable), advice or unreadable.advice
        except TimeoutError:
            error = error or "the disk takes its time; these numbers are older"
        counts = asdict(self._counts)
        counts["unsent_records"] += state.waiting
        return JournalStatus(
            **counts,
            waiting=state.waiting,
            failing_since_ms=None if since is None else self._wall(since),
            error=error,
            advice=advice,
        )

    async def _disk_status(self) -> DiskStatus | None:
        try:
            async with asyncio.timeout(PATIENCE):
                space = await self._thread.run(disk_space, self._config.gateway.state_dir)
        except OSError:  # TimeoutError is one
            return None
        return DiskStatus(space.free, space.total)

    def devices(self) -> list[DeviceStatus]:
        """Return what each device does, in the order of the configuration."""
        return [self._device(collector) for collector in self._collectors]

    def _device(self, collector: Collector) -> DeviceStatus:
        device, health = collector.device, collector.health
        last = collector.last
        detail, advice = health.detail, health.advice
        if self.supervisor is not None:
            report = self.supervisor.reports[DEVICE_TASK + device.name]
            if report.state in (TaskState.WAITING, TaskState.GIVEN_UP):
                detail, advice = f"its driver failed: {report.error}", report.advice
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
        )

    def _text(self, reading: Reading) -> str:
        return sentence(from_reading(reading, 0, self._clock.stamp(reading.monotonic)))

    def _tasks(self) -> list[TaskStatus]:
        reports = self.supervisor.reports.values() if self.supervisor else ()
        return [
            TaskStatus(report.name, str(report.state), report.error, report.advice)
            for report in reports
            if report.state in (TaskState.WAITING, TaskState.GIVEN_UP)
            and not report.name.startswith(DEVICE_TASK)
        ]
