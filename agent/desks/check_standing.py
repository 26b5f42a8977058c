"""How a check stands, for people: the verdict so far, and what they need beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from agent.clock.belief import Source
from agent.clock.clock import Clock
from agent.desks.checks import Checks
from agent.desks.receipts import came_json, difference_json
from agent.dock.belief import Belief
from agent.dock.check import check
from agent.dock.differences import Known, Verdict
from agent.dock.goods_identity import Identity
from agent.dock.session import Session
from agent.dock.together import apart
from agent.intake.health_board import HealthBoard
from agent.intake.tag_watch import TagWatch
from agent.observe.homes import Homes, put_away
from agent.records.convert import iso

MOST_DIFFERENCES = 500
"""Told and recorded one by one; a truck that did not come at all has thousands, and they are one
fact."""

SHOWN_ENTRIES = 5  # of what people said, newest: what may have to be taken back
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
        belief: Belief = Belief.UNITS,
    ) -> None:
        self._scanners = scanners
        self._tags = tags
        self._board = board
        self._checks = checks
        self._clock = clock
        self.belief = belief
        self._homes = Homes(tags.points.values())
        self._repeats: dict[str, int] = {}

    def verdict(self, session: Session) -> Verdict:
        """Return how a check stands, by what is known of other checks and other read points."""
        beside = self._checks.beside(session)
        known = self._known(session, beside)
        others = [each for other in beside for each in other.seen]
        total = session.verdict(known, self._elsewhere(session), others)
        if not others:
            return total
        return apart(total, check(session.notice, others, known=known))

    def _elsewhere(self, session: Session) -> Mapping[Identity, str]:
        """Return where tags of a check are read better now."""
        elsewhere = {}
        for identity, epc in session.epcs.items():
            rival = self._tags.rival(epc, session.opened.read_point)
            if rival is not None:
                elsewhere[identity] = rival[0]
        return elsewhere

    def _known(self, session: Session, beside: Collection[Session]) -> Known:
        others = {
            identity: f"{other.notice.number} ({other.opened.read_point})"
            for other in self._checks.sessions.values()
            if other is not session and other.notice.number != session.notice.number
            for identity in other.notice.identities
        }
        before = {
            each.identity: other.opened.check
            for other in beside
            if other.opened.check not in self._checks.sessions
            for each in other.seen
            if each.identity.sscc or each.identity.serial
        }
        received = self._checks.history.received
        return Known(
            received, others, day(self._clock), self.belief, before, self._believed(beside)
        )

    def _believed(self, beside: Collection[Session]) -> frozenset[str]:
        """Return the units that other checks of the same notice believe, each by itself."""
        alone = Known({}, {}, belief=self.belief)
        return frozenset(
            sscc
            for other in beside
            for sscc in check(other.notice, other.seen, known=alone).believed
        )

    def together(self, session: Session, verdict: Verdict) -> dict[str, Any]:
        """Return how much of the notice came on all its checks; nothing where this is the only."""
        beside = self._checks.beside(session)
        if not beside:
            return {}
        others = [each for other in beside for each in other.seen]
        there = check(session.notice, others, known=self._known(session, beside))
        return {
            "found": verdict.found + there.found,
            "expected": verdict.expected,
            "order": session.notice.order,
            "checks": [
                {"check": other.opened.check, "read_point": other.opened.read_point}
                for other in beside
            ],
        }

    def show(self, session: Session) -> dict[str, Any]:
        """Return all of it as one JSON object."""
        verdict = self.verdict(session)
        shown = verdict.differences[:MOST_DIFFERENCES]
        opened, notice = session.opened, session.notice
        entries = sorted(session.entries.items(), reverse=True)[:SHOWN_ENTRIES]
        return {
            "check": opened.check,
            "notice": notice.number,
            "order": notice.order,
            "digest": notice.digest.hex(),
            "read_point": opened.read_point,
            "operator": opened.operator,
            "opened_ms": opened.opened_ms,
            "not_reading": self._not_reading(opened.read_point),
            "remarks": list(notice.remarks),
            "state": str(verdict.state),
            "disposition": str(verdict.disposition),
            "expected": verdict.expected,
            "found": verdict.found,
            "read": verdict.tally.read,
            "by_hand": verdict.tally.by_hand,
            "believed": verdict.tally.believed,
            "unexpected": verdict.unexpected,
            "manual": session.manual,
            "doubtful": session.doubtful,
            "doubled": {gtin: n for gtin, n in verdict.doubled.items() if n},
            "repeats": self._repeated(session),
            "codes": list(verdict.codes),
            "receipt_before": verdict.receipt_before,
            "together": self.together(session, verdict),
            "returns": opened.returns,
            "delivered_by": session.delivered.receipt if session.delivered else "",
            "trip": session.trip,
            "put_away": self._put_away(verdict),
            "weights": [came_json(each) for each in verdict.came if each.weight_g],
            "entries": [{"number": number, "said": entry.said} for number, entry in entries],
            "last_ms": session.last_ms,
            "now_ms": self._clock.now().wall_ms,
            "differences": [difference_json(each) for each in shown],
            "more": len(verdict.differences) - len(shown),
            "names": self._names(verdict),
        }

    def _names(self, verdict: Verdict) -> dict[str, str]:
        """Return what the articles of a check are called, where somebody said so."""
        gtins = {each.gtin for each in verdict.came} | verdict.pieces.keys()
        return {gtin: name for gtin in gtins if (name := self._checks.names.get(gtin))}

    def _repeated(self, session: Session) -> int:
        """Return how many scans were taken for repeats since this check was first looked at."""
        devices = self._scanners.get(session.opened.read_point, ())
        now = sum(self._board.counter(device, "repeats") for device in devices)
        return max(0, now - self._repeats.setdefault(session.opened.check, now))

    def _not_reading(self, name: str) -> list[str]:
        """Return the devices of a read point that see nothing now, though goods may be there."""
        point = self._tags.points.get(name)  # none where the configuration lost it since
        readers = {device for device, _ in point.antennas} if point else set()
        devices = readers.union(self._scanners.get(name, ()))
        return sorted(filter(self._board.blind, devices))

    def _put_away(self, verdict: Verdict) -> list[dict[str, Any]]:
        """Say where the pieces of this check belong, as the shelves' `stock` has it."""
        hints = put_away(self._homes, verdict.pieces)
        return [{"gtin": gtin, "quantity": n, "shelves": at} for gtin, n, at in hints]
