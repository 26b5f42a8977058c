"""The composition root's part for people: what answers at the control socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from agent.assembly.intake import Intake
from agent.assembly.upstream import Upstream
from agent.assembly.world import Core, World
from agent.config.settings import Config
from agent.desks.attachments import AttachmentDesk
from agent.desks.commission import CommissionDesk
from agent.desks.control import ControlServer, Verb
from agent.desks.devices import DeviceDesk
from agent.desks.disclosures import DisclosureDesk
from agent.desks.dock_section import DockSection
from agent.desks.flight import FlightDesk
from agent.desks.ignored import IgnoreDesk, ignored_book
from agent.desks.late import Desk, LateDesk
from agent.desks.metrics import Meters, MetricsDesk
from agent.desks.notices import NoticeStore
from agent.desks.records import RecordDesk
from agent.desks.salvage import SalvageDesk
from agent.desks.sections import DeviceSection, DiskSection, JournalSection, PowerSection
from agent.desks.shipment import ShipmentDesk, shipments_book
from agent.desks.signers import Signers
from agent.desks.snapshot import Snapshot
from agent.desks.status import ChannelStatus, ConditionStatus, RuleStatus
from agent.desks.zigbee import ZigbeeDesk
from agent.dock.articles import NONE as NO_ARTICLES
from agent.journal.book import KeptBook
from agent.machine.storage import Storage
from agent.machine.supervisor import Supervisor
from agent.machine.wear import WearCounter
from agent.rules.valid_time import reach_of
from agent.shipments.shipment import Shipments
from agent.shipments.tally import Incident, Tallies
from foundation.dataclass import dataclass

if TYPE_CHECKING:
    from agent.desks.checks import Checks
    from agent.desks.exchange import Exchange

AT_THE_DOCK = (
    "dock-notice",
    "dock-points",
    "dock-open",
    "dock-list",
    "dock-find",
    "dock-look",
    "dock-label",
    "dock-remark",
    "dock-trip",
    "dock-undo",
    "dock-pass",
    "dock-close",
    "dock-deliver",
    "dock-signers",
    "people",
    "people-add",
    "people-remove",
    "people-pin",
    "people-unlock",
)
"""The verbs of `DockDesk`."""


@dataclass(frozen=True, slots=True)
class Desks:
    """The control socket, and of what answers there that which runs."""

    control: ControlServer
    checks: Checks | None
    shipments: ShipmentDesk
    exchange: Exchange | None


@dataclass(frozen=True, slots=True)
class Goods:
    """What snapshot, numbers and desks need: notices, checks, shipments, and what is left alone.

    There are no checks where there is no read point.
    """

    notices: NoticeStore
    checks: Checks | None
    section: DockSection
    ignore: IgnoreDesk
    shipments: KeptBook[Shipments]
    tallies: Tallies


def build_goods(config: Config, world: World, core: Core, intake: Intake) -> Goods:
    """Return what is known of goods at the dock, those before the start included."""
    state_dir = config.gateway.state_dir
    notices = NoticeStore(state_dir, world.host.timing.monotonic, config.dock.table or NO_ARTICLES)
    checks = checks_of(config, core, intake, notices)
    book = ignored_book(state_dir, core.recorder, core.journal)
    shipments = shipments_book(state_dir, core.recorder, core.journal)
    return Goods(
        notices,
        checks,
        DockSection(checks, notices, intake.neighbours, core.clock),
        IgnoreDesk(book, core.recorder, core.clock),
        shipments,
        build_tallies(config, world, core, shipments),
    )


def checks_of(config: Config, core: Core, intake: Intake, notices: NoticeStore) -> Checks | None:
    """Return the checks of goods, where there are read points."""
    if not config.read_points:
        return None
    from agent.assembly.dock import build_checks  # noqa: PLC0415  not every gateway sees goods

    return build_checks(config, core, intake, notices)


def build_tallies(
    config: Config, world: World, core: Core, shipments: KeptBook[Shipments]
) -> Tallies:
    """Return what counts for each shipment, as its devices are able to tell."""
    watched, reach = {}, {}
    for device in config.devices:
        of_shocks = {Incident.SHOCK} & set(world.catalog.module(device.kind).KINDS)
        of_rules = () if device.rules is None else (Incident.EXCURSION, Incident.ALARM)
        watched[device.name] = frozenset({Incident.GAP, *of_shocks, *of_rules})
        reach[device.name] = reach_of(device.interval) or 0
    tallies = Tallies(lambda: shipments.content, watched, reach)
    core.recorder.listen(tallies.committed)
    return tallies


def build_snapshot(
    config: Config,
    core: Core,
    storage: Storage,
    wear: WearCounter,
    devices: DeviceSection,
    upstream: Upstream,
    supervisor: Supervisor,
    *,
    power: PowerSection,
    goods: Goods,
    conditions: Callable[[], Sequence[ConditionStatus]],
    notify: Callable[[], Sequence[ChannelStatus]],
    flight: Callable[[], bool],
    privacy: Callable[[], Sequence[RuleStatus]],
) -> Snapshot:
    """Return what tells how everything does."""
    folder = config.gateway.state_dir
    return Snapshot(
        config,
        core.identity,
        core.clock,
        JournalSection(core.recorder, core.journal, core.clock),
        DiskSection(folder, storage, wear, core.recorder, core.clock),
        devices,
        upstream.status,
        supervisor.reports,
        power=power,
        dock=goods.section,
        ignored=goods.ignore.in_force,
        conditions=conditions,
        notify=notify,
        flight=flight,
        privacy=privacy,
    )


def build_meters(
    config: Config,
    world: World,
    core: Core,
    snapshot: Snapshot,
    upstream: Upstream,
    tallies: Tallies,
) -> Meters:
    """Return where the gateway's numbers come from."""
    return Meters(
        snapshot,
        core.recorder.state,
        core.batcher.tally,
        upstream.meters,
        tallies.told,
        config.metrics.watts,
        world.proc,
    )


