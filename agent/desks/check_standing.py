"""How a check stands, for people: the verdict so far, and what they need beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from agent.clock.belief import Source
from agent.clock.clock import Clock
from agent.desks.checks import Checks
from agent.desks.receipts import difference_json
from agent.dock.differences import Known, Verdict
from agent.dock.session import Session
from agent.intake.health_board import HealthBoard
from agent.intake.tag_watch import TagWatch
from agent.observe.homes import Homes, put_away
from agent.records.convert import iso

MOST_DIFFERENCES = 500
"""Told and recorded one by one; a truck that did not come at all has thousands, and they are one
fact."""

_DAY = len("2026-11-30")


def day(clock: Clock) -> str:
    """Return the day, ISO 8601, in UTC; nothing while nobody vouches for the clock."""
    now = clock.now()
    return "" if now.source == Source.NONE else iso(now.wall_ms)[:_DAY]


class CheckStanding:
    """Looks at checks; `scanners` are the devices that stand at each read point."""

    def __init__(
        self,
        scanners: Mapping[str, Collection[str]],
        tags: TagWatch,
        board: HealthBoard,
        checks: Checks,
        clock: Clock,
    ) -> None:
        self._scanners = scanners
        self._tags = tags
        self._board = board
        self._checks = checks
        self._clock = clock
        self._homes = Homes(tags.points.values())

    def verdict(self, session: Session) -> Verdict:
        """Return how a check stands, by what is known of other checks and other read points."""
        point = session.opened.read_point
        elsewhere = {}
        for identity, epc in session.epcs.items():
            rival = self._tags.rival(epc, point)
            if rival is not None:
                elsewhere[identity] = rival[0]
        others = {
            identity: f"{other.notice.number} ({other.opened.read_point})"
            for other in self._checks.sessions.values()
            if other is not session
            for identity in other.notice.identities
        }
        known = Known(self._checks.history.received, others, day(self._clock))
        return session.verdict(known, elsewhere)

    def show(self, session: Session) -> dict[str, Any]:
        """Return all of it as one JSON object."""
        verdict = self.verdict(session)
        shown = verdict.differences[:MOST_DIFFERENCES]
        return {
            "check": session.opened.check,
            "notice": session.notice.number,
            "digest": session.notice.digest.hex(),
            "read_point": session.opened.read_point,
            "not_reading": self._not_reading(session.opened.read_point),
            "state": str(verdict.state),
            "disposition": str(verdict.disposition),
            "expected": verdict.expected,
            "found": verdict.found,
            "unexpected": verdict.unexpected,
            "manual": session.manual,
            "doubtful": session.doubtful,
            "codes": list(verdict.codes),
            "receipt_before": verdict.receipt_before,
            "returns": session.opened.returns,
            "delivered_by": session.delivered.receipt if session.delivered else "",
            "trip": session.trip,
            "put_away": self._put_away(session),
            "last_ms": session.last_ms,
            "now_ms": self._clock.now().wall_ms,
            "differences": [difference_json(each) for each in shown],
            "more": len(verdict.differences) - len(shown),
        }

    def _not_reading(self, name: str) -> list[str]:
        """Return the devices of a read point that see nothing now, though goods may be there."""
        point = self._tags.points.get(name)  # none where the configuration lost it since
        readers = {device for device, _ in point.antennas} if point else set()
        devices = readers.union(self._scanners.get(name, ()))
        return sorted(filter(self._board.blind, devices))

    def _put_away(self, session: Session) -> list[dict[str, Any]]:
        """Say where the pieces of this check belong, as the shelves' `stock` has it."""
        hints = put_away(self._homes, session.pieces)
        return [{"gtin": gtin, "quantity": n, "shelves": at} for gtin, n, at in hints]
