"""Driver of GNSS receivers that send NMEA 0183 over a serial port (kind `gnss.nmea`).

It only listens. Reading kind `position`: `lat`, `lon` (degrees), `altitude` (m above mean sea
level), `speed` (m/s), `course` (degrees from true north), `hdop`, `satellites` (used) and `fix`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import date

from drivers.driver import Host
from drivers.errors import BadFrame, CommandTimeout, DriverError, OptionError, WrongDevice
from drivers.gnss.decode import decode
from drivers.gnss.fix import Epochs, Fix
from drivers.gnss.sentences import split
from drivers.links.link import Connect
from drivers.links.reopen import ReopeningDriver
from drivers.links.serial import SerialLink, baudrate_option, port_option
from drivers.options import OptionValue, option, options_of, settings_of
from drivers.reading import Quality, Reading

# No fix can be older than this program: an earlier date is a rolled-over week. Renew with a
# release at least every 19 years.
NOT_BEFORE = "2026-01-01"
IDLE_GAP = 0.25  # s of silence that end a burst of sentences; within one they follow at once
EARLY = 0.25  # share of the interval a fix may come too soon: epochs jitter
EVERY_EPOCH = 1.0  # s; what receivers send unless told otherwise

QUALITIES = {
    "estimated": Quality.SUSPECT,  # dead reckoning
    "simulated": Quality.SUSPECT,
    "manual": Quality.MANUAL,
}

KINDS = ("position",)
FIELDS = ("lat", "lon", "altitude", "speed", "course", "hdop", "satellites", "fix")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OptionError(
            "not_before", f"not_before must be a date like {NOT_BEFORE}, not {text!r}"
        ) from None


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one receiver."""

    port: str = port_option()
    baudrate: int = baudrate_option(9600)
    interval: float = option(
        float, "time between recorded positions; 0 is every one", 1.0, 0, 3600, "s"
    )
    silent_after: float = option(
        float, "silence after which the port is reopened", 10.0, 0.1, 3600, "s"
    )
    not_before: date = option(
        str, "date before which a received date is a rolled-over week", NOT_BEFORE, parse=_date
    )


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> NmeaReceiver:
    """Make the driver of one receiver; see `DriverModule.build`."""
    chosen = settings_of(Settings, options)
    return NmeaReceiver(name, chosen, host, lambda: SerialLink.open(chosen.port, chosen.baudrate))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between positions."""
    return settings_of(Settings, options).interval or EVERY_EPOCH


class NmeaReceiver(ReopeningDriver):
    """One receiver, read through the links that `connect` opens."""

    def __init__(self, name: str, settings: Settings, host: Host, connect: Connect) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._connect = connect
        self._rest = b""
        self._heard_at = 0.0  # monotonic moment of the newest good sentence
        self._heard = False  # whether this session had one
        self._noise = False  # whether bytes came since then
        self._lost_at: float | None = None  # since when there is no fix
        self._due = 0.0

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Listen until the port fails or falls silent."""
        link = await self._connect()
        try:
            self._start()
            epochs = Epochs(self._settings.not_before)
            while True:
                data = await link.read(IDLE_GAP if epochs.pending else self._settings.silent_after)
                now = self.timing.monotonic()
                for fix in self._take(data, epochs, now):
                    reading = self._report(fix)
                    if reading is not None:
                        yield reading
                self._check_silence(now)
        finally:
            link.close()

    def _start(self) -> None:
        self._rest, self._heard, self._noise = b"", False, False
        self._heard_at = self._due = self.timing.monotonic()
        self._lost_at = None

    def _take(self, data: bytes, epochs: Epochs, now: float) -> Iterator[Fix]:
        """Yield the epochs that `data`, or a pause without any, brings to an end."""
        if not data and (fix := epochs.flush()):
            yield fix
        self._noise = self._noise or bool(data)
        found = split(self._rest + data)
        self._rest = found.rest
        if found.damaged:
            self.health.count("damaged", found.damaged)
        for sentence in found.sentences:
            self._hear(now)
            if fix := self._feed(sentence, epochs, now):
                yield fix

    def _hear(self, now: float) -> None:
        self.health.count("sentences")
        if not self._heard:
            self.running("listening, no position yet")
        self._heard, self._noise, self._heard_at = True, False, now
        self.health.last_frame = now

    def _feed(self, sentence: str, epochs: Epochs, now: float) -> Fix | None:
        try:
            observation = decode(sentence)
        except BadFrame:
            self.health.count("unreadable")
            return None
        return epochs.feed(observation, now) if observation else None

    def _report(self, fix: Fix) -> Reading | None:
        """Return the reading that `fix` is worth: due or asked for, or a fix just lost."""
        if fix.lat is None:
            return self._report_no_fix(fix)
        self._lost_at = None
        self.running(f"{fix.fix} fix, {fix.satellites or 0} satellites used")
        if fix.at + EARLY * self._settings.interval < self._due and not self.asked:
            self.health.count("thinned")
            return None
        self._due = max(self._due + self._settings.interval, fix.at)
        return self._reading(fix, QUALITIES.get(fix.fix, Quality.OK))

    def _report_no_fix(self, fix: Fix) -> Reading | None:
        lost_now = self._lost_at is None
        if self._lost_at is None:
            self._lost_at = fix.at
        self.running(
            f"no fix for {fix.at - self._lost_at:.0f} s, {fix.in_view} satellites in view",
            "give the antenna a view of the sky; a cold start takes about a minute",
        )
        reading = self._reading(fix, Quality.NO_ANSWER)
        if lost_now:
            return reading
        self.answer(reading)
        return None

    def _reading(self, fix: Fix, quality: Quality) -> Reading:
        fields = {name: getattr(fix, name) for name in FIELDS}
        return Reading(self.name, "position", fields, fix.at, quality, fix.utc)

    def no_answer(self) -> Reading:
        """Return a reading without values."""
        now = self.timing.monotonic()
        return Reading(self.name, "position", dict.fromkeys(FIELDS), now, Quality.NO_ANSWER)

    def _check_silence(self, now: float) -> None:
        if now - self._heard_at >= self._settings.silent_after:
            raise self._silence(now - self._heard_at)

    def _silence(self, seconds: float) -> DriverError:
        port, baudrate = self._settings.port, self._settings.baudrate
        if not self._noise:
            return CommandTimeout(
                f"nothing came from {port} for {seconds:.0f} s",
                advice="check the receiver's power and its wire to RX",
            )
        text = f"bytes come from {port}, but no NMEA sentence for {seconds:.0f} s"
        advice = (
            f"check that the receiver sends NMEA at {baudrate} baud and that {port} is its port"
        )
        return BadFrame(text, advice=advice) if self._heard else WrongDevice(text, advice=advice)
