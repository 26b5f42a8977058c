"""The open checks of one gateway and the book of those before, kept up to date by the records."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from agent.desks.control import BadRequest
from agent.desks.notices import NoticeStore
from agent.dock.returns import Delivered, delivered
from agent.dock.session import Book, Opened, Session
from agent.intake.tag_watch import TagWatch
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.replay import replay
from evidence.leaf import Record
from foundation.durable import WriteFailed, write_file
from foundation.errors import AgentError

log = logging.getLogger(__name__)

FILE_NAME = "dock.json"
REPLAY_MOST = 20_000  # records, 0.5 s: each change is followed by a snapshot, a crash may lose one
SPAN_MOST = 100_000  # records read back to learn what was delivered, 3 s of a Pi


class NoSuchCheck(AgentError):
    """No open check has this number."""

    advice = "see the open ones: tallyman dock"


class Checks:
    """What is checked now, by number, and what was received before. `inherit` comes first."""

    def __init__(
        self,
        scanners: Mapping[str, Collection[str]],
        tags: TagWatch,
        notices: NoticeStore,
        recorder: Recorder,
        journal: AsyncJournal,
        state_dir: Path,
    ) -> None:
        self._scanners = scanners
        self._tags = tags
        self._notices = notices
        self._recorder = recorder
        self._journal = journal
        self._path = state_dir / FILE_NAME
        self._inherited = asyncio.Event()
        self.book = Book()
        self.sessions: dict[str, Session] = {}

    async def inherit(self) -> None:
        """Take over what the run before left open; then follow the records."""
        if self._inherited.is_set():
            return
        self.book = load(self._path)
        await self._tags.inherited()
        count = await self._journal.count()
        if self.book.upto > count:
            self.book = Book()
        self.book.upto = max(self.book.upto, count - REPLAY_MOST)
        await replay(self._journal, self.book.upto, self._committed)
        self._recorder.listen(self._committed)
        for opened in self.book.open.values():
            await self.resume(opened)
        self._inherited.set()

    async def inherited(self) -> None:
        """Return once the open checks are known."""
        await self._inherited.wait()

    def _committed(self, records: Sequence[Record]) -> None:
        for record in records:
            if record.number >= self.book.upto:
                self.book.apply(record)
            for session in self.sessions.values():
                session.apply(record)

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

        def fold(records: Sequence[Record]) -> None:
            for record in records:
                session.apply(record)

        await replay(self._journal, opened.number, fold)
        self.sessions[opened.check] = session

    async def _delivered(self, notice: str) -> Delivered:
        """Return what went out, or came in, under a notice, as far as the journal still has it."""
        span = self.book.spans.get(notice)
        if span is None:
            return Delivered()
        first, last = span.first, min(span.last, span.first + SPAN_MOST)
        records = await self._journal.records(first, last - first + 1)
        return delivered(span.receipt, span.read_point, self._scanners, records)

    def get(self, check: str) -> Session:
        """Return an open check."""
        if check not in self.sessions:
            raise NoSuchCheck(f"no check {check[:40]!r} is open")
        return self.sessions[check]

    async def save(self) -> None:
        """Write the book; without it the next start reads more records, that is all."""
        plain = json.dumps(self.book.to_json())
        try:
            await asyncio.to_thread(write_file, self._path, plain.encode(), mode=0o600)
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
