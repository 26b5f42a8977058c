"""Erases records by the rules of [privacy] once they are due, and puts on record what went.

The record comes last: when it is durable, nothing of what it tells of is left in the journal's
files. What a power cut leaves half done is finished after the next start.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from agent.clock.belief import Stamp
from agent.clock.clock import Clock
from agent.journal.async_journal import AsyncJournal
from agent.journal.erasure_rule import Erasure, Rule
from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from evidence.leaf import Record, RecordValue

log = logging.getLogger(__name__)

KIND = "erasure"

LOOK_EVERY = 6 * 3600.0
"""s between two looks: a rule is of whole days, and each look may cost a record and a new ring."""

RETRY_AFTER = 60.0
"""s until the next try where the disk refused or is damaged, where another program read the
journal, or where nobody vouches for the time yet."""

DAY_MS = 86_400_000

PAGE = 1000
"""Records read at once."""


@dataclass(slots=True)
class RuleState:
    """What a rule came to: `overdue` batches wait for a node's signature, None: nobody looked yet;
    `erased` records went since the start.
    """

    rule: Rule
    overdue: int | None = None
    erased: int = 0


class Eraser:
    """`run` is its task; `states` and `error` say how it goes."""

    def __init__(
        self,
        rules: Sequence[Rule],
        journal: AsyncJournal,
        recorder: Recorder,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._journal = journal
        self._recorder = recorder
        self._clock = clock
        self._sleep = sleep
        self.states = [RuleState(rule) for rule in rules]
        self.error = ""

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            done = await self.look()
            await self._sleep(LOOK_EVERY if done else RETRY_AFTER)

    async def look(self) -> bool:
        """Erase all that is due, and tell of it; False where the disk did not let us, and where
        nobody vouches for the time yet.
        """
        now = self._clock.now()
        try:
            await self._tell()  # of what the run before left half done
            for state in self.states:
                await self._erase(state, now)
            await self._tell()
        except (JournalUnavailable, JournalDamaged) as error:  # the status tells of either
            log.warning("what is due by [privacy] is not erased yet: %s", error)
            self.error = str(error)
            return False
        self.error = ""
        return now.bound_ms is not None

    async def _erase(self, state: RuleState, now: Stamp) -> None:
        if now.bound_ms is None:
            return  # nobody knows how old anything is
        before_ms = now.wall_ms - state.rule.days * DAY_MS
        while True:
            erase = RingJournal.erase
            gone = await self._journal.run(erase, state.rule, before_ms, now.wall_ms)
            if gone is None:
                break
            state.erased += gone
        state.overdue = await self._journal.run(RingJournal.overdue, state.rule.what)

    async def _tell(self) -> None:
        """See to it that nothing is left of what went, and put that on record."""
        untold = await self._journal.run(RingJournal.untold)
        if not untold and not await self._journal.run(RingJournal.unwiped):
            return
        while await self._journal.run(RingJournal.wipe):
            pass
        if not untold:
            return  # bodies that retention had let go lay around
        for erasure in await self._journal.run(_unrecorded, untold):
            log.info("%d %s records are erased by rule", erasure.count, erasure.what)
            await self._recorder.note(KIND, values_of(erasure))
        await self._recorder.flush()
        await self._journal.run(RingJournal.set_told, [erasure.id for erasure in untold])


def values_of(erasure: Erasure) -> dict[str, RecordValue]:
    """Return the fields of the record that tells of it."""
    return {
        "what": erasure.what,
        "count": erasure.count,
        "first": erasure.first,
        "last": erasure.last,
        "days": erasure.days,
        "begun_ms": erasure.at_ms,
    }


def _unrecorded(journal: RingJournal, untold: Sequence[Erasure]) -> list[Erasure]:
    """Return those of which no record tells: power may have gone right behind one."""
    start = min(erasure.behind for erasure in untold)
    found: list[Record] = []
    while page := journal.records(start, PAGE):
        found += [record for record in page if record.kind == KIND]
        start = page[-1].number + 1
    told = [dict(record.values) for record in found]
    return [erasure for erasure in untold if values_of(erasure) not in told]
