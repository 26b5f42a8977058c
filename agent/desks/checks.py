"""The open checks of one gateway and the book of those before, kept up to date by the records."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.desks.control import BadRequest
from agent.desks.notices import NoticeStore
from agent.dock.check import check
from agent.dock.history import CheckHistory, Opened, Span
from agent.dock.notice import Notice
from agent.dock.papers.told import receipt_json
from agent.dock.passed import Offer, offer
from agent.dock.returns import Delivered
from agent.dock.session import Session
from agent.dock.stages import stages
from agent.intake.tag_watch import TagWatch
from agent.journal.async_journal import AsyncJournal
from agent.journal.book import KeptBook
from agent.journal.recorder import Recorder
from agent.journal.replay import replay
from agent.observe.presence import Presence
from evidence.leaf import Record
from foundation.errors import AgentError

log = logging.getLogger(__name__)

FILE_NAME = "dock.json"
REPLAY_MOST = 20_000  # records, 0.5 s: each change is followed by a snapshot, a crash may lose one
SPAN_MOST = 100_000  # records read back to learn what was delivered, 3 s of a Pi
RECEIPT_MOST = 2000  # records before a receipt in which its goods and differences stand
DELIVERY_BEHIND = 8  # records behind it in which a delivery's does, others having come between
PASSED_MOST = 20_000  # records in which a pass before the check is looked for, 0.5 s
MINUTE_MS = 60_000


def history_book(
    state_dir: Path, recorder: Recorder, journal: AsyncJournal
) -> KeptBook[CheckHistory]:
    """Return the book of all checks."""
    path = state_dir / FILE_NAME
    return KeptBook(path, CheckHistory, recorder, journal, replay_most=REPLAY_MOST)


class NoSuchCheck(AgentError):
    """No open check has this number."""

    exit_code = 2
    advice = "see the open ones: tallyman dock"


class Checks:
    """What is checked now, by number, and what was received before. `inherit` comes first."""

    def __init__(
        self,
        scanners: Mapping[str, Collection[str]],
        tags: TagWatch,
        notices: NoticeStore,
        book: KeptBook[CheckHistory],
        recorder: Recorder,
        journal: AsyncJournal,
        late_minutes: int = 30,
    ) -> None:
        self._late_ms = late_minutes * MINUTE_MS
        self._scanners = scanners
        self._tags = tags
        self._notices = notices
        self._book = book
        self._journal = journal
        self._inherited = asyncio.Event()
        self.sessions: dict[str, Session] = {}
        self._before: dict[str, list[Session]] = {}
        recorder.listen(self._committed)

    @property
    def names(self) -> Mapping[str, str]:
        """What articles are called, by GTIN, as far as the table of articles says it."""
        return self._notices.articles.names

    @property
    def history(self) -> CheckHistory:
        """The open checks, and the receipts of those before, as the records say."""
        return self._book.content

    async def inherit(self) -> None:
        """Take over what the run before left open; may be repeated where that failed."""
        if self._inherited.is_set():
            return
        await self._tags.inherited()
        await self._book.open()
        for opened in list(self.history.open.values()):
            await self.resume(opened)
        self._inherited.set()

    async def inherited(self) -> None:
        """Return once the open checks are known."""
        await self._inherited.wait()

    def _committed(self, records: Sequence[Record]) -> None:
        for session in self.sessions.values():
            session.apply_all(records)

    async def resume(self, opened: Opened) -> None:
        """Build the session of an open check from its notice and the records since."""
        try:
            notice = await self._notices.load(opened.digest, opened.notice)
        except BadRequest as error:
            log.warning("check %s cannot go on: its notice is lost: %s", opened.check, error)
            return
        delivered = await self._delivered(notice) if opened.returns else None
        whole = notice.number in self.history.received
        before = [] if opened.returns or whole else await self._received(notice)
        present = [
            tag for tag in self._tags.presence.at(opened.read_point) if tag.number < opened.number
        ]
        session = Session(opened, notice, self._scanners_at(opened), present, delivered)
        await replay(self._journal, opened.number, session.apply_all)
        self.sessions[opened.check], self._before[opened.check] = session, before
        await self.take_passed(session)

    def _scanners_at(self, opened: Opened) -> Collection[str]:
        return self._scanners.get(opened.read_point, ())

    async def take_passed(self, session: Session) -> None:
        """Have a check take what passed before it began, as far as it is told to be of it."""
        session.take_passed(await self._between(session.since, session.opened.number))

    async def _between(self, first: int, end: int) -> list[Record]:
        """Return the records from `first` on, without `end`; those that have gone are skipped."""
        found = await self._journal.records(first, end - first)
        return [each for each in found if each.number < end]

    async def offer(self, session: Session) -> Offer | None:
        """Return what passed the read point just before a check began, and is of no other."""
        opened = session.opened
        first = max(self.history.last_at(opened.read_point) + 1, opened.number - PASSED_MOST, 0)
        if first >= opened.number or not self._late_ms:
            return None
        since_ms = opened.opened_ms - self._late_ms
        found = await self._between(first, opened.number)
        passed = [each for each in found if each.wall_ms >= since_ms]
        return offer(passed, opened.read_point, self._scanners_at(opened), session.seen)

    async def _received(self, notice: Notice) -> list[Session]:
        """Return the checks on whose receipts goods of this notice came in before."""
        spans = self.history.receipts_of(notice.number)
        return [await self._read_back(span, notice) for span in spans]

    async def _read_back(self, span: Span, notice: Notice) -> Session:
        """Return a check of before, as far as the journal still has its records."""
        opened = Opened(span.receipt, notice.number, span.digest, span.read_point, span.first)
        start = max(0, span.first - PASSED_MOST)
        present = Presence()
        for record in await self._between(start, span.first):
            present.apply(record)
        there = present.at(span.read_point)
        session = Session(opened, notice, self._scanners_at(opened), there)
        end = min(span.last, span.first + SPAN_MOST)
        session.apply_all(await self._between(span.first, end))
        await self.take_passed(session)
        return session

    async def _delivered(self, notice: Notice) -> Delivered:
        """Return what went out, or came in, under a notice, as far as the journal still has it."""
        spans = self.history.receipts_of(notice.number)
        if not spans:
            return Delivered()
        sessions = [await self._read_back(span, notice) for span in spans]
        seen = [each for session in sessions for each in session.seen]
        tids = {each.identity: "" for each in seen}
        for session in sessions:
            tids |= {identity: tid for identity, tid in session.tids.items() if tid}
        verdict = check(notice, seen)
        whole = verdict.found >= self.history.came_of(notice.number)
        counts: Counter[str] = Counter()
        for came in verdict.came:
            counts[came.gtin] += came.tally.found
        return Delivered(spans[-1].receipt, tids, counts if whole else None, whole)

    def beside(self, session: Session) -> list[Session]:
        """Return the other checks of the same notice: on earlier receipts, or open elsewhere."""
        same = [each for each in self.sessions.values() if _of_one_delivery(each, session)]
        return [*self._before.get(session.opened.check, ()), *same]

    def find(self, name: str) -> list[Session]:
        """Return the open checks with this number, or of the notice with this number."""
        return [
            session
            for check, session in self.sessions.items()
            if name in (check, session.notice.number)
        ]

    async def receipts(self, name: str) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the receipts with this number, or of the notice with it, as the records say."""
        spans = [
            each for each in self.history.spans.values() if name in (each.receipt, each.notice)
        ]
        for span in spans:
            first = max(span.first, span.last - RECEIPT_MOST)
            found = await self._between(first, span.last + DELIVERY_BEHIND + 1)
            told = receipt_json(span.receipt, found)
            yield told | {"stages": await self._stages(span, told)}

    async def _stages(self, span: Span, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return how long a check took; nothing where its notice or its records are gone."""
        try:
            notice = await self._notices.load(span.digest, span.notice)
        except BadRequest:
            return {}
        begun = await self._journal.records(span.first, 1)
        if not told["receipt"] or not begun or begun[0].number != span.first:
            return {}
        session = await self._read_back(span, notice)
        signed = bool(told["delivery"]) or told["receipt"].get("signed") == "yes"
        return stages(begun[0].wall_ms, session.seen, told["decided_ms"], signed=signed)

    def take_off(self, check: str, *, received: bool) -> None:
        """Take a check off the desk; NoSuchCheck where another request was quicker.

        What was `received` is a receipt of before for other checks of its notice.
        """
        session = self.sessions.pop(check, None)
        if session is None:
            raise NoSuchCheck(f"check {check} was just closed")
        self._before.pop(check, None)
        for other in self.sessions.values() if received else ():
            if _of_one_delivery(session, other):
                self._before[other.opened.check].append(session)

    def get(self, check: str) -> Session:
        """Return an open check."""
        if check not in self.sessions:
            raise NoSuchCheck(f"no check {check[:40]!r} is open")
        return self.sessions[check]

    async def save(self) -> None:
        """Keep what is on record of all checks."""
        await self._book.save()


def _of_one_delivery(one: Session, other: Session) -> bool:
    """Whether two checks share a notice of which goods come in."""
    returns = one.opened.returns or other.opened.returns
    return one is not other and not returns and one.notice.number == other.notice.number
