"""Flight mode, asked for by a person: each change is a record."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, printable, text
from agent.journal.recorder import Recorder
from agent.machine.flight import FlightMode

KIND = "flight-mode"
STATES = ("on", "off")
MOST_TEXT = 200  # characters of a name


class FlightDesk:
    """The request of `tallyman uplink --flight`."""

    def __init__(self, mode: FlightMode, recorder: Recorder) -> None:
        self._mode = mode
        self._recorder = recorder

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verb by its name."""
        return {"flight": self.flight}

    async def flight(self, request: Request) -> AsyncGenerator[Any, None]:
        """Switch flight mode to `state`, on or off, by `operator`; yield the record."""
        state = text(request, "state")
        if state not in STATES:
            raise BadRequest("the state must be on or off")
        values = {"state": state, "operator": printable(request, "operator", MOST_TEXT)}
        await self._mode.switch(on=state == "on")
        await self._recorder.note(KIND, dict(values))
        await self._recorder.flush()
        yield values
