"""What the records come to, kept up to date: a fold over them, with a snapshot of it on disk.

The records are the truth. A snapshot says what they came to up to a number, so that a start reads
those behind it alone. Torn, too old, or of another journal, it costs a longer start, never a wrong
book.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.replay import replay
from evidence.leaf import Record
from foundation.durable import WriteFailed, write_file

log = logging.getLogger(__name__)


class Fold(Protocol):
    """Takes records in, in order, each once."""

    def apply(self, record: Record) -> None:
        """Fold one more record in."""
        ...


class Keepable(Fold, Protocol):
    """A fold that a snapshot can hold."""

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON object."""
        ...


F = TypeVar("F", bound=Fold)
K = TypeVar("K", bound=Keepable)
M_co = TypeVar("M_co", bound=Keepable, covariant=True)


class Maker(Protocol[M_co]):
    """Makes a fold: a class of its own, or one that knows more than a snapshot holds."""

    def __call__(self) -> M_co:
        """Return one that holds nothing yet."""
        ...

    def from_json(self, plain: Mapping[str, Any]) -> M_co:
        """Read what `to_json` wrote; ValueError, KeyError or TypeError for anything else."""
        ...


class Book(Generic[F]):
    """A fold that follows the journal from `open` on.

    `content` is what the records come to, and `upto` the first that is not folded in. At most
    `replay_most` records are read to catch up, all of them where it is None; those before them are
    known from a snapshot, or not at all: `missed` is how many.
    """

    def __init__(
        self,
        blank: Callable[[], F],
        recorder: Recorder,
        journal: AsyncJournal,
        *,
        replay_most: int | None,
    ) -> None:
        self.content = blank()
        self.upto = 0
        self.missed = 0
        self._first: int | None = None  # the first record that was read
        self._blank = blank
        self._recorder = recorder
        self._journal = journal
        self._replay_most = replay_most
        self._opened = asyncio.Event()

    async def open(self) -> None:
        """Catch up with the journal, then follow it; may be repeated, after a failure too."""
        if self._opened.is_set():
            return
        count = await self._journal.count()
        self.content, self.upto = await self._begin(count)
        known = self.upto
        if self._replay_most is not None:
            self.upto = max(self.upto, count - self._replay_most)
        await replay(self._journal, self.upto, self._fold)
        self.missed = (count if self._first is None else self._first) - known
        self._recorder.listen(self._fold)
        self._opened.set()

    async def opened(self) -> None:
        """Return once the book is up to date."""
        await self._opened.wait()

    async def _begin(self, count: int) -> tuple[F, int]:
        """Return what is known before any of the journal's `count` records is read, and upto."""
        del count
        return self._blank(), 0

    def _fold(self, records: Sequence[Record]) -> None:
        if self._first is None and records:
            self._first = records[0].number
        for record in records:
            if record.number >= self.upto:
                self.content.apply(record)
                self.upto = record.number + 1


class KeptBook(Book[K]):
    """A book with a snapshot at `path`: what its content says as JSON, the journal, and `upto`."""

    def __init__(
        self,
        path: Path,
        kind: Maker[K],
        recorder: Recorder,
        journal: AsyncJournal,
        *,
        replay_most: int | None,
    ) -> None:
        super().__init__(kind, recorder, journal, replay_most=replay_most)
        self._path = path
        self._kind = kind
        self._saving = asyncio.Lock()

    async def save(self) -> None:
        """Keep the book as it is now; where that fails, the next start reads more records."""
        async with self._saving:
            plain = {"upto": self.upto, "epoch": self._epoch} | self.content.to_json()
            data = json.dumps(plain).encode()
            try:
                await asyncio.to_thread(write_file, self._path, data, mode=0o600)
            except WriteFailed as error:
                log.warning("%s was not written: %s", self._path, error)

    async def _begin(self, count: int) -> tuple[K, int]:
        try:
            plain = json.loads(await asyncio.to_thread(self._path.read_bytes))
            content, upto = self._kind.from_json(plain), int(plain["upto"])
            # Before it named its epoch, a snapshot was of any journal that is long enough for it.
            if plain.get("epoch", self._epoch) == self._epoch and 0 <= upto <= count:
                return content, upto
            log.warning("%s is of another journal: the records are read instead", self._path)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s is unreadable (%s): the records are read instead", self._path, error)
        return self._blank(), 0

    @property
    def _epoch(self) -> str:
        return self._journal.epoch.hex()
