"""The composition root's part for whoever is told of alarms by the process tallyman-notify."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.assembly.world import Core, World
from agent.config.settings import Config
from agent.desks.status import ChannelStatus
from agent.machine.supervisor import Task
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Notify:
    """The task that answers tallyman-notify, and what it says of itself."""

    tasks: Sequence[Task] = ()
    statuses: Callable[[], Sequence[ChannelStatus]] = tuple


def build_notify(config: Config, world: World, core: Core) -> Notify:
    """Join what answers; nothing where nobody is to be told."""
    if not config.notify.channels:
        return Notify()
    from agent.desks.control import ControlServer  # noqa: PLC0415  few gateways tell anybody
    from agent.desks.notify import NotifyDesk  # noqa: PLC0415  as above

    desk = NotifyDesk(
        config.notify.channels,
        core.identity,
        config.gateway.name,
        core.journal,
        core.recorder,
        core.clock,
        world.host.timing,
    )
    server = ControlServer(config.notify.socket, desk.verbs(), "[notify] socket")
    return Notify([Task("notify", server.run)], desk.statuses)
