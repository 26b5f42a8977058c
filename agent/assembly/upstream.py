"""What sealing and nodes make of records, as the rest of the agent sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.desks.status import KeyStatus, NodeStatus, UplinkStatus
from agent.machine.supervisor import Task
from agent.upstream.mode import TrustStatus


@dataclass(frozen=True, slots=True)
class Upstream:
    """What happens to records once they are durable."""

    tasks: Sequence[Task]
    nodes: Callable[[], Sequence[NodeStatus]]
    uplink: Callable[[], UplinkStatus | None]
    trust: Callable[[], TrustStatus]
    key: Callable[[], KeyStatus | None]
    close: Callable[[], None]
