"""M100 class UHF modules (YRM100, JRD-4035, R200) on a serial port.

Reading kind `tag`: `epc` (hexadecimal), `uri` (pure identity, or None), `pc`, `antenna` (always
1), `rssi` (dBm, the highest), `count` (how often it was read) and `first_seen` (ms before the
reading's own moment, which is when the tag was read last).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from drivers.driver import Commission, Commissioned, Health, Host
from drivers.errors import BadFrame, CommandTimeout, DriverError, LinkLost
from drivers.links.errands import ErrandDriver
from drivers.links.link import Link
from drivers.links.serial import SerialLink, baudrate_option, port_option
from drivers.reading import Reading
from drivers.rfid import causes, m100_commissioning, m100_tags, shown
from drivers.rfid import m100_commands as commands
from drivers.rfid.discards import Discards
from drivers.rfid.m100_commands import Area, Bank, Lock
from drivers.rfid.m100_exchange import Exchange
from drivers.rfid.m100_frames import Frame, FrameType
from drivers.rfid.module_condition import ModuleCondition
from drivers.rfid.module_port import KNOCK_WITHIN, ModulePort, OpenAt
from drivers.rfid.sightings import Heard, Sightings
from drivers.rfid.uhf_options import AS_SET, region_option, report_interval_option
from foundation.options import OptionValue, option, options_of, settings_of

ANTENNA = 1  # these modules have one
SILENT = 3.0  # s; a running inventory says something after each round, tag or no tag
ROUNDS_ONCE = 5  # a tag answers about two rounds in three

KINDS = ("tag",)
CAUSES = causes.MODULE


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one module."""

    port: str = port_option()
    baudrate: int = baudrate_option(115200)
    power_dbm: float = option(float, "transmit power; modules have a few steps", 20.0, 0, 30, "dBm")
    region: str = region_option(commands.REGIONS, "radio band; local law decides")
    report_interval: float = report_interval_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> M100:
    """Make the driver of one module; see `DriverModule.build`."""
    chosen = settings_of(Settings, options)
    return M100(name, chosen, host, partial(SerialLink.open, chosen.port))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: a reader without a tag in its field is silent."""
    return None


class M100(ErrandDriver[Exchange]):
    """One module, read through the links that `open_at` opens at a rate.

    Tags can be read, written and locked beside the running `readings()`: the inventory pauses.
    """

    def __init__(self, name: str, settings: Settings, host: Host, open_at: OpenAt) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._port: ModulePort[tuple[Exchange, Frame]] = ModulePort(
            "an M100 module", settings.port, settings.baudrate, open_at, host.timing
        )
        self._seen = Sightings(name)
        self._condition = ModuleCondition(self.health, self._port)
        self._heard_at = 0.0  # monotonic moment of the newest frame

    @property
    def discards(self) -> Discards:
        """What the module sent that could not be read."""
        return self._condition.discards

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Take inventory until the module fails; yield each tag once a report interval."""
        try:
            async with self.opened() as exchange:
                await exchange.send(commands.multi_inventory())
                due = self.timing.monotonic() + self._settings.report_interval
                while True:
                    await self._listen(exchange, due)
                    await self._pause_for_errands(exchange)
                    now = self.timing.monotonic()
                    self._condition.say(now)
                    if now >= due or self._seen.full or (self.asked and self._seen):
                        due = now + self._settings.report_interval
                        for reading in self._report():
                            yield reading
        except DriverError:
            for reading in self._report():  # what was seen before the link broke
                yield reading
            raise

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Exchange]:
        """Open the port and set the module up; turn its radio off at the end."""
        link, (exchange, version) = await self._port.open(self._greet, self._knock)
        try:
            await self._set_up(exchange, version)
            yield exchange
        except LinkLost:
            self._port.forget()
            raise
        finally:
            await _leave(link)

    async def _greet(self, link: Link) -> tuple[Exchange, Frame]:
        """Stop what may run there from before, and see what it is."""
        exchange = Exchange(link, self.timing, self.health, self._condition.discards)
        await exchange.quiet()
        return exchange, await exchange.ask(commands.version())

    async def _knock(self, link: Link) -> None:
        """See whether a module answers; what else comes at a rate that is tried is nothing."""
        question = replace(commands.version(), within=KNOCK_WITHIN)
        await Exchange(link, self.timing, Health(), Discards()).ask(question, tries=1)

    async def read_tag(
        self, epc: bytes, bank: Bank, first: int, words: int, password: int = 0
    ) -> bytes:
        """Return words of a bank of the tag `epc`; see `m100_tags.read`."""
        return await self.errand(lambda ex: m100_tags.read(ex, epc, bank, first, words, password))

    async def write_tag(
        self, epc: bytes, bank: Bank, first: int, data: bytes, password: int = 0
    ) -> None:
        """Write words to a bank of the tag `epc` and read them back; see `m100_tags.write`."""
        await self.errand(lambda ex: m100_tags.write(ex, epc, bank, first, data, password))

    async def write_epc(self, old: bytes, new: bytes, password: int = 0) -> None:
        """Give the tag `old` another EPC, read back by its TID; see `m100_tags.write_epc`."""
        await self.errand(lambda ex: m100_tags.write_epc(ex, old, new, password))

    async def lock_tag(self, epc: bytes, area: Area, state: Lock, password: int) -> None:
        """Lock or open an area of the tag `epc`; see `m100_tags.lock`."""
        await self.errand(lambda ex: m100_tags.lock(ex, epc, area, state, password))

    async def commission(self, order: Commission) -> Commissioned:
        """Make one tag what `order` says; see `drivers.driver.TagWriter`."""
        return await self.errand(lambda ex: m100_commissioning.commission(ex, order))

    async def _pause_for_errands(self, exchange: Exchange) -> None:
        if self.errands_wait:
            await exchange.quiet()
            await self.do_errands(exchange)
            await exchange.send(commands.multi_inventory())
            self._heard_at = self.timing.monotonic()

    async def one_reading(self) -> Reading:
        """Open the module for a few rounds; without a tag the reading is `no-answer`."""
        async with self.opened() as exchange:
            for _ in range(ROUNDS_ONCE):
                for frame in await exchange.round():
                    self._take(frame)
                if self._seen:
                    return self._report()[0]
            return self._seen.nothing(self.timing.monotonic())

    async def _set_up(self, exchange: Exchange, version: Frame) -> None:
        """Set region and power, and read the power back."""
        self._seen.clear()
        hardware = commands.version_text(version)
        if self._settings.region != AS_SET:
            await exchange.ask(commands.set_region(self._settings.region))
        await exchange.ask(commands.set_power(self._settings.power_dbm))
        power = commands.power_dbm(await exchange.ask(commands.get_power()))
        asked = self._settings.power_dbm
        unlike = "" if power == asked else f" ({asked:g} asked)"
        self._heard_at = self.timing.monotonic()
        self.running()
        self._condition.begin(f"{hardware}, {power:g} dBm{unlike}", self._heard_at)

    def _take(self, frame: Frame) -> None:
        """Note what a frame of the inventory says; raises DeviceFault for the module's own."""
        now = self.timing.monotonic()
        self._heard_at = now
        if commands.is_tag(frame):
            self._see(frame, now)
            return
        code = commands.error_code(frame)
        if code == commands.NO_TAG:
            self.health.count("empty rounds")
        elif code == commands.CHANNEL_BUSY:
            self.health.count("busy channels")
        elif code is not None:
            raise commands.fault(code)
        elif frame.type is FrameType.NOTICE:
            self._condition.lose(f"a notice {frame.command:#04x}, which is unknown", now)

    def _see(self, frame: Frame, now: float) -> None:
        try:
            notice = commands.tag_notice(frame)
        except BadFrame as error:
            self._condition.lose(str(error), now)
            return
        heard = Heard(notice.pc, notice.epc, notice.rssi, ANTENNA, notice.intact)
        self._condition.read(heard, now)
        self._seen.add(heard, now)

    def _report(self) -> list[Reading]:
        readings = self._seen.report()
        self._condition.reported(len(readings))
        if not readings and self.asked:
            self.answer(self._seen.nothing(self.timing.monotonic()))
        return readings

    async def _listen(self, exchange: Exchange, until: float) -> None:
        """Take the next frames; start the inventory again when its rounds are over."""
        left = until - self.timing.monotonic()
        for frame in await exchange.read(min(SILENT, max(0.0, left))):
            self._take(frame)
        now = self.timing.monotonic()
        silence = now - self._heard_at
        if silence >= 2 * SILENT:
            raise self._silent(exchange, silence)
        if silence >= SILENT and exchange.last_sent < now - SILENT:
            self.health.count("restarts")
            await exchange.send(commands.multi_inventory())

    def _silent(self, exchange: Exchange, seconds: float) -> DriverError:
        """Return the error for a module that sent no frame for so long."""
        port = self._settings.port
        if not exchange.noise:
            return CommandTimeout(
                f"{port} fell silent during the inventory", cause=causes.MODULE_FELL_SILENT
            )
        seen = shown.sample(exchange.noise)
        noise = f"only noise came from {port} for {seconds:.0f} s: {seen}"
        return BadFrame(noise, cause=causes.MODULE_NOISE)


async def _leave(link: Link) -> None:
    """Turn the radio off if the module can still be told, and close."""
    stop = commands.stop()
    try:
        with contextlib.suppress(DriverError):
            await link.write(stop.to_bytes(), stop.within)
    finally:
        link.close()
