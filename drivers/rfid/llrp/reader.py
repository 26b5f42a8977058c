"""Driver of UHF readers that speak LLRP 1.0.1 over TCP, Impinj R420 class (kind `rfid.llrp`).

Reading kind `tag`: `epc` (hexadecimal), `uri` (pure identity, or None), `tid` (hexadecimal), `pc`,
`antenna`, `read_point` (what the option `antennas` says of it), `rssi` (dBm, the highest), `phase`
(degrees, the last), `count` (how often the reader heard it) and `first_seen` (ms before the
reading's own moment, which is when the tag was heard last). Reading kind `input`: a level of the
reader's general purpose inputs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from drivers.driver import Host, OptionValue, State
from drivers.errors import (
    BadFrame,
    DeviceFault,
    DriverError,
    OptionError,
    WrongDevice,
)
from drivers.gs1.epc import EpcError, decode
from drivers.gs1.pc_word import PcWord
from drivers.links.link import Connect
from drivers.links.reopen import ReopeningDriver
from drivers.links.tcp import TcpLink
from drivers.reading import FieldValue, Quality, Reading
from drivers.rfid.llrp import requests
from drivers.rfid.llrp.capabilities import STANDARDS, Capabilities, capabilities
from drivers.rfid.llrp.elements import Element, element
from drivers.rfid.llrp.exchange import Exchange
from drivers.rfid.llrp.readback import not_effective
from drivers.rfid.llrp.reader_clock import MICROSECONDS, ReaderClock, utc
from drivers.rfid.llrp.reports import Scale, TagReport, stamp, tag_reports
from drivers.rfid.llrp.settings import AS_SET, OPTIONS, OWN_MODE, Settings, settings, tls_context
from drivers.rfid.llrp.sightings import Sighting, Sightings

__all__ = ["KINDS", "OPTIONS", "build", "interval"]

GREETING_WITHIN = 10.0  # s; a reader greets as soon as it accepted
LEAVE_WITHIN = 1.0  # s to turn the radio off
LOOK = 2.0  # s a single look may take: some rounds on each of four antennas
MISSED_KEEPALIVES = 2.5  # of them before the reader counts as gone
WARNED = 60.0  # s that a passing trouble stays in the health
LONGEST_STAY = 86_400.0  # s between first and last in one report; more is a clock that was set
SHORTEST_TEXT = 24  # bytes of a 96-bit EPC in hexadecimal
MOST_URIS = 10_000  # remembered, as the same tags are read over and over
MOST_INPUTS = 1000  # input changes waiting to be fetched; bouncing contacts make many
MILLISECONDS = 1000.0  # in a second

# ConnectionAttemptEvent, §15.2.5.13
CONNECTED, READER_HAS_CLIENT, CLIENT_EXISTS, ANOTHER_TRIED = 0, 1, 2, 4
DISCONNECTED = 0  # AntennaEvent, §15.2.5.12

KINDS = ("tag", "input")
FIELDS = ("epc", "uri", "tid", "pc", "antenna", "read_point", "rssi", "count", "first_seen")


def build(name: str, options: dict[str, OptionValue], host: Host) -> LlrpReader:
    """Make the driver of one reader; see `DriverModule.build`."""
    chosen = settings(options)
    try:
        tls = tls_context(chosen)
    except OSError as error:
        cause = error.strerror or error
        raise OptionError("tls_ca", f"tls_ca {chosen.tls_ca}: {cause}") from error
    address, name_in_certificate = chosen.address, chosen.tls_name
    return LlrpReader(name, chosen, host, lambda: TcpLink.open(address, tls, name_in_certificate))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: a reader without a tag in its field is silent."""
    return None


@dataclass(slots=True)
class Condition:
    """What is unusual about a reader; all of it goes into its health.

    `antennas` are those whose cable is off. `differs` is what the reader did not take over.
    `warning` is a passing trouble, noted at `warned` (monotonic).
    """

    title: str = ""
    antennas: set[int] = field(default_factory=set)
    differs: tuple[str, ...] = ()
    warning: str = ""
    warned: float = 0.0


