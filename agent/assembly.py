"""The composition root: builds every part in the order of the flow, and lives its life.

device → driver → collector → recorder → journal → batcher → outbox → forwarder → light client (the
latter four in `assembly_upstream`); observer and health beside them; control and status for people.
Parts get what they need by name; nothing is global.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent import epochs
from agent.assembly_upstream import Upstream, build_upstream
from agent.attachments import Attachments
from agent.clock import Clock, SystemClock
from agent.coarse_views import CoarseViews
from agent.collector import Collector
from agent.config import Catalog, Config, Device
from agent.control import ControlServer
from agent.disclosures import Disclosures
from agent.dock_desk import DockDesk
from agent.durable import LOCK_NAME, WriteFailed, advice_for, lock_file
from agent.errors import AgentError
from agent.evidence.leaf import Record
from agent.health import HealthMonitor
from agent.identity import Boot, Entropy, Identity, count_boot, load_or_make
from agent.journal.journal import Journal, JournalUnavailable
from agent.journal.recorder import Recorder
from agent.journal.retention import Limits
from agent.journal.ring import Opened
from agent.journal.ring_journal import RingJournal
from agent.journal.ring_reader import FILE_NAME
from agent.journal.thread import JournalThread
from agent.kernel_clock import KernelClock, boot_id
from agent.notice_store import FOLDER, NoticeStore
from agent.notify import Progress, feed_watchdog, from_environment, watchdog_seconds
from agent.observe.coarse import Grid
from agent.observe.silence import Silence
from agent.observer import Observer
from agent.shipment_desk import ShipmentDesk
from agent.snapshot import DEVICE_TASK, Snapshot
from agent.spare import give_up_if_full
from agent.storage import Storage
from agent.supervisor import Restart, Supervisor, Task
from agent.tag_watch import TagWatch
from agent.verbs import Verbs
from agent.version import VERSION
from agent.wear import WearCounter
from drivers.driver import Driver, Host, State

log = logging.getLogger(__name__)


READY_LIMIT = 10.0  # s; a disk that does not take the first record is a state, not a failed start
FLUSH_LIMIT = 1.5  # s for the last commit: with STOP_LIMIT twice it keeps the end within 5 s
TELL_EVERY = 10.0  # s between two looks at the line for `systemctl status`

RECORDER_TASK = "recorder"


@dataclass(frozen=True, slots=True)
class World:
    """What the agent needs of the world outside; tests replace it part by part."""

    catalog: Catalog
    host: Host = field(default_factory=Host)
    clock: SystemClock = field(default_factory=KernelClock)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    entropy: Entropy = os.urandom
    proc: Path = Path("/proc")
    sys: Path = Path("/sys")


@dataclass(frozen=True, slots=True)
class Core:
    """The parts that hold the gateway's order of records."""

    identity: Identity
    boot: Boot
    clock: Clock
    progress: Progress
    thread: JournalThread
    journal: Journal
    recorder: Recorder


@dataclass(frozen=True, slots=True)
class Agent:
    """Everything that runs."""

    core: Core
    upstream: Upstream
    supervisor: Supervisor
    snapshot: Snapshot


async def run(config: Config, world: World, on_stopping: Callable[[], None]) -> AgentError | None:
    """Live until a signal or until an essential task fails for good; return the failure, if any.

    `on_stopping` is called when the end begins. Raises AgentError when it cannot start.
    """
    state_dir = config.gateway.state_dir
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WriteFailed(
            f"cannot make {state_dir}: {os.strerror(error.errno or 0)}",
            advice=advice_for(error.errno),
        ) from error
    with lock_file(state_dir / LOCK_NAME):
        thread = JournalThread()
        try:
            core = await build_core(config, world, thread)
            try:
                agent = build_agent(config, world, core)
                try:
                    return await live(agent, config, world, on_stopping)
                finally:
                    agent.upstream.close()
            finally:
                await thread.run(core.journal.close)
        finally:
            world.host.close()
            thread.close()


async def build_core(config: Config, world: World, thread: JournalThread) -> Core:
    """Open what is durable, and find out where the order of records goes on."""
    state_dir = config.gateway.state_dir
    if give_up_if_full(state_dir):
        log.error("the disk of %s is full: the space kept for this start is given up", state_dir)
    epochs.finish(state_dir)
    identity = load_or_make(state_dir, world.entropy)
    journal = await thread.run(open_journal, config, identity.epoch)
    tell(journal.opened)
    last = await thread.run(journal.last)
    boot = count_boot(state_dir, boot_id(world.proc), last.boot if last else None)
    clock = Clock(world.clock, boot.number)
    progress = Progress(world.host.timing.monotonic)
    recorder = Recorder(
        journal, thread, clock, world.host.timing, progress, window=config.journal.window
    )
    await recorder.open()
    previous = None if last is None else "orderly" if last.kind == "shutdown" else "unexpectedly"
    await note_start(recorder, config, boot, previous)
    await declare_torn_tail(journal, thread, recorder, last)
    return Core(identity, boot, clock, progress, thread, journal, recorder)


