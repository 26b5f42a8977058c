"""What becomes of goods after an excursion: the decision of a named person, on record."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, number, printable, text
from agent.desks.durably import durable
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.records.convert import natural
from agent.records.sentences import sentence
from agent.rules.conditions import ALARM, ASSESSMENT, EXCURSION
from agent.rules.kinds import DECISIONS
from agent.rules.rule import State
from evidence.leaf import Record, RecordValue
from foundation.hints import hint

LOOK_BACK = 20_000  # records; half a second's reading
PAGE = 1000
MOST_SHOWN = 10
MOST_NAME, MOST_TEXT = 64, 400  # characters


class AssessmentDesk:
    """The requests of `tallyman assess`."""

    def __init__(self, journal: AsyncJournal, recorder: Recorder) -> None:
        self._journal = journal
        self._recorder = recorder

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {"assessable": self.assessable, "assess": self.assess}

    async def assessable(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the newest excursions and alarms, the newest first."""
        shown = 0
        async for record in self._newest():
            yield {"n": record.number, "at_ms": record.wall_ms, "device": record.device,
                   "text": sentence(record), **natural(record)}  # fmt: skip
            shown += 1
            if shown == MOST_SHOWN:
                return

    async def assess(self, request: Request) -> AsyncGenerator[Any, None]:
        """Record a `decision` on the condition of record `number`, with reason; yield it."""
        decision = text(request, "decision")
        if decision not in DECISIONS:
            raise BadRequest(
                f"{decision[:MOST_NAME]!r} is no decision{hint(decision[:MOST_NAME], DECISIONS)}",
                advice=f"choose from: {', '.join(DECISIONS)}",
            )
        said = {name: printable(request, name, most).strip() for name, most in SAID}
        for name, words in said.items():
            if not words:
                raise BadRequest(f"a decision needs its {name}", advice=f"give --{name}")
        told = await self._condition(number(request, "number", 0))
        values: dict[str, RecordValue] = {
            "record": told.number,
            "rule": str(told.values.get("rule", "")),
            "state": _state(told),
            "decision": decision,
            **said,
        }
        await self._recorder.note(ASSESSMENT, values, device=told.device)
        await durable(self._recorder)
        yield {"device": told.device, **values}

    async def _condition(self, wanted: int) -> Record:
        for record in await self._journal.records(wanted, 1):
            if record.number == wanted and is_assessable(record):
                return record
        raise BadRequest(
            f"record {wanted} is no excursion, alarm or unknown condition",
            advice="list them: tallyman assess",
        )

    async def _newest(self) -> AsyncIterator[Record]:
        end = await self._journal.count()
        least = max(0, end - LOOK_BACK)
        while end > least:
            first = max(least, end - PAGE)
            for record in reversed(await self._journal.records(first, end - first)):
                if is_assessable(record) and record.number < end:
                    yield record
            end = first


SAID = (("operator", MOST_NAME), ("reason", MOST_TEXT))


def is_assessable(record: Record) -> bool:
    """Tell whether a record tells of a condition that somebody may have to decide on."""
    return record.kind == ALARM or (record.kind == EXCURSION and _state(record) != State.OK)


def _state(record: Record) -> str:
    return str(State.ALARM) if record.kind == ALARM else str(record.values.get("state", ""))
