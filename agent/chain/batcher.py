"""When a batch is sealed: full, old, or at once for an urgent record."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from agent.chain.building import Authors, Place, build_batch, build_gap
from agent.chain.seal_tally import SealTally
from agent.clock.clock import Clock
from agent.journal.async_journal import AsyncJournal
from agent.journal.flag import Flag
from agent.journal.journal import Journal, JournalUnavailable, SealedBatch, UnreadableBody
from agent.records.registry import kind_of
from agent.signing.signer import SignerAway
from evidence.body import ROWS
from evidence.leaf import SEED_BYTES, Record
from foundation.dataclass import dataclass

log = logging.getLogger(__name__)

Entropy = Callable[[int], bytes]
"""Returns that many unpredictable bytes (`secrets.token_bytes`)."""


FRESH_BATCHES = 2
"""Batches of records kept at hand from commit to seal; later ones are read from the journal."""


def any_urgent(records: Sequence[Record]) -> bool:
    """Tell whether one of the records wants to be sealed at once."""
    return any(kind_of(record.kind).urgent for record in records)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch closes: after so many records, or so many seconds after its first."""

    records: int
    seconds: float


class Batcher:
    """Seals what the recorder commits: when full, when old, at once for an urgent record.

    `cpu` returns the seconds of processor time that its thread has had.
    """

    def __init__(
        self,
        journal: AsyncJournal,
        authors: Authors,
        clock: Clock,
        entropy: Entropy,
        limits: Limits,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self.tally = SealTally()
        self._cpu = cpu
        self._journal = journal
        self._authors = authors
        self._clock = clock
        self._entropy = entropy
        self._limits = limits
        self._listeners: list[Callable[[], None]] = []
        self._wake = Flag()
        self._unsealed = 0
        self._urgent = False
        self._oldest: float | None = None
        self._fresh: dict[int, Record] = {}

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever new batches are durable."""
        self._listeners.append(listener)

    def committed(self, records: Sequence[Record], *, urgent: bool) -> None:
        """Learn that `records` are durable; `urgent` ones want to be sealed at once.

        So does everything when the journal runs out of room for unsealed records.
        """
        count = len(records)
        if len(self._fresh) < FRESH_BATCHES * self._limits.records:
            self._fresh.update((record.number, record) for record in records)
        begins = self._oldest is None
        if self._oldest is None:
            self._oldest = self._now()
        self._unsealed += count
        self._urgent |= urgent
        # To wake `run` for each commit, only to let it wait on, costs a dozen system calls.
        full = self._unsealed >= self._limits.records or self._journal.crowded()
        if begins or full or self._urgent or self._age_left() == 0:
            self._wake.set()

    async def run(self) -> None:
        """Seal for ever; what a former run left unsealed is sealed first."""
        await self.seal_all()
        while True:
            if await self._wait():
                await self.seal_all()
            else:
                await self._seal(whole_only=True)

    async def _wait(self) -> bool:
        """Return when a batch is due: True when even a part of one is, False when one is full."""
        while True:
            if (
                self._urgent
                or self._age_left() == 0
                or (self._unsealed and self._journal.crowded())
            ):
                return True
            if self._unsealed >= self._limits.records:
                return False
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._age_left()):
                    await self._wake.wait()

    def _now(self) -> float:
        return self._clock.now().monotonic_ms / 1000

    def _age_left(self) -> float | None:
        """Return the seconds until the oldest unsealed record must be sealed; None without one."""
        if self._oldest is None:
            return None
        return max(0.0, self._oldest + self._limits.seconds - self._now())

    async def seal_all(self) -> None:
        """Seal every record that is durable now."""
        await self._seal(whole_only=False)

    async def _seal(self, *, whole_only: bool) -> None:
        urgent, self._urgent = self._urgent, False
        self._oldest, self._unsealed = None, 0
        try:
            sealed, left = await self._journal.run(self._seal_ready, whole_only=whole_only)
        except (JournalUnavailable, SignerAway):
            self._urgent |= urgent  # the alarm in it is one at the next try, too
            raise
        if left and self._oldest is None:
            self._oldest = self._now()
        self._unsealed += left
        if sealed:
            for listener in self._listeners:
                listener()

    def _seal_ready(self, journal: Journal, *, whole_only: bool) -> tuple[bool, int]:
        """Seal batch after batch; return whether there was any, and how many records are left."""
        before = journal.head()
        head = self._seal_loss(journal, before)
        while True:
            began = self._cpu()
            place = Place.after(head)
            records = journal.leaves(place.first, self._limits.records)
            if not records or (whole_only and len(records) < self._limits.records):
                return head is not before, len(records)
            issued_at = self._issued_at()
            seed = self._entropy(SEED_BYTES)
            parsed = self._parsed(place.first, records)
            build = partial(
                build_batch,
                self._authors.after(head),
                place,
                records,
                seed,
                issued_at,
                urgent=any_urgent(parsed),
                parsed=parsed,
            )
            head = _stored(journal, build)
            self.tally.add(head, self._cpu() - began)

    def _seal_loss(self, journal: Journal, head: SealedBatch | None) -> SealedBatch | None:
        """Declare numbers that were given up, behind the records before them; return the head."""
        lost = journal.lost()
        while lost is not None:
            place = Place.after(head)
            left = min(self._limits.records, lost.first - place.first)
            author, issued_at = self._authors.after(head), self._issued_at()
            if left:
                records = journal.leaves(place.first, left)
                urgent = any_urgent(list(map(Record.from_bytes, records)))
                seed = self._entropy(SEED_BYTES)
                build = partial(build_batch, author, place, records, seed, issued_at, urgent=urgent)
                head = _stored(journal, build)
            else:
                head = build_gap(author, place, lost, issued_at)
                journal.seal(head)
                lost = None
        return head

    def _issued_at(self) -> int:
        return max(0, self._clock.now().wall_ms // 1000)

    def _parsed(self, first: int, records: Sequence[bytes]) -> list[Record]:
        """Return the records that start with number `first`; those at hand need no reading."""
        fresh = self._fresh
        # The event loop adds to it meanwhile: single operations on a dict are safe, loops are not.
        for number in list(fresh):
            if number < first:
                fresh.pop(number)
        return [
            fresh.pop(first + at) if first + at in fresh else Record.from_bytes(record)
            for at, record in enumerate(records)
        ]


def _stored(journal: Journal, build: Callable[..., SealedBatch]) -> SealedBatch:
    """Store a batch in columns; as rows where the columns do not give its records back.

    The journal compares, as its ring holds the only other copy: a mistake of the codec costs
    bytes then, never a record, and never the gateway.
    """
    batch = build()
    try:
        journal.seal(batch)
    except UnreadableBody as error:
        log.error("%s: a mistake of this program; sealed as rows", error)  # noqa: TRY400  foreseen
        batch = build(codec=ROWS)
        journal.seal(batch)
    return batch
