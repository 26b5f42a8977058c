"""Talking to an M100 module: commands and their answers over a link, in order."""

from __future__ import annotations

from drivers.driver import Health, Timing
from drivers.links.link import Link
from drivers.rfid import m100_commands as commands
from drivers.rfid import module_link
from drivers.rfid.discards import Discards
from drivers.rfid.m100_commands import Command
from drivers.rfid.m100_frames import Frame, FrameType, split
from drivers.rfid.module_link import ModuleLink

LATE = (commands.NO_TAG, commands.CHANNEL_BUSY)  # a stopped inventory's last words, no answers
LONGEST_ROUND = 2.0  # s; a hundred tags take one
TRIES = 2  # a command whose answer was damaged is repeated once


class Exchange(ModuleLink[Frame]):
    """One open link to a module. `last_sent` is the monotonic moment of the last command."""

    def __init__(self, link: Link, timing: Timing, health: Health, discards: Discards) -> None:
        super().__init__(link, timing, health, discards, split)
        self.last_sent = 0.0

    async def send(self, command: Command) -> None:
        """Send without waiting for an answer."""
        self.last_sent = self._timing.monotonic()
        await self._link.write(command.to_bytes(), command.within)

    async def quiet(self) -> None:
        """Stop an inventory that runs from before and let it finish talking."""
        await self.send(commands.stop())
        await self.let_finish()

    async def ask(self, command: Command, tries: int = TRIES) -> Frame:
        """Return the answer to `command`, or raise its DeviceFault, CommandTimeout or BadFrame."""
        for _ in range(tries):
            await self.send(command)
            answer = await self._answer(command)
            if answer is not None:
                return answer
        raise self.unanswered(command.code.name.lower())

    async def round(self) -> list[Frame]:
        """Return what one inventory round says: notices of tags, or an error without any."""
        command = commands.single_inventory()
        await self.send(command)
        frames: list[Frame] = []
        within, until = command.within, self._timing.monotonic() + LONGEST_ROUND
        while (came := await self.read(within)) and self._timing.monotonic() < until:
            frames += came
            within = module_link.QUIET
        return frames

    async def _answer(self, command: Command) -> Frame | None:
        until = self._timing.monotonic() + command.within
        while (left := until - self._timing.monotonic()) > 0:
            for frame in await self.read(left):
                if frame.type is not FrameType.ANSWER:
                    continue
                code = commands.error_code(frame)
                if code is not None and code not in LATE:
                    raise commands.fault(code)
                if frame.command == command.code:
                    return frame
        return None
