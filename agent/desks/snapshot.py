"""Takes the snapshot that `status` shows, from the parts that run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from agent.clock.causes import DISPUTED
from agent.clock.clock import Clock
from agent.config.settings import Config
from agent.desks.control import Request, Verb, number
from agent.desks.dock_section import DockSection
from agent.desks.sections import (
    DEVICE_TASK,
    DeviceSection,
    DiskSection,
    JournalSection,
    PowerSection,
)
from agent.desks.status import (
    ChannelStatus,
    ClockStatus,
    ConditionStatus,
    DisputeStatus,
    IgnoredStatus,
    RuleStatus,
    Status,
    TaskStatus,
    UpstreamStatus,
)
from agent.machine.supervisor import TaskReport, TaskState
from agent.machine.version import VERSION
from agent.signing.identity import Identity
from foundation.counting import counted


class Snapshot:
    """Asks the sections; `upstream` tells of the way to the ledger, `reports` of all tasks."""

    def __init__(
        self,
        config: Config,
        identity: Identity,
        clock: Clock,
        journal: JournalSection,
        disk: DiskSection,
        devices: DeviceSection,
        upstream: Callable[[], UpstreamStatus],
        reports: Mapping[str, TaskReport],
        *,
        power: PowerSection,
        dock: DockSection,
        ignored: Callable[[], Sequence[IgnoredStatus]],
        conditions: Callable[[], Sequence[ConditionStatus]],
        notify: Callable[[], Sequence[ChannelStatus]],
        flight: Callable[[], bool],
        privacy: Callable[[], Sequence[RuleStatus]],
    ) -> None:
        self._config = config
        self._identity = identity
        self._clock = clock
        self._journal = journal
        self._disk = disk
        self._devices = devices
        self._upstream = upstream
        self._reports = reports
        self._power = power
        self._dock = dock
        self._ignored = ignored
        self._conditions = conditions
        self._notify = notify
        self._flight = flight
        self._privacy = privacy
        self._started = clock.now().monotonic_ms / 1000

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"status": self.status}

    async def status(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the snapshot; who cannot wait for a slow disk says so by `patience_ms`."""
        patience = number(request, "patience_ms", 0) / 1000
        yield (await self.take(patience or None)).to_dict()

    async def take(self, patience: float | None = None) -> Status:
        """Return how everything does now; never fails because a disk or device does.

        `patience` is how many seconds journal and disk have to answer, each.
        """
        journal, disk = await self._journal.take(patience), await self._disk.space(patience)
        upstream = self._upstream()
        return Status(
            name=self._config.gateway.name,
            gateway=self._identity.gateway,
            version=VERSION,
            config=str(self._config.path),
            started_ms=self._clock.stamp(self._started).wall_ms,
            clock=self._clock_status(),
            journal=journal,
            disk=disk,
            storage=self._disk.storage(),
            card=self._disk.card(),
            ledger=bool(self._config.ledger.nodes),
            nodes=upstream.nodes,
            uplink=upstream.uplink,
            devices=self._devices.take(),
            tasks=self._tasks(),
            trust=upstream.trust,
            key=upstream.key,
            power=self._power.take(),
            dock=self._dock.take(),
            ignored=self._ignored(),
            conditions=self._conditions(),
            ways=upstream.ways,
            notify=self._notify(),
            days=upstream.days,
            names=upstream.names,
            flight=self._flight(),
            privacy=self._privacy(),
        )

    def line(self) -> str:
        """Return the state in one line, without asking the disk."""
        devices = self._devices.take()
        silent = sum(device.silent for device in devices)
        text = f"{counted(len(devices), 'device')}, {silent} silent; clock by {self._clock.source}"
        text += "".join(f", {each.source} excludes it" for each in self._clock.disputes())
        trouble = self._journal.trouble() or self._disk.trouble()
        return f"{trouble}; {text}" if trouble else text

    def _clock_status(self) -> ClockStatus:
        now = self._clock.now()
        disputes = tuple(
            DisputeStatus(
                dispute.source, dispute.differs_ms, self._clock.stamp(dispute.since).wall_ms
            )
            for dispute in self._clock.disputes()
        )
        row = (DISPUTED.next, DISPUTED.id) if disputes else ("", "")
        return ClockStatus(now.wall_ms, now.source, now.bound_ms, now.boot, disputes, *row)

    def _tasks(self) -> list[TaskStatus]:
        return [
            TaskStatus(report.name, str(report.state), report.error, report.advice, report.cause)
            for report in self._reports.values()
            if report.state in (TaskState.WAITING, TaskState.GIVEN_UP)
            and not report.name.startswith(DEVICE_TASK)
        ]
