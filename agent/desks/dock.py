"""Checks at the doors: notices come in, goods are seen, people decide, a signed receipt goes out.

Everything that counts is a record before anybody acts on it, so a restart resumes every check. The
desk answers through the control socket (`verbs`), and works without any network.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import asdict
from typing import Any

from agent.clock.clock import Clock
from agent.desks.check_standing import CheckStanding, day
from agent.desks.checks import Checks
from agent.desks.control import BadRequest, Request, Verb, printable, text
from agent.desks.dock_decisions import DockDecisions
from agent.desks.dock_entries import MOST_TEXT, DockEntries
from agent.desks.notices import NoticeStore
from agent.desks.signers import Signers
from agent.dock.history import RETURNS
from agent.dock.notice import Notice
from agent.dock.session import Session
from agent.journal.recorder import Recorder
from evidence.leaf import RecordValue
from foundation.hints import hint


class DockDesk:
    """Answers for all checks of one gateway, at its `read_points`."""

    def __init__(
        self,
        read_points: Collection[str],
        notices: NoticeStore,
        checks: Checks,
        standing: CheckStanding,
        signers: Signers,
        recorder: Recorder,
        clock: Clock,
        papers: str = "",
    ) -> None:
        self._read_points = read_points
        self._notices = notices
        self._checks = checks
        self._standing = standing
        self._signers = signers
        self._recorder = recorder
        self._clock = clock
        self._entries = DockEntries(self._session, checks, standing, recorder)
        self._decisions = DockDecisions(
            self._session, checks, standing, signers, recorder, clock, papers
        )
        self._opening = asyncio.Lock()

    def verbs(self) -> Mapping[str, Verb]:
        """Return what the control socket can ask of the desk."""
        return {
            "dock-notice": self._notices.take,
            "dock-points": self.points,
            "dock-open": self.open,
            "dock-list": self.list_open,
            "dock-find": self.find,
            "dock-look": self.look,
            **self._entries.verbs(),
            **self._decisions.verbs(),
            "people": self._signers.show,
            "people-add": self._signers.add,
            "people-remove": self._signers.remove,
            "people-pin": self._signers.change_pin,
            "people-unlock": self._signers.unlock,
        }

    async def points(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the name of each read point."""
        del request
        for name in self._read_points:
            yield {"read_point": name}

    async def _ready(self) -> None:
        """Wait until the open checks are known; BadRequest where there is no read point at all."""
        if not self._read_points:
            raise BadRequest("no read point is configured", advice="add a [[read_point]]")
        await self._checks.inherited()

    async def open(self, request: Request) -> AsyncGenerator[Any, None]:
        """Begin the check of a notice taken before at a read point, or go on with an open one.

        With `returns` it is of what comes back from the goods of that notice.
        """
        await self._ready()
        returns = bool(request.get("returns"))
        digest, point = text(request, "digest"), text(request, "read_point")
        if point not in self._read_points:
            raise BadRequest(
                f"there is no read point {point[:64]!r}{hint(point[:64], self._read_points)}",
                advice=f"choose from: {', '.join(self._read_points)}",
            )
        async with self._opening:  # or two at once would get one number
            notice = await self._notices.load(digest, str(request.get("number", "")))
            known = self._known(digest, notice.number, point, returns=returns)
            check = known or await self._begin(request, notice, point, returns=returns)
        elsewhere = [
            {"check": each.check, "read_point": each.read_point}
            for each in self._checks.history.open.values()
            if each.notice == notice.number and each.check != check and not returns
        ]
        answer = {"check": check, "resumed": known is not None}
        yield answer | ({"elsewhere": elsewhere} if elsewhere else {})

    def _known(self, digest: str, number: str, point: str, *, returns: bool) -> str | None:
        """Return the number of the check of that notice which is open there."""
        wanted = (digest, number, point, returns)
        for opened in self._checks.history.open.values():
            if (opened.digest, opened.notice, opened.read_point, opened.returns) == wanted:
                return opened.check
        return None

    async def _begin(self, request: Request, notice: Notice, point: str, *, returns: bool) -> str:
        """Record that a check begins; return its number once that is durable."""
        check = self._next_number()
        values: dict[str, RecordValue] = {
            "check": check,
            "notice": notice.number,
            "digest": notice.digest,
            "read_point": point,
            "form": notice.form,
        }
        if request.get("operator"):
            values["operator"] = printable(request, "operator", MOST_TEXT)
        if returns:
            values["purpose"] = RETURNS
        if notice.supplier:
            values["supplier"] = notice.supplier
        await self._recorder.note("dock-open", values)
        await self._recorder.flush()
        await self._checks.resume(self._checks.history.open[check])
        await self._checks.save()
        return check

    def _next_number(self) -> str:
        """Return the number of the next check, with the day on which it begins."""
        today = day(self._clock).replace("-", "") or "undated"
        return f"R-{today}-{self._checks.history.count + 1:04d}"

    async def list_open(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield each open check in one object."""
        del request
        await self._ready()
        for check in sorted(self._checks.sessions):
            yield self._listed(self._checks.sessions[check])

    def _listed(self, session: Session) -> dict[str, Any]:
        opened, verdict = session.opened, self._standing.verdict(session)
        return {
            "check": opened.check,
            "notice": session.notice.number,
            "read_point": opened.read_point,
            "returns": opened.returns,
            "operator": opened.operator,
            "opened_ms": opened.opened_ms,
            "now_ms": self._clock.now().wall_ms,
            "found": verdict.found,
            "expected": verdict.expected,
        }

    async def find(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the open checks, then the receipts, with a number: theirs, or their notice's."""
        await self._ready()
        name = text(request, "name")
        for session in self._checks.find(name):
            yield self._listed(session)
        async for receipt in self._checks.receipts(name):
            yield receipt
        if name in self._checks.history.notices:
            yield {"notice": name, "digest": self._checks.history.notices[name]}

    async def look(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield how a check stands; with `passed`, also what went through before it began."""
        session = await self._session(request)
        view = self._standing.show(session)
        if request.get("passed"):
            offer = await self._checks.offer(session)
            view["passed"] = None if offer is None else asdict(offer)
        yield view

    async def _session(self, request: Request) -> Session:
        await self._ready()
        return self._checks.get(text(request, "check"))