def open_journal(config: Config, epoch: bytes) -> RingJournal:
    """Open the journal within the limits of the configuration."""
    settings = config.storage
    return RingJournal(
        config.gateway.state_dir / FILE_NAME,
        epoch,
        config.journal.ring_bytes,
        alarm_bytes=settings.alarm_reserve_bytes,
        limits=Limits(settings.archive_bytes, settings.alarm_bytes),
    )


def tell(opened: Opened) -> None:
    """Say in the log what opening the journal found that is not everyday."""
    if opened.made:
        log.info("made the journal's ring; record %d is next", opened.next_number)
    if opened.torn:
        log.warning(
            "a write of the last run was cut short: %d blocks with records from %d on are dropped; "
            "none of them was acknowledged",
            opened.torn,
            opened.next_number,
        )


async def note_start(recorder: Recorder, config: Config, boot: Boot, previous: str | None) -> None:
    """Put `boot` and `config` first into this run's part of the order."""
    cause = "first start" if previous is None else "agent restart"
    values = {"version": VERSION, "cause": "machine start" if boot.new and previous else cause}
    if previous is not None:
        values["previous"] = previous
    await recorder.note("boot", values)
    await recorder.note("config", {"digest": config.digest, "devices": len(config.devices)})


async def declare_torn_tail(
    journal: RingJournal, thread: JournalThread, recorder: Recorder, last: Record | None
) -> None:
    """Put a `gap` into the order for what a power cut left half-written, unless there is one."""
    tail = await thread.run(journal.undeclared)
    if tail is not None:
        since = {} if last is None else {"from_ms": last.wall_ms}
        await recorder.note("gap", tail.values() | since)


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
    upstream = build_upstream(
        config,
        core.identity,
        core.journal,
        core.thread,
        core.recorder,
        core.clock,
        world.entropy,
        storage,
    )
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
        storage=storage,
        wear=wear,
    )
    tags.blind = blindness(collectors)
    notices = NoticeStore(config.gateway.state_dir / FOLDER, core.thread)
    desk = build_desk(config, world, core, tags, notices)
    shipments = ShipmentDesk(
        collectors,
        notices,
        core.recorder,
        core.journal,
        core.thread,
        core.clock,
        config.gateway.state_dir,
    )
    attachments = Attachments(
        config.gateway.state_dir,
        core.identity,
        upstream.signer,
        core.recorder,
        core.thread,
        core.clock,
        lambda name: config.device(name) is not None,
        shipments.knows,
    )
    verbs = Verbs(
        snapshot,
        collectors,
        core.journal,
        core.thread,
        core.recorder,
        core.clock,
        tags if config.read_points else None,
    )
    control = ControlServer(
        config.gateway.control,
        {
            **verbs.table(),
            **desk.verbs(),
            **shipments.verbs(),
            **attachments.verbs(),
            **Disclosures(core.recorder).verbs(),
        },
    )
    tasks = [
        Task(RECORDER_TASK, core.recorder.run, essential=True),
        *upstream.tasks,
        Task("storage", storage.run),
        Task("wear", wear.run),
        Task("control", control.run),
        Task("observer", lambda: observe(observer, core)),
        *goods_tasks(config, core, tags, desk),
        *view_tasks(config, world, core),
        Task("shipments", shipments.run, restart=Restart.ON_FAILURE),
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
    )


def build_collector(
    device: Device, world: World, core: Core, silence: Silence, tags: TagWatch | None
) -> Collector:
    """Return what reads one device; opens nothing."""
    module = world.catalog.module(device.kind)

    def make() -> Driver:
        return module.build(device.name, dict(device.options), world.host)

    return Collector(device, make, core.recorder, core.clock, silence, tags)


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


def build_desk(
    config: Config, world: World, core: Core, tags: TagWatch, notices: NoticeStore
) -> DockDesk:
    """Return what checks goods against notices, at the read points there are."""
    names = [point.name for point in config.read_points]
    return DockDesk(
        {name: [each.name for each in config.devices if each.read_point == name] for name in names},
        tags,
        notices,
        recorder=core.recorder,
        journal=core.journal,
        thread=core.thread,
        clock=core.clock,
        timing=world.host.timing,
        state_dir=config.gateway.state_dir,
        entropy=world.entropy,
    )


def goods_tasks(config: Config, core: Core, tags: TagWatch, desk: DockDesk) -> list[Task]:
    """Return the tasks that follow goods, where there are read points."""
    if not config.read_points:
        return []
    return [
        Task("tags", lambda: watch_tags(tags, core)),
        Task("dock", desk.run, restart=Restart.ON_FAILURE),
    ]


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
            await agent.core.thread.run(agent.core.journal.declared)
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
            await agent.upstream.batcher.seal_all()
    except (TimeoutError, JournalUnavailable):
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
