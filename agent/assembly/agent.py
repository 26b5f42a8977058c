"""The composition root's second half: devices, people, tasks, and their tasks.

Loaded once the record of the start is durable and signed (`run`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.assembly.desks import build_desks
from agent.assembly.sealing import build_upstream
from agent.assembly.upstream import Upstream
from agent.assembly.world import Core, World
from agent.clock.kernel import boot_id
from agent.config.devices import Device
from agent.config.settings import Config
from agent.desks.dock import DockDesk
from agent.desks.snapshot import DEVICE_TASK, Snapshot
from agent.intake.coarse_views import CoarseViews
from agent.intake.collector import Collector
from agent.intake.declared import Declared
from agent.intake.observer import Observer
from agent.intake.tag_watch import TagWatch
from agent.machine.health import HealthMonitor
from agent.machine.storage import Storage
from agent.machine.supervisor import Restart, Supervisor, Task
from agent.machine.wear import WearCounter
from agent.observe.coarse import Grid
from agent.observe.silence import Silence
from drivers.driver import Driver, State
from foundation.notify import feed_watchdog, from_environment, watchdog_seconds

log = logging.getLogger(__name__)


READY_LIMIT = 10.0  # s; a disk that does not take the first record is a state, not a failed start
FLUSH_LIMIT = 1.5  # s for the last commit: with STOP_LIMIT twice it keeps the end within 5 s
TELL_EVERY = 10.0  # s between two looks at the line for `systemctl status`

RECORDER_TASK = "recorder"

GATHERS = "report_interval"
"""The option of drivers that join the reads of a tag before they tell of them; seconds."""


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
    tags = build_tag_watch(config, world, core)
    collectors = [
        build_collector(device, world, core, silence, tags if config.read_points else None)
        for device in config.devices
    ]
    observer = Observer(collectors, silence, core.clock, core.recorder, world.host.timing)
    storage = build_storage(config, world, core)
    wear = build_wear(config, world, core)
    upstream = build_upstream(config, core, world, storage)
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
        trust=upstream.trust,
        key=upstream.key,
        storage=storage,
        wear=wear,
    )
    tags.blind = blindness(collectors)
    desks = build_desks(config, world, core, tags, collectors, snapshot)
    tasks = [
        Task(RECORDER_TASK, core.recorder.run, essential=True),
        *upstream.tasks,
        Task("storage", storage.run),
        Task("wear", wear.run),
        Task("control", desks.control.run),
        Task("observer", lambda: observe(observer, core)),
        *goods_tasks(config, core, tags, desks.dock),
        *neighbour_tasks(config, world, tags),
        *view_tasks(config, world, core),
        Task("shipments", desks.shipments.run, restart=Restart.ON_FAILURE),
        *service_tasks(world, core, snapshot),
        *health_tasks(config, world, core),
        *(Task(DEVICE_TASK + collector.device.name, collector.run) for collector in collectors),
    ]
    snapshot.supervisor = Supervisor(tasks, world.host.timing)
    return Agent(core, upstream, snapshot.supervisor, snapshot)


def build_storage(config: Config, world: World, core: Core) -> Storage:
    """Return what watches the disk under the journal."""
    return Storage(
        core.recorder,
        core.journal,
        core.thread,
        world.host.timing,
        config.gateway.state_dir,
        slow_commit=config.storage.slow_commit,
    )


def build_wear(config: Config, world: World, core: Core) -> WearCounter:
    """Return what counts the bytes written to the card."""
    return WearCounter(
        config.gateway.state_dir,
        world.sys,
        boot_id(world.proc),
        core.thread,
        endurance_tb=config.storage.card_endurance_tb,
        monotonic=world.host.timing.monotonic,
        sleep=world.host.timing.sleep,
    )


def build_tag_watch(config: Config, world: World, core: Core) -> TagWatch:
    """Return what follows the tags at the configured read points."""
    return TagWatch(
        config.read_points,
        {device.name: device.read_point for device in config.devices},
        core.recorder,
        core.clock,
        world.host.timing,
        config.gateway.state_dir,
        gathered={
            device.name: float(device.options.get(GATHERS, 0.0)) for device in config.devices
        },
    )


def build_collector(
    device: Device, world: World, core: Core, silence: Silence, tags: TagWatch | None
) -> Collector:
    """Return what reads one device; opens nothing."""
    module = world.catalog.module(device.kind)

    def make() -> Driver:
        return module.build(device.name, dict(device.options), world.host)

    declared = Declared(device, module.KINDS)
    return Collector(device, make, declared, core.recorder, core.clock, silence, tags)


async def observe(observer: Observer, core: Core) -> None:
    """Take over what the run before left open, then look for ever."""
    observer.expect_all()
    await observer.inherit(core.journal, core.thread)
    await observer.run()


def blindness(collectors: Sequence[Collector]) -> Callable[[str], bool]:
    """Return what tells whether a device does not read now, as its driver says."""
    by_name = {collector.device.name: collector for collector in collectors}

    def blind(device: str) -> bool:
        return device in by_name and by_name[device].health.state is not State.RUNNING

    return blind


def goods_tasks(config: Config, core: Core, tags: TagWatch, desk: DockDesk) -> list[Task]:
    """Return the tasks that follow goods, where there are read points."""
    if not config.read_points:
        return []
    return [
        Task("tags", lambda: watch_tags(tags, core)),
        Task("dock", desk.run, restart=Restart.ON_FAILURE),
    ]


def neighbour_tasks(config: Config, world: World, tags: TagWatch) -> list[Task]:
    """Return the task that exchanges hints with the site's other gateways, where there are some."""
    given = config.neighbours
    if given.key is None:
        return []
    from agent.intake.neighbours import Neighbours, read_key  # noqa: PLC0415  few gateways have any

    tags.neighbours = Neighbours(
        given.listen,
        given.tell,
        read_key(given.key),
        config.gateway.name,
        world.host.timing,
        world.entropy,
    )
    return [Task("neighbours", tags.neighbours.run)]


def view_tasks(config: Config, world: World, core: Core) -> list[Task]:
    """Return the task that tells places coarsely, where that is wanted."""
    if not config.views.grid_km:
        return []
    grid = Grid(config.views.grid_km, config.views.cities)
    views = CoarseViews(grid, core.recorder, core.clock, world.host.timing)
    return [Task("views", lambda: tell_places(views, core))]


async def tell_places(views: CoarseViews, core: Core) -> None:
    """Take over what the run before left untold, then tell for ever."""
    await views.inherit(core.journal, core.thread)
    await views.run()


async def watch_tags(tags: TagWatch, core: Core) -> None:
    """Take over what was present when the run before ended, then look for ever."""
    await tags.inherit(core.journal, core.thread)
    await tags.run()


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
