"""The composition root's part for devices: how their readings come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from agent.assembly.world import Core, World
from agent.config.devices import Device
from agent.config.settings import Config
from agent.intake.alarm_texts import AlarmTexts
from agent.intake.collector import Collector
from agent.intake.declared import Declared
from agent.intake.health_board import HealthBoard
from agent.intake.observer import Observer
from agent.intake.placed import SHOCK, Placed
from agent.machine.flight import FlightMode
from agent.observe.points import PointMap
from agent.observe.silence import Silence
from drivers.driver import Driver
from drivers.notebook import FileNotebook
from foundation.dataclass import dataclass

if TYPE_CHECKING:
    from agent.intake.alarm_outputs import AlarmOutputs
    from agent.intake.condition_watch import ConditionWatch
    from agent.intake.neighbours import Neighbours
    from agent.intake.tag_watch import TagWatch

DEVICE_NOTES = "devices"
"""Folder of the state: what drivers must still know after a power cut."""

GATHERS = "report_interval"
"""The option of drivers that join the reads of a tag before they tell of them; seconds."""

SHOWS, NOTHING = "shows", "nothing"
"""The option of drivers of outputs that says which alarms they show."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The devices' collectors, and what heeds their readings on the way to the recorder.

    `tags` is made where there are read points, else when it is first asked for.
    """

    silence: Silence
    board: HealthBoard
    neighbours: Neighbours | None
    tags: Callable[[], TagWatch]
    collectors: Sequence[Collector]
    observer: Observer
    conditions: ConditionWatch | None
    outputs: AlarmOutputs | None
    flight: FlightMode


def build_intake(config: Config, world: World, core: Core) -> Intake:
    """Join the parts from the devices to the recorder."""
    world.host.not_before = core.clock.not_before
    world.host.notebook = FileNotebook(config.gateway.state_dir / DEVICE_NOTES)
    flight = FlightMode(config.gateway.state_dir)
    world.host.flight = lambda: flight.on
    silence = Silence(config.silence.limit_minutes * 60.0)
    board = HealthBoard()
    neighbours = build_neighbours(config, world)
    tags = cache(partial(build_tag_watch, config, world, core, board, neighbours))
    heeding = tags() if config.read_points else None
    collectors = [
        build_collector(device, config, world, core, board, silence, heeding)
        for device in config.devices
    ]
    core.recorder.listen(AlarmTexts(config.gateway.name, world.host.alarms).committed)
    timing = world.host.timing
    observer = Observer(collectors, silence, core.clock, core.recorder, core.journal, timing)
    conditions = build_conditions(config, world, core, tags)
    outputs = build_outputs(collectors, conditions, core, world)
    return Intake(
        silence, board, neighbours, tags, collectors, observer, conditions, outputs, flight
    )


def build_conditions(
    config: Config, world: World, core: Core, tags: Callable[[], TagWatch]
) -> ConditionWatch | None:
    """Return what watches the conditions of goods, where a device has a profile."""
    if all(each.rules is None for each in config.devices):
        return None
    from agent.intake.condition_watch import ConditionWatch, conditions_book  # noqa: PLC0415  few need it
    from agent.intake.goods_there import goods_there  # noqa: PLC0415  as above
    from agent.rules.watched import Watched  # noqa: PLC0415  as above

    watched = {
        each.name: Watched(each.name, each.rules, each.interval, each.read_point)
        for each in config.devices
        if each.rules is not None
    }
    return ConditionWatch(
        conditions_book(config.gateway.state_dir, watched, core.recorder, core.journal),
        core.recorder,
        world.host.timing,
        window=config.journal.window,
        goods=lambda point: goods_there(tags().presence.at(point)),
    )


def build_outputs(
    collectors: Sequence[Collector], conditions: ConditionWatch | None, core: Core, world: World
) -> AlarmOutputs | None:
    """Return what shows alarms on lamps and buzzers, where there are both."""
    wanted = [each for each in collectors if each.device.options.get(SHOWS, NOTHING) != NOTHING]
    if conditions is None or not wanted:
        return None
    from agent.intake.alarm_outputs import AlarmOutputs, Output  # noqa: PLC0415  few have any

    outputs = [Output(each, str(each.device.options[SHOWS])) for each in wanted]
    return AlarmOutputs(outputs, conditions, core.recorder, world.host.timing)


def build_neighbours(config: Config, world: World) -> Neighbours | None:
    """Return what exchanges hints with the site's other gateways, where there are some."""
    given = config.neighbours
    if given.key is None:
        return None
    from agent.intake.neighbours import Neighbours, read_key  # noqa: PLC0415  few gateways have any

    return Neighbours(
        given.listen,
        given.tell,
        read_key(given.key),
        config.gateway.name,
        world.host.timing,
        world.entropy,
    )


def build_tag_watch(
    config: Config, world: World, core: Core, board: HealthBoard, neighbours: Neighbours | None
) -> TagWatch:
    """Return what follows the tags at the configured read points."""
    from agent.intake.tag_watch import TagWatch, presence_book  # noqa: PLC0415  not every gateway sees goods

    return TagWatch(
        PointMap(config.read_points, {each.name: each.read_point for each in config.devices}),
        presence_book(config.gateway.state_dir, core.recorder, core.journal),
        board,
        core.recorder,
        core.clock,
        world.host.timing,
        gathered={each.name: float(each.options.get(GATHERS, 0.0)) for each in config.devices},
        neighbours=neighbours,
    )


def build_collector(
    device: Device,
    config: Config,
    world: World,
    core: Core,
    board: HealthBoard,
    silence: Silence,
    tags: TagWatch | None,
) -> Collector:
    """Return what reads one device; opens nothing."""
    module = world.catalog.module(device.kind)

    def make() -> Driver:
        return module.build(device.name, dict(device.options), world.host)

    declared = Declared(device, module.KINDS)
    return Collector(
        device,
        make,
        declared,
        board,
        core.recorder,
        core.clock,
        silence,
        tags,
        calibrations=[each for each in config.calibrations if each.device == device.name],
        placed=build_placed(device, module.KINDS, tags),
    )


def build_placed(device: Device, kinds: Sequence[str], tags: TagWatch | None) -> Placed | None:
    """Return what names place and goods of a device's shocks, where it has a place."""
    if SHOCK not in kinds or not device.read_point:
        return None
    if tags is None:
        return Placed(device.read_point, lambda _: "")
    from agent.intake.goods_there import goods_there  # noqa: PLC0415  few devices feel shocks

    return Placed(device.read_point, lambda point: goods_there(tags.presence.at(point)))
