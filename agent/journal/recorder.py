"""From readings and events to durable records: numbering, group commit, back-pressure.

Nothing is acknowledged before it is durable. While the disk does not take writes, records wait in
bounded memory, drivers wait for room, and the commit is tried again. When there is no room at all,
telemetry is refused, counted, and declared by a `gap` record for each device; alarms and the like
(`Durability.PROMPT`) are never refused: they have room of their own here and a reserve in the
journal. Whatever was refused, the order of the others stays: they are numbered without holes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from itertools import islice
from typing import NamedTuple

from agent.clock.clock import Clock
from agent.journal.admission import Admission
from agent.journal.async_journal import AsyncJournal
from agent.journal.due import Due
from agent.journal.journal import JournalUnavailable, NoRoom
from agent.journal.refusals import Cause, Refusals, Refused
from agent.journal.room import Room
from agent.journal.storage_state import StorageState
from agent.journal.torn_tail import GAP
from agent.records.convert import OWN_DEVICE, from_event, from_reading
from agent.records.registry import kind_of
from drivers.driver import Timing
from drivers.kind import Durability
from drivers.reading import Quality, Reading
from evidence.leaf import Record, RecordValue
from foundation.dataclass import dataclass
from foundation.notify import Progress

log = logging.getLogger(__name__)

Listener = Callable[[Sequence[Record]], None]

PROMPT_WITHIN = 0.1  # s; DESIGN: custody, alarms and shocks survive a power cut after 100 ms
WRITE_TIME = 0.05  # s kept for the write itself: an SD card's commit on an ordinary day
MAX_COMMIT = 1024  # records in one transaction: bounds its time and the memory of its pages
ROOM_FOR_READINGS = 4096  # about 4 MB; at 20 readings/s it rides out 3 min of a stalled card
ROOM_FOR_EVENTS = 1024  # kept apart, so that the agent's own events never wait behind readings
FIRST_RETRY, LONGEST_RETRY = 1.0, 10.0  # s between attempts to commit
COMMIT_LIMIT = 60.0  # s; a card that takes longer hangs, and only a restart may help

PROGRESS = "journal"
"""The recorder's name among the marks of `Progress`."""


@dataclass(slots=True)
class Source:
    """Where readings come from: told by `committed` how many of them are durable."""

    committed: Callable[[int], None]
    durable: int = 0


@dataclass(slots=True)
class RecorderState:
    """What the recorder says of itself; moments in monotonic seconds.

    `committing_since` is the start of the commit under way; who looks at `slowest_commit`, in
    seconds, sets it to 0. `failed_commits` are those in a row; `commits`, their `commit_seconds`,
    `commit_failures` and `gaps`, the records of gaps by their state, count from the start on.
    """

    waiting: int = 0
    commits: int = 0
    commit_seconds: float = 0.0
    commit_failures: int = 0
    gaps: dict[str, int] = field(default_factory=lambda: {"open": 0, "closed": 0})
    failed_commits: int = 0
    failing_since: float | None = None
    error: str = ""
    advice: str = ""
    disk: StorageState = StorageState.OK
    committing_since: float | None = None
    slowest_commit: float = 0.0


class _Entry(NamedTuple):
    record: Record
    source: Source | None
    room: Room | None

    @property
    def prompt(self) -> bool:
        return kind_of(self.record.kind).durability is Durability.PROMPT


