"""UHF readers by LLRP 1.0.1, TCP or TLS: Impinj R420 class.

Reading kind `tag`: `epc` (hexadecimal), `uri` (pure identity, or None), `tid` (hexadecimal), `pc`,
`antenna`, `read_point` (what the option `antennas` says of it), `rssi` (dBm, the highest), `phase`
(degrees, the last), `count` (how often the reader heard it) and `first_seen` (ms before the
reading's own moment, which is when the tag was heard last). Reading kind `input`: a level of the
reader's general purpose inputs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from drivers.driver import Host
from drivers.errors import DriverError
from drivers.links.link import Connect
from drivers.links.reopen import ReopeningDriver
from drivers.links.tcp import TcpLink
from drivers.reading import Reading
from drivers.rfid.llrp.condition import Condition
from drivers.rfid.llrp.configuration import configure
from drivers.rfid.llrp.connection import ANOTHER_TRIED, CONNECTED, Connection, connected
from drivers.rfid.llrp.elements import Element
from drivers.rfid.llrp.reports import stamp, tag_reports
from drivers.rfid.llrp.settings import Settings, tls_context
from drivers.rfid.llrp.tags import Tags
from foundation.options import OptionError, OptionValue, options_of, settings_of

LOOK = 2.0  # s a single look may take: some rounds on each of four antennas
MISSED_KEEPALIVES = 2.5  # of them before the reader counts as gone
MOST_INPUTS = 1000  # input changes waiting to be fetched; bouncing contacts make many
DISCONNECTED = 0  # AntennaEvent, §15.2.5.12

KINDS = ("tag", "input")
OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> LlrpReader:
    """Make the driver of one reader; see `DriverModule.build`."""
    chosen = settings_of(Settings, options)
    try:
        tls = tls_context(chosen)
    except OSError as error:
        cause = error.strerror or error
        raise OptionError("tls_ca", f"tls_ca {chosen.tls_ca}: {cause}") from error
    address, name_in_certificate = chosen.endpoint, chosen.tls_name
    return LlrpReader(name, chosen, host, lambda: TcpLink.open(address, tls, name_in_certificate))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: a reader without a tag in its field is silent."""
    return None