class LlrpReader(ReopeningDriver):
    """One reader, read through the links that `connect` opens."""

    def __init__(self, name: str, chosen: Settings, host: Host, connect: Connect) -> None:
        super().__init__(name, host)
        self._settings = chosen
        self._connect = connect
        self._sightings = Sightings()
        self._inputs: list[Reading] = []
        self._stir = asyncio.Event()  # an input changed: its reading should not wait
        self._clock = ReaderClock()
        self._uris: dict[tuple[bytes, int | None], str | None] = {}
        self._condition = Condition()
        self._greeting: asyncio.Future[int] | None = None
        self._exchange: Exchange | None = None

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Take inventory until the reader fails; yield each tag once a report interval."""
        async with contextlib.AsyncExitStack() as stack:
            try:
                pump = await self._open(stack)
                due = self.timing.monotonic() + self._settings.report_interval
                while True:
                    await self._wait(pump, due)
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
        async with contextlib.AsyncExitStack() as stack:
            pump = await self._open(stack)
            until = self.timing.monotonic() + LOOK
            while not self._sightings and self.timing.monotonic() < until:
                await self._wait(pump, until)
            found = self._report()
            return found[0] if found else self._nothing()

    async def _open(self, stack: contextlib.AsyncExitStack) -> asyncio.Task[None]:
        """Connect and start the inventory; return the task that listens. `stack` closes it all."""
        link = await self._connect()
        stack.callback(link.close)
        silence = MISSED_KEEPALIVES * self._settings.keepalive
        exchange = Exchange(link, self.timing, self.health, self._hear, silence)
        self._exchange = exchange
        self._condition = Condition()
        self._greeting = asyncio.get_running_loop().create_future()
        pump = asyncio.create_task(exchange.run())
        stack.push_async_callback(_end, pump)
        await self._greeted(pump)
        await self._set_up(exchange)
        stack.push_async_callback(_leave, exchange)
        return pump

    async def _greeted(self, pump: asyncio.Task[None]) -> None:
        """Wait for the reader's word that we are its client."""
        assert self._greeting is not None
        greeting = self._greeting
        either: set[asyncio.Future[Any]] = {greeting, pump}
        await asyncio.wait(either, timeout=GREETING_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        address = self._settings.address
        if not greeting.done():
            self._no_greeting(pump)
        status = greeting.result()
        if status in {READER_HAS_CLIENT, CLIENT_EXISTS}:
            raise DeviceFault(
                f"another program is connected to the reader at {address}",
                advice="a reader serves one client: stop the other program, which the reader's "
                "own console names (`show network summary`); a connection left over from a crash "
                "ends by itself. The driver tries again until the reader is free",
            )
        if status != CONNECTED:
            raise DeviceFault(f"the reader at {address} refused the connection, status {status}")

    def _no_greeting(self, pump: asyncio.Task[None]) -> None:
        """Raise the error for a device that did not greet."""
        error = pump.exception() if pump.done() else None
        if error is not None and not isinstance(error, BadFrame):
            raise error
        raise WrongDevice(
            f"what answers at {self._settings.address} is no LLRP reader",
            advice="check address and port: 5084 is LLRP, 5085 LLRP with TLS",
        )

    async def _set_up(self, exchange: Exchange) -> None:
        """Learn what the reader can, clean up, configure it, start, and read all of it back."""
        chosen = self._settings
        can = capabilities(await exchange.ask(requests.get_capabilities()))
        self._check(can)
        if can.is_impinj:
            await exchange.ask(requests.enable_extensions())
        await exchange.send(element("ENABLE_EVENTS_AND_REPORTS"))  # what it held comes first
        for request in requests.clean_up():
            await exchange.ask(request)
        config = requests.set_config(chosen, can)
        await exchange.ask(config)
        rospec = requests.rospec(chosen, can)
        await exchange.ask(element("ADD_ROSPEC", rospec))
        if chosen.tid and not can.is_impinj:
            await exchange.ask(element("ADD_ACCESSSPEC", requests.accessspec()))
            await exchange.ask(element("ENABLE_ACCESSSPEC", id=requests.ACCESSSPEC))
        await exchange.ask(element("ENABLE_ROSPEC", id=requests.ROSPEC))
        specs = await exchange.ask(element("GET_ROSPECS"))
        answers = [await exchange.ask(request) for request in requests.get_config()]
        now_set = element("", *(part for answer in answers for part in answer.children))
        self._condition.title = can.title
        self._condition.differs = (
            *not_effective(element("", rospec), specs, can),
            *not_effective(Element("", {}, config.children), now_set, can),
        )
        self._note_antennas(now_set, can)
        self.running()
        self._say()

    def _check(self, can: Capabilities) -> None:
        """Raise DeviceFault when the reader cannot do what the options ask."""
        chosen = self._settings
        missing = [antenna for antenna in chosen.read_points if antenna > can.antennas]
        if missing:
            raise DeviceFault(
                f"the reader has {can.antennas} antennas, but antenna {missing[0]} is configured",
                advice="correct `antennas`, or switch the reader's antenna hubs on and reboot it",
            )
        modes = {chosen.mode, *map(int, chosen.antenna_mode.values())} - {OWN_MODE}
        if not modes <= can.modes:
            known = ", ".join(map(str, sorted(can.modes)))
            raise DeviceFault(
                f"the reader has no RF mode {min(modes - can.modes)}",
                advice=f"its modes in this region are {known}",
            )
        if chosen.region != AS_SET and STANDARDS[chosen.region] != can.standard:
            names = {number: name for name, number in STANDARDS.items()}
            raise DeviceFault(
                f"the reader is set to the region {names.get(can.standard, can.standard)}, "
                f"not {chosen.region}",
                advice="set the region on the reader itself; the law of the place decides",
            )

    def _note_antennas(self, config: Element, can: Capabilities) -> None:
        """Note the configured antennas without a cable; behind hubs a reader does not know."""
        for part in config.all("AntennaProperties"):
            antenna = part.number("antenna")
            wanted = antenna in self._settings.read_points
            if wanted and not part.number("connected") and not can.has_hubs:
                self._condition.antennas.add(antenna)

    async def _wait(self, pump: asyncio.Task[None], due: float) -> None:
        """Return at `due`, when an input changed or somebody asked; raise what ended `pump`."""
        left = max(0.0, due - self.timing.monotonic())
        sleep = asyncio.ensure_future(self.timing.sleep(left))
        stir = asyncio.ensure_future(self._stir.wait())
        wanted = asyncio.ensure_future(self._wanted.wait())
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
                self._take(report, arrival)
        elif message.name == "READER_EVENT_NOTIFICATION":
            for part in message.all("ReaderEventNotificationData"):
                self._events(part, arrival)
        if self._sightings.full and self._exchange is not None:
            self._exchange.going.clear()
            self._stir.set()

    def _take(self, report: TagReport, arrival: float) -> None:
        if self._sightings.is_repeated(report):
            self.health.count("repeated reports")
        else:
            self.health.count("reads", report.count)
            self._sightings.add(self._sighting(report, arrival))

    def _sighting(self, report: TagReport, arrival: float) -> Sighting:
        """Return a report on our clock; its own times where they make sense."""
        first = last = arrival
        timed = True
        if report.last is not None:
            timed = self._clock.learn(report.last, arrival)
            stay = _stay(report)
            timed = timed and 0.0 <= stay <= LONGEST_STAY
            if timed:
                last = self._clock.monotonic(report.last, arrival)
                first = last - stay
        return Sighting(
            epc=self._plain(report.epc),
            antenna=report.antenna,
            tid=report.tid,
            first=first,
            last=last,
            rssi=report.rssi,
            count=report.count,
            pc=report.pc,
            phase=report.phase,
            timed=timed,
            utc=utc(report.last) if report.last and report.last.scale is Scale.UTC else None,
        )

    def _plain(self, epc: bytes) -> bytes:
        """Undo what some Zebra firmware does: an EPC sent as its own hexadecimal text."""
        if len(epc) < SHORTEST_TEXT:
            return epc
        with contextlib.suppress(ValueError):
            inner = bytes.fromhex(epc.decode("ascii"))
            if _uri(inner, None) is not None:
                self.health.count("double-encoded EPCs")
                return inner
        return epc

    def _events(self, data: Element, arrival: float) -> None:
        parts = {part.name: part for part in data.children}
        moment = stamp(parts, "")
        for part in data.children:
            self._event(part, arrival)
        attempt = parts.get("ConnectionAttemptEvent")
        if attempt is not None and self._greeting is not None and not self._greeting.done():
            self._clock.connect(moment, arrival)
            self._greeting.set_result(attempt.number("status"))
        elif moment is not None:
            self._clock.learn(moment, arrival)

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
        self._condition.warning = text
        self._condition.warned = self.timing.monotonic()
        self._say()

    def _say(self) -> None:
        """Put what is known of the reader into the health."""
        known, now = self._condition, self.timing.monotonic()
        if not known.title:
            return  # still being set up
        if known.warning and now - known.warned > WARNED:
            known.warning = ""
        faults = [self._without_cable(antenna) for antenna in sorted(known.antennas)]
        faults += [known.warning] if known.warning else []
        if faults:
            advice = "check the antenna's cable and plug" if known.antennas else ""
            self.health.enter(State.FAULTY, now, "; ".join(faults), advice)
        else:
            self.health.enter(State.RUNNING, now, *self._remarks())

    def _remarks(self) -> tuple[str, str]:
        """Return detail and advice of a reader that works."""
        known = self._condition
        remarks, advice = [known.title], ""
        if self._clock.utc is not None and not self._clock.is_set:
            remarks.append(f"its clock says {self._clock.utc:%Y-%m-%d}: ours is used")
            advice = "give the reader a time server (NTP)"
        if known.differs:
            remarks.append("not effective: " + "; ".join(known.differs[:3]))
            advice = "reboot the reader, and check that its region allows what is configured"
        return ", ".join(remarks), advice

    def _without_cable(self, antenna: int) -> str:
        place = self._settings.read_points.get(antenna)
        return f"antenna {antenna}{f' ({place})' if place else ''} is disconnected"

    def _report(self) -> list[Reading]:
        """Return what was heard since the last report."""
        readings, self._inputs = self._inputs, []
        readings += [self._reading(sighting) for sighting in self._sightings.drain()]
        if self._exchange is not None:
            self._exchange.going.set()
        if not readings and self.asked:
            self.answer(self._nothing())
        return readings

    def _reading(self, heard: Sighting) -> Reading:
        fields: dict[str, FieldValue] = {
            "epc": heard.epc.hex().upper(),
            "uri": self._uri(heard.epc, heard.pc),
            "tid": None if heard.tid is None else heard.tid.hex().upper(),
            "pc": heard.pc,
            "antenna": heard.antenna,
            "read_point": self._settings.read_points.get(heard.antenna or 0) or None,
            "rssi": heard.rssi,
            "count": heard.count,
            "first_seen": (heard.last - heard.first) * MILLISECONDS,
        }
        if self._settings.phase:
            fields["phase"] = heard.phase
        if self._settings.reader_utc:
            fields["reader_utc"] = heard.utc
        quality = Quality.OK if heard.timed else Quality.SUSPECT
        return Reading(self.name, "tag", fields, heard.last, quality)

    def _uri(self, epc: bytes, pc: int | None) -> str | None:
        key = epc, pc
        if key not in self._uris:
            if len(self._uris) >= MOST_URIS:
                self._uris.clear()
            self._uris[key] = _uri(epc, pc)
        return self._uris[key]

    def _nothing(self) -> Reading:
        now = self.timing.monotonic()
        return Reading(self.name, "tag", dict.fromkeys(FIELDS), now, Quality.NO_ANSWER)


async def _end(pump: asyncio.Task[None]) -> None:
    pump.cancel()
    with contextlib.suppress(asyncio.CancelledError, DriverError):
        await pump


async def _leave(exchange: Exchange) -> None:
    """Turn the radio off and take leave, if the reader can still be told."""
    with contextlib.suppress(DriverError, TimeoutError):
        async with asyncio.timeout(LEAVE_WITHIN):
            await exchange.ask(element("DELETE_ROSPEC", id=requests.ROSPEC))
            await exchange.ask(element("CLOSE_CONNECTION"))


def _stay(report: TagReport) -> float:
    """Return the seconds between first and last, by the reader's clock."""
    first, last = report.first, report.last
    if first is None or last is None or first.scale is not last.scale:
        return 0.0
    return (last.microseconds - first.microseconds) / MICROSECONDS


def _uri(epc: bytes, pc: int | None) -> str | None:
    if pc is not None and not PcWord(pc).is_gs1:
        return None
    try:
        return decode(epc).uri
    except EpcError:
        return None
