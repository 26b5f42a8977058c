"""The composition root's part for the dock: checks of goods against notices, at the read points.

Loaded where the configuration names a read point, else with the first request there.
"""

from __future__ import annotations

from agent.assembly.intake import Intake
from agent.assembly.world import Core, World
from agent.config.settings import Config
from agent.desks.check_standing import CheckStanding
from agent.desks.checks import Checks, history_book
from agent.desks.dock import DockDesk
from agent.desks.exchange import Exchange
from agent.desks.notices import NoticeStore
from agent.desks.signers import Signers
from agent.dock.belief import Belief


def build_checks(config: Config, core: Core, intake: Intake, notices: NoticeStore) -> Checks:
    """Return the checks of goods against notices, those before the start included."""
    book = history_book(config.gateway.state_dir, core.recorder, core.journal)
    return Checks(
        scanners(config),
        intake.tags(),
        notices,
        book,
        core.recorder,
        core.journal,
        config.dock.late_minutes,
    )


def build_dock(
    config: Config,
    core: Core,
    intake: Intake,
    notices: NoticeStore,
    checks: Checks,
    signers: Signers,
) -> DockDesk:
    """Return what answers for checks, at the read points there are."""
    belief = Belief(config.dock.belief)
    standing = CheckStanding(
        scanners(config), intake.tags(), intake.board, checks, core.clock, belief
    )
    return DockDesk(
        [point.name for point in config.read_points],
        notices,
        checks,
        standing,
        signers,
        core.recorder,
        core.clock,
        config.dock.papers if config.dock.outbox else "",
    )


def build_exchange(
    config: Config, world: World, core: Core, notices: NoticeStore, checks: Checks
) -> Exchange | None:
    """Return what looks into the folders shared with partners, where there are such."""
    folder, dock = config.path.parent, config.dock
    inbox, outbox = (folder / name if name else None for name in (dock.inbox, dock.outbox))
    if inbox is None and outbox is None:
        return None
    return Exchange(inbox, outbox, notices, checks, core.recorder, world.host.timing)


def scanners(config: Config) -> dict[str, list[str]]:
    """Return the devices that are configured to stand at each read point."""
    return {
        point.name: [each.name for each in config.devices if each.read_point == point.name]
        for point in config.read_points
    }
