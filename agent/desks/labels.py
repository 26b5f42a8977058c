"""Numbers for units that came without one: each SSCC is given once, whatever happens to the power.

The next serial reference is durable before any below it is told. A number that was told and never
printed is lost; there are millions.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

from agent.config.labels import LabelSettings
from agent.desks.control import BadRequest, Request, Verb, number, printable, text
from agent.desks.durably import durable
from agent.dock.own_units import OwnUnits
from agent.journal.recorder import Recorder
from evidence.leaf import RecordValue
from foundation.durable import SYSTEM_DISK, Disk, write_file
from foundation.errors import Fatal

FILE_NAME = "sscc.json"
MOST_AT_ONCE = 100  # more is a slip of the finger, and a roll has 500
MOST_TEXT = 200  # characters of a name, and of what a person says of the units


class LostCount(Fatal):
    """Nobody can tell which numbers were given."""

    advice = "set [labels] first above the last label that was printed, then delete the file"


class LabelDesk:
    """Gives SSCCs of one company prefix."""

    def __init__(
        self,
        state_dir: Path,
        settings: LabelSettings,
        recorder: Recorder,
        disk: Disk = SYSTEM_DISK,
    ) -> None:
        self._file = state_dir / FILE_NAME
        self._units = OwnUnits(settings.extension, settings.prefix)
        self._first = settings.first
        self._recorder = recorder
        self._disk = disk
        self._turn = asyncio.Lock()  # one request at a time

    def verbs(self) -> Mapping[str, Verb]:
        """Return what the control socket can ask."""
        return {"label-new": self.new, "label-again": self.again}

    async def new(self, request: Request) -> AsyncGenerator[Any, None]:
        """Give `count` numbers that were never given; yield them once that is durable."""
        self._check_prefix()
        count = number(request, "count", 1)
        if not 1 <= count <= MOST_AT_ONCE:
            raise BadRequest(f"{count} labels: 1 to {MOST_AT_ONCE} at once", advice="count again")
        said = _said(request)
        async with self._turn:
            first = await asyncio.to_thread(self._reserve, count)
        given = [self._units.sscc(first + at) for at in range(count)]
        await self._note(given, said)
        yield {"sscc": given}

    async def again(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield a number that was given before, for its label to be printed once more."""
        self._check_prefix()
        sscc = text(request, "sscc")
        reference = self._units.reference(sscc)
        given = await asyncio.to_thread(self._next)
        if reference is None or not self._first <= reference < given:
            raise BadRequest(
                f"(00){sscc[:18]} was not given here", advice="leave out --again for a new number"
            )
        await self._note([sscc], _said(request) | {"again": 1})
        yield {"sscc": [sscc]}

    def _check_prefix(self) -> None:
        if not self._units.prefix:
            raise BadRequest(
                "no company prefix is configured", advice="set it: [labels] prefix, from GS1"
            )

    def _reserve(self, count: int) -> int:
        """Take so many serial references, durably; return the first of them."""
        counts = self._counts()
        first = max(counts.get(self._units.name, 0), self._first)
        if first + count - 1 > self._units.highest:
            raise BadRequest(
                f"the serial references of {self._units.name} are used up",
                advice="choose another [labels] extension, or a prefix of your own",
            )
        counts[self._units.name] = first + count
        write_file(self._file, json.dumps(counts).encode(), disk=self._disk)
        return first

    def _next(self) -> int:
        return self._counts().get(self._units.name, 0)

    def _counts(self) -> dict[str, int]:
        """Return the next serial reference of each prefix that ever was in use here."""
        try:
            counts = json.loads(self._file.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            counts = None
        if not isinstance(counts, dict) or not all(isinstance(n, int) for n in counts.values()):
            raise LostCount(f"{self._file} does not say which numbers were given")
        return counts

    async def _note(self, given: list[str], said: Mapping[str, RecordValue]) -> None:
        last = {"last": given[-1]} if len(given) > 1 else {}
        await self._recorder.note("unit-label", {"sscc": given[0], **last, **said})
        await durable(self._recorder)


def _said(request: Request) -> dict[str, RecordValue]:
    return {
        name: printable(request, name, MOST_TEXT)
        for name in ("operator", "text")
        if request.get(name)
    }
