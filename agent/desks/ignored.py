"""Causes that somebody said to leave alone for a while: each word of it is a record."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Self

from agent.clock.clock import Clock
from agent.desks.control import BadRequest, Request, Verb, number, printable
from agent.desks.status import IgnoredStatus
from agent.journal.async_journal import AsyncJournal
from agent.journal.book import KeptBook
from agent.journal.recorder import Recorder
from evidence.leaf import Record, RecordValue

KIND = "cause-ignored"
FILE_NAME = "ignored.json"
REPLAY_MOST = 2_000  # records, 50 ms of a start: each word is followed by a snapshot
MOST_TEXT = 200  # characters of a reason
MOST_ID = 64  # characters of a target or a cause
MOST_KEPT = 64  # words in force at once: a person reads them


class Ignored:
    """What is left alone, by target and cause, as the records say."""

    def __init__(self) -> None:
        self.words: dict[tuple[str, str], IgnoredStatus] = {}

    def apply(self, record: Record) -> None:
        """Fold one more record in."""
        if record.kind != KIND:
            return
        values = record.values
        word = IgnoredStatus(
            str(values.get("target", "")),
            str(values.get("cause", "")),
            str(values.get("reason", "")),
            _milliseconds(values.get("until_ms")),
        )
        self.words.pop((word.target, word.cause), None)
        self.words[word.target, word.cause] = word
        while len(self.words) > MOST_KEPT:
            del self.words[next(iter(self.words))]

    def in_force(self, now_ms: int) -> list[IgnoredStatus]:
        """Return the words whose end has not come."""
        return [word for word in self.words.values() if word.until_ms > now_ms]

    def to_json(self) -> dict[str, Any]:
        """See `Keepable`."""
        return {
            "words": [
                [word.target, word.cause, word.reason, word.until_ms]
                for word in self.words.values()
            ]
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """See `Keepable`."""
        found = cls()
        for target, cause, reason, until_ms in plain["words"]:
            word = IgnoredStatus(str(target), str(cause), str(reason), int(until_ms))
            found.words[word.target, word.cause] = word
        return found


def _milliseconds(value: object) -> int:
    return value if isinstance(value, int) else 0


def ignored_book(state_dir: Path, recorder: Recorder, journal: AsyncJournal) -> KeptBook[Ignored]:
    """Return the book of all such words."""
    path = state_dir / FILE_NAME
    return KeptBook(path, Ignored, recorder, journal, replay_most=REPLAY_MOST)


class IgnoreDesk:
    """The request of `tallyman why TARGET --ignore`."""

    def __init__(self, book: KeptBook[Ignored], recorder: Recorder, clock: Clock) -> None:
        self._book = book
        self._recorder = recorder
        self._clock = clock

    async def run(self) -> None:
        """Take over what the run before knew; then the records keep it up to date."""
        await self._book.open()

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"why-ignore": self.ignore}

    def in_force(self) -> list[IgnoredStatus]:
        """Return what is left alone now."""
        return self._book.content.in_force(self._clock.now().wall_ms)

    async def ignore(self, request: Request) -> AsyncGenerator[Any, None]:
        """Record that `cause` of `target` is left alone until `until_ms`, and why."""
        await self._book.opened()
        until_ms = number(request, "until_ms", 0)
        now_ms = self._clock.now().wall_ms
        if until_ms <= now_ms:
            raise BadRequest("that end is over already", advice="name one to come, as --until 12h")
        values: dict[str, RecordValue] = {
            "target": printable(request, "target", MOST_ID),
            "cause": printable(request, "cause", MOST_ID),
            "reason": printable(request, "reason", MOST_TEXT),
            "until_ms": until_ms,
        }
        await self._recorder.note(KIND, values)
        await self._recorder.flush()
        await self._book.save()
        yield values
