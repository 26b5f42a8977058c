"""UHF readers by LLRP 1.0.1, TCP or TLS: Impinj R420 class.

Reading kind `tag`: `epc` (hexadecimal), `uri` (pure identity, or None), `tid` (hexadecimal), `pc`,
`antenna`, `read_point` (what the option `antennas` says of it), `rssi` (dBm, the highest), `phase`
(degrees, the last), `count` (how often the reader heard it) and `first_seen` (ms before the
reading's own moment, which is when the tag was heard last); `epc_bits` where the EPC is doubtful.
Reading kind `input`: a level of the reader's general purpose inputs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import chain

from drivers.driver import Host
from drivers.errors import DriverError
from drivers.links.link import Connect
from drivers.links.reopen import ReopeningDriver
from drivers.links.tcp import TcpLink
from drivers.reading import Reading
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import causes
from drivers.rfid.llrp.antenna_map import MOST_ANTENNAS
from drivers.rfid.llrp.condition import Condition
from drivers.rfid.llrp.configuration import configure
from drivers.rfid.llrp.connection import ANOTHER_TRIED, CONNECTED, Connection, Connector
from drivers.rfid.llrp.elements import UNKNOWN, Element
from drivers.rfid.llrp.exchange import TAG
from drivers.rfid.llrp.reports import stamp, tag_report
from drivers.rfid.llrp.settings import Settings, tls_context
from drivers.rfid.llrp.tags import Tags
from foundation.options import OptionError, OptionValue, options_of, settings_of

LOOK = 2.0  # s a single look may take: some rounds on each of four antennas
SAY_EVERY = 5.0  # s; the health must not wait for a long report interval
MISSED_KEEPALIVES, GRACE = 2.5, 3.0  # keepalives, or s after one that is due, until it is gone
BESIDE_TAGS = {"RFSurveyReportData", "Custom", UNKNOWN}  # what a report may hold besides, §14.1
MOST_INPUTS = 1000  # input changes waiting to be fetched; bouncing contacts make many
DISCONNECTED = 0  # AntennaEvent, §15.2.5.12

KINDS = ("tag", "input")
CAUSES = causes.CAUSES
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
        self._tags = Tags(name, chosen, self.health)
        self._inputs: list[Reading] = []
        self._stir = asyncio.Event()  # an input changed: its reading should not wait
        self._going = asyncio.Event()  # there is room for more reports
        self.discards = Discards()
        self._condition = Condition(chosen.antennas, self.discards)
        self._connector = Connector(
            connect,
            chosen.endpoint,
            host.timing,
            self.health,
            min(MISSED_KEEPALIVES * chosen.keepalive, chosen.keepalive + GRACE),
            self.discards,
        )

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Take inventory until the reader fails; yield each tag once a report interval."""
        try:
            async with self._opened() as connection:
                due = self.timing.monotonic() + self._settings.report_interval
                while True:
                    await self._wait(connection, due)
                    self._say()
                    now = self.timing.monotonic()
                    if now >= due or self._inputs or self._tags.full:
                        due = now + self._settings.report_interval
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
            return next(self._report(), self._tags.nothing(self.timing.monotonic()))

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Connection]:
        """Connect and start the inventory; take leave at the end."""
        self._condition = Condition(self._settings.antennas, self.discards)
        async with self._connector.connected(self._hear) as connection:
            self._going = connection.exchange.going
            self._condition.configured(await configure(connection.exchange, self._settings))
            self.running()
            self._say()
            yield connection

    async def _wait(self, connection: Connection, due: float) -> None:
        """Return at `due`, or when there is something to do before; raise what ended the link."""
        left = min(SAY_EVERY, max(0.0, due - self.timing.monotonic()))
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
            for entry in message.children:
                self._hear_tag(entry, arrival)
        elif message.name == "READER_EVENT_NOTIFICATION":
            for part in message.all("ReaderEventNotificationData"):
                self._events(part, arrival)
            self._say()
        elif message.name == "ERROR_MESSAGE":
            self._error(message)
            self._say()
        else:
            self.health.count("unused messages")
        if self._tags.full:
            self._going.clear()
            self._stir.set()

    def _hear_tag(self, entry: Element, arrival: float) -> None:
        """Take one entry of a report."""
        report = tag_report(entry) if entry.name == TAG else None
        if report is not None:
            self.discards.read()
            self._tags.take(report, arrival)
        elif entry.name == TAG:
            self.health.count("lost tag reports")
            self.discards.lose("a tag report without an EPC", arrival)
        elif entry.name not in BESIDE_TAGS:
            self.health.count("skipped parameters")
            self.discards.skip(f"{entry.name} in a report of tags", arrival)

    def _error(self, message: Element) -> None:
        """Note an error that answers nothing that was asked."""
        status = message.first("LLRPStatus")
        told = f"{status.text('description')}, status {status.number('code')}" if status else ""
        self._warn("errors", f"the reader reports an error: {told or 'without a status'}")

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
        if antenna > MOST_ANTENNAS:
            self.health.count("unused events")
        elif event == DISCONNECTED:
            self.health.count("antennas lost")
            self._condition.antennas.add(antenna)
        else:
            self._condition.antennas.discard(antenna)

    def _warn(self, counter: str, text: str) -> None:
        self.health.count(counter)
        self._condition.warn(text, self.timing.monotonic())

    def _say(self) -> None:
        """Put what is known of the reader into the health."""
        now = self.timing.monotonic()
        told = self._condition.told(now, self._tags.clock)
        if told is not None:
            state, detail, cause = told
            self.health.enter(state, now, detail, cause)

    def _report(self) -> Iterator[Reading]:
        """Return what was heard since the last report; what comes from now on is of the next."""
        if self.asked and not self._inputs and not self._tags:
            self.answer(self._tags.nothing(self.timing.monotonic()))
        inputs, self._inputs = self._inputs, []
        tags = self._tags.drain()
        self._going.set()
        return chain(inputs, tags)
