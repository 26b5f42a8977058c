"""GNSS receivers that send NMEA 0183 on a serial port.

The driver only listens. Reading kind `position`: `lat`, `lon` (degrees), `altitude` (m above mean
sea level), `speed` (m/s), `course` (degrees from true north), `hdop`, `satellites` (used), `fix`,
and for a doubtful one `problem`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import date

from drivers.cause import DeviceCause
from drivers.driver import Host, State
from drivers.errors import BadFrame
from drivers.gnss import causes
from drivers.gnss.dates import Dated
from drivers.gnss.decode import decode
from drivers.gnss.fix import Epochs
from drivers.gnss.listening import Listening
from drivers.gnss.rates import Rates
from drivers.gnss.sense import Fix
from drivers.gnss.sentences import split
from drivers.gnss.telling import Telling, in_words
from drivers.links.link import Connect, Link, Tunable
from drivers.links.reopen import ReopeningDriver
from drivers.links.serial import SerialLink, baudrate_option, port_option
from drivers.reading import Quality, Reading
from drivers.rollover import unfold
from foundation.counting import counted
from foundation.options import OptionError, OptionValue, option, options_of, settings_of
from foundation.release import RELEASED

NOT_BEFORE = RELEASED.date().isoformat()
LOOK = 1.0  # s between looks at whether a receiver that speaks says anything
IDLE_GAP = 0.25  # s of silence that end a burst of sentences; within one they follow at once
EVERY_EPOCH = 1.0  # s; what receivers send unless told otherwise

QUALITIES = {
    "estimated": Quality.SUSPECT,  # dead reckoning
    "simulated": Quality.SUSPECT,
    "manual": Quality.MANUAL,
}

KINDS = ("position",)
CAUSES = causes.CAUSES
FIELDS = ("lat", "lon", "altitude", "speed", "course", "hdop", "satellites", "fix", "problem")


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
        float, "time between recorded positions; 0: every one", 1.0, 0, 3600, "s"
    )
    silent_after: float = option(
        float, "time without news after which the port is reopened", 10.0, 0.1, 3600, "s"
    )
    not_before: date = option(
        str, "earlier dates are wrong, as after a rollover of the GPS week", NOT_BEFORE, parse=_date
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
    """One receiver, read through the links that `connect` opens.

    `dated` says what date a received one stands for; without it, by `not_before` and by what the
    host knows of the time.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        host: Host,
        connect: Connect,
        dated: Dated | None = None,
    ) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._host = host
        self._connect = connect
        self._dated = dated or self._unfold
        self._rates = Rates(settings.baudrate)
        self._rest = b""
        self._telling = Telling(settings.interval)

    def _unfold(self, day: date) -> date | None:
        """Undo week rollovers; see `drivers.rollover.unfold`."""
        known, release = self._host.not_before(), self._settings.not_before
        return unfold(day, release if known is None else max(release, known.date()))

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Listen until the port fails, or tells no new epoch."""
        link = await self._connect()
        try:
            listening, epochs = self._start(link), Epochs(self._dated)
            while True:
                data = await link.read(IDLE_GAP if epochs.pending else self._look)
                now = self.timing.monotonic()
                if data:
                    listening.bytes_came(data, now)
                for fix in self._take(data, listening, epochs, now):
                    reading = self._report(fix)
                    if reading is not None:
                        yield reading
                self._try_rate(link, listening, now)
                if (trouble := listening.trouble(now)) is not None:
                    raise trouble
        finally:
            link.close()

    @property
    def _look(self) -> float:
        """Seconds between looks at whether all is well."""
        return min(LOOK, self._settings.silent_after)

    def _start(self, link: Link) -> Listening:
        self._rest = b""
        self._telling.begin()
        if self._rates.current != self._rates.configured and isinstance(link, Tunable):
            link.tune(self._rates.current)
        port, silent_after = self._settings.port, self._settings.silent_after
        now = self.timing.monotonic()
        return Listening(port, silent_after, now, tunable=isinstance(link, Tunable))

    def _try_rate(self, link: Link, listening: Listening, now: float) -> None:
        """Go on to another rate where this one gives only noise."""
        if not isinstance(link, Tunable) or not listening.only_noise(now):
            return
        before, rate = self._rates.current, self._rates.next()
        if rate is None:
            raise listening.noise_at_all_rates(self._rates.known)
        text = f"bytes come from {self._settings.port}, but no NMEA at {before} baud"
        said = f"{text}: now listening at {rate}"
        self.health.enter(State.FAULTY, now, said, causes.OTHER_RATE)
        link.tune(rate)
        listening.retuned(now)

    def _take(self, data: bytes, listening: Listening, epochs: Epochs, now: float) -> Iterator[Fix]:
        """Yield the new epochs that `data`, or a pause without any, brings to an end."""
        found = split(self._rest + data)
        self._rest = found.rest
        if found.damaged:
            self.health.count("damaged", found.damaged)
            epochs.damage()
        fixes = [] if data else [epochs.flush()]
        for sentence in found.sentences:
            self._hear(listening, now)
            fixes.append(self._feed(sentence, epochs, now))
        for fix in fixes:
            if fix is not None and not self._telling.repeats(fix):
                listening.epoch_came(now)
                yield fix

    def _hear(self, listening: Listening, now: float) -> None:
        """Note that a sentence came, whatever it says."""
        listening.sentence_came()
        self._rates.heard()
        self.health.count("sentences")
        if self.health.state is State.OPENING:
            self.health.enter(State.OPENING, now, "listening, no position yet")

    def _feed(self, sentence: str, epochs: Epochs, now: float) -> Fix | None:
        try:
            observation = decode(sentence)
        except BadFrame:
            self.health.count("unreadable")
            epochs.damage()
            return None
        return epochs.feed(observation, now) if observation else None

    def _report(self, fix: Fix) -> Reading | None:
        """Return the reading that `fix` is worth: due or asked for, or a fix just lost."""
        if fix.place is None:
            return self._report_no_fix(fix)
        self._say(*in_words(fix))
        if not self._telling.due(fix, asked=self.asked):
            self.health.count("thinned")
            return None
        quality = Quality.SUSPECT if fix.problem else QUALITIES.get(fix.fix, Quality.OK)
        return self._reading(fix, quality)

    def _report_no_fix(self, fix: Fix) -> Reading | None:
        seconds, tell = self._telling.lost(fix)
        self._say(
            f"no fix for {seconds:.0f} s, {counted(fix.in_view, 'satellite')} in view",
            causes.NO_FIX,
        )
        reading = self._reading(fix, Quality.NO_ANSWER)
        if tell:
            return reading
        self.answer(reading)
        return None

    def _say(self, detail: str, cause: DeviceCause | None = None) -> None:
        """Say that it works, and at which rate if not at the configured one."""
        rate, configured = self._rates.current, self._rates.configured
        if rate != configured:
            detail = f"{detail}; heard at {rate} baud, not at {configured} as configured"
            cause = cause or causes.HEARD_AT_ANOTHER_RATE.of(rate=rate)
        self.running(detail, cause)

    def _reading(self, fix: Fix, quality: Quality) -> Reading:
        fields = {name: getattr(fix, name) for name in FIELDS}
        return Reading(self.name, "position", fields, fix.at, quality, fix.utc)

    def no_answer(self) -> Reading:
        """Return a reading without values."""
        now = self.timing.monotonic()
        return Reading(self.name, "position", dict.fromkeys(FIELDS), now, Quality.NO_ANSWER)