def build_conditions_status(intake: Intake) -> Callable[[], Sequence[ConditionStatus]]:
    """Return what tells of the goods' conditions; nothing where none are under watch."""
    watch = intake.conditions
    if watch is None:
        return tuple
    from agent.desks.conditions import condition_status  # noqa: PLC0415  not every gateway has profiles

    return lambda: condition_status(watch)


def override_verbs(core: Core, intake: Intake) -> Mapping[str, Verb]:
    """Return what answers where a person ends an alarm; nothing where none can be."""
    if intake.conditions is None:
        return {}
    from agent.desks.conditions import OverrideDesk  # noqa: PLC0415  as above

    return OverrideDesk(intake.conditions, core.recorder).verbs()


def build_desks(
    config: Config,
    world: World,
    core: Core,
    intake: Intake,
    snapshot: Snapshot,
    devices: DeviceSection,
    goods: Goods,
    meters: Meters,
) -> Desks:
    """Join all that people ask for; each verb is of one desk."""
    state_dir = config.gateway.state_dir
    shipments = build_shipments(core, intake, goods)
    signers = Signers(core.recorder, world.host.timing, state_dir, world.entropy)
    desks = (
        snapshot,
        *late_desks(config, core, intake, snapshot, shipments, meters),
        *shipment_desks(config, core, shipments, signers),
        DeviceDesk(intake.collectors, devices, core.clock),
        RecordDesk(core.journal, core.recorder),
        build_dock(config, core, intake, goods, signers),
        shipments,
        SalvageDesk(core.recorder, core.journal, state_dir),
        build_attachments(config, core, shipments),
        CommissionDesk(intake.collectors, core.recorder),
        ZigbeeDesk(intake.collectors),
        DisclosureDesk(core.recorder),
        FlightDesk(intake.flight, core.recorder),
        goods.ignore,
    )
    verbs = {name: verb for desk in desks for name, verb in desk.verbs().items()}
    verbs |= override_verbs(core, intake)
    control = ControlServer(config.gateway.control, verbs)
    return Desks(control, goods.checks, shipments, build_exchange(config, world, core, goods))


