"""Who signs at the door: keys that PINs open, one try after another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable
from pathlib import Path
from typing import Any

from agent.desks.control import BadRequest, Request, text
from agent.journal.recorder import Recorder
from agent.signing.identity import Entropy
from agent.signing.people import (
    ROLES,
    Person,
    WrongPin,
    change_pin,
    enrol,
    enrolled,
    is_locked,
    open_key,
    remove,
    set_locked,
)
from drivers.driver import Timing

PIN_PAUSE = 2.0  # s after a wrong one; requests are answered one after another
MOST_TRIES = 5  # wrong PINs in a row: then somebody must look who it is


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
        self._wrong: Counter[str] = Counter()

    async def person(self, request: Request, name: str, pin: str) -> Person | None:
        """Return who signs, as the request's fields `name` and `pin` say; None without a PIN."""
        if not request.get(pin):
            return None
        async with self._turn:
            return await self._tried(text(request, name), open_key, text(request, pin))

    async def _tried(self, who: str, step: Callable[..., Person], *more: object) -> Person:
        """Take a step that needs the right PIN; who types too many wrong ones is locked."""
        try:
            person = await asyncio.to_thread(step, self._state_dir, who, *more)
        except WrongPin:
            self._wrong[who] += 1
            if self._wrong[who] >= MOST_TRIES:
                await asyncio.to_thread(set_locked, self._state_dir, who, locked=True)
                await self._note(who, f"may not sign until unlocked: {MOST_TRIES} wrong PINs")
                self._wrong.pop(who)
            await self._timing.sleep(PIN_PAUSE)
            raise
        self._wrong.pop(who, None)
        return person

    async def _note(self, name: str, change: str) -> None:
        await self._recorder.note("person", {"name": name, "change": change})
        await self._recorder.flush()

    async def remove(self, request: Request) -> AsyncGenerator[Any, None]:
        """Let somebody sign no longer; yield who. What they signed stays valid."""
        name = text(request, "name")
        async with self._turn:
            await asyncio.to_thread(remove, self._state_dir, name)
        await self._note(name, "may sign no longer")
        yield {"name": name, "change": "may sign no longer"}

    async def change_pin(self, request: Request) -> AsyncGenerator[Any, None]:
        """Have another PIN open somebody's key; yield who."""
        name, pin, new = (text(request, field) for field in ("name", "pin", "new_pin"))
        async with self._turn:
            await self._tried(name, change_pin, pin, new, self._entropy)
        await self._note(name, "has another PIN")
        yield {"name": name, "change": "has another PIN"}

    async def unlock(self, request: Request) -> AsyncGenerator[Any, None]:
        """Let somebody sign again after too many wrong PINs; yield who."""
        name = text(request, "name")
        if not await asyncio.to_thread(is_locked, self._state_dir, name):
            raise BadRequest(f"{name[:64]} is not locked", advice="see who is: tallyman people")
        await asyncio.to_thread(set_locked, self._state_dir, name, locked=False)
        await self._note(name, "may sign again")
        yield {"name": name, "change": "may sign again"}

    async def known(self, names: Iterable[str]) -> dict[str, bool]:
        """Return of each name whether it has a key here."""
        people = await asyncio.to_thread(enrolled, self._state_dir)
        return {name: name in people for name in names}

    async def show(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield who may sign, one object a person."""
        del request
        for name, role in (await asyncio.to_thread(enrolled, self._state_dir)).items():
            locked = await asyncio.to_thread(is_locked, self._state_dir, name)
            yield {"name": name, "role": role} | ({"locked": True} if locked else {})

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
