"""The way to the ledger, as the rest of the agent sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.desks.status import UpstreamStatus
from agent.machine.supervisor import Task
from agent.upstream.traffic import UpstreamMeters
from foundation.dataclass import dataclass

NOTHING_ASKED = UpstreamMeters({}, {})


@dataclass(frozen=True, slots=True)
class Upstream:
    """What goes to the ledger's nodes and comes from them; `close` lets go of the sockets.

    `meters` counts it.
    """

    tasks: Sequence[Task]
    status: Callable[[], UpstreamStatus]
    close: Callable[[], None]
    meters: Callable[[], UpstreamMeters] = lambda: NOTHING_ASKED
