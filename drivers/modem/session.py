"""One open modem: who it is, its card, and what it sees, asked in order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from drivers.errors import BadFrame, CommandTimeout
from drivers.modem.answer import Model
from drivers.modem.answers import understood
from drivers.modem.exchange import OF_CARD, OF_RADIO, Command, Exchange, Refused
from drivers.modem.fields import answer
from drivers.modem.knowledge import Knowledge
from drivers.modem.messages import END, encode
from drivers.modem.models import model_of
from drivers.modem.profiles import PROFILES, UNKNOWN, Profile
from drivers.modem.sim_card import imei

HELLO = Command("AT", 1.0)
HELLOS = 5  # a SIM800 needs three to find the baud rate; who still boots is asked again later
REGISTRATIONS = ("CREG", "CGREG", "CEREG")
FIRST_OCTET, VALIDITY = 17, 167  # TS 23.040 §9.2.3: SMS-SUBMIT with a relative validity, 24 h
OF_NETWORK = 60.0  # s; SIM7600 and EC25 manuals, AT+CMGS: 40 and 120
RADIO_OFF = ("0", "4")
NUMERIC, LONG = "AT+COPS=3,2", "AT+COPS=3,0"


class Modem:
    """What is asked of the modem on `exchange`; `known` is what it said."""

    def __init__(self, exchange: Exchange, known: Knowledge, model: Model | None = None) -> None:
        self.exchange = exchange
        self.known = known
        self.model = model
        self.imei: str | None = None
        exchange.heard = self.heard
        self.local_time = False  # whether its clock shows local time for sure

    @property
    def profile(self) -> Profile:
        """The commands of its model."""
        return UNKNOWN if self.model is None else PROFILES[self.model]

    @property
    def technology(self) -> str | None:
        """What network it is in, by the first that says so."""
        best, signal = self.known.registration, self.known.signal
        told = (best and best.technology) or (signal and signal.technology)
        return told or self.known.technology or self.profile.only

    async def greet(self) -> None:
        """Get an answer to AT; CommandTimeout where none comes, BadFrame for something else."""
        for left in reversed(range(HELLOS)):
            try:
                await self.exchange.ask(HELLO)
            except Refused:
                return  # a SIM7600 answers ERROR while it starts
            except (BadFrame, CommandTimeout):
                if not left:
                    raise
            else:
                return

    async def identify(self) -> None:
        """Switch the echo off, have refusals in words, ask for model and serial number."""
        await self.try_all("ATE0", "AT+CMEE=2")
        for line in await self.ask("AT+CGMM"):
            self.model = self.model or model_of(line)
        numbers = [imei(line) for line in await self.ask("AT+CGSN")]
        self.imei = next(filter(None, numbers), None)

    async def look_at_card(self) -> None:
        """Ask for the card's state and number."""
        await self.ask("AT+CPIN?", OF_CARD)
        await self.ask(self.profile.card, OF_CARD)

    async def enter_pin(self, pin: str) -> bool:
        """Send the PIN once; whether the card is open."""
        try:
            await self.exchange.ask(Command(f'AT+CPIN="{pin}"', OF_CARD, secret=True))
        except Refused:
            return False
        return True

    async def set_up(self, *, gnss: bool) -> None:
        """Let it tell of its registrations and of the network's time, and switch its GNSS on."""
        await self.try_all(*(f"AT+{each}=2" for each in REGISTRATIONS))
        self.local_time = await self.try_all(self.profile.tell_time)
        if gnss and self.profile.gnss_on:
            await self.try_all(self.profile.gnss_on)  # refused where it is on

    async def look(self, cid: int) -> None:
        """Ask all that a reading tells; what the modem does not say any more is not known."""
        self.known.forget()
        for command in self._questions(cid):
            await self.ask(command)
        if self.known.registered and self.known.address is None:
            await self.ask("AT+CEER")

    def _questions(self, cid: int) -> Iterator[str]:
        yield "AT+CPIN?"
        yield from (f"AT+{each}?" for each in REGISTRATIONS)
        yield self.profile.signal
        yield from (NUMERIC, "AT+COPS?", LONG, "AT+COPS?")
        yield "AT+CGDCONT?"
        yield f"AT+CGPADDR={cid}"
        if self.local_time:
            yield "AT+CCLK?"

    async def look_at_radio(self) -> None:
        """Ask whether the radio is on: 27.007 §8.2, 0 and 4 are off."""
        found = filter(None, map(answer, await self.ask("AT+CFUN?")))
        states = [text.partition(",")[0].strip() for name, text in found if name == "+CFUN"]
        self.known.radio = states[-1] not in RADIO_OFF if states else None

    async def switch_radio(self, *, on: bool) -> None:
        """Switch the radio on, or off as for a flight: the card stays readable."""
        with contextlib.suppress(Refused):
            await self.exchange.ask(Command(f"AT+CFUN={1 if on else 4}", OF_RADIO))
            self.known.radio = on

    async def send_message(self, number: str, text: str) -> None:
        """Send a text message; Refused where the modem or the network does not take it."""
        message = encode(number, text)
        for setting in (
            "AT+CMGF=1",
            f'AT+CSCS="{message.charset}"',
            f"AT+CSMP={FIRST_OCTET},{VALIDITY},0,{message.coding}",
        ):
            await self.exchange.ask(Command(setting))
        send = f'AT+CMGS="{message.number}"'
        await self.exchange.ask(Command(send, OF_NETWORK, secret=True, then=message.text + END))

    async def look_for_place(self) -> None:
        """Ask the modem's own GNSS, which may have no fix."""
        self.known.position = None
        if self.profile.gnss:
            await self.ask(self.profile.gnss)

    async def restart_radio(self) -> None:
        """Switch the radio off and on."""
        await self.exchange.ask(Command("AT+CFUN=0", OF_RADIO))
        await self.exchange.ask(Command("AT+CFUN=1", OF_RADIO))

    async def choose_card(self, command: str) -> None:
        """Have it use another SIM card, and look for its network; Refused where it does not."""
        await self.exchange.ask(Command("AT+CFUN=0", OF_RADIO))
        try:
            await self.exchange.ask(Command(command, OF_RADIO))
        finally:
            await self.exchange.ask(Command("AT+CFUN=1", OF_RADIO))

    async def reset(self) -> None:
        """Let the modem start anew; its port goes away."""
        with contextlib.suppress(Refused):
            await self.exchange.ask(Command("AT+CFUN=1,1", OF_RADIO))

    async def ask(self, text: str, within: float = OF_CARD) -> list[str]:
        """Return the lines of an answer; none where the modem refuses, which is heard, too."""
        try:
            return await self.exchange.ask(Command(text, within))
        except Refused:
            return []

    async def try_all(self, *commands: str) -> bool:
        """Send settings, of which some may be unknown to the modem; whether it took all."""
        taken = True
        for command in commands:
            try:
                await self.exchange.ask(Command(command))
            except Refused:
                taken = False
        return taken

    def heard(self, line: str, command: str) -> None:
        """Take a line, asked for by `command` or by nobody."""
        self.known.take(understood(line, self.model, command))