def build_exchange(config: Config, world: World, core: Core, goods: Goods) -> Exchange | None:
    """Return what looks into the folders shared with partners, where there are such."""
    if goods.checks is None:
        return None
    from agent.assembly import dock  # noqa: PLC0415  not every gateway sees goods

    return dock.build_exchange(config, world, core, goods.notices, goods.checks)


def build_dock(config: Config, core: Core, intake: Intake, goods: Goods, signers: Signers) -> Desk:
    """Return what answers at the dock, loaded once somebody asks there."""

    def desk() -> Desk:
        from agent.assembly import dock  # noqa: PLC0415  with the first request

        notices = goods.notices
        checks = goods.checks or dock.build_checks(config, core, intake, notices)
        return dock.build_dock(config, core, intake, notices, checks, signers)

    return LateDesk(AT_THE_DOCK, desk)


def late_desks(
    config: Config,
    core: Core,
    intake: Intake,
    snapshot: Snapshot,
    shipments: ShipmentDesk,
    meters: Meters,
) -> tuple[Desk, ...]:
    """Return the desks that are loaded once somebody asks there."""

    def visits() -> Desk:
        from agent.desks.visit import VisitDesk  # noqa: PLC0415  with the first visit

        return VisitDesk(config.gateway.state_dir, snapshot.take, core.recorder)

    def gap_notes() -> Desk:
        from agent.desks.gap_notes import GapNoteDesk  # noqa: PLC0415  with the first note

        names = [device.name for device in config.devices]
        return GapNoteDesk(names, shipments.carrying, core.journal, core.recorder)

    def labels() -> Desk:
        from agent.desks.labels import LabelDesk  # noqa: PLC0415  with the first label

        return LabelDesk(config.gateway.state_dir, config.labels, core.recorder)

    def assessments() -> Desk:
        from agent.desks.assessments import AssessmentDesk  # noqa: PLC0415  with the first decision

        return AssessmentDesk(core.journal, core.recorder)

    def shelf() -> Desk:
        from agent.desks.shelf import ShelfDesk  # noqa: PLC0415  not every gateway sees goods

        return ShelfDesk(intake.tags(), intake.board, core.clock)

    return (
        MetricsDesk(meters),
        LateDesk(("visit", "visit-begin", "visit-action", "visit-end"), visits),
        LateDesk(("gaps", "gap-note"), gap_notes),
        LateDesk(("label-new", "label-again"), labels),
        LateDesk(("assessable", "assess"), assessments),
        LateDesk(("shelf",), shelf),
    )


def shipment_desks(
    config: Config, core: Core, shipments: ShipmentDesk, signers: Signers
) -> tuple[Desk, ...]:
    """Return the desks that few shipments need, loaded once somebody asks there."""

    def custody() -> Desk:
        from agent.desks.custody import CustodyDesk  # noqa: PLC0415  with the first hand-over

        return CustodyDesk(shipments.under_way, signers, core.recorder, core.clock)

    def readiness() -> Desk:
        from agent.desks.readiness import ReadinessDesk  # noqa: PLC0415  with the first look

        return ReadinessDesk(shipments, config.calibrations, core.recorder, core.clock)

    def parts() -> Desk:
        from agent.desks.shipment_parts import PartsDesk  # noqa: PLC0415  with the first split

        return PartsDesk(shipments)

    return (
        LateDesk(("shipment-split", "shipment-merge"), parts),
        LateDesk(("shipment-custody",), custody),
        LateDesk(("shipment-check",), readiness),
    )


def build_shipments(core: Core, intake: Intake, goods: Goods) -> ShipmentDesk:
    """Return what binds notice, vehicle, seals and sensors."""
    conditions = build_conditions_status(intake)
    return ShipmentDesk(
        intake.collectors, goods.notices, goods.shipments, core.recorder, core.clock, conditions
    )


def build_attachments(config: Config, core: Core, shipments: ShipmentDesk) -> AttachmentDesk:
    """Return what puts files on record, for devices and shipments that there are."""
    return AttachmentDesk(
        config.gateway.state_dir,
        core.identity,
        lambda: core.succession.present,
        core.recorder,
        core.clock,
        lambda name: config.device(name) is not None,
        shipments.knows,
    )
