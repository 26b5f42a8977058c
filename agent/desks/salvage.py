"""Taking over what a dead gateway had recorded and not signed: as records of this gateway.

Each is a `salvaged` record with the original's bytes within. Nobody but this gateway signs it, and
its quality says so. A record is taken once, however often it is brought.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, text
from agent.journal.async_journal import AsyncJournal
from agent.journal.follow import read_from
from agent.journal.recorder import Recorder
from drivers.reading import Quality
from evidence.errors import EvidenceError
from evidence.leaf import Record, RecordValue
from evidence.statement import EPOCH_BYTES
from foundation.durable import write_file

KIND = "salvaged"
FOLDER = "salvaged"
"""Below the state folder: of each epoch taken over, this gateway's first record that may be it."""


class SalvageDesk:
    """Answers the verb `salvage` of the control socket."""

    def __init__(self, recorder: Recorder, journal: AsyncJournal, state_dir: Path) -> None:
        self._recorder = recorder
        self._journal = journal
        self._folder = state_dir / FOLDER
        self._known: dict[bytes, set[int]] = {}
        self._turn = asyncio.Lock()  # one request at a time, or two might take the same record

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"salvage": self.salvage}

    async def salvage(self, request: Request) -> AsyncGenerator[Any, None]:
        """Take `records` (hexadecimal) of `gateway` and `epoch`; yield how many were new.

        They are durable when that is said.
        """
        gateway, epoch = text(request, "gateway"), _epoch(request)
        records = _records(request)
        async with self._turn:
            new = await self._take(gateway, epoch, records)
        yield {"new": new, "known": len(records) - new}

    async def _take(
        self, gateway: str, epoch: bytes, records: Sequence[tuple[Record, bytes]]
    ) -> int:
        """Record what is new, and return how much that was, once it is durable."""
        known = self._known.get(epoch)
        if known is None:
            known = self._known[epoch] = await self._find(epoch)
        new = [(record, leaf) for record, leaf in records if record.number not in known]
        for record, leaf in new:
            known.add(record.number)
            values = _values(gateway, epoch, record, leaf)
            await self._recorder.note(KIND, values, device=record.device, quality=Quality.SALVAGED)
        await self._recorder.flush()
        return len(new)

    async def _find(self, epoch: bytes) -> set[int]:
        """Return the numbers that the journal has of an epoch, since the first time it was asked.

        The mark is durable before the first record: so a search finds all of them.
        """
        mark = self._folder / epoch.hex()
        if not mark.exists():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            first = self._recorder.next_number
            await asyncio.to_thread(write_file, mark, b"%d\n" % first)
            return set()
        found: set[int] = set()
        since = int(await asyncio.to_thread(mark.read_bytes))
        async for leaf in read_from(self._journal, since, self._recorder.next_number - since):
            record = Record.from_bytes(leaf)
            number = record.values.get("number")
            if record.kind == KIND and record.values.get("epoch") == epoch:
                assert isinstance(number, int), "the registry says that it is a number"
                found.add(number)
        return found


def _epoch(request: Request) -> bytes:
    epoch = _bytes(text(request, "epoch"))
    if len(epoch) != EPOCH_BYTES:
        raise BadRequest(f"an epoch is {EPOCH_BYTES} bytes")
    return epoch


def _records(request: Request) -> list[tuple[Record, bytes]]:
    items = request.get("records")
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise BadRequest("records must be a list of texts")
    leaves = [_bytes(item) for item in items]
    try:
        return [(Record.from_bytes(leaf), leaf) for leaf in leaves]
    except EvidenceError as error:
        raise BadRequest(f"no record: {error}") from error


def _bytes(item: str) -> bytes:
    try:
        return bytes.fromhex(item)
    except ValueError as error:
        raise BadRequest("bytes are to be given in hexadecimal") from error


def _values(gateway: str, epoch: bytes, record: Record, leaf: bytes) -> dict[str, RecordValue]:
    return {
        "gateway": gateway,
        "epoch": epoch,
        "number": record.number,
        "of": record.kind,
        "at_ms": record.wall_ms,
        "record": leaf,
    }
