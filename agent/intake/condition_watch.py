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
from agent.rules.conditions import (
    ALARM,
    BETWEEN,
    EXCURSION,
    PROFILE,
    Conditions,
    Due,
    Key,
    keys_told,
)
from agent.rules.rule import Rule, State
from agent.rules.sources import FAULTS
from agent.rules.watched import Watched
from agent.rules.words import limit_words
from drivers.driver import Timing
from evidence.leaf import Record, RecordValue
from foundation.counting import counted

FILE_NAME = "conditions.json"
SAVE_EVERY = 3600.0  # s; the card is written anew once an hour at most
LOOK_EVERY = 5.0  # s; a time that is full, or a sensor that is lost, comes with no record
LATE = 1.0  # s that a record may take beyond the journal's window
SCALE = 100  # of `lowest` and `highest`
TELLS = (EXCURSION, ALARM)
NO_VALUE = "no value that can be believed"

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
    """Return the book of the goods' conditions.

    Without its snapshot all records are read, 40,000 a second on a Pi: an alarm lasts until a
    person ends it, however long ago it was.
    """
    path = state_dir / FILE_NAME
    return KeptBook(path, ConditionsOf(watched), recorder, journal, replay_most=None)


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
        await self._tell_what_is_missed()
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
                watched = self.conditions.watched(record.device)
                self._under_way.difference_update(keys_told(record, watched))
        self._due.within(0.0)

    async def _tell(self) -> None:
        new = [
            each for each in self.conditions.due(self.now()) if key_of(each) not in self._under_way
        ]
        for dues in together(new):
            self._under_way.update(map(key_of, dues))
            first = dues[0]
            kind = ALARM if first.state is State.ALARM else EXCURSION
            values = told(dues, self.conditions.line.wall(first.since))
            values |= self._reported(first)
            goods = self._goods(first.watched.read_point) if first.watched.read_point else ""
            if goods:
                values["goods"] = goods
            await self._recorder.note(kind, values, device=first.watched.device)

    def _reported(self, due: Due) -> dict[str, RecordValue]:
        """Return the fields that say what a battery reports, where an alarm is about that."""
        found = self.conditions.reported(due.watched.device)
        if due.state is not State.ALARM or due.rule.field != FAULTS or found is None:
            return {}
        return {"reports": found.faults, "record": found.record}

    async def _tell_what_is_missed(self) -> None:
        """Say that nobody knows any more what the rules came to: an alarm may have been on."""
        missed = self._book.missed
        for watched in self.conditions.all_watched() if missed else ():
            values = of_rules(watched, watched.profile.rules)
            values |= {"state": str(State.UNKNOWN), "before": str(State.UNKNOWN)}
            values["limit"] = f"{counted(missed, 'record')} before this are gone: nobody knows"
            await self._recorder.note(EXCURSION, values, device=watched.device)


def key_of(due: Due) -> Key:
    """Return what tells a rule of a device apart."""
    return Key(due.watched.device, due.rule.name)


def together(dues: Sequence[Due]) -> list[list[Due]]:
    """Return what one record each tells of: rules of a device that lost their sensor are one."""
    found: dict[tuple[object, ...], list[Due]] = {}
    for due in dues:
        lost = due.state is State.UNKNOWN and BETWEEN not in due.rule.name
        event = due.watched.device, due.before, due.since
        found.setdefault(event if lost else (*event, due.rule.name), []).append(due)
    return list(found.values())


def announced(watched: Watched) -> dict[str, RecordValue]:
    """Return the fields of the record with which a profile begins to hold."""
    profile = watched.profile
    return {
        "profile": profile.name,
        "version": profile.head.version,
        "digest": profile.digest,
    }


def of_rules(watched: Watched, rules: Sequence[Rule]) -> dict[str, RecordValue]:
    """Return the fields that say which rules of which profile a record tells of."""
    profile = watched.profile
    values: dict[str, RecordValue] = {
        "rule": BETWEEN.join(rule.name for rule in rules),
        "profile": profile.name,
        "version": profile.head.version,
    }
    if len(rules) > 1:
        values["rules"] = len(rules)
    if watched.read_point:
        values["read_point"] = watched.read_point
    return values


def told(dues: Sequence[Due], from_ms: int) -> dict[str, RecordValue]:
    """Return the fields of the record of a condition; `from_ms` is since when, in UTC."""
    first = dues[0]
    standing, rule = first.standing, first.rule
    values = of_rules(first.watched, [due.rule for due in dues])
    values |= {
        "limit": limit_words(rule) if len(dues) == 1 else NO_VALUE,
        "state": str(first.state),
        "before": str(first.before),
        "from_ms": from_ms,
    }
    if len(dues) > 1:
        return values
    if standing.counted:
        values["counted_ms"] = standing.counted
    if standing.lowest is not None and standing.highest is not None:
        values["lowest"] = round(standing.lowest * SCALE)
        values["highest"] = round(standing.highest * SCALE)
    if first.state is State.ALARM:
        values["severity"] = str(rule.severity)
    return values
