"""ThingMagic UHF modules (M6e, Micro, Nano, M7e) on a serial port.

Reading kind `tag`: the fields of `rfid.m100`, one reading for each tag and antenna in a report
interval; `count` adds up what the module counted.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from drivers.driver import Health, Host
from drivers.errors import BadFrame, CommandTimeout, DriverError, LinkLost
from drivers.links.link import Link
from drivers.links.reopen import ReopeningDriver
from drivers.links.serial import SerialLink, baudrate_option, port_option
from drivers.reading import Reading
from drivers.rfid import causes
from drivers.rfid import mercury_commands as commands
from drivers.rfid.discards import Discards
from drivers.rfid.mercury_commands import Command, MercuryFault, Opcode
from drivers.rfid.mercury_exchange import Exchange
from drivers.rfid.mercury_frames import Answer
from drivers.rfid.module_condition import ModuleCondition
from drivers.rfid.module_port import KNOCK_WITHIN, ModulePort, OpenAt
from drivers.rfid.sightings import Sightings
from drivers.rfid.uhf_options import AS_SET, region_option, report_interval_option
from foundation.counting import counted
from foundation.options import OptionValue, option, options_of, settings_of

ROUNDS_ONCE = 3  # searches of read_once()
PORTS_FORM = r"\s*([1-9]|1[0-6])\s*(,\s*([1-9]|1[0-6])\s*)*"
MOST_PAGES = 64  # of a buffer that never gets empty

KINDS = ("tag",)
CAUSES = causes.MODULE


def _ports(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one module."""

    port: str = port_option()
    baudrate: int = baudrate_option(115200)
    power_dbm: float = option(float, "transmit power for reading", 20.0, 0, 31.5, "dBm")
    region: str = region_option(commands.REGIONS, "radio band; local law decides")
    antennas: tuple[int, ...] = option(
        str, "antenna ports of 1 to 16, separated by commas", "1", form=PORTS_FORM, parse=_ports
    )
    search_ms: int = option(int, "time of one search", 200, 50, 5000, "ms")
    report_interval: float = report_interval_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Mercury:
    """Make the driver of one module; see `DriverModule.build`."""
    chosen = settings_of(Settings, options)
    return Mercury(name, chosen, host, partial(SerialLink.open, chosen.port))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: a reader without a tag in its field is silent."""
    return None


class Mercury(ReopeningDriver):
    """One module, read through the links that `open_at` opens at a rate.

    The module searches on command and keeps what it read until it is fetched, so a slow gateway
    loses nothing, and the radio is off whenever nobody asks.
    """

    def __init__(self, name: str, settings: Settings, host: Host, open_at: OpenAt) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._port: ModulePort[tuple[Exchange, Answer]] = ModulePort(
            "a ThingMagic module", settings.port, settings.baudrate, open_at, host.timing
        )
        self._seen = Sightings(name)
        self._condition = ModuleCondition(self.health, self._port)

    @property
    def discards(self) -> Discards:
        """What the module sent that could not be read."""
        return self._condition.discards

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Search until the module fails; yield each tag once a report interval."""
        try:
            async with self._opened() as exchange:
                due = self.timing.monotonic() + self._settings.report_interval
                while True:
                    await self._search(exchange)
                    now = self.timing.monotonic()
                    self._condition.say(now)
                    if now >= due or self._seen.full or (self.asked and len(self._seen)):
                        due = now + self._settings.report_interval
                        for reading in self._report():
                            yield reading
        except DriverError:
            for reading in self._seen.report():  # what was seen before the link broke
                yield reading
            raise

    async def one_reading(self) -> Reading:
        """Open the module for a few searches; without a tag the reading is `no-answer`."""
        async with self._opened() as exchange:
            for _ in range(ROUNDS_ONCE):
                await self._search(exchange)
                if len(self._seen):
                    return self._report()[0]
            return self._seen.nothing(self.timing.monotonic())

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Exchange]:
        link, (exchange, program) = await self._port.open(self._greet, self._knock)
        try:
            await self._set_up(exchange, program)
            yield exchange
        except LinkLost:
            self._port.forget()
            raise
        finally:
            link.close()

    async def _greet(self, link: Link) -> tuple[Exchange, Answer]:
        """Stop what may run there from before, and ask which program runs."""
        exchange = Exchange(link, self.timing, self.health, self._condition.discards)
        await exchange.quiet()
        return exchange, await exchange.ask(Command(Opcode.CURRENT_PROGRAM))

    async def _knock(self, link: Link) -> None:
        """See whether a module answers; what else comes at a rate that is tried is nothing."""
        question = Command(Opcode.CURRENT_PROGRAM, within=KNOCK_WITHIN)
        await Exchange(link, self.timing, Health(), Discards()).ask(question, tries=1)

    async def _set_up(self, exchange: Exchange, program: Answer) -> None:
        """Start the firmware, see what module it is, set it up and read its power back."""
        self._seen.clear()
        if commands.in_boot_loader(program):
            self.health.count("boots")
            await exchange.ask(commands.boot())
        model = commands.version_text(await exchange.ask(Command(Opcode.VERSION)))
        await exchange.ask(commands.set_protocol())
        if self._settings.region != AS_SET:
            await exchange.ask(commands.set_region(self._settings.region))
        await exchange.ask(commands.set_antennas(self._settings.antennas))
        await exchange.ask(commands.set_power(self._settings.power_dbm))
        power = commands.power_dbm(await exchange.ask(Command(Opcode.GET_POWER, b"\x00")))
        asked = self._settings.power_dbm
        unlike = "" if power == asked else f" ({asked:g} asked)"
        await exchange.ask(Command(Opcode.CLEAR_BUFFER))
        self.running()
        self._condition.begin(f"{model}, {power:g} dBm{unlike}", self.timing.monotonic())

    async def _search(self, exchange: Exchange) -> None:
        """Search once and fetch what was read; a search without a tag is no fault."""
        try:
            answer = await exchange.ask(commands.read_multiple(self._settings.search_ms))
        except MercuryFault as error:
            if error.status != commands.NO_TAGS:
                raise
            self.health.count("empty rounds")
            self._answer_nothing()
            return
        try:
            await self._fetch(exchange, commands.tags_found(answer))
        except (BadFrame, CommandTimeout) as error:  # the next search reads these tags again
            self._condition.lose(str(error), self.timing.monotonic())
        await exchange.ask(Command(Opcode.CLEAR_BUFFER))

    async def _fetch(self, exchange: Exchange, count: int) -> None:
        """Take `count` tags out of the module's buffer, as many at a time as an answer holds."""
        for _ in range(MOST_PAGES):
            if count <= 0:
                return
            tags = commands.buffered(await exchange.ask(commands.get_buffer()))
            if not tags:
                raise BadFrame(f"the module's buffer lacks {counted(count, 'tag')} that it found")
            now = self.timing.monotonic()
            for heard in tags:
                self._condition.read(heard, now)
                self._seen.add(heard, now)
            count -= len(tags)

    def _report(self) -> list[Reading]:
        readings = self._seen.report()
        self._condition.reported(len(readings))
        return readings

    def _answer_nothing(self) -> None:
        if self.asked and not len(self._seen):
            self.answer(self._seen.nothing(self.timing.monotonic()))
