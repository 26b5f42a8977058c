"""Talking to a ThingMagic module: commands and their answers over a link, in order."""

from __future__ import annotations

from drivers.driver import Health, Timing
from drivers.links.link import Link
from drivers.rfid import mercury_commands as commands
from drivers.rfid.discards import Discards
from drivers.rfid.mercury_commands import Command, MercuryFault, Opcode
from drivers.rfid.mercury_frames import Answer, split
from drivers.rfid.module_link import ModuleLink

TRIES = 2  # a command whose answer was damaged is repeated once
ONCE = frozenset({Opcode.GET_BUFFER})  # a repetition would skip the tags whose answer was damaged


class Exchange(ModuleLink[Answer]):
    """One open link to a module."""

    def __init__(self, link: Link, timing: Timing, health: Health, discards: Discards) -> None:
        super().__init__(link, timing, health, discards, split)

    async def quiet(self) -> None:
        """Stop a continuous reading that runs from before, and let it finish talking."""
        stop = commands.stop_stream()
        await self._link.write(stop.to_bytes(), stop.within)
        await self.let_finish()

    async def ask(self, command: Command, tries: int = TRIES) -> Answer:
        """Return the answer to `command`, or raise its MercuryFault, CommandTimeout or BadFrame."""
        for _ in range(1 if command.opcode in ONCE else tries):
            self.drop_rest()
            await self._link.write(command.to_bytes(), command.within)
            answer = await self._answer(command)
            if answer is not None:
                return answer
        raise self.unanswered(command.opcode.name.lower())

    async def _answer(self, command: Command) -> Answer | None:
        until = self._timing.monotonic() + command.within
        while (left := until - self._timing.monotonic()) > 0:
            for answer in await self.read(left):
                if answer.opcode != command.opcode:
                    continue
                if answer.status:
                    raise MercuryFault(answer.status)
                return answer
        return None
