"""Talking to an M100 module: commands and their answers over a link, in order."""

from __future__ import annotations

from drivers.driver import Health, Timing
from drivers.errors import CommandTimeout
from drivers.links.link import Link
from drivers.rfid import m100_commands as commands
from drivers.rfid.m100_commands import Command
from drivers.rfid.m100_frames import Frame, FrameType, split

QUIET = 0.15  # s without a byte after which a stopped module has said all
LONGEST_CHATTER = 1.0  # s an inventory may still talk after its stop
LATE = (commands.NO_TAG, commands.CHANNEL_BUSY)  # a stopped inventory's last words, no answers
TRIES = 2  # a command whose answer was damaged is repeated once


class Exchange:
    """One open link to a module.

    `noise` is whether bytes came that were no frames since the last good one. `last_sent` is the
    monotonic moment of the last command.
    """

    def __init__(self, link: Link, timing: Timing, health: Health) -> None:
        self._link = link
        self._timing = timing
        self._health = health
        self._rest = b""
        self.noise = False
        self.last_sent = 0.0

    async def send(self, command: Command) -> None:
        """Send without waiting for an answer."""
        self.last_sent = self._timing.monotonic()
        await self._link.write(command.to_bytes(), command.within)

    async def read(self, within: float) -> tuple[Frame, ...]:
        """Return the frames that the next bytes complete; none when nothing came in time."""
        data = await self._link.read(within)
        found = split(self._rest + data)
        self._rest = found.rest
        if found.skipped:
            self._health.count("skipped bytes", found.skipped)
        if found.frames:
            self._health.count("frames", len(found.frames))
            self.noise = False
        else:
            self.noise = self.noise or bool(data)
        return found.frames

    async def quiet(self) -> None:
        """Stop an inventory that runs from before and let it finish talking."""
        await self.send(commands.stop())
        until = self._timing.monotonic() + LONGEST_CHATTER
        while self._timing.monotonic() < until:
            if not await self._link.read(QUIET):
                return

    async def ask(self, command: Command) -> Frame:
        """Return the answer to `command`, or raise its DeviceFault or CommandTimeout."""
        for _ in range(TRIES):
            await self.send(command)
            answer = await self._answer(command)
            if answer is not None:
                return answer
        raise CommandTimeout(f"no answer to the command {command.code.name.lower()}")

    async def round(self) -> list[Frame]:
        """Return what one inventory round says: notices of tags, or an error without any."""
        command = commands.single_inventory()
        await self.send(command)
        frames: list[Frame] = []
        within = command.within
        while came := await self.read(within):
            frames += came
            within = QUIET
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
