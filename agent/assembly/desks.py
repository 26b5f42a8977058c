"""The composition root's part for people: what answers at the control socket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.assembly.world import Core, World
from agent.config.settings import Config
from agent.desks.attachments import Attachments
from agent.desks.commission import CommissionDesk
from agent.desks.control import ControlServer
from agent.desks.disclosures import Disclosures
from agent.desks.dock import DockDesk
from agent.desks.notices import NoticeStore
from agent.desks.salvage import SalvageDesk
from agent.desks.shipment import ShipmentDesk
from agent.desks.snapshot import Snapshot
from agent.desks.verbs import Verbs
from agent.intake.collector import Collector
from agent.intake.tag_watch import TagWatch


@dataclass(frozen=True, slots=True)
class Desks:
    """The control socket, and of what answers there that which runs."""

    control: ControlServer
    dock: DockDesk
    shipments: ShipmentDesk


def build_desks(
    config: Config,
    world: World,
    core: Core,
    tags: TagWatch,
    collectors: Sequence[Collector],
    snapshot: Snapshot,
) -> Desks:
    """Join all that people ask for; each verb is in one table."""
    notices = NoticeStore(config.gateway.state_dir)
    dock = build_dock(config, world, core, tags, notices)
    shipments = build_shipments(config, core, collectors, notices)
    salvaged = SalvageDesk(core.recorder, core.journal, config.gateway.state_dir)
    control = ControlServer(
        config.gateway.control,
        {
            **build_verbs(config, core, tags, collectors, snapshot).table(),
            **dock.verbs(),
            **shipments.verbs(),
            **salvaged.verbs(),
            **build_attachments(config, core, shipments).verbs(),
            **CommissionDesk(collectors, core.recorder).verbs(),
            **Disclosures(core.recorder).verbs(),
        },
    )
    return Desks(control, dock, shipments)


def build_verbs(
    config: Config,
    core: Core,
    tags: TagWatch,
    collectors: Sequence[Collector],
    snapshot: Snapshot,
) -> Verbs:
    """Return what tells of records, devices and tags."""
    return Verbs(
        snapshot,
        collectors,
        core.journal,
        core.recorder,
        core.clock,
        tags if config.read_points else None,
    )


def build_dock(
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
        clock=core.clock,
        timing=world.host.timing,
        state_dir=config.gateway.state_dir,
        entropy=world.entropy,
    )


def build_shipments(
    config: Config, core: Core, collectors: Sequence[Collector], notices: NoticeStore
) -> ShipmentDesk:
    """Return what binds notice, vehicle, seals and sensors."""
    return ShipmentDesk(
        collectors,
        notices,
        core.recorder,
        core.journal,
        core.clock,
        config.gateway.state_dir,
    )


def build_attachments(config: Config, core: Core, shipments: ShipmentDesk) -> Attachments:
    """Return what puts files on record, for devices and shipments that there are."""
    return Attachments(
        config.gateway.state_dir,
        core.identity,
        lambda: core.succession.present,
        core.recorder,
        core.clock,
        lambda name: config.device(name) is not None,
        shipments.knows,
    )
