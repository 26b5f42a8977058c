"""The section of `status` on the dock: open checks, refused notices, neighbours."""

from __future__ import annotations

from typing import Protocol

from agent.clock.clock import Clock
from agent.desks.checks import Checks
from agent.desks.notices import NoticeStore
from agent.desks.status import DockStatus, OpenCheckStatus


class Heard(Protocol):
    """Counts what came from the site's other gateways."""

    heard: int
    unopened: int


class DockSection:
    """What waits at the dock; `neighbours` None where no other gateway is configured."""

    def __init__(
        self, checks: Checks, notices: NoticeStore, neighbours: Heard | None, clock: Clock
    ) -> None:
        self._checks = checks
        self._notices = notices
        self._neighbours = neighbours
        self._clock = clock

    def take(self) -> DockStatus:
        """Return how it is now."""
        refused, at = self._notices.refused
        near = self._neighbours
        return DockStatus(
            open=[
                OpenCheckStatus(
                    session.opened.check,
                    session.notice.number,
                    session.opened.read_point,
                    session.last_ms,
                )
                for session in self._checks.sessions.values()
            ],
            refused=refused,
            refused_ms=None if at is None else self._clock.stamp(at).wall_ms,
            heard=None if near is None else near.heard,
            unopened=None if near is None else near.unopened,
        )
