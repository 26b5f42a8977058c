"""The section of `status` on the dock: open checks, refused notices, neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from agent.clock.clock import Clock
from agent.desks.notices import NoticeStore
from agent.desks.status import DockStatus, OpenCheckStatus

if TYPE_CHECKING:  # not every gateway sees goods
    from agent.desks.checks import Checks


class Heard(Protocol):
    """Counts what came from the site's other gateways."""

    heard: int
    unopened: int


class DockSection:
    """What waits at the dock; `checks` None where there is no read point, `neighbours` where no
    other gateway is configured.
    """

    def __init__(
        self, checks: Checks | None, notices: NoticeStore, neighbours: Heard | None, clock: Clock
    ) -> None:
        self._checks = checks
        self._notices = notices
        self._neighbours = neighbours
        self._clock = clock

    def take(self) -> DockStatus:
        """Return how it is now."""
        refused, at = self._notices.refused
        near = self._neighbours
        sessions = () if self._checks is None else self._checks.sessions.values()
        return DockStatus(
            open=[
                OpenCheckStatus(
                    session.opened.check,
                    session.notice.number,
                    session.opened.read_point,
                    session.last_ms,
                )
                for session in sessions
            ],
            refused=refused,
            refused_ms=None if at is None else self._clock.stamp(at).wall_ms,
            heard=None if near is None else near.heard,
            unopened=None if near is None else near.unopened,
        )
