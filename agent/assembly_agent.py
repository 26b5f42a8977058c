"""The composition root's second half: devices, people, tasks, and the life until the end.

Loaded once the record of the start is durable and signed (`assembly`).
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from agent.assembly import Core, World
from agent.assembly_upstream import Upstream, build_upstream
from agent.collector import Collector
from agent.config import Config, Device
from agent.control import ControlServer
from agent.errors import AgentError
from agent.health import HealthMonitor
from agent.notify import feed_watchdog, from_environment, watchdog_seconds
from agent.observe.silence import Silence
from agent.observer import Observer
from agent.snapshot import DEVICE_TASK, Snapshot
from agent.supervisor import Restart, Supervisor, Task
from agent.verbs import Verbs
from drivers.driver import Driver

log = logging.getLogger(__name__)


READY_LIMIT = 10.0  # s; a disk that does not take the first record is a state, not a failed start
FLUSH_LIMIT = 1.5  # s for the last commit: with STOP_LIMIT twice it keeps the end within 5 s
TELL_EVERY = 10.0  # s between two looks at the line for `systemctl status`

RECORDER_TASK = "recorder"


@dataclass(frozen=True, slots=True)
class Agent:
    """Everything that runs."""

    core: Core
    upstream: Upstream
    supervisor: Supervisor
    snapshot: Snapshot


def build_agent(config: Config, world: World, core: Core) -> Agent:
    """Join the parts, from the devices to the people."""
    silence = Silence(config.silence.limit_minutes * 60.0)
    collectors = [build_collector(device, world, core, silence) for device in config.devices]
    observer = Observer(collectors, silence, core.clock, core.recorder, world.host.timing)
    upstream = build_upstream(config, core, world.entropy)
    snapshot = Snapshot(
        config,
        core.identity,
        core.clock,
        core.recorder,
        core.journal,
        core.thread,
        collectors,
        silence,
        nodes=upstream.nodes,
        uplink=upstream.uplink,
    )
    verbs = Verbs(snapshot, collectors, core.journal, core.thread, core.recorder, core.clock)
    control = ControlServer(config.gateway.control, verbs.table())
    tasks = [
        Task(RECORDER_TASK, core.recorder.run, essential=True),
        *upstream.tasks,
        Task("control", control.run),
        Task("observer", lambda: observe(observer, core)),
        *service_tasks(world, core, snapshot),
        *health_tasks(config, world, core),
        *(Task(DEVICE_TASK + collector.device.name, collector.run) for collector in collectors),
    ]
    snapshot.supervisor = Supervisor(tasks, world.host.timing)
    return Agent(core, upstream, snapshot.supervisor, snapshot)


def build_collector(device: Device, world: World, core: Core, silence: Silence) -> Collector:
    """Return what reads one device; opens nothing."""
    module = world.catalog.module(device.kind)

    def make() -> Driver:
        return module.build(device.name, dict(device.options), world.host)

    return Collector(device, make, core.recorder, core.clock, silence)


async def observe(observer: Observer, core: Core) -> None:
    """Take over what the run before left open, then look for ever."""
    observer.expect_all()
    await observer.inherit(core.journal, core.thread)
    await observer.run()


def service_tasks(world: World, core: Core, snapshot: Snapshot) -> list[Task]:
    """Return the tasks that tell the service manager how it goes."""
    notifier = from_environment(world.environ)
    limit = watchdog_seconds(world.environ)
    sleep = world.host.timing.sleep

    async def tell() -> None:
        while True:
            await sleep(TELL_EVERY)
            notifier.status(snapshot.line())

    tasks = [Task("service status", tell)]
    if limit is not None:
        tasks.append(Task("watchdog", lambda: feed_watchdog(notifier, core.progress, limit, sleep)))
    return tasks


def health_tasks(config: Config, world: World, core: Core) -> list[Task]:
    """Return the task that watches the gateway itself, where it is wanted."""
    if not config.health.enabled:
        return []
    monitor = HealthMonitor(
        core.recorder,
        core.thread,
        world.host.timing,
        interval=config.health.interval,
        folder=config.gateway.state_dir,
        sys=world.sys,
    )
    return [Task("health", monitor.run, restart=Restart.ALWAYS)]


async def live(
    agent: Agent, config: Config, world: World, on_stopping: Callable[[], None]
) -> AgentError | None:
    """Start, say so once the first records are durable, wait for the end, and end in order."""
    notifier = from_environment(world.environ)
    stop = catch_signals()
    agent.supervisor.start()
    with suppress(TimeoutError):
        async with asyncio.timeout(READY_LIMIT):
            await agent.core.recorder.flush()
    notifier.ready(agent.snapshot.line())
    log.info("%s runs: %s", config.gateway.name, agent.snapshot.line())
    failure = asyncio.ensure_future(agent.supervisor.wait())
    either: set[asyncio.Future[Any]] = {stop, failure}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    on_stopping()
    notifier.stopping()
    ending = failure.result() if failure.done() else None
    reason = stop.result() if ending is None else f"{ending.task}: {ending.reason}"
    failure.cancel()
    await end(agent, reason)
    return None if ending is None else AgentError(reason, advice=ending.advice)


async def end(agent: Agent, reason: str) -> None:
    """Stop the devices, make `shutdown` the last record, commit and seal what there is."""
    log.info("stopping: %s", reason)
    await agent.supervisor.stop(keep={RECORDER_TASK})
    try:
        async with asyncio.timeout(FLUSH_LIMIT):
            await agent.core.recorder.note("shutdown", {"reason": reason})
            await agent.core.recorder.flush()
            await agent.core.batcher.seal_all()
    except TimeoutError:
        waiting = agent.core.recorder.state.waiting
        log.error("%d records were not durable at the end: %s", waiting, reason)  # noqa: TRY400  foreseen
    await agent.supervisor.stop()


def catch_signals() -> asyncio.Future[str]:
    """Return what SIGTERM or SIGINT will resolve to its name; a second one changes nothing."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[str] = loop.create_future()

    def caught(number: signal.Signals) -> None:
        if not stop.done():
            stop.set_result(f"asked to by {number.name}")

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, caught, number)
    return stop
