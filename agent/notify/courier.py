"""Takes a channel's events out of the journal, one after the other, until each has arrived.

The journal is the queue: nothing is kept in memory but the event under way, and where a receiver
is away for days, the next one is read when it is back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from agent.desks.status import ChannelState
from agent.notify.channel import Channel, Refusal, Report, Undelivered
from agent.notify.cursor import Cursor
from agent.notify.event import Event, Sender, event_of
from agent.notify.source import Lost, Passed, Source
from evidence.leaf import Record
from foundation.errors import AgentError

log = logging.getLogger(__name__)

FIRST_RETRY, LONGEST_RETRY = 1.0, 300.0  # s; 288 handshakes a day on a link where bytes cost
JITTER = 0.2  # of a delay: a fleet must not come back as one
SAVE_EVERY = 600.0  # s without an event; what passed is read again after a restart

Wait = Callable[[float], bool]
"""Waits so many seconds; True as soon as the process is to end."""


class Ended(Exception):
    """The process is to end."""


class Courier:
    """One channel's; `run` is its thread's. `changed` is called whenever `report` says else."""

    def __init__(
        self,
        channel: Channel,
        source: Source,
        cursor: Cursor,
        kinds: Sequence[str],
        *,
        wait: Wait,
        monotonic: Callable[[], float],
        random: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._source = source
        self._cursor = cursor
        self._kinds = kinds
        self._wait = wait
        self._monotonic = monotonic
        self._random = random
        self._changed = changed
        self._lock = threading.Lock()
        self._report = Report(channel.name, ChannelState.UNKNOWN, monotonic())
        self._saved_at = monotonic()
        self._troubled: float | None = None  # since when the channel itself says so
        self._away = ""  # why the agent was not found, as long as it is not
        self._newest = 0  # records before it are old: no reading of theirs is shown

    def report(self) -> Report:
        """Return how the channel does now; one thread asks."""
        report, trouble = self._report, self._channel.trouble()
        if trouble is None or report.state == ChannelState.FAILING:
            self._troubled = None
            return report
        if self._troubled is None:
            self._troubled = self._monotonic()
        return replace(
            report,
            state=ChannelState.FAILING,
            since=self._troubled,
            detail=str(trouble),
            cause=trouble.cause_id,
        )

    def save(self) -> None:
        """Make durable how far it is; any thread may call it."""
        with self._lock:
            self._cursor.save()

    def run(self) -> None:
        """Deliver for ever; ends when the process does."""
        try:
            while True:
                self._patiently(self._follow)
        except Ended:
            log.debug("%s ends", self._channel.name)

    def _follow(self) -> None:
        """Go through the journal from the cursor on, until the agent breaks off."""
        beginning = self._source.begin()
        self._away = ""
        self._cursor.open(beginning)
        self._newest = beginning.next
        self._until_done(lambda: self._channel.open(beginning.sender))
        wanted = [*self._kinds, *self._channel.kinds]
        for word in self._source.follow(self._cursor.next, wanted):
            self._take(word, beginning.sender)

    def _take(self, word: Record | Lost | Passed, sender: Sender) -> None:
        if isinstance(word, Record):
            self._heed(word, sender)
            self._moved(word.number + 1, durably=word.kind in self._kinds)
        elif isinstance(word, Lost):
            self._lose(word)
            self._moved(word.upto, durably=True)
        else:
            self._moved(word.number)

    def _heed(self, record: Record, sender: Sender) -> None:
        if record.kind in self._kinds:
            event = event_of(record, sender)
            try:
                self._until_done(lambda: self._delivered(event), record)
            except Refusal as refusal:
                self._give_up(event, refusal)
        if record.kind in self._channel.kinds and record.number >= self._newest:
            self._channel.show(record)

    def _delivered(self, event: Event) -> bool:
        self._channel.deliver(event)
        log.info("%s: told of record %s", self._channel.name, event.number)
        self._set(replace(self._report, delivered=self._report.delivered + 1))
        return True

    def _give_up(self, event: Event, refusal: Refusal) -> None:
        log.error("%s: %s: record %s is not told", self._channel.name, refusal, event.number)
        self._failed(refusal, None)
        self._set(replace(self._report, lost=self._report.lost + 1))

    def _moved(self, number: int, *, durably: bool = False) -> None:
        self._cursor.next = number
        if durably or self._monotonic() - self._saved_at >= SAVE_EVERY:
            self._saved_at = self._monotonic()
            self.save()

    def _until_done(self, act: Callable[[], bool], record: Record | None = None) -> None:
        """Act until it succeeds, ever less often; Refusal is nothing that time mends.

        What `act` returns tells whether it shows that the channel is well.
        """
        failures = 0
        while True:
            try:
                shows = act()
            except Refusal:
                raise
            except Undelivered as error:
                self._failed(error, record)
                usual = max(error.wait, self._delay(failures))
                self._pause(usual if error.again is None else error.again)
                failures += 1
            else:
                self._done(ChannelState.OK if shows else ChannelState.UNKNOWN)
                return

    def _patiently(self, act: Callable[[], None]) -> None:
        """Act, and wait a moment where the agent is away; its log says so once."""
        try:
            act()
        except AgentError as error:
            if str(error) != self._away:
                log.info("%s: %s", self._channel.name, error)
            self._away = str(error)
            self._pause(self._delay(0))

    def _pause(self, seconds: float) -> None:
        if self._wait(seconds):
            raise Ended

    def _delay(self, failures: int) -> float:
        delay = min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(failures, 16))
        return delay * (1.0 + JITTER * (2.0 * self._random() - 1.0))

    def _done(self, state: str) -> None:
        """Take in that it is as well as it can be known: what once worked is not forgotten."""
        before = self._report
        if before.state != ChannelState.OK or state == ChannelState.OK:
            self._set(
                Report(
                    before.name,
                    state,
                    self._since(state),
                    delivered=before.delivered,
                    lost=before.lost,
                )
            )

    def _failed(self, error: Undelivered, record: Record | None) -> None:
        if self._report.state != ChannelState.FAILING:
            log.warning("%s: %s: %s", self._channel.name, error, error.advice)
        self._set(
            replace(
                self._report,
                state=ChannelState.FAILING,
                since=self._since(ChannelState.FAILING),
                detail=str(error),
                cause=error.cause_id,
                waiting_ms=None if record is None else record.wall_ms,
            )
        )

    def _lose(self, gone: Lost) -> None:
        log.error("%s: records %d to %d went untold", self._channel.name, gone.first, gone.upto - 1)
        self._set(replace(self._report, lost=self._report.lost + gone.upto - gone.first))

    def _since(self, state: str) -> float:
        """Return since when it is in a state in which it is now."""
        return self._report.since if state == self._report.state else self._monotonic()

    def _set(self, report: Report) -> None:
        if report != self._report:
            self._report = report
            self._changed()
