"""What a person knows of missing data, put on record beside the gap: why, and for which goods."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, device_of, number, printable
from agent.desks.durably import durable
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.torn_tail import GAP
from agent.records.convert import natural
from agent.records.sentences import sentence
from evidence.leaf import Record, RecordValue

KIND = "note"
LOOK_BACK = 20_000  # records; half a second's reading, and a day of a slow sensor
PAGE = 1000
MOST_SHOWN = 10
MOST_NAME, MOST_TEXT = 64, 400  # characters


class GapNoteDesk:
    """The requests of `tallyman gap DEVICE`. `shipments` names those that a device travels with."""

    def __init__(
        self,
        devices: Sequence[str],
        shipments: Callable[[str], list[str]],
        journal: AsyncJournal,
        recorder: Recorder,
    ) -> None:
        self._devices = devices
        self._shipments = shipments
        self._journal = journal
        self._recorder = recorder

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {"gaps": self.gaps, "gap-note": self.note}

    async def gaps(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the newest gap records of a device, the newest first."""
        device = device_of(request, self._devices)
        shown = 0
        async for record in self._newest(device):
            yield shown_gap(record)
            shown += 1
            if shown == MOST_SHOWN:
                return

    async def note(self, request: Request) -> AsyncGenerator[Any, None]:
        """Record a note on a device's newest gap, or on that of record `number`; yield both."""
        device = device_of(request, self._devices)
        said = printable(request, "text", MOST_TEXT)
        operator = printable(request, "operator", MOST_NAME)
        gap = await self._gap(device, request)
        values: dict[str, RecordValue] = {"gap": gap.number, "text": said, "operator": operator}
        for name in ("from_ms", "to_ms", "duration_ms"):
            if name in gap.values:
                values[name] = gap.values[name]
        if shipments := self._shipments(device):
            values["shipment"] = ", ".join(shipments)
        await self._recorder.note(KIND, values, device=device)
        await durable(self._recorder)
        yield {"device": device, **values, "state": gap.values["state"]}

    async def _gap(self, device: str, request: Request) -> Record:
        if "number" in request:
            wanted = number(request, "number", 0)
            for record in await self._journal.records(wanted, 1):
                if (record.number, record.kind, record.device) == (wanted, GAP, device):
                    return record
            raise BadRequest(
                f"record {wanted} is no gap of {device}", advice=f"list them: tallyman gap {device}"
            )
        async for record in self._newest(device):
            return record
        raise BadRequest(
            f"the last {LOOK_BACK} records have no gap of {device}",
            advice="name an older one by its number: --record N",
        )

    async def _newest(self, device: str) -> AsyncIterator[Record]:
        """Yield the gaps of a device, the newest first."""
        end = await self._journal.count()
        least = max(0, end - LOOK_BACK)
        while end > least:
            first = max(least, end - PAGE)
            for record in reversed(await self._journal.records(first, end - first)):
                if record.kind == GAP and record.device == device and record.number < end:
                    yield record
            end = first


def shown_gap(record: Record) -> dict[str, Any]:
    """Return a gap record for people and programs."""
    return {
        "n": record.number,
        "at_ms": record.wall_ms,
        "text": sentence(record),
        **natural(record),
    }
