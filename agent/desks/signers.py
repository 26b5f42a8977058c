"""Who signs at the door: keys that PINs open, one try after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Any

from agent.desks.control import BadRequest, Request, text
from agent.journal.recorder import Recorder
from agent.signing.identity import Entropy
from agent.signing.people import ROLES, Person, WrongPin, enrol, enrolled, open_key
from drivers.driver import Timing

PIN_PAUSE = 2.0  # s after a wrong one; requests are answered one after another


class Signers:
    """The people of one gateway who may sign."""

    def __init__(
        self,
        recorder: Recorder,
        timing: Timing,
        state_dir: Path,
        entropy: Entropy,
    ) -> None:
        self._recorder = recorder
        self._timing = timing
        self._state_dir = state_dir
        self._entropy = entropy
        self._turn = asyncio.Lock()  # one request at a time

    async def person(self, request: Request, name: str, pin: str) -> Person | None:
        """Return who signs, as the request's fields `name` and `pin` say; None without a PIN."""
        if not request.get(pin):
            return None
        async with self._turn:
            try:
                return await asyncio.to_thread(
                    open_key, self._state_dir, text(request, name), text(request, pin)
                )
            except WrongPin:
                await self._timing.sleep(PIN_PAUSE)
                raise

    async def known(self, names: Iterable[str]) -> dict[str, bool]:
        """Return of each name whether it has a key here."""
        people = await asyncio.to_thread(enrolled, self._state_dir)
        return {name: name in people for name in names}

    async def show(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield who may sign, one object a person."""
        del request
        for name, role in (await asyncio.to_thread(enrolled, self._state_dir)).items():
            yield {"name": name, "role": role}

    async def add(self, request: Request) -> AsyncGenerator[Any, None]:
        """Make a person's key; yield who they are."""
        role = text(request, "role")
        if role not in ROLES:
            raise BadRequest(f"no role {role[:20]!r}", advice=f"one of {', '.join(ROLES)}")
        name, pin = text(request, "name"), text(request, "pin")
        async with self._turn:  # two of one name must not be made at once
            person = await asyncio.to_thread(enrol, self._state_dir, name, role, pin, self._entropy)
        key = person.public.to_cose()
        await self._recorder.note("person", {"name": person.name, "role": role, "key": key})
        await self._recorder.flush()
        yield {"name": person.name, "role": role, "key": key.hex()}
