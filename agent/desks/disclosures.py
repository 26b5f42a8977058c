"""Who was given which bundle: a record of its own, so that showing leaves a trace, too."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from agent.desks.control import BadRequest, Request, Verb, number, text
from agent.journal.recorder import Recorder
from evidence.leaf import RecordValue
from evidence.merkle import HASH_BYTES

KIND = "disclosure"
MOST_TEXT = 1024  # characters; what a record's text may have (agent/records/convert.py)


class DisclosureDesk:
    """Records what `tallyman bundle` gave out."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def verbs(self) -> Mapping[str, Verb]:
        """Return what the control socket can ask."""
        return {"disclosed": self.disclosed}

    async def disclosed(self, request: Request) -> AsyncGenerator[Any, None]:
        """Record a bundle that was made; yield once that is durable."""
        values: dict[str, RecordValue] = {
            name: number(request, name, 0) for name in ("first", "last", "shown", "hidden")
        }
        values["digest"] = digest_of(request)
        for name in ("recipient", "choice"):
            said = text(request, name)[:MOST_TEXT]
            if said and said.isprintable():
                values[name] = said
        await self._recorder.note(KIND, values)
        await self._recorder.flush()
        yield {"recorded": True}


def digest_of(request: Request, name: str = "digest") -> bytes:
    """Return a SHA-256 that a request gives in hexadecimal; BadRequest where it does not."""
    try:
        digest = bytes.fromhex(text(request, name))
    except ValueError:
        digest = b""
    if len(digest) != HASH_BYTES:
        raise BadRequest(f"{name} must be a SHA-256 in hexadecimal")
    return digest
