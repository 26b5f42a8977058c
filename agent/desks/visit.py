"""A technician's visit: what was found, what was done, what is left; each of it a record.

The sheet of the newest visit is kept beside the journal, so that a visit goes on after a restart,
which may be what was done. The records are the truth.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, printable
from agent.desks.durably import durable
from agent.desks.findings import Finding, findings
from agent.desks.status import Status
from agent.journal.recorder import Recorder
from agent.records.convert import iso
from evidence.leaf import RecordValue
from foundation.durable import write_file

KIND, FINDING, ACTION = "visit", "visit-finding", "visit-action"
BEGUN, ENDED = "begun", "ended"
BEFORE, AFTER = "before", "after"
FILE_NAME = "visit.json"
MOST_NAME, MOST_TEXT = 64, 400  # characters
MOST_ACTIONS = 100

WHOLE = {"visit", "operator", "state", "begun_ms", BEFORE, "actions", AFTER}

Sheet = dict[str, Any]
"""`visit`, `operator`, `state`, `begun_ms`, `ended_ms`, and the lists `before`, `actions`,
`after`."""


class VisitDesk:
    """The requests of `tallyman visit`."""

    def __init__(
        self, state_dir: Path, look: Callable[[], Awaitable[Status]], recorder: Recorder
    ) -> None:
        self._path = state_dir / FILE_NAME
        self._look = look
        self._recorder = recorder
        self._turn = asyncio.Lock()  # two technicians at one gateway share one visit

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {
            "visit": self.show,
            "visit-begin": self.begin,
            "visit-action": self.act,
            "visit-end": self.end,
        }

    async def show(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the sheet of the newest visit; nothing where there was none."""
        del request
        sheet = await self._read()
        if sheet is not None:
            yield sheet

    async def begin(self, request: Request) -> AsyncGenerator[Any, None]:
        """Begin a visit, or go on with the one under way; yield its sheet with the findings."""
        operator = printable(request, "operator", MOST_NAME)
        async with self._turn:
            sheet = await self._read()
            if sheet is None or sheet["state"] == ENDED:
                sheet = await self._begun(operator)
        yield sheet

    async def _begun(self, operator: str) -> Sheet:
        status = await self._look()
        found = findings(status)
        now_ms = status.clock.wall_ms
        sheet = {
            "visit": visit_name(now_ms),
            "gateway": status.name,
            "operator": operator,
            "state": BEGUN,
            "begun_ms": now_ms,
            "ended_ms": None,
            "before": [each._asdict() for each in found],
            "actions": [],
            "after": [],
        }
        await self._note(sheet, KIND, {"state": BEGUN, "found": len(found)})
        await self._note_findings(sheet, BEFORE, found)
        await self._keep(sheet)
        return sheet

    async def act(self, request: Request) -> AsyncGenerator[Any, None]:
        """Record what was done, `about` a device and by another where named; yield the sheet."""
        text = printable(request, "text", MOST_TEXT)
        about = printable(request, "about", MOST_NAME) if request.get("about") else ""
        by = _operator(request)
        async with self._turn:
            sheet = await self._under_way()
            if len(sheet["actions"]) >= MOST_ACTIONS:
                raise BadRequest(f"a visit has {MOST_ACTIONS} actions at most", advice="end it")
            status = await self._look()
            _check_about(about, status)
            await self._note(sheet, ACTION, {"text": text, "about": about, "operator": by})
            sheet["actions"].append(
                {"at_ms": status.clock.wall_ms, "about": about, "text": text, "operator": by}
            )
            await self._keep(sheet)
        yield sheet

    async def end(self, request: Request) -> AsyncGenerator[Any, None]:
        """End the visit with what is found now; yield its sheet."""
        by = _operator(request)
        async with self._turn:
            sheet = await self._under_way()
            status = await self._look()
            left = findings(status)
            sheet |= {"state": ENDED, "ended_ms": status.clock.wall_ms}
            sheet["after"] = [each._asdict() for each in left]
            await self._note_findings(sheet, AFTER, left)
            counts = {"actions": len(sheet["actions"]), "left": len(left)}
            await self._note(sheet, KIND, {"state": ENDED, "operator": by, **counts})
            await self._keep(sheet)
        yield sheet

    async def _under_way(self) -> Sheet:
        sheet = await self._read()
        if sheet is None or sheet["state"] == ENDED:
            raise BadRequest(
                "no visit is under way", advice="begin: tallyman visit begin --as NAME"
            )
        return sheet

    async def _note_findings(self, sheet: Sheet, moment: str, found: list[Finding]) -> None:
        for each in found:
            await self._note(sheet, FINDING, {"moment": moment, **each._asdict()})

    async def _note(self, sheet: Sheet, kind: str, values: Mapping[str, RecordValue]) -> None:
        """Record a step of the visit, by who began it unless another does it."""
        known = {name: value for name, value in values.items() if value != ""}
        named = {"visit": sheet["visit"], "operator": sheet["operator"]}
        await self._recorder.note(kind, {**named, **known})

    async def _keep(self, sheet: Sheet) -> None:
        """Make the records durable, then the sheet that tells of them."""
        await durable(self._recorder)
        await asyncio.to_thread(write_file, self._path, json.dumps(sheet).encode())

    async def _read(self) -> Sheet | None:
        """Return the kept sheet; none where there is none that can be read."""
        try:
            sheet = json.loads(await asyncio.to_thread(self._path.read_bytes))
        except (OSError, ValueError):
            return None
        return sheet if isinstance(sheet, dict) and sheet.keys() >= WHOLE else None


def _operator(request: Request) -> str:
    """Return who does this step; empty: who began the visit."""
    return printable(request, "operator", MOST_NAME) if request.get("operator") else ""


def visit_name(now_ms: int) -> str:
    """Return what a visit is called: V- and its beginning, UTC."""
    digits = "".join(char for char in iso(now_ms) if char.isdigit())
    return f"V-{digits[:8]}-{digits[8:14]}"


def _check_about(about: str, status: Status) -> None:
    names = [device.name for device in status.devices]
    if about and about not in names:
        raise BadRequest(f"there is no device {about!r}", advice="see the names: tallyman devices")
