"""An emulated mobile modem: its AT ports on ptys."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

from hil.emulators.choices import chosen
from hil.emulators.faults import Faults
from hil.emulators.serial.device import SerialDevice
from hil.emulators.serial.gnss_receiver import system_now
from hil.emulators.serial.modem_answers import OK, Answers
from hil.emulators.serial.modem_hangs import POWER, RADIO, RESET, USB, Hang, Hangs
from hil.emulators.serial.modem_network import Network, Now
from hil.emulators.serial.modem_profiles import PROFILES
from hil.emulators.serial.modem_scenario import Step, steps
from hil.emulators.serial.pty_port import PtyPort, Unplugged

ENDS = {"cr-lf": b"\r\n", "doubled": b"\r\r\n", "lf": b"\n"}
SIMS = {state: state for state in ("ready", "pin", "puk", "absent")}
NOISE = b"\x00\xf8`f`\xffIIII\xff\xff\xff"  # what another baud rate makes of the first words
LCP_ECHO = bytes.fromhex("7eff03c02109010008a1b2c3d4e5f67e")  # RFC 1661 §5.8: a call left open
REENUMERATE = 0.3  # s; a real one takes some, and nobody wants to wait in a test
LONGEST_COMMAND = 600  # bytes; V.250 §5.2 has no less than 40, SIM7600 takes 559


class AtModem(SerialDevice):
    """A mobile modem of a `model` (SIM7600, SIM800, EC25, EG25, BG96 or SIM7070).

    Its card is `sim` (ready, pin, puk or absent) with a `pin`; the network says `stat` (1 home, 5
    roaming, 2 searching, 3 denied, 0 none) and is heard at `dbm`; the modem is at `place` (degrees;
    none: no fix). After power on it is silent for `boot` seconds, with `noise` its first words are
    preceded by some. Lines end in `ends` (cr-lf, doubled, lf); with `split` each byte comes alone,
    and every `ppp` seconds a frame of PPP comes between them. `second` is the path of a second AT
    port, `scenario` a file of what befalls it (drivers/modem/HARDWARE.md).
    """

    def __init__(
        self,
        *,
        link: str | Path | None = None,
        second: str | Path | None = None,
        baudrate: int = 115200,
        model: str = "SIM7600",
        sim: str = "ready",
        pin: str = "",
        stat: int = 1,
        dbm: int = -85,
        place: tuple[float, float] | None = None,
        boot: float = 0.0,
        noise: bool = False,
        ends: str = "cr-lf",
        split: bool = False,
        ppp: float = 0.0,
        scenario: str | Path | None = None,
        now: Now = system_now,
    ) -> None:
        super().__init__(PtyPort(link, baudrate))
        self.second = None if second is None else PtyPort(second, baudrate)
        self.network = Network(
            sim=chosen(SIMS, sim, "a SIM is not"),
            pin=pin,
            stat=stat,
            dbm=dbm,
            place=place,
        )
        self._profile = chosen(PROFILES, model, "there is no modem")
        self._end = chosen(ENDS, ends, "a modem has no line end")
        self._now = now
        self._boot = boot
        self._noise = noise
        self._ppp = ppp
        self._steps = [] if scenario is None else steps(Path(scenario).read_text())
        self.hangs = Hangs()
        self.commands: list[str] = []  # the newest that came, for those who want to see them
        self.messages: list[tuple[str, str]] = []  # that were sent: to whom, and what
        self._writing: str | None = None  # to whom a text message goes that is being entered
        self.slot = 1  # of its SIM card in use
        self.resets = {RADIO: 0, RESET: 0, USB: 0, POWER: 0}
        self._expected: tuple[str, asyncio.Future[None], bool] | None = None
        self._orders: asyncio.Queue[Step] = asyncio.Queue()
        self._started = asyncio.Event()
        self._off = False  # the radio, by command
        self._answers = self._fresh()
        if split:
            for port in self._ports():
                port.through(Faults(split=True).around)

    @property
    def passes(self) -> bool:
        """Whether packets pass through its data call."""
        return self.network.has_call and self.network.data and not self.hangs.data

    def _fresh(self) -> Answers:
        return Answers(self._profile, self.network, self._now)

    def _ports(self) -> Iterator[PtyPort]:
        yield self.port
        if self.second is not None:
            yield self.second

    def power_on(self) -> None:
        """Begin anew; the card asks for its PIN again."""
        self._answers = self._fresh()
        if self.network.pin and self.network.sim == "ready":
            self.network.sim = "pin"
        self._off = False
        self._started.set()

    def plug(self) -> None:
        """See SerialDevice."""
        super().plug()
        if self.second is not None:
            self.second.plug()

    def unplug(self) -> None:
        """See SerialDevice."""
        super().unplug()
        if self.second is not None:
            self.second.unplug()

    async def power_cycle(self, healer: str = POWER) -> None:
        """Lose the supply, or with USB only the bus's, and come up again."""
        self.resets[healer] += 1
        self.unplug()
        self.hangs.heal(healer)
        await asyncio.sleep(REENUMERATE)
        self.plug()

    async def live(self) -> None:
        """Answer, say what nobody asked for, and suffer the scenario."""
        async with asyncio.TaskGroup() as tasks:
            for port in self._ports():
                tasks.create_task(self._serve(port))
            tasks.create_task(self._begin())
            tasks.create_task(self._leave_call_open())
            tasks.create_task(self._play())
            tasks.create_task(self._obey_orders())

    def fault(self, *words: str) -> None:
        """Let it suffer one step of a scenario now; ScenarioError says which there are."""
        for step in steps(" ".join(words)):
            self._orders.put_nowait(step)

    async def say(self, line: str) -> None:
        """Send a line on the first port; nobody hears it where that is away."""
        with contextlib.suppress(Unplugged):
            await self.port.write(self._end + line.encode() + self._end)

    async def _begin(self) -> None:
        while True:
            await self._started.wait()
            await asyncio.sleep(self._boot)
            self._started.clear()
            if self._noise:
                with contextlib.suppress(Unplugged):
                    await self.port.write(NOISE)
            for line in self._profile.boot:
                if line == "+CPIN: READY" and self.network.sim != "ready":
                    continue
                await self.say(line)

    async def _leave_call_open(self) -> None:
        while self._ppp:
            await asyncio.sleep(self._ppp)
            with contextlib.suppress(Unplugged):
                await self.port.write(LCP_ECHO)

    async def _serve(self, port: PtyPort) -> None:
        while True:
            await port.wait_plugged()
            with contextlib.suppress(Unplugged):
                rest = b""
                while True:
                    *whole, rest = re.split(rb"[\r\n\x1a]", rest + await port.read())
                    rest = rest[-LONGEST_COMMAND:]
                    for command in whole:
                        if self._writing is None:
                            await self._obey(port, command.decode("latin-1"))
                        else:
                            await self._end_message(port, command)

    async def _obey(self, port: PtyPort, text: str) -> None:
        """Do one command; what comes before the AT is noise to a modem."""
        at = text.upper().find("AT")
        if at < 0 or self._started.is_set():
            return
        command = text[at:].strip()
        self.commands = [*self.commands[-99:], command]
        if self.hangs.silence(command, on_first_port=port is self.port):
            return
        if self._answers.echo:
            await port.write(command.encode("latin-1") + b"\r")
        if self._is_expected(command):
            return
        if (number := self._answers.message_to(command)) is not None:
            self._writing = number
            await port.write(b"\r\n> ")
            return
        answer = self._answers.answer(command)
        await port.write(b"".join(self._end + line.encode() + self._end for line in answer))
        if answer[-1] == OK:
            await self._take_effect(command.upper())

    async def _end_message(self, port: PtyPort, text: bytes) -> None:
        """Take what was entered behind the prompt; an escape gives it up."""
        number, self._writing = self._writing or "", None
        if b"\x1b" in text:
            await self._obey(port, text.rpartition(b"\x1b")[2].decode("latin-1"))
            return
        answer = self._answers.message(number, text)
        if answer[-1] == OK:
            self.messages.append(self._answers.read_message(number, text))
        await port.write(b"".join(self._end + line.encode() + self._end for line in answer))

    def _is_expected(self, command: str) -> bool:
        """Note a command that the scenario waits for; whether the scenario answers it, too."""
        if self._expected is None or not fnmatchcase(command.upper(), self._expected[0]):
            return False
        _, waiting, answered = self._expected
        self._expected = None
        waiting.set_result(None)
        return answered

    async def _take_effect(self, command: str) -> None:
        """Do what a command does beyond its answer."""
        if command == "AT+CFUN=1,1":
            await asyncio.sleep(0)
            await self.power_cycle(RESET)
        elif command.startswith("AT+QDSIM="):
            self.slot = 1 + int(command[-1])
        elif command in {"AT+CFUN=0", "AT+CFUN=4"}:
            self._off = True
        elif command == "AT+CFUN=1" and self._off:
            self._off = False
            self.resets[RADIO] += 1
            self.hangs.heal(RADIO)

    async def _play(self) -> None:
        for step, following in pairwise([*self._steps, Step("")]):
            await self._take(step, answered=following.verb in {"send", "bytes"})
        await asyncio.Event().wait()

    async def _obey_orders(self) -> None:
        while True:
            await self._take(await self._orders.get(), answered=False)

    async def _take(self, step: Step, *, answered: bool) -> None:
        match step.verb:
            case "wait":
                await asyncio.sleep(step.seconds)
            case "expect":
                waiting = asyncio.get_running_loop().create_future()
                self._expected = step.text, waiting, answered
                await waiting
            case "send":
                await self.say(step.text)
            case "bytes":
                with contextlib.suppress(Unplugged):
                    await self.port.write(bytes.fromhex(step.text))
            case "hang":
                self.hangs.add(Hang(step.text, step.healer))
            case "resume":
                self.hangs.end()
            case "set":
                await self._set(*step.text.split())
            case _:
                await self._drop(step.seconds)

    async def _drop(self, seconds: float) -> None:
        self.unplug()
        if seconds:
            await asyncio.sleep(seconds)
            self.plug()

    async def _set(self, name: str, value: str) -> None:
        """Change what the modem finds around it; it says by itself what it is told to say."""
        setattr(self.network, name, bool(int(value)) if name == "data" else _plain(value))
        for line in self._answers.told():
            await self.say(line)


def _plain(value: str) -> int | str:
    return int(value) if value.lstrip("-").isdigit() else value
