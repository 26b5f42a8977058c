"""Tells of the goods' conditions: `excursion` and `alarm` records of what the rules come to.

What is told follows from durable records alone. So an alarm is as late as the record that makes it:
a shock's is durable within 0.1 s, a temperature's within the journal's window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.clock.belief import milliseconds
from agent.journal.async_journal import AsyncJournal
from agent.journal.book import KeptBook
from agent.journal.due import Due as Alarm
from agent.journal.recorder import Recorder
from agent.rules.conditions import ALARM, EXCURSION, PROFILE, Conditions, Due, Key
from agent.rules.rule import State
from agent.rules.watched import Watched
from agent.rules.words import limit_words
from drivers.driver import Timing
from evidence.leaf import Record, RecordValue

FILE_NAME = "conditions.json"
REPLAY_MOST = 200_000  # records, 5 s of a Pi: more than a snapshot's hour brings
SAVE_EVERY = 3600.0  # s; the card is written anew once an hour at most
LOOK_EVERY = 5.0  # s; a time that is full, or a sensor that is lost, comes with no record
LATE = 1.0  # s that a record may take beyond the journal's window
SCALE = 100  # of `lowest` and `highest`
TELLS = (EXCURSION, ALARM)

Goods = Callable[[str], str]
"""Returns what is at a read point by its tags, in one line."""


class ConditionsOf:
    """Makes the fold for the devices under watch, blank or from a snapshot."""

    def __init__(self, watched: Mapping[str, Watched]) -> None:
        self._watched = watched

    def __call__(self) -> Conditions:
        """Return a blank one."""
        return Conditions(self._watched)

    def from_json(self, plain: Mapping[str, Any]) -> Conditions:
        """Read what `Conditions.to_json` wrote; see `book.Maker`."""
        found = Conditions(self._watched)
        found.restore(plain)
        return found


def conditions_book(
    state_dir: Path, watched: Mapping[str, Watched], recorder: Recorder, journal: AsyncJournal
) -> KeptBook[Conditions]:
    """Return the book of the goods' conditions."""
    path = state_dir / FILE_NAME
    return KeptBook(path, ConditionsOf(watched), recorder, journal, replay_most=REPLAY_MOST)


class ConditionWatch:
    """Makes the records of one gateway's conditions; `run` is its task.

    `window` in seconds is how late a record may be durable.
    """

    def __init__(
        self,
        book: KeptBook[Conditions],
        recorder: Recorder,
        timing: Timing,
        *,
        window: float,
        goods: Goods,
    ) -> None:
        self._book = book
        self._recorder = recorder
        self._timing = timing
        self._late = milliseconds(window + LATE)
        self._goods = goods
        self._under_way: set[Key] = set()
        self._due = Alarm(timing)

    @property
    def conditions(self) -> Conditions:
        """What the rules come to, as the records say."""
        return self._book.content

    def now(self) -> int:
        """Return the moment up to which all records are durable, on the conditions' line."""
        return self.conditions.line.of_boot(milliseconds(self._timing.monotonic()) - self._late)

    async def opened(self) -> None:
        """Return once the conditions are as the records say."""
        await self._book.opened()

    async def run(self) -> None:
        """Take over what the run before knew, announce the profiles, then look, for ever."""
        await self._book.open()
        self._under_way.clear()  # what was under way when a run before failed is in the book by now
        for watched in list(self.conditions.unannounced()):
            await self._recorder.note(PROFILE, announced(watched), device=watched.device)
        self._recorder.listen(self._committed)
        try:
            await self._watch()
        finally:
            self._recorder.unlisten(self._committed)
            await self._book.save()

    async def _watch(self) -> None:
        saved = self._timing.monotonic()
        while True:
            self._due.clear()  # before the look: what is committed meanwhile is looked at next
            self._due.within(LOOK_EVERY)
            await self._tell()
            if self._timing.monotonic() - saved >= SAVE_EVERY:
                saved = self._timing.monotonic()
                await self._book.save()
            await self._due.wait()

    def _committed(self, records: Sequence[Record]) -> None:
        for record in records:
            if record.kind in TELLS:
                self._under_way.discard(Key(record.device, str(record.values.get("rule"))))
        self._due.within(0.0)

    async def _tell(self) -> None:
        for due in list(self.conditions.due(self.now())):
            key = Key(due.watched.device, due.rule.name)
            if key in self._under_way:
                continue
            self._under_way.add(key)
            kind = ALARM if due.state is State.ALARM else EXCURSION
            values = told(due, self.conditions.line.wall(due.since))
            goods = self._goods(due.watched.read_point) if due.watched.read_point else ""
            if goods:
                values["goods"] = goods
            await self._recorder.note(kind, values, device=key.device)


def announced(watched: Watched) -> dict[str, RecordValue]:
    """Return the fields of the record with which a profile begins to hold."""
    profile = watched.profile
    return {
        "profile": profile.name,
        "version": profile.head.version,
        "digest": profile.digest,
    }


def told(due: Due, from_ms: int) -> dict[str, RecordValue]:
    """Return the fields of the record of a condition; `from_ms` is since when, in UTC."""
    standing, rule, profile = due.standing, due.rule, due.watched.profile
    values: dict[str, RecordValue] = {
        "rule": rule.name,
        "profile": profile.name,
        "version": profile.head.version,
        "limit": limit_words(rule),
        "state": str(due.state),
        "before": str(due.before),
        "from_ms": from_ms,
    }
    if standing.counted:
        values["counted_ms"] = standing.counted
    if standing.lowest is not None and standing.highest is not None:
        values["lowest"] = round(standing.lowest * SCALE)
        values["highest"] = round(standing.highest * SCALE)
    if due.state is State.ALARM:
        values["severity"] = str(rule.severity)
    if due.watched.read_point:
        values["read_point"] = due.watched.read_point
    return values
