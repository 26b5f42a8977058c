"""The journal as the event loop sees it: every call is awaited and runs in the journal's thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Concatenate, ParamSpec, Self, TypeVar

from agent.journal.journal import BatchRow, Counts, PendingBatch, Rank, SealedBatch
from agent.journal.pairing import LostRecords
from agent.journal.ring import Opened
from agent.journal.ring_journal import RingJournal
from agent.journal.thread import JournalThread
from agent.journal.torn_tail import TornTail
from evidence.leaf import Record

P = ParamSpec("P")
T = TypeVar("T")


class AsyncJournal:
    """A journal and its thread; the methods mean what `Journal` says, one after another, in order.

    Each call is a turn there and back; `run` makes several steps in one. Cancelling a caller does
    not stop its call under way.
    """

    def __init__(self, journal: RingJournal, thread: JournalThread) -> None:
        self._journal = journal
        self._thread = thread

    @classmethod
    async def open(cls, make: Callable[P, RingJournal], *args: P.args, **kwargs: P.kwargs) -> Self:
        """Return the journal that `make` opens in a new thread; raises what `make` raises."""
        return await cls.open_in(JournalThread(), make, *args, **kwargs)

    @classmethod
    async def open_in(
        cls,
        thread: JournalThread,
        make: Callable[P, RingJournal],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Self:
        """Return the journal that `make` opens in `thread`, which ends with it."""
        with ExitStack() as otherwise:
            otherwise.callback(thread.close)
            journal = await thread.run(make, *args, **kwargs)
            otherwise.pop_all()
        return cls(journal, thread)

    def unblock(self) -> None:
        """See `JournalThread.unblock`."""
        self._thread.unblock()

    async def close(self) -> None:
        """Wait for the calls under way, release the files, and end the thread."""
        try:
            await self._thread.run(self._journal.close)
        finally:
            self._thread.close()

    async def run(
        self, work: Callable[Concatenate[RingJournal, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what `work` makes of the journal: several steps that belong together."""
        return await self._thread.run(work, self._journal, *args, **kwargs)

    async def count(self) -> int:
        """See `JournalReader.count`."""
        return await self._thread.run(self._journal.count)

    async def last(self) -> Record | None:
        """See `JournalReader.last`."""
        return await self._thread.run(self._journal.last)

    async def records(self, first: int, limit: int) -> list[Record]:
        """See `JournalReader.records`."""
        return await self._thread.run(self._journal.records, first, limit)

    async def leaves(self, first: int, count: int) -> list[bytes]:
        """See `JournalReader.leaves`."""
        return await self._thread.run(self._journal.leaves, first, count)

    async def head(self) -> SealedBatch | None:
        """See `JournalReader.head`."""
        return await self._thread.run(self._journal.head)

    async def batch(self, seq: int) -> BatchRow:
        """See `JournalReader.batch`."""
        return await self._thread.run(self._journal.batch, seq)

    async def batches(self, first: int, last: int) -> list[BatchRow]:
        """See `JournalReader.batches`."""
        return await self._thread.run(self._journal.batches, first, last)

    async def last_urgent(self) -> int:
        """See `JournalReader.last_urgent`."""
        return await self._thread.run(self._journal.last_urgent)

    async def bodies_owed(self, rank: Rank, newest_from: int, limit: int) -> list[PendingBatch]:
        """See `JournalReader.bodies_owed`."""
        return await self._thread.run(self._journal.bodies_owed, rank, newest_from, limit)

    async def custody_owed(self, after: int, limit: int) -> list[int]:
        """See `JournalReader.custody_owed`."""
        return await self._thread.run(self._journal.custody_owed, after, limit)

    async def counts(self) -> Counts:
        """See `JournalReader.counts`."""
        return await self._thread.run(self._journal.counts)

    async def next_number(self) -> int:
        """See `Journal.next_number`."""
        return await self._thread.run(self._journal.next_number)

    async def commit(self, records: Sequence[Record], *, reserve: bool = False) -> None:
        """See `Journal.commit`."""
        await self._thread.run(self._journal.commit, records, reserve=reserve)

    async def make_room(self) -> bool:
        """See `Journal.make_room`."""
        return await self._thread.run(self._journal.make_room)

    async def set_custody(self, receipts: Mapping[int, bytes]) -> None:
        """See `Journal.set_custody`."""
        await self._thread.run(self._journal.set_custody, receipts)

    async def set_body_taken(self, seqs: Sequence[int], at_ms: int) -> None:
        """See `Journal.set_body_taken`."""
        await self._thread.run(self._journal.set_body_taken, seqs, at_ms)

    async def set_refused(self, seq: int, code: str, text: str) -> None:
        """See `Journal.set_refused`."""
        await self._thread.run(self._journal.set_refused, seq, code, text)

    async def flush(self) -> None:
        """See `Journal.flush`."""
        await self._thread.run(self._journal.flush)

    async def lost(self) -> LostRecords | None:
        """See `Journal.lost`."""
        return await self._thread.run(self._journal.lost)

    async def undeclared(self) -> TornTail | None:
        """See `RingJournal.undeclared`."""
        return await self._thread.run(self._journal.undeclared)

    async def declared(self) -> None:
        """See `Journal.declared`."""
        await self._thread.run(self._journal.declared)

    def newest(self) -> SealedBatch | None:
        """See `RingJournal.newest`; it asks memory only, so it is answered here and now."""
        return self._journal.newest()

    def crowded(self) -> bool:
        """See `Journal.crowded`; it asks memory only, so it is answered here and now."""
        return self._journal.crowded()

    def roomy(self) -> bool:
        """See `Journal.roomy`; it asks memory only, too."""
        return self._journal.roomy()

    @property
    def epoch(self) -> bytes:
        """See `RingReader.epoch`."""
        return self._journal.epoch

    @property
    def erases(self) -> bool:
        """See `RingJournal.erases`."""
        return self._journal.erases

    @property
    def opened(self) -> Opened:
        """See `RingJournal.opened`."""
        return self._journal.opened
