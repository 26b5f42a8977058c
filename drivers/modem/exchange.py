"""Talking to a modem: a command and its answer at a time, and what it says by itself in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.driver import Health, Timing
from drivers.errors import BadFrame, CommandTimeout, DeviceFault, DriverError
from drivers.links.link import Link
from drivers.modem.answers import is_echo, is_final, understood
from drivers.modem.causes import OTHER_PORT
from drivers.modem.lines import PROMPT, split
from drivers.modem.messages import ESCAPE

QUICK = 2.0  # s; V.250 asks for no more than that, and modems answer settings in 0.3
OF_CARD = 5.0  # s; SIM7600 and EC25 manuals: the card itself is asked
OF_RADIO = 15.0  # s; EC25 manual, AT+CFUN
SAMPLE = 60  # characters that an error shows
REFUSALS = ("ERROR", "+CME ERROR", "+CMS ERROR")


@dataclass(frozen=True, slots=True)
class Command:
    """A command and how long its answer may take, in seconds. `secret`: it is not to be shown.

    `then` is what goes out once the modem asks for it with a prompt.
    """

    text: str
    within: float = QUICK
    secret: bool = False
    then: bytes = b""

    @property
    def shown(self) -> str:
        """The command as an error shows it."""
        return f"{self.text.partition('=')[0]}=…" if self.secret else self.text


class Refused(DeviceFault):
    """The modem does not do a command; `line` is what it says, `ERROR` without a reason."""

    def __init__(self, command: Command, line: str) -> None:
        super().__init__(f"the modem refuses {command.shown}: {line}")
        self.line = line


class Exchange:
    """One open AT port.

    `heard` gets each line that says something, and the command that was asked, if any.
    """

    def __init__(self, link: Link, timing: Timing, health: Health) -> None:
        self._link = link
        self._timing = timing
        self._health = health
        self.heard: Callable[[str, str], None] = lambda line, command: None
        self._rest = b""
        self._answered = False  # whether a modem is there
        self._noise = ""  # the newest since the last command that no modem says

    async def ask(self, command: Command) -> list[str]:
        """Return the lines of the answer without its result.

        Raises Refused where the modem does not do it, CommandTimeout where no answer comes, and
        BadFrame where none ever came, but something else does.
        """
        self._noise = ""
        await self._link.write(f"{command.text}\r".encode("ascii"), command.within)
        lines: list[str] = []
        until = self._timing.monotonic() + command.within
        while (left := until - self._timing.monotonic()) > 0:
            for line in await self._read(left):
                if is_final(line) or line.startswith(REFUSALS):
                    self._ended(command, line)
                    return lines
                if line == PROMPT and command.then:
                    await self._link.write(command.then, command.within)
                elif not is_echo(line) and line != PROMPT:
                    lines.append(line)
                    self.heard(line, command.text)
        if command.then:
            await self._link.write(ESCAPE, QUICK)  # or it takes the next command for text
        raise self._unanswered(command)

    async def listen(self, within: float) -> None:
        """Hear what the modem says by itself; return when something came, or nothing in time."""
        for line in await self._read(within):
            if not is_final(line) and not is_echo(line) and line != PROMPT:
                self.heard(line, "")

    def _ended(self, command: Command, result: str) -> None:
        self._answered = True
        self._health.count("answers")
        if result.startswith(REFUSALS):
            self.heard(result, command.text)
            raise Refused(command, result)

    async def _read(self, within: float) -> tuple[str, ...]:
        data = await self._link.read(within)
        found = split(self._rest + data)
        self._rest = found.rest
        if found.damaged:
            self._health.count("damaged", found.damaged)
            self._noise = repr(data)
        if found.frames:
            self._health.count("frames of PPP", found.frames)
            self._noise = "frames of PPP"
        for line in found.lines:
            if understood(line) is None and not is_echo(line) and not is_final(line):
                self._noise = line
        return found.lines

    def _unanswered(self, command: Command) -> DriverError:
        if self._noise and not self._answered:
            return BadFrame(
                f"no answer to {command.shown}, but {self._noise[:SAMPLE]}", cause=OTHER_PORT
            )
        return CommandTimeout(f"no answer to {command.shown}")
