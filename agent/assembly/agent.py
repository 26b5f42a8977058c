"""The composition root's second half: devices, people, and the table of tasks.

Loaded once the record of the start is durable and signed (`run`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agent.assembly.desks import (
    Desks,
    build_conditions_status,
    build_desks,
    build_goods,
    build_meters,
    build_snapshot,
)
from agent.assembly.intake import Intake, build_intake
from agent.assembly.notify import build_notify
from agent.assembly.sealing import build_sealing, build_upstream
from agent.assembly.upstream import Upstream
from agent.assembly.world import Core, World
from agent.chain.ready_epoch import EPOCHS
from agent.clock.kernel import boot_id
from agent.config.settings import Config
from agent.desks.last_state import LastState
from agent.desks.metrics import Meters
from agent.desks.sections import DEVICE_TASK, DeviceSection, PowerSection
from agent.desks.snapshot import Snapshot
from agent.desks.status import RuleStatus
from agent.intake.coarse_views import CoarseViews, places_book
from agent.journal.places import FILE_NAME
from agent.machine.health import HealthMonitor
from agent.machine.rounds import Rounds
from agent.machine.storage import Storage
from agent.machine.supervisor import Restart, Supervisor, Task
from agent.machine.wear import WearCounter
from agent.observe.coarse import Grid
from foundation.dataclass import dataclass
from foundation.notify import feed_watchdog, from_environment, watchdog_seconds

if TYPE_CHECKING:
    from agent.machine.eraser import Eraser

log = logging.getLogger(__name__)

TELL_EVERY = 10.0  # s between two looks at the line for `systemctl status`

RECORDER_TASK = "recorder"


@dataclass(frozen=True, slots=True)
class Agent:
    """Everything that runs, and the table of the tasks that run it."""

    core: Core
    upstream: Upstream
    snapshot: Snapshot
    supervisor: Supervisor
    tasks: Sequence[Task]


def build_agent(config: Config, world: World, core: Core) -> Agent:
    """Join the parts, from the devices to the people."""
    supervisor = Supervisor(world.host.timing)
    intake = build_intake(config, world, core)
    storage = build_storage(config, world, core)
    wear = build_wear(config, world)
    eraser = build_eraser(config, world, core)
    upstream = build_upstream(config, core, world)
    devices = DeviceSection(intake.collectors, intake.silence, supervisor.reports, core.clock)
    goods = build_goods(config, world, core, intake)
    power = PowerSection(world.sys)
    notify = build_notify(config, world, core)
    snapshot = build_snapshot(
        config,
        core,
        storage,
        wear,
        devices,
        upstream,
        supervisor,
        power=power,
        goods=goods,
        conditions=build_conditions_status(intake),
        notify=notify.statuses,
        flight=lambda: intake.flight.on,
        privacy=build_privacy_status(config, eraser),
    )
    meters = build_meters(config, world, core, snapshot, upstream, goods.tallies)
    desks = build_desks(config, world, core, intake, snapshot, devices, goods, meters)
    last = LastState(config.gateway.control, snapshot.take, Rounds(world.host.timing).sleep)
    tasks = [
        Task(RECORDER_TASK, core.recorder.run, essential=True),
        build_sealing(core, storage),
        *upstream.tasks,
        Task("storage", storage.run),
        Task("wear", wear.run),
        *eraser_tasks(eraser),
        Task("control", desks.control.run),
        Task("observer", intake.observer.run),
        *goods_tasks(config, intake, desks),
        *view_tasks(config, world, core),
        *condition_tasks(intake),
        *notify.tasks,
        Task("shipments", desks.shipments.run, restart=Restart.ON_FAILURE),
        Task("ignored causes", goods.ignore.run, restart=Restart.ON_FAILURE),
        Task("last state", last.run),
        *service_tasks(world, core, snapshot),
        *health_tasks(config, world, core),
        *metrics_tasks(config, world, meters),
        *(Task(DEVICE_TASK + each.device.name, each.run) for each in intake.collectors),
    ]
    return Agent(core, upstream, snapshot, supervisor, tasks)


def build_storage(config: Config, world: World, core: Core) -> Storage:
    """Return what watches the disk under the journal."""
    return Storage(
        core.recorder,
        core.journal,
        Rounds(world.host.timing),
        config.gateway.state_dir,
        slow_commit=config.storage.slow_commit,
    )


def build_wear(config: Config, world: World) -> WearCounter:
    """Return what counts the bytes written to the card."""
    return WearCounter(
        config.gateway.state_dir,
        world.sys,
        boot_id(world.proc),
        endurance_tb=config.storage.card_endurance_tb,
        monotonic=world.host.timing.monotonic,
        sleep=Rounds(world.host.timing).sleep,
    )


def build_eraser(config: Config, world: World, core: Core) -> Eraser | None:
    """Return what erases records by rules, where there are any, or were and left work."""
    if not core.journal.erases:
        return None
    from agent.machine.eraser import Eraser  # noqa: PLC0415  most gateways have no such rule

    rounds = Rounds(world.host.timing)
    return Eraser(config.privacy.rules, core.journal, core.recorder, core.clock, rounds.sleep)


def build_privacy_status(
    config: Config, eraser: Eraser | None
) -> Callable[[], Sequence[RuleStatus]]:
    """Return what tells of the rules; nothing where there are none."""
    if eraser is None:
        return tuple
    earlier = len(list((config.gateway.state_dir / EPOCHS).glob(f"*/{FILE_NAME}")))
    return lambda: [
        RuleStatus(each.rule.what, each.rule.days, each.overdue, eraser.error, earlier)
        for each in eraser.states
    ]


def eraser_tasks(eraser: Eraser | None) -> list[Task]:
    """Return its task, where there is one."""
    return [] if eraser is None else [Task("eraser", eraser.run)]


def goods_tasks(config: Config, intake: Intake, desks: Desks) -> list[Task]:
    """Return the tasks that follow goods: where there are read points, and other gateways."""
    tasks = []
    if config.read_points:
        tasks.append(Task("tags", intake.tags().run))
    if desks.checks is not None:
        tasks.append(Task("dock", desks.checks.inherit, restart=Restart.ON_FAILURE))
    if desks.exchange is not None:
        tasks.append(Task("exchange", desks.exchange.run))
    if intake.neighbours is not None:
        tasks.append(Task("neighbours", intake.neighbours.run))
    return tasks


def view_tasks(config: Config, world: World, core: Core) -> list[Task]:
    """Return the task that tells places coarsely, where that is wanted."""
    if not config.views.grid_km:
        return []
    grid = Grid(config.views.grid_km, config.views.cities)
    book = places_book(grid, core.recorder, core.journal)
    return [Task("views", CoarseViews(book, core.recorder, core.clock, world.host.timing).run)]


def condition_tasks(intake: Intake) -> list[Task]:
    """Return the tasks that tell of the goods' conditions, where any are under watch."""
    watch, outputs = intake.conditions, intake.outputs
    tasks = [] if watch is None else [Task("conditions", watch.run)]
    return tasks if outputs is None else [*tasks, Task("alarm outputs", outputs.run)]


def service_tasks(world: World, core: Core, snapshot: Snapshot) -> list[Task]:
    """Return the tasks that tell the service manager how it goes."""
    notifier = from_environment(world.environ)
    limit = watchdog_seconds(world.environ)
    sleep = world.host.timing.sleep

    rounds = Rounds(world.host.timing)

    async def tell() -> None:
        while True:
            await rounds.sleep(TELL_EVERY)
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
        world.host.timing,
        interval=config.health.interval,
        folder=config.gateway.state_dir,
        sys=world.sys,
    )
    return [Task("health", monitor.run, restart=Restart.ALWAYS)]


def metrics_tasks(config: Config, world: World, meters: Meters) -> list[Task]:
    """Return the task that writes metrics into a file, where that is wanted."""
    if config.metrics.folder is None:
        return []
    from agent.desks.textfile import Textfile  # noqa: PLC0415  most gateways have no Prometheus

    rounds = Rounds(world.host.timing)
    return [Task("metrics", Textfile(config.metrics.folder, meters, rounds, world.sys).run)]
