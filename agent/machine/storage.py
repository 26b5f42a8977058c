"""Watches the disk under the journal: which state it is in, since when, and what to do about it.

Every change is a `storage` record, in the ring's reserve where nothing else takes it. The journal
itself goes on as well as it can (`recorder`, `ring`, `retention`); here is what people hear of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from agent.journal.async_journal import AsyncJournal
from agent.journal.causes import OF_STATE
from agent.journal.journal import ArchiveFull, JournalUnavailable
from agent.journal.recorder import Recorder
from agent.journal.refusals import Cause
from agent.journal.storage_state import StorageState, of_errno
from agent.machine.spare import keep
from drivers.driver import Timing
from foundation.dataclass import dataclass
from foundation.durable import WriteFailed, write_file

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0  # s; asks memory only while all is well, yet each wake-up costs system calls
ROOM_EVERY = 10.0  # s between two looks at whether something in a full archive may go by now
SEAL_RETRY = 5.0  # s between attempts to store a batch: how soon the gateway notices a disk healed
SPARE_EVERY = 60.0  # s between two looks at whether the space for a start is set aside
PROBE_NAME, PROBE_BYTES = "probe", 65536  # bytes: SQLite's own side file takes half of that
CALM = 60.0  # s without a slow commit, after which the disk is no longer called slow


@dataclass(frozen=True, slots=True)
class Trouble:
    """A state, and what it was known by."""

    state: StorageState = StorageState.OK
    error: str = ""
    advice: str = ""


WELL = Trouble()


def probe(folder: Path) -> StorageState:
    """Return what the disk says to a new file of PROBE_BYTES; FAILING where it takes that one."""
    path = folder / PROBE_NAME
    try:
        write_file(path, bytes(PROBE_BYTES))
        path.unlink()
    except WriteFailed as error:
        assert isinstance(error.__cause__, OSError)
        return of_errno(error.__cause__.errno)
    except OSError as error:
        return of_errno(error.errno)
    return StorageState.FAILING


class Storage:
    """Knows the disk's state; `run` is its task, and `keep_sealing` wraps the batcher's."""

    def __init__(
        self,
        recorder: Recorder,
        journal: AsyncJournal,
        timing: Timing,
        folder: Path,
        *,
        slow_commit: float,
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._recorder = recorder
        self._journal = journal
        self._timing = timing
        self._folder = folder
        self._slow_commit = slow_commit
        self._look_every = look_every
        self._sealing = WELL
        self._slow: tuple[float, float] | None = None
        self._looked_for_room = timing.monotonic()
        self._kept_spare = -SPARE_EVERY
        self.now = WELL
        self.since = timing.monotonic()

    async def keep_sealing(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run the batcher; when the disk does not take a batch, try again until it does."""
        while True:
            try:
                await run()
            except ArchiveFull as error:
                self._sealing = Trouble(error.state, str(error), error.advice)
                self._recorder.refuse(Cause.ARCHIVE)
            except JournalUnavailable as error:
                self._sealing = await self._looked_into(error)
            await self._timing.sleep(SEAL_RETRY)

    def sealed(self) -> None:
        """Learn that a batch was stored."""
        if self._sealing.state is not StorageState.LIMIT:
            self._sealing = WELL
        self._recorder.reconsider()

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await self.look()
            await self._timing.sleep(self._look_every)

    async def look(self) -> None:
        """Find out the state; record it when it has changed."""
        if self._recorder.refusals.has(Cause.ARCHIVE):
            await self._look_for_room()
        found = self._found()
        changed = found.state is not self.now.state
        before, self.now = self.now, found
        if changed:
            await self._changed(before)
        if found is WELL and self._timing.monotonic() - self._kept_spare >= SPARE_EVERY:
            self._kept_spare = self._timing.monotonic()
            await asyncio.to_thread(keep, self._folder)

    async def _changed(self, before: Trouble) -> None:
        now = self._timing.monotonic()
        lasted, self.since = now - self.since, now
        values: dict[str, int | str] = {
            "state": str(self.now.state),
            "duration_ms": round(lasted * 1000),
        }
        if self.now.state is StorageState.OK:
            log.warning("storage is ok again, after %.0f s of: %s", lasted, before.state)
        else:
            log.error("storage is %s: %s (%s)", self.now.state, self.now.error, self.now.advice)
            values["detail"] = self.now.error
        await self._recorder.note("storage", values)

    def _found(self) -> Trouble:
        """Return the worst of what is known: commits that fail, batches that fail, slowness."""
        state = self._recorder.state
        if state.failing_since is not None:
            return Trouble(state.disk, state.error, state.advice)
        if self._sealing is not WELL:
            return self._sealing
        return self._slowness()

    def _slowness(self) -> Trouble:
        now, state = self._timing.monotonic(), self._recorder.state
        lasting = 0.0 if state.committing_since is None else now - state.committing_since
        longest = max(state.slowest_commit, lasting)
        state.slowest_commit = 0.0
        if longest > self._slow_commit:
            self._slow = now, longest
        if self._slow is None or now - self._slow[0] > CALM:
            return WELL
        text = f"a commit took {self._slow[1]:.1f} s; {self._slow_commit:g} s are allowed"
        return Trouble(StorageState.SLOW, text, OF_STATE[StorageState.SLOW].next)

    async def _looked_into(self, error: JournalUnavailable) -> Trouble:
        """Return what is behind an error of SQLite.

        It says "disk I/O error" for a full or read-only disk, too, where a file beside the database
        is concerned. A write of our own tells more.
        """
        state = error.state
        if state is StorageState.FAILING:
            state = await asyncio.to_thread(probe, self._folder)
        return Trouble(state, str(error), OF_STATE[state].next)

    async def _look_for_room(self) -> None:
        now = self._timing.monotonic()
        if now - self._looked_for_room < ROOM_EVERY:
            return
        self._looked_for_room = now
        with suppress(JournalUnavailable):  # then the next batch tells
            if await self._journal.make_room():
                self._sealing = WELL
                self._recorder.accept(Cause.ARCHIVE)
