"""Takes the ladder's steps on a modem that does not work, and keeps count of them durably."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drivers.driver import Health, Host
from drivers.errors import DriverError
from drivers.links.link import Connect, Link
from drivers.modem.exchange import Exchange
from drivers.modem.knowledge import Knowledge
from drivers.modem.ladder import FAILED, HARD_TAKEN, HELPED, Around, Ladder, Pace, Rung, Trouble
from drivers.modem.session import Modem
from foundation.durable import WriteFailed

PASSED = "data_passed"  # the note's key: with which card packets have passed
OWN = (HARD_TAKEN, FAILED, HELPED, PASSED)  # of the device's notes
NEVER_PASSED = "no packets have passed with this SIM card"

OFF = 5.0  # s; what a modem's capacitors hold is gone by then


@dataclass(frozen=True, slots=True)
class Switch:
    """A file of the kernel that switches power: what is written to it for off and on.

    A USB port's `disable` (Linux 6.0), the `brightness` of a LED whose line drives a load switch.
    """

    path: Path
    off: str
    on: str

    def write(self, value: str) -> None:
        """Switch; OSError where the file is not there, or not ours to write."""
        self.path.write_text(value)


def usb_port(path: str) -> Switch:
    """Return the switch of a USB port's `disable`: 1 takes its power."""
    return Switch(Path(path), off="1", on="0")


def load_switch(path: str) -> Switch:
    """Return the switch of a line that gives the supply while it is 1."""
    return Switch(Path(path), off="0", on="1")


class Recovery:
    """The ladder of one modem, reached by `ports`, of which the second may be missing.

    `word` is what was done or is due, for people.
    """

    def __init__(
        self,
        name: str,
        ports: Sequence[Connect],
        switches: Mapping[Rung, Switch],
        host: Host,
        pace: Pace,
    ) -> None:
        there = {Rung.RADIO, Rung.RESET, *switches} | ({Rung.SECOND} if len(ports) > 1 else set())
        self._ladder = Ladder([rung for rung in Rung if rung in there], pace)
        self._name = name
        self._ports = ports
        self._port = 0
        self._switches = switches
        self._host = host
        self._recalled = False
        self._stuck = False  # the modem answers, and its packets do not pass
        self._around = Around()
        self.word = ""

    async def connect(self) -> Link:
        """Open the port that answered last, at first the first."""
        return await self._ports[self._port]()

    async def works(self, *, passes: bool | None, card: str | None) -> None:
        """Note that the modem answers, and whether packets pass, with the SIM card `card`."""
        if self._stuck and not passes:
            return
        self.word, self._stuck = "", False
        await self._recall()
        changed = self._ladder.works(self._host.timing.monotonic())
        if passes and self._ladder.notes.get(PASSED) != card:
            self._ladder.notes[PASSED] = card
            changed = True
        if changed:
            with suppress(WriteFailed):  # then a step may be tried once more than need be
                await self._keep()

    async def stuck(self, around: Around, card: str | None) -> bool:
        """Note that no packets pass; whether a step is due against it.

        Where none ever passed with this card, or none after all steps, that is no hang.
        """
        await self._recall()
        self._stuck = True
        passed = card is not None and self._ladder.notes.get(PASSED) == card
        now, kept = self._host.timing.monotonic(), self._host.notebook.kept
        self._around = replace(around, refused="" if passed else NEVER_PASSED)
        if passed and self._ladder.exhausted(Trouble.STUCK, now):
            self._ladder.notes[PASSED] = None
            with suppress(WriteFailed):
                await self._keep()
            return False
        return kept and self._ladder.next(Trouble.STUCK, self._around, now) is not None

    async def attempt(self, trouble: Trouble, around: Around) -> Rung | None:
        """Take a step if one is due; return which. Without durable notes none is."""
        if not self._host.notebook.kept:
            return None
        await self._recall()
        now = self._host.timing.monotonic()
        if trouble is Trouble.STUCK:
            around = self._around
        rung = self._ladder.next(trouble, around, now)
        if rung is None:
            why = self._ladder.why_not(trouble, around, now)
            self.word = "; ".join(filter(None, (self._ladder.done, why)))
            return None
        self._ladder.took(rung, now)
        try:
            await self._keep()
        except WriteFailed as error:
            self.word = f"nothing is reset, as it cannot be counted: {error}"
            return None
        self.word = str(rung)
        await self._take(rung)
        return rung

    async def _recall(self) -> None:
        if not self._recalled:
            notes = await self._notes()
            self._ladder.notes = {key: notes[key] for key in OWN if key in notes}
            self._recalled = True

    async def _notes(self) -> dict[str, Any]:
        return await self._host.notebook.recall(self._name)

    async def _keep(self) -> None:
        """Keep the ladder's notes beside the device's others."""
        await self._host.notebook.keep(self._name, await self._notes() | self._ladder.notes)

    async def _take(self, rung: Rung) -> None:
        """Do a step; whether it helped is seen by what the modem says afterwards."""
        if rung is Rung.SECOND:
            self._port = 1 - self._port
        elif rung in self._switches:
            self._port = 0
            await self._cycle(self._switches[rung])
        else:
            await self._command(rung)

    async def _cycle(self, switch: Switch) -> None:
        try:
            await asyncio.to_thread(switch.write, switch.off)
            try:
                await self._host.timing.sleep(OFF)
            finally:
                await asyncio.to_thread(switch.write, switch.on)
        except OSError as error:
            self.word = f"cannot switch {switch.path}: {error.strerror}"

    async def _command(self, rung: Rung) -> None:
        """Give a command at the first port that takes it."""
        for connect in self._ports:
            with suppress(DriverError):
                link = await connect()
                try:
                    modem = Modem(Exchange(link, self._host.timing, Health()), Knowledge())
                    await (modem.restart_radio() if rung is Rung.RADIO else modem.reset())
                finally:
                    link.close()
                return
