"""Folders shared with partners: notices that their network drops, papers that it picks up.

Each file once. What cannot be read stays where it is, with the reason in a file beside it; it is
tried again when that is gone. A paper is written whole, under its name at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import stat
from pathlib import Path
from typing import Any

from agent.desks.checks import Checks
from agent.desks.notices import NoticeStore
from agent.dock.notice import MOST_BYTES, Notice, NoticeError
from agent.dock.papers.forms import PAPERS
from agent.dock.papers.receipt import NoPaper, receipt_of
from agent.journal.recorder import Recorder
from drivers.driver import Timing
from evidence.leaf import RecordValue
from foundation.durable import WriteFailed, move_file, write_file

log = logging.getLogger(__name__)

EVERY = 5.0  # s between two looks; a file is taken that did not grow from one to the next
TAKEN = "taken"  # folder of what was read, in the inbox
PROBLEM = ".problem.txt"
MOST_NAME = 80  # characters of a file's name in a record
MODE = 0o644  # for whoever picks papers up, and reads problems


class Exchange:
    """Looks into the inbox, and fills the outbox; either may be None."""

    def __init__(
        self,
        inbox: Path | None,
        outbox: Path | None,
        notices: NoticeStore,
        checks: Checks,
        recorder: Recorder,
        timing: Timing,
    ) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._notices = notices
        self._checks = checks
        self._recorder = recorder
        self._timing = timing
        self._sizes: dict[str, int] = {}

    async def run(self) -> None:
        """Look again and again; what cannot be done now is done at the next look."""
        await self._checks.inherited()
        while True:
            if self._inbox is not None:
                await self._take_all(self._inbox)
            if self._outbox is not None:
                await self._give_all(self._outbox)
            await self._timing.sleep(EVERY)

    async def _take_all(self, inbox: Path) -> None:
        sizes = await asyncio.to_thread(waiting, inbox)
        ready = [name for name, size in sizes.items() if self._sizes.get(name) == size]
        self._sizes = sizes
        for name in sorted(ready):
            await self._take(inbox, name)

    async def _take(self, inbox: Path, name: str) -> None:
        """Put the notices of a file on record, and the file aside; or say beside it why not."""
        try:
            data = await asyncio.to_thread(read_at_most, inbox / name, MOST_BYTES + 1)
            notices = await asyncio.to_thread(self._notices.read_all, data)
        except (NoticeError, OSError) as error:
            text = f"{name}: {error}\nnext: correct it or ask the supplier, then delete this file\n"
            await asyncio.to_thread(_written, inbox / (name + PROBLEM), text.encode())
            return
        await self._notices.keep(data)
        for notice in notices:
            await self._note(notice, name)
        await self._recorder.flush()
        await self._checks.save()
        digest = hashlib.sha256(data).hexdigest()
        await asyncio.to_thread(put_aside, inbox / name, digest)

    async def _note(self, notice: Notice, file: str) -> None:
        values: dict[str, RecordValue] = {
            "notice": notice.number,
            "digest": notice.digest,
            "form": notice.form,
            "supplier": notice.supplier,
            "order": notice.order,
            "file": file[:MOST_NAME],
        }
        if self._checks.history.notices.get(notice.number) != notice.digest.hex():
            said = {name: value for name, value in values.items() if value}
            await self._recorder.note("dock-notice", said)

    async def _give_all(self, outbox: Path) -> None:
        for check, forms in list(self._checks.history.owed.items()):
            async for told in self._checks.receipts(check):
                for form in (each for each in forms if each in PAPERS):
                    await self._give(outbox, check, form, told)

    async def _give(self, outbox: Path, check: str, form: str, told: dict[str, Any]) -> None:
        """Write one paper, and put on record that it is there, or why it never will be."""
        values: dict[str, RecordValue] = {"check": check, "form": form}
        ending, make = PAPERS[form]
        try:
            data = make(receipt_of(told))
        except NoPaper as error:
            values["problem"] = str(error)
        else:
            path = outbox / f"{check}{ending}"
            if not await asyncio.to_thread(_written, path, data):
                return
            values |= {"file": path.name, "digest": hashlib.sha256(data).digest()}
        await self._recorder.note("dock-paper", values)
        await self._recorder.flush()


def waiting(inbox: Path) -> dict[str, int]:
    """Return the files of a folder that wait to be read, with their sizes."""
    try:
        names = {path.name: path.lstat() for path in inbox.iterdir()}
    except OSError:
        return {}
    return {
        name: found.st_size
        for name, found in names.items()
        if stat.S_ISREG(found.st_mode)
        and not name.startswith(".")
        and not name.endswith(PROBLEM)
        and name + PROBLEM not in names
    }


def read_at_most(path: Path, most: int) -> bytes:
    """Return the beginning of a file, all of it where it is no longer."""
    with path.open("rb") as file:
        return file.read(most)


def put_aside(path: Path, digest: str) -> None:
    """Move a file that was read into the folder of those; a name that is there gets the digest."""
    folder = path.parent / TAKEN
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    if target.exists():
        target = folder / f"{path.stem}-{digest[:12]}{path.suffix}"
    move_file(path, target)


def _written(path: Path, data: bytes) -> bool:
    """Write a file for others; False where that cannot be now, as the folder is away or full."""
    try:
        write_file(path, data, mode=MODE)
    except WriteFailed as error:
        log.warning("cannot write %s: %s", path, error)
        return False
    return True
