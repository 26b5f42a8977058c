"""The open checks of one gateway and the book of those before, kept up to date by the records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from agent.desks.control import BadRequest
from agent.desks.notices import NoticeStore
from agent.dock.returns import Delivered, delivered
from agent.dock.session import CheckHistory, Opened, Session
from agent.intake.tag_watch import TagWatch
from agent.journal.async_journal import AsyncJournal
from agent.journal.book import KeptBook
from agent.journal.recorder import Recorder
from agent.journal.replay import replay
from evidence.leaf import Record
from foundation.errors import AgentError

log = logging.getLogger(__name__)

FILE_NAME = "dock.json"
REPLAY_MOST = 20_000  # records, 0.5 s: each change is followed by a snapshot, a crash may lose one
SPAN_MOST = 100_000  # records read back to learn what was delivered, 3 s of a Pi


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
    ) -> None:
        self._scanners = scanners
        self._tags = tags
        self._notices = notices
        self._book = book
        self._journal = journal
        self._inherited = asyncio.Event()
        self.sessions: dict[str, Session] = {}
        recorder.listen(self._committed)

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
            notice = await self._notices.load(opened.digest)
        except BadRequest as error:
            log.warning("check %s cannot go on: its notice is lost: %s", opened.check, error)
            return
        session = Session(
            opened,
            notice,
            self._scanners.get(opened.read_point, ()),
            [
                tag
                for tag in self._tags.presence.at(opened.read_point)
                if tag.number < opened.number
            ],
            await self._delivered(notice.number) if opened.returns else None,
        )
        await replay(self._journal, opened.number, session.apply_all)
        self.sessions[opened.check] = session

    async def _delivered(self, notice: str) -> Delivered:
        """Return what went out, or came in, under a notice, as far as the journal still has it."""
        span = self.history.spans.get(notice)
        if span is None:
            return Delivered()
        first, last = span.first, min(span.last, span.first + SPAN_MOST)
        found = await self._journal.records(first, last - first + 1)
        within = [record for record in found if record.number <= last]  # later ones, for those gone
        return delivered(span.receipt, span.read_point, self._scanners, within)

    def get(self, check: str) -> Session:
        """Return an open check."""
        if check not in self.sessions:
            raise NoSuchCheck(f"no check {check[:40]!r} is open")
        return self.sessions[check]

    async def save(self) -> None:
        """Keep what is on record of all checks."""
        await self._book.save()
