"""Checks at the doors: notices come in, goods are seen, people decide, a signed receipt goes out.

Everything that counts is a record before anybody acts on it, so a restart resumes every check. The
desk answers through the control socket (`verbs`), and works without any network.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Any

from agent.clock.clock import Clock
from agent.desks.check_standing import MOST_DIFFERENCES, CheckStanding, day
from agent.desks.checks import Checks, NoSuchCheck
from agent.desks.control import BadRequest, Request, Verb, number, printable, text
from agent.desks.notices import NoticeStore
from agent.desks.receipts import (
    delivery_values,
    difference_values,
    document,
    goods_values,
    lines,
    receipt_values,
    shown,
    signed,
)
from agent.desks.signers import Signers
from agent.dock.differences import CODE_TEXTS, REMARKS
from agent.dock.goods_identity import Identity, IdentityError, of_text
from agent.dock.session import (
    CANCELLED,
    DECISIONS,
    LABEL,
    REMARK,
    RETURNS,
    TRIP,
    Session,
    identity_values,
)
from agent.journal.recorder import Recorder
from drivers.reading import Quality
from evidence.leaf import RecordValue
from foundation.hints import hint

MOST_TEXT = 200  # characters of a name, and of what a person says of goods

MOST_LINES = 500
"""Lines of goods recorded with a receipt; the notice, bound by its digest, has all of them."""


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
    ) -> None:
        self._read_points = read_points
        self._notices = notices
        self._checks = checks
        self._standing = standing
        self._signers = signers
        self._recorder = recorder
        self._clock = clock
        self._opening = asyncio.Lock()

    def verbs(self) -> Mapping[str, Verb]:
        """Return what the control socket can ask of the desk."""
        return {
            "dock-notice": self._notices.take,
            "dock-open": self.open,
            "dock-list": self.list_open,
            "dock-look": self.look,
            "dock-label": self.label,
            "dock-remark": self.remark,
            "dock-trip": self.trip,
            "dock-close": self.close,
            "dock-deliver": self.deliver,
            "people": self._signers.show,
            "people-add": self._signers.add,
        }

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
            known = self._known(digest, point, returns=returns)
            check = known or await self._begin(request, digest, point, returns=returns)
        yield {"check": check, "resumed": known is not None}

    def _known(self, digest: str, point: str, *, returns: bool) -> str | None:
        """Return the number of the check of that notice which is open there."""
        for opened in self._checks.history.open.values():
            if (opened.digest, opened.read_point, opened.returns) == (digest, point, returns):
                return opened.check
        return None

    async def _begin(self, request: Request, digest: str, point: str, *, returns: bool) -> str:
        """Record that a check begins; return its number once that is durable."""
        notice = await self._notices.load(digest)
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
            session = self._checks.sessions[check]
            yield {
                "check": check,
                "notice": session.notice.number,
                "read_point": session.opened.read_point,
            }

    async def look(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield how a check stands."""
        session = await self._session(request)
        yield self._standing.show(session)

    async def _session(self, request: Request) -> Session:
        await self._ready()
        return self._checks.get(text(request, "check"))

    async def label(self, request: Request) -> AsyncGenerator[Any, None]:
        """Note a label that a person read by eye; yield how the check stands then."""
        session = await self._session(request)
        try:
            label = of_text(text(request, "label"))
        except IdentityError as error:
            raise BadRequest(str(error), advice="type it as printed below the bars") from error
        values = self._entry(session, request, LABEL) | identity_values(label.identity)
        values |= {"lot": label.lot} if label.lot else {}
        values |= {"expiry": label.expiry} if label.expiry else {}
        yield await self._enter(session, values)

    async def remark(self, request: Request) -> AsyncGenerator[Any, None]:
        """Note what a person says of goods; yield how the check stands then."""
        session = await self._session(request)
        code = text(request, "code")
        if code not in REMARKS:
            known = ", ".join(f"{each} {CODE_TEXTS[each]}" for each in REMARKS)
            raise BadRequest(f"there is no remark {code[:10]!r}", advice=f"choose from: {known}")
        try:
            said = text(request, "label")
            identity = of_text(said).identity if said else Identity()
        except IdentityError as error:
            raise BadRequest(str(error), advice="type it as printed below the bars") from error
        values = self._entry(session, request, REMARK) | identity_values(identity)
        values |= {"code": code, "quantity": number(request, "quantity", 1)}
        values |= {"rejected": 1} if request.get("rejected") else {}
        yield await self._enter(session, values)

    async def trip(self, request: Request) -> AsyncGenerator[Any, None]:
        """Note what the proof of the journey says; yield how the check stands then."""
        session = await self._session(request)
        if not text(request, "text"):
            raise BadRequest("text must say what the proof says")
        yield await self._enter(session, self._entry(session, request, TRIP), Quality.OK)

    def _entry(self, session: Session, request: Request, what: str) -> dict[str, RecordValue]:
        values: dict[str, RecordValue] = {"check": session.opened.check, "what": what}
        for name in ("operator", "text"):
            if request.get(name):
                values[name] = printable(request, name, MOST_TEXT)
        return values

    async def _enter(
        self,
        session: Session,
        values: Mapping[str, RecordValue],
        quality: Quality = Quality.MANUAL,
    ) -> dict[str, Any]:
        await self._recorder.note("dock-entry", values, quality=quality)
        await self._recorder.flush()
        return self._standing.show(session)

    async def close(self, request: Request) -> AsyncGenerator[Any, None]:
        """Decide: record differences and receipt, signed if a PIN is given; yield the receipt."""
        session, decision = await self._session(request), decision_of(request)
        person = await self._signers.person(request, "operator", "pin")
        named = request.get("operator")
        operator = printable(request, "operator", MOST_TEXT) if named else ""
        receipt = await self._decide(session, decision, operator)
        unsigned = dict(receipt)
        receipt |= signed(receipt, person)
        await self._recorder.note("dock-check", receipt)
        await self._recorder.flush()
        await self._checks.save()
        yield shown(receipt, document(unsigned))

    async def deliver(self, request: Request) -> AsyncGenerator[Any, None]:
        """Decide and hand over: driver and receiver sign the same bytes; yield the delivery."""
        session, decision = await self._session(request), decision_of(request)
        names = {role: printable(request, role, MOST_TEXT) for role in ("driver", "receiver")}
        if names["driver"] == names["receiver"]:
            raise BadRequest(
                f"{names['driver']} cannot hand over to themselves", advice="name both parties"
            )
        signers = {
            "driver": await self._signers.person(request, "driver", "driver_pin"),
            "receiver": await self._signers.person(request, "receiver", "receiver_pin"),
        }
        receipt = await self._decide(session, decision, names["receiver"])
        delivery = delivery_values(receipt, names, signers)
        await self._recorder.note("dock-check", receipt | {"signed": "no"})
        await self._recorder.note("delivery", delivery)
        await self._recorder.flush()
        await self._checks.save()
        yield shown(receipt | delivery, document(receipt | names))

    async def _decide(
        self, session: Session, decision: str, operator: str
    ) -> dict[str, RecordValue]:
        """Take the check off the desk, record its differences, and return its receipt."""
        verdict = self._standing.verdict(session)
        if self._checks.sessions.pop(session.opened.check, None) is None:
            raise NoSuchCheck(f"check {session.opened.check} was just closed")
        if decision != CANCELLED:
            for line in lines(session.notice)[:MOST_LINES]:
                await self._recorder.note("dock-goods", goods_values(session, line))
        for difference in verdict.differences[:MOST_DIFFERENCES]:
            values = difference_values(session.opened.check, difference)
            await self._recorder.note("dock-difference", values)
        receipt = receipt_values(session, verdict, decision)
        if operator:
            receipt["operator"] = operator
        if session.last_ms is not None:
            receipt["verdict_ms"] = self._clock.now().wall_ms - session.last_ms
        return receipt


def decision_of(request: Request) -> str:
    """Return the decision that a request names; BadRequest for another."""
    decision = text(request, "decision")
    if decision not in DECISIONS:
        known = ", ".join(DECISIONS)
        raise BadRequest(f"no decision {decision[:20]!r}", advice=f"one of {known}")
    return decision
