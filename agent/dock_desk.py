"""Checks at the doors: notices come in, goods are seen, people decide, a signed receipt goes out.

Everything that counts is a record before anybody acts on it, so a restart resumes every check. The
desk answers through the control socket (`verbs`), and works without any network.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.clock import Clock, Source
from agent.control import BadRequest, Request, Verb, number, text
from agent.dock.check import CODE_TEXTS, REMARKS, Known, Verdict
from agent.dock.identity import Identity, IdentityError, of_text
from agent.dock.session import (
    DECISIONS,
    LABEL,
    REMARK,
    Book,
    Opened,
    Session,
    identity_values,
)
from agent.dock_records import (
    delivery_values,
    difference_json,
    difference_values,
    receipt_values,
    shown,
    signed,
)
from agent.durable import WriteFailed, write_file
from agent.errors import AgentError
from agent.evidence.leaf import Record, RecordValue
from agent.identity import Entropy
from agent.journal.journal import Journal
from agent.journal.recorder import Recorder
from agent.journal.thread import JournalThread
from agent.notice_store import NoticeStore
from agent.record import iso
from agent.replay import replay
from agent.signing.people import ROLES, Person, WrongPin, enrol, open_key
from agent.tag_watch import TagWatch
from drivers.driver import Timing
from drivers.reading import Quality

log = logging.getLogger(__name__)

FILE_NAME = "dock.json"
REPLAY_MOST = 20_000  # records, 0.5 s: each change is followed by a snapshot, a crash may lose one
MOST_DIFFERENCES = 500
"""Recorded one by one; a truck that did not come at all has thousands, and they are one fact."""

PIN_PAUSE = 2.0  # s after a wrong one; tries are answered one after another


class NoSuchCheck(AgentError):
    """No open check has this number."""

    advice = "see the open ones: tallyman dock"


class DockDesk:
    """All checks of one gateway."""

    def __init__(
        self,
        read_points: Mapping[str, Sequence[str]],
        tags: TagWatch,
        notices: NoticeStore,
        *,
        recorder: Recorder,
        journal: Journal,
        thread: JournalThread,
        clock: Clock,
        timing: Timing,
        state_dir: Path,
        entropy: Entropy,
    ) -> None:
        self._read_points = read_points
        self._tags = tags
        self._recorder = recorder
        self._journal = journal
        self._thread = thread
        self._clock = clock
        self._timing = timing
        self._state_dir = state_dir
        self._entropy = entropy
        self._book = Book()
        self._sessions: dict[str, Session] = {}
        self._notices = notices
        self._pins = asyncio.Lock()
        self._inherited = asyncio.Event()

    async def run(self) -> None:
        """Take over the checks that the run before left open; then there is nothing to do."""
        if self._inherited.is_set():
            return
        self._book = load(self._state_dir / FILE_NAME)
        await self._tags.inherited()
        count = await self._thread.run(self._journal.count)
        if self._book.upto > count:
            self._book = Book()
        self._book.upto = max(self._book.upto, count - REPLAY_MOST)
        await replay(self._journal, self._thread, self._book.upto, self._committed)
        self._recorder.listen(self._committed)
        for opened in self._book.open.values():
            await self._resume(opened)
        self._inherited.set()

    def _committed(self, records: Sequence[Record]) -> None:
        for record in records:
            if record.number >= self._book.upto:
                self._book.apply(record)
            for session in self._sessions.values():
                session.apply(record)

    async def _resume(self, opened: Opened) -> Session | None:
        """Build the session of an open check from its notice and the records since."""
        try:
            notice = await self._notices.load(opened.digest)
        except BadRequest as error:
            log.warning("check %s cannot go on: its notice is lost: %s", opened.check, error)
            return None
        session = Session(
            opened,
            notice,
            self._read_points.get(opened.read_point, ()),
            [
                tag
                for tag in self._tags.presence.at(opened.read_point)
                if tag.number < opened.number
            ],
        )

        def fold(records: Sequence[Record]) -> None:
            for record in records:
                session.apply(record)

        await replay(self._journal, self._thread, opened.number, fold)
        self._sessions[opened.check] = session
        return session

    def verbs(self) -> Mapping[str, Verb]:
        """Return what the control socket can ask of the desk."""
        return {
            "dock-notice": self._notices.take,
            "dock-open": self.open,
            "dock-list": self.list_open,
            "dock-look": self.look,
            "dock-label": self.label,
            "dock-remark": self.remark,
            "dock-close": self.close,
            "dock-deliver": self.deliver,
            "people-add": self.add_person,
        }

    async def _ready(self) -> None:
        """Wait until the open checks are known; BadRequest where there is no read point at all."""
        if not self._read_points:
            raise BadRequest("no read point is configured", advice="add a [[read_point]]")
        await self._inherited.wait()

    async def open(self, request: Request) -> AsyncGenerator[Any, None]:
        """Begin the check of a notice taken before at a read point, or go on with an open one."""
        await self._ready()
        digest, point = text(request, "digest"), text(request, "read_point")
        if point not in self._read_points:
            known = ", ".join(self._read_points) or "none"
            raise BadRequest(f"no read point {point[:64]!r}", advice=f"configured: {known}")
        for opened in self._book.open.values():
            if (opened.digest, opened.read_point) == (digest, point):
                yield {"check": opened.check, "resumed": True}
                return
        notice = await self._notices.load(digest)
        check = f"R-{self._today() or 'undated'}-{self._book.count + 1:04d}"
        values: dict[str, RecordValue] = {
            "check": check,
            "notice": notice.number,
            "digest": notice.digest,
            "read_point": point,
            "form": notice.form,
        }
        if request.get("operator"):
            values["operator"] = text(request, "operator")
        await self._recorder.note("dock-open", values)
        await self._recorder.flush()
        await self._resume(self._book.open[check])
        await self._save()
        yield {"check": check, "resumed": False}

    def _today(self) -> str:
        """Return the day, or nothing while nobody vouches for the clock."""
        now = self._clock.now()
        return "" if now.source == Source.NONE else iso(now.wall_ms)[:10].replace("-", "")

    async def list_open(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield each open check in one object."""
        del request
        await self._ready()
        for check in sorted(self._sessions):
            session = self._sessions[check]
            yield {
                "check": check,
                "notice": session.notice.number,
                "read_point": session.opened.read_point,
            }

    async def look(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield how a check stands."""
        session = await self._session(request)
        yield self._view(session)

    async def _session(self, request: Request) -> Session:
        await self._ready()
        check = text(request, "check")
        if check not in self._sessions:
            raise NoSuchCheck(f"no check {check[:40]!r} is open")
        return self._sessions[check]

    def _verdict(self, session: Session) -> Verdict:
        point = session.opened.read_point
        elsewhere = {}
        for identity, epc in session.epcs.items():
            rival = self._tags.rival(epc, point)
            if rival is not None:
                elsewhere[identity] = rival[0]
        others = {
            identity: f"{other.notice.number} ({other.opened.read_point})"
            for other in self._sessions.values()
            if other is not session
            for identity in other.notice.identities
        }
        day = self._today()
        today = f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else ""
        return session.verdict(Known(self._book.received, others, today), elsewhere)

    def _view(self, session: Session) -> dict[str, Any]:
        verdict = self._verdict(session)
        shown = verdict.differences[:MOST_DIFFERENCES]
        return {
            "check": session.opened.check,
            "notice": session.notice.number,
            "digest": session.notice.digest.hex(),
            "read_point": session.opened.read_point,
            "state": str(verdict.state),
            "disposition": str(verdict.disposition),
            "expected": verdict.expected,
            "found": verdict.found,
            "unexpected": verdict.unexpected,
            "manual": session.manual,
            "codes": list(verdict.codes),
            "receipt_before": verdict.receipt_before,
            "last_ms": session.last_ms,
            "now_ms": self._clock.now().wall_ms,
            "differences": [difference_json(each) for each in shown],
            "more": len(verdict.differences) - len(shown),
        }

    async def label(self, request: Request) -> AsyncGenerator[Any, None]:
        """Note a label that a person read by eye; yield how the check stands then."""
        session = await self._session(request)
        try:
            label = of_text(text(request, "label"))
        except IdentityError as error:
            raise BadRequest(str(error), advice="type it as it stands below the bars") from error
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
            raise BadRequest(f"no remark {code[:10]!r}", advice=f"there are {known}")
        try:
            said = text(request, "label")
            identity = of_text(said).identity if said else Identity()
        except IdentityError as error:
            raise BadRequest(str(error), advice="type it as it stands below the bars") from error
        values = self._entry(session, request, REMARK) | identity_values(identity)
        values |= {"code": code, "quantity": number(request, "quantity", 1)}
        values |= {"rejected": 1} if request.get("rejected") else {}
        yield await self._enter(session, values)

    def _entry(self, session: Session, request: Request, what: str) -> dict[str, RecordValue]:
        values: dict[str, RecordValue] = {"check": session.opened.check, "what": what}
        for name in ("operator", "text"):
            if request.get(name):
                values[name] = text(request, name)
        return values

    async def _enter(self, session: Session, values: Mapping[str, RecordValue]) -> dict[str, Any]:
        await self._recorder.note("dock-entry", values, quality=Quality.MANUAL)
        await self._recorder.flush()
        return self._view(session)

    async def close(self, request: Request) -> AsyncGenerator[Any, None]:
        """Decide: record differences and receipt, signed if a PIN is given; yield the receipt."""
        session, decision = await self._session(request), decision_of(request)
        person = await self._person(request, "operator", "pin")
        operator = text(request, "operator") if request.get("operator") else ""
        receipt = await self._decide(session, decision, operator)
        receipt |= signed(receipt, person)
        await self._recorder.note("dock-check", receipt)
        await self._recorder.flush()
        await self._save()
        yield shown(receipt)

    async def deliver(self, request: Request) -> AsyncGenerator[Any, None]:
        """Decide and hand over: driver and receiver sign the same bytes; yield the delivery."""
        session, decision = await self._session(request), decision_of(request)
        signers = {
            "driver": await self._person(request, "driver", "driver_pin"),
            "receiver": await self._person(request, "receiver", "receiver_pin"),
        }
        names = {role: text(request, role) for role in signers}
        receipt = await self._decide(session, decision, names["receiver"])
        delivery = delivery_values(receipt, names, signers)
        await self._recorder.note("dock-check", receipt | {"signed": "no"})
        await self._recorder.note("delivery", delivery)
        await self._recorder.flush()
        await self._save()
        yield shown(receipt | delivery)

    async def _decide(
        self, session: Session, decision: str, operator: str
    ) -> dict[str, RecordValue]:
        """Take the check off the desk, record its differences, and return its receipt."""
        verdict = self._verdict(session)
        if self._sessions.pop(session.opened.check, None) is None:
            raise NoSuchCheck(f"check {session.opened.check} was just closed")
        for difference in verdict.differences[:MOST_DIFFERENCES]:
            values = difference_values(session.opened.check, difference)
            await self._recorder.note("dock-difference", values)
        receipt = receipt_values(session, verdict, decision)
        if operator:
            receipt["operator"] = operator
        if session.last_ms is not None:
            receipt["verdict_ms"] = self._clock.now().wall_ms - session.last_ms
        return receipt

    async def _person(self, request: Request, name: str, pin: str) -> Person | None:
        """Return who signs; None where no PIN is given."""
        if not request.get(pin):
            return None
        async with self._pins:
            try:
                return await self._thread.run(
                    open_key, self._state_dir, text(request, name), text(request, pin)
                )
            except WrongPin:
                await self._timing.sleep(PIN_PAUSE)
                raise

    async def add_person(self, request: Request) -> AsyncGenerator[Any, None]:
        """Make a person's key; yield who they are."""
        role = text(request, "role")
        if role not in ROLES:
            raise BadRequest(f"no role {role[:20]!r}", advice=f"one of {', '.join(ROLES)}")
        person = await self._thread.run(
            enrol, self._state_dir, text(request, "name"), role, text(request, "pin"), self._entropy
        )
        key = person.public.to_cose()
        await self._recorder.note("person", {"name": person.name, "role": role, "key": key})
        await self._recorder.flush()
        yield {"name": person.name, "role": role, "key": key.hex()}

    async def _save(self) -> None:
        path, plain = self._state_dir / FILE_NAME, json.dumps(self._book.to_json())
        try:
            await self._thread.run(write_file, path, plain.encode(), mode=0o600)
        except WriteFailed as error:
            log.warning("the book of checks was not written: %s", error)


def load(path: Path) -> Book:
    """Return the book at `path`; an empty one where it is missing or damaged."""
    try:
        return Book.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Book()
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s is unreadable (%s): the records are read from the first on", path, error)
        return Book()


def decision_of(request: Request) -> str:
    """Return the decision that a request names; BadRequest for another."""
    decision = text(request, "decision")
    if decision not in DECISIONS:
        known = ", ".join(DECISIONS)
        raise BadRequest(f"no decision {decision[:20]!r}", advice=f"one of {known}")
    return decision