class LlrpReader(ReopeningDriver):
    """One reader, read through the links that `connect` opens."""

    def __init__(self, name: str, chosen: Settings, host: Host, connect: Connect) -> None:
        super().__init__(name, host)
        self._settings = chosen
        self._connect = connect
        self._tags = Tags(name, chosen, self.health)
        self._inputs: list[Reading] = []
        self._stir = asyncio.Event()  # an input changed: its reading should not wait
        self._going = asyncio.Event()  # there is room for more reports
        self._condition = Condition(chosen.antennas)

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Take inventory until the reader fails; yield each tag once a report interval."""
        try:
            async with self._opened() as connection:
                due = self.timing.monotonic() + self._settings.report_interval
                while True:
                    await self._wait(connection, due)
                    now = self.timing.monotonic()
                    if now >= due or self._inputs:
                        due = now + self._settings.report_interval
                        self._say()
                        for reading in self._report():
                            yield reading
                    elif self.asked:
                        due = min(due, now + LOOK)
        except DriverError:
            for reading in self._report():  # what was heard before the link broke
                yield reading
            raise

    async def one_reading(self) -> Reading:
        """Open the reader for one look; without a tag the reading is `no-answer`."""
        async with self._opened() as connection:
            until = self.timing.monotonic() + LOOK
            while not self._tags and self.timing.monotonic() < until:
                await self._wait(connection, until)
            found = self._report()
            return found[0] if found else self._tags.nothing(self.timing.monotonic())

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Connection]:
        """Connect and start the inventory; take leave at the end."""
        chosen = self._settings
        self._condition = Condition(chosen.antennas)
        silence = MISSED_KEEPALIVES * chosen.keepalive
        async with connected(
            self._connect, chosen.endpoint, self.timing, self.health, self._hear, silence
        ) as connection:
            self._going = connection.exchange.going
            self._condition.configured(await configure(connection.exchange, chosen))
            self.running()
            self._say()
            yield connection

    async def _wait(self, connection: Connection, due: float) -> None:
        """Return at `due`, when an input changed or somebody asked; raise what ended the link."""
        left = max(0.0, due - self.timing.monotonic())
        sleep = asyncio.ensure_future(self.timing.sleep(left))
        stir = asyncio.ensure_future(self._stir.wait())
        wanted = asyncio.ensure_future(self._wanted.wait())
        pump = connection.pump
        try:
            await asyncio.wait({sleep, stir, wanted, pump}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleep, stir, wanted):
                task.cancel()
        self._stir.clear()
        self._wanted.clear()
        if pump.done():
            pump.result()

    def _hear(self, message: Element, arrival: float) -> None:
        """Take what the reader says by itself."""
        if message.name == "RO_ACCESS_REPORT":
            for report in tag_reports(message):
                self._tags.take(report, arrival)
        elif message.name == "READER_EVENT_NOTIFICATION":
            for part in message.all("ReaderEventNotificationData"):
                self._events(part, arrival)
        if self._tags.full:
            self._going.clear()
            self._stir.set()

    def _events(self, data: Element, arrival: float) -> None:
        parts = {part.name: part for part in data.children}
        for part in data.children:
            self._event(part, arrival)
        moment = stamp(parts, "")
        attempt = parts.get("ConnectionAttemptEvent")
        if attempt is not None and attempt.number("status") == CONNECTED:
            self._tags.clock.connect(moment, arrival)
        elif moment is not None:
            self._tags.clock.learn(moment, arrival)

    def _event(self, part: Element, arrival: float) -> None:
        """Note one event; what is none of our business is passed over."""
        match part.name:
            case "GPIEvent":
                self._input(part.number("port"), part.number("level"), arrival)
            case "AntennaEvent":
                self._antenna(part.number("antenna"), part.number("type"))
            case "ReaderExceptionEvent":
                self._warn("exceptions", f"the reader reports: {part.text('message')}")
            case "ReportBufferLevelWarningEvent":
                percent = part.number("percent")
                self._warn("buffer warnings", f"the reader's buffer is {percent} % full")
            case "ReportBufferOverflowErrorEvent":
                self._warn("buffer overflows", "the reader's buffer overflowed: reads were lost")
            case "ConnectionAttemptEvent" if part.number("status") == ANOTHER_TRIED:
                self._warn("other clients", "another program tried to take the reader over")

    def _input(self, port: int, level: int, arrival: float) -> None:
        if not self._settings.inputs or len(self._inputs) >= MOST_INPUTS:
            self.health.count("inputs not reported")
            return
        fields = {"state": "on" if level else "off", "level": level, "port": port}
        self._inputs.append(Reading(self.name, "input", fields, arrival))
        self._stir.set()

    def _antenna(self, antenna: int, event: int) -> None:
        if event == DISCONNECTED:
            self.health.count("antennas lost")
            self._condition.antennas.add(antenna)
        else:
            self._condition.antennas.discard(antenna)
        self._say()

    def _warn(self, counter: str, text: str) -> None:
        self.health.count(counter)
        self._condition.warn(text, self.timing.monotonic())
        self._say()

    def _say(self) -> None:
        """Put what is known of the reader into the health."""
        now = self.timing.monotonic()
        told = self._condition.told(now, self._tags.clock)
        if told is not None:
            state, detail, advice = told
            self.health.enter(state, now, detail, advice)

    def _report(self) -> list[Reading]:
        """Return what was heard since the last report."""
        readings, self._inputs = self._inputs, []
        readings += self._tags.drain()
        self._going.set()
        if not readings and self.asked:
            self.answer(self._tags.nothing(self.timing.monotonic()))
        return readings
