"""How a check ends: the decision, its records, who signs, and the receipt again later."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from agent.clock.clock import Clock
from agent.desks.check_standing import MOST_DIFFERENCES, CheckStanding
from agent.desks.checks import Checks
from agent.desks.control import BadRequest, Request, Verb, printable, text
from agent.desks.dock_entries import MOST_TEXT
from agent.desks.receipts import (
    delivery_values,
    difference_values,
    document,
    goods_values,
    receipt_values,
    shown,
    signed,
)
from agent.desks.signers import Signers
from agent.dock.history import ACCEPTED, CANCELLED, DECISIONS
from agent.dock.session import Session
from agent.journal.recorder import Recorder
from evidence.leaf import RecordValue

MOST_LINES = 500
"""Lines of goods recorded with a receipt; the notice, bound by its digest, has all of them."""


class DockDecisions:
    """Closes checks."""

    def __init__(
        self,
        ready: Callable[[Request], Any],
        checks: Checks,
        standing: CheckStanding,
        signers: Signers,
        recorder: Recorder,
        clock: Clock,
        papers: str,
    ) -> None:
        self._papers = papers
        self._session = ready
        self._checks = checks
        self._standing = standing
        self._signers = signers
        self._recorder = recorder
        self._clock = clock

    def verbs(self) -> Mapping[str, Verb]:
        """Return what the control socket can ask."""
        return {
            "dock-close": self.close,
            "dock-deliver": self.deliver,
            "dock-signers": self.signers,
        }

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

    async def signers(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield of each name whether it can sign, before anybody types a PIN."""
        names = {
            role: printable(request, role, MOST_TEXT)
            for role in ("operator", "driver", "receiver")
            if request.get(role)
        }
        check_parties(names)
        yield await self._signers.known(names.values())

    async def deliver(self, request: Request) -> AsyncGenerator[Any, None]:
        """Decide and hand over: driver and receiver sign the same bytes; yield the delivery."""
        session, decision = await self._session(request), decision_of(request)
        names = {role: printable(request, role, MOST_TEXT) for role in ("driver", "receiver")}
        check_parties(names)
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
        await self._recorder.flush()  # or what was seen just now would not count
        verdict = self._standing.verdict(session)
        together = self._standing.together(session, verdict)
        received = decision == ACCEPTED and not session.opened.returns
        self._checks.take_off(session.opened.check, received=received)
        if decision != CANCELLED:
            for came in verdict.came[:MOST_LINES]:
                await self._recorder.note("dock-goods", goods_values(session, came))
        for difference in verdict.differences[:MOST_DIFFERENCES]:
            values = difference_values(session.opened.check, difference)
            await self._recorder.note("dock-difference", values)
        receipt = receipt_values(session, verdict, decision, together, self._standing.belief)
        if operator:
            receipt["operator"] = operator
        if self._papers and decision != CANCELLED and not session.opened.returns:
            receipt["papers"] = self._papers
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


def check_parties(names: Mapping[str, str]) -> None:
    """Refuse a hand-over from somebody to themselves."""
    driver = names.get("driver")
    if driver is not None and driver == names.get("receiver"):
        raise BadRequest(f"{driver} cannot hand over to themselves", advice="name both parties")