class Recorder:
    """Owns the order of records. `open` first; `run` is its task."""

    def __init__(
        self,
        journal: AsyncJournal,
        clock: Clock,
        timing: Timing,
        progress: Progress,
        *,
        window: float,
        room: int = ROOM_FOR_READINGS,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._timing = timing
        self._progress = progress
        self._prompt = PROMPT_WITHIN - WRITE_TIME
        self._window = max(self._prompt, window - WRITE_TIME)
        self._events_room = Room(ROOM_FOR_EVENTS)
        self._alarms_room = Room(ROOM_FOR_EVENTS)
        self._waiting: deque[_Entry] = deque()
        self._next = 0
        self._due = Due(timing)
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []
        self._listeners: list[Listener] = []
        self.state = RecorderState()
        self.refusals = Refusals()
        self._admission = Admission(room, self.refusals, timing, self._failing)

    async def open(self) -> None:
        """Learn from the journal which number comes next."""
        self._next = await self._journal.next_number()

    @property
    def next_number(self) -> int:
        """The number of the next record."""
        return self._next

    def listen(self, listener: Listener) -> None:
        """Call `listener` with the records of every commit, once they are durable, in order."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Call `listener` no longer."""
        self._listeners.remove(listener)

    async def take(self, reading: Reading, source: Source | None = None) -> None:
        """Put a reading into the gateway's order; waits while there is no room.

        Telemetry that finds none while the disk refuses is declared as a gap: see `Admission`.
        """
        prompt = kind_of(reading.kind).durability is Durability.PROMPT
        room = self._alarms_room if prompt else self._admission.room
        if prompt:
            await room.wait()
        elif not (self._admission.at_once() or await self._admission.granted()):
            self._refuse(reading.device, reading.monotonic)
            await asyncio.sleep(0)  # a driver with much to say must not keep the others waiting
            return
        stamp = self._clock.stamp(reading.monotonic)
        record = from_reading(reading, self._next, stamp)
        self._add(_Entry(record, source, room))

    def _failing(self) -> bool:
        return self.state.failing_since is not None

    def refuse(self, cause: Cause) -> None:
        """Take no telemetry from now on."""
        self._admission.refuse(cause)

    def accept(self, cause: Cause) -> None:
        """Take telemetry again, if that was the last cause, and declare what was refused."""
        if self.refusals.end(cause):
            log.warning("telemetry is taken again; %d readings were refused", self.refusals.count)
            for device, refused in self.refusals.take().items():
                self._declare(device, self._closed(refused))

    def reconsider(self) -> None:
        """Take telemetry again where the journal has room again."""
        if self.refusals.has(Cause.JOURNAL) and self._journal.roomy():
            self.accept(Cause.JOURNAL)

    def _refuse(self, device: str, moment: float) -> None:
        if self.refusals.add(device, moment):
            from_ms = self._clock.stamp(moment).wall_ms
            reason = self.refusals.reason
            self._declare(device, {"state": "open", "from_ms": from_ms, "reason": reason})

    def _closed(self, refused: Refused) -> dict[str, RecordValue]:
        return {
            "state": "closed",
            "from_ms": self._clock.stamp(refused.since).wall_ms,
            "to_ms": self._clock.stamp(refused.until).wall_ms,
            "duration_ms": round((refused.until - refused.since) * 1000),
            "count": refused.count,
            "reason": "there is room again",
        }

    def _declare(self, device: str, values: Mapping[str, RecordValue]) -> None:
        """Put a `gap` into the order, whatever room there is: two for a device at most."""
        record = from_event(GAP, values, self._next, self._clock.now(), device=device)
        self._count_gap(values)
        self._add(_Entry(record, None, None))

    def _count_gap(self, values: Mapping[str, RecordValue]) -> None:
        state = "open" if values.get("state") == "open" else "closed"
        self.state.gaps[state] += 1

    async def note(
        self,
        kind: str,
        values: Mapping[str, RecordValue],
        *,
        device: str = OWN_DEVICE,
        quality: Quality = Quality.OK,
    ) -> None:
        """Put an event of the agent's own into the order; `values` in stored units."""
        await self._events_room.wait()
        record = from_event(
            kind, values, self._next, self._clock.now(), device=device, quality=quality
        )
        if kind == GAP:
            self._count_gap(values)
        self._add(_Entry(record, None, self._events_room))

    def _add(self, entry: _Entry) -> None:
        self._next += 1
        self._waiting.append(entry)
        self.state.waiting = len(self._waiting)
        if len(self._waiting) >= MAX_COMMIT:
            self._due.within(0.0)
        elif entry.prompt:
            self._due.within(self._prompt)
        elif not self._due.asked:  # a later one of the same window changes nothing
            self._due.within(self._window)

    async def flush(self) -> None:
        """Return once everything taken so far is durable; as long as the disk refuses, it waits."""
        if not self._waiting:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flushes.append((self._next, done))
        self._due.within(0.0)
        await done

    async def run(self) -> None:
        """Commit what is due, for ever."""
        self._progress.expect(PROGRESS, COMMIT_LIMIT)
        while True:
            self._progress.rest(PROGRESS)
            await self._due.wait()
            self._progress.mark(PROGRESS)
            pause = await self.commit()
            if pause:
                self._progress.rest(PROGRESS)
                await self._timing.sleep(pause)

    async def commit(self) -> float:
        """Commit what waits, without a task that runs; return the seconds until another try.

        They are 0 where the disk took it all.
        """
        self._due.clear()
        entries = list(islice(self._waiting, MAX_COMMIT))
        records = [entry.record for entry in entries]
        reserve = all(entry.prompt for entry in entries)
        try:
            await self._timed(records, reserve=reserve)
        except NoRoom as error:
            return await self._make_do(error)
        except JournalUnavailable as error:
            return self._failed(error)
        self._committed(entries)
        return 0.0

    async def _timed(self, records: Sequence[Record], *, reserve: bool) -> None:
        state = self.state
        began = state.committing_since = self._timing.monotonic()
        try:
            await self._journal.commit(records, reserve=reserve)
        finally:
            state.committing_since = None
            took = self._timing.monotonic() - began
            state.slowest_commit = max(state.slowest_commit, took)
        state.commit_seconds += took

    async def _make_do(self, error: NoRoom) -> float:
        """Refuse the telemetry that waits, so that the rest finds room in the reserve."""
        stored = await self._journal.next_number()
        durable = [entry for entry in self._waiting if entry.record.number < stored]
        if durable:
            self._settle(durable)
        telemetry = [entry for entry in self._waiting if not entry.prompt]
        if not telemetry:
            return self._failed(error)
        self.refuse(Cause.JOURNAL)
        self._renumber([entry for entry in self._waiting if entry.prompt], stored)
        for entry in telemetry:
            self._free(entry)
            self._refuse(entry.record.device, entry.record.monotonic_ms / 1000)
        self._due.within(0.0)
        return 0.0

    def _renumber(self, kept: Sequence[_Entry], first: int) -> None:
        """Let these alone wait, numbered from `first` on. None of them was ever durable."""
        self._waiting = deque(
            entry._replace(record=entry.record._replace(number=first + at))
            for at, entry in enumerate(kept)
        )
        self._next = first + len(kept)
        self._flushes = [(min(upto, self._next), done) for upto, done in self._flushes]

    def _failed(self, error: JournalUnavailable) -> float:
        """Note that the disk refuses; return how long to leave it alone."""
        state = self.state
        state.failed_commits += 1
        state.commit_failures += 1
        if state.failing_since is None:
            state.failing_since = self._timing.monotonic()
            log.error("records are not durable: %s (%s)", error, error.advice)
        state.error, state.advice, state.disk = str(error), error.advice, error.state
        self._due.within(0.0)
        return min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(state.failed_commits - 1, 8))

    def _committed(self, entries: Sequence[_Entry]) -> None:
        state = self.state
        if state.failing_since is not None:
            log.warning("records are durable again")
        state.failing_since, state.failed_commits = None, 0
        state.error = state.advice = ""
        state.disk = StorageState.OK
        state.commits += 1
        self._settle(entries)
        if self._waiting and len(entries) == MAX_COMMIT:
            self._due.within(0.0)
        self.reconsider()
        if not self._admission.room.full:
            self.accept(Cause.MEMORY)

    def _settle(self, entries: Sequence[_Entry]) -> None:
        """Let go of the entries at the head, which are durable, and tell everybody."""
        for entry in entries:
            self._waiting.popleft()
            self._free(entry)
        self.state.waiting = len(self._waiting)
        self._acknowledge(entries)
        records = [entry.record for entry in entries]
        for listener in tuple(self._listeners):
            listener(records)
        self._finish_flushes(records[-1].number if records else self._next - 1)

    def _free(self, entry: _Entry) -> None:
        if entry.room is not None:
            entry.room.give()

    def _acknowledge(self, entries: Sequence[_Entry]) -> None:
        sources = []
        for entry in entries:
            if entry.source is not None:
                entry.source.durable += 1
                if entry.source not in sources:
                    sources.append(entry.source)
        for source in sources:
            # Not called from here: a driver's mistake must not end the recorder.
            asyncio.get_running_loop().call_soon(source.committed, source.durable)

    def _finish_flushes(self, last: int) -> None:
        waiting = []
        for upto, done in self._flushes:
            if upto > last + 1:
                waiting.append((upto, done))
            elif not done.done():
                done.set_result(None)
        self._flushes = waiting
