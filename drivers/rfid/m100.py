"""M100 class UHF modules (YRM100, JRD-4035, R200) on a serial port.

Reading kind `tag`: `epc` (hexadecimal), `uri` (pure identity, or None), `pc`, `antenna` (always
1), `rssi` (dBm, the highest), `count` (how often it was read) and `first_seen` (ms before the
reading's own moment, which is when the tag was read last).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from drivers.driver import Commission, Commissioned, Host
from drivers.errors import BadFrame, CommandTimeout, DriverError, WrongDevice
from drivers.links.errands import ErrandDriver
from drivers.links.link import Connect, Link
from drivers.links.serial import SerialLink, baudrate_option, port_option
from drivers.reading import Reading
from drivers.rfid import m100_commands as commands
from drivers.rfid import m100_commissioning, m100_tags
from drivers.rfid.m100_commands import Area, Bank, Lock
from drivers.rfid.m100_exchange import Exchange
from drivers.rfid.m100_frames import Frame
from drivers.rfid.sightings import Heard, Sightings
from drivers.rfid.uhf_options import AS_SET, region_option, report_interval_option
from foundation.counting import counted
from foundation.options import OptionValue, option, options_of, settings_of

ANTENNA = 1  # these modules have one
SILENT = 3.0  # s; a running inventory says something after each round, tag or no tag
ROUNDS_ONCE = 5  # a tag answers about two rounds in three

KINDS = ("tag",)


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
    return M100(name, chosen, host, lambda: SerialLink.open(chosen.port, chosen.baudrate))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: a reader without a tag in its field is silent."""
    return None


class M100(ErrandDriver[Exchange]):
    """One module, read through the links that `connect` opens.

    Tags can be read, written and locked beside the running `readings()`: the inventory pauses.
    """

    def __init__(self, name: str, settings: Settings, host: Host, connect: Connect) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._connect = connect
        self._seen = Sightings(name)
        self._heard_at = 0.0  # monotonic moment of the newest frame
        self._detail = ""

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
                    if now >= due or (self.asked and self._seen):
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
        link = await self._connect()
        try:
            exchange = Exchange(link, self.timing, self.health)
            await self._set_up(exchange)
            yield exchange
        finally:
            await _leave(link)

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

    async def _set_up(self, exchange: Exchange) -> None:
        """Stop what may run there from before, see that it is a module, set region and power."""
        self._seen.clear()
        await exchange.quiet()
        hardware = commands.version_text(await self._identify(exchange))
        if self._settings.region != AS_SET:
            await exchange.ask(commands.set_region(self._settings.region))
        await exchange.ask(commands.set_power(self._settings.power_dbm))
        power = commands.power_dbm(await exchange.ask(commands.get_power()))
        asked = self._settings.power_dbm
        unlike = "" if power == asked else f" ({asked:g} asked)"
        self._detail = f"{hardware}, {power:g} dBm{unlike}"
        self._heard_at = self.timing.monotonic()
        self.running(self._detail)

    async def _identify(self, exchange: Exchange) -> Frame:
        try:
            return await exchange.ask(commands.version())
        except CommandTimeout as error:
            if not exchange.noise:
                raise
            port, baudrate = self._settings.port, self._settings.baudrate
            raise WrongDevice(
                f"what answers on {port} is not an M100 module",
                advice=f"check that {port} is the module's port and {baudrate} baud its rate",
            ) from error

    def _take(self, frame: Frame) -> None:
        """Note what a frame of the inventory says; raises DeviceFault for the module's own."""
        now = self.timing.monotonic()
        self._heard_at = self.health.last_frame = now
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

    def _see(self, frame: Frame, now: float) -> None:
        try:
            notice = commands.tag_notice(frame)
        except BadFrame:
            self.health.count("bad frames")
            return
        self.health.count("reads" if notice.intact else "corrupt reads")
        heard = Heard(notice.pc, notice.epc, notice.rssi, ANTENNA, notice.intact)
        self._seen.add(heard, now)

    def _report(self) -> list[Reading]:
        readings = self._seen.report()
        self.health.detail = f"{self._detail}, {counted(len(readings), 'tag')} in the last report"
        if not readings and self.asked:
            self.answer(self._seen.nothing(self.timing.monotonic()))
        return readings

    async def _listen(self, exchange: Exchange, until: float) -> None:
        """Take the next frames; start the inventory again when its rounds are over."""
        for frame in await exchange.read(max(0.0, until - self.timing.monotonic())):
            self._take(frame)
        now = self.timing.monotonic()
        silence = now - self._heard_at
        if silence >= 2 * SILENT:
            raise CommandTimeout(f"{self._settings.port} fell silent during the inventory")
        if silence >= SILENT and exchange.last_sent < now - SILENT:
            self.health.count("restarts")
            await exchange.send(commands.multi_inventory())


async def _leave(link: Link) -> None:
    """Turn the radio off if the module can still be told, and close."""
    stop = commands.stop()
    try:
        with contextlib.suppress(DriverError):
            await link.write(stop.to_bytes(), stop.within)
    finally:
        link.close()
