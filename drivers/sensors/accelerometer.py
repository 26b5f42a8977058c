"""Accelerometers that are read without a break: shocks, what was felt around them, and vibration.

The part's FIFO is emptied before it is full. Where somebody came too late for that, samples are
lost: what is told then counts it as a gap.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from drivers.driver import Host
from drivers.errors import DeviceFault, DriverError
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from drivers.sensors import causes
from drivers.sensors.exposure import AXES, Exposure
from drivers.sensors.sample_stream import VIBRATION, WAVEFORM, Fetched, SampleStream
from drivers.sensors.shock_reading import SHOCK, Scale
from foundation.counting import counted
from foundation.options import option

ACCELERATION = "acceleration"
KINDS = (VIBRATION, SHOCK, WAVEFORM, ACCELERATION)
POLL_SAMPLES = 12  # between two looks: a FIFO of 32 has room for one that comes twice as late
SILENT_AFTER = 1.0  # s without a sample: the part hangs


class Settings(Protocol):
    """The options that all of them have; where a part is differs."""

    @property
    def threshold_g(self) -> float:
        """Acceleration that makes a shock, g."""
        ...

    @property
    def interval(self) -> float:
        """Seconds over which vibration is summed up."""
        ...

    @property
    def keep(self) -> float:
        """Seconds before and after a shock whose samples are kept."""
        ...

    @property
    def rate(self) -> int:
        """Samples a second."""
        ...


def interval_option() -> float:
    """Declare over which time vibration is summed up."""
    return option(float, "time over which vibration is summed up", 60.0, 10.0, 3600.0, "s")


def keep_option() -> float:
    """Declare what is kept around a shock."""
    return option(
        float, "time before and after a shock whose samples are kept; 0: none", 5.0, 0.0, 10.0, "s"
    )


class Accelerometer(ReopeningDriver):
    """One part, read for as long as it answers; `read_once()` gives the acceleration of now.

    With each shock and each record of vibration its set-up is read back: another program may have
    changed the scale, and what was felt since the last look is then doubtful.
    """

    set_up: Sequence[tuple[int, int]]
    """(register, value) pairs that let the part measure, in order."""
    noisy = False
    """Whether the part's noise is larger than its steps: it never rests wholly, unless it froze."""

    def __init__(self, name: str, settings: Settings, host: Host, scale: Scale) -> None:
        super().__init__(name, host)
        self._scale = scale
        self._rate = float(settings.rate)
        self._interval = settings.interval
        self._keep = settings.keep
        self._threshold = settings.threshold_g
        self._frozen = False

    @abstractmethod
    async def start(self) -> None:
        """Set the part up, its FIFO empty, and `check` it; WrongDevice for another one."""

    @abstractmethod
    async def read_back(self, registers: Sequence[int]) -> Sequence[int]:
        """Return what registers hold."""

    @abstractmethod
    async def fetch(self, seconds: float) -> Sequence[Fetched] | None:
        """Empty the FIFO, once or more often, while so many seconds pass or less.

        None where the part lost its set-up.
        """

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Set the part up, then yield what it feels; what tears it off may be the shock itself."""
        await self.start()
        stream = SampleStream(self.name, self._scale, self._rate, self._keep, self._threshold)
        try:
            async with aclosing(self._followed(stream)) as followed:
                async for reading in followed:
                    yield reading
        except DriverError:
            for reading in stream.rest():
                yield reading
            raise

    async def _followed(self, stream: SampleStream) -> AsyncGenerator[Reading, None]:
        """Yield what the part feels for as long as it answers."""
        heard = self.timing.monotonic()
        due = heard + self._interval
        while True:
            fetched = await self._fetched(max(1.0 / self._rate, due - self.timing.monotonic()))
            now = self.timing.monotonic()
            if any(each.values for each in fetched):
                heard = now
            elif now - heard > SILENT_AFTER:
                raise DeviceFault(f"{self.place} takes no samples", cause=causes.CHIP_HANGS)
            for reading in self._told(stream, fetched):
                yield await self._judged(stream, reading) if reading.kind == SHOCK else reading
            if stream.left_out:
                self.health.counters["waveforms left out"] = stream.left_out
            if now >= due and stream.felt:
                due = max(due + self._interval, now)
                vibration = stream.vibration(now, self._interval)
                yield await self._judged(stream, self._moving(vibration))
            if self.asked and stream.newest:
                yield self._acceleration(stream.newest, now)

    def _moving(self, vibration: Reading) -> Reading:
        """Return a record of vibration, `stuck` where the part cannot rest so wholly."""
        self._frozen = self.noisy and not vibration.fields["rms"]
        self._alive()
        return replace(vibration, quality=Quality.STUCK) if self._frozen else vibration

    async def _judged(self, stream: SampleStream, reading: Reading) -> Reading:
        """Return a reading, `suspect` where the part was changed; set it up again then."""
        if not await self._wrong():
            return reading
        await self._set_up_again()
        stream.gap()
        return replace(reading, quality=Quality.SUSPECT)

    async def _set_up_again(self) -> None:
        """Set a part up that lost its set-up, or that another program changed."""
        self.health.count("resets")
        await self.start()
        self._alive()

    async def check(self) -> None:
        """Raise where the part did not take its set-up."""
        for register, value, wanted in await self._wrong():
            raise DeviceFault(
                f"{self.place} did not take its set-up: "
                f"register {register:#04x} is {value:#04x}, not {wanted:#04x}",
                cause=causes.NOT_TAKEN,
            )

    async def _wrong(self) -> list[tuple[int, int, int]]:
        """Return each register that is not as it was set up: number, value, and the right one."""
        wanted = dict(self.set_up)
        found = zip(wanted.items(), await self.read_back(list(wanted)), strict=True)
        return [(register, value, right) for (register, right), value in found if value != right]

    def _told(self, stream: SampleStream, fetched: Sequence[Fetched]) -> Iterator[Reading]:
        """Yield what samples tell."""
        for each in fetched:
            if each.lost:
                self.health.count("gaps")
            for reading in stream.told(each):
                self.health.count(f"{reading.kind}s")
                yield reading

    async def _fetched(self, seconds: float) -> Sequence[Fetched]:
        """Return new samples; set a part up again that lost its set-up."""
        fetched = await self.fetch(seconds)
        if fetched is None:
            await self._set_up_again()
            return [Fetched((), lost=True, at=self.timing.monotonic())]
        self._alive()
        return fetched

    async def one_reading(self) -> Reading:
        """Set the part up and return the acceleration of now."""
        await self.start()
        until = self.timing.monotonic() + SILENT_AFTER
        while self.timing.monotonic() < until:
            for fetched in await self._fetched(2.0 / self._rate):
                if fetched.values:
                    return self._acceleration(fetched.values[-3:], self.timing.monotonic())
        raise DeviceFault(f"{self.place} takes no samples", cause=causes.CHIP_HANGS)

    def no_answer(self) -> Reading:
        """Return a reading without values."""
        fields = dict.fromkeys(Exposure(self._scale.digit, self._rate).fields)
        return Reading(self.name, VIBRATION, fields, self.timing.monotonic(), Quality.NO_ANSWER)

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the part is, for people."""

    def _alive(self) -> None:
        resets = self.health.counters.get("resets", 0)
        if self._frozen:
            said = f"{self.place} gave the same sample for {self._interval:g} s"
            self.running(said, causes.STANDS_STILL)
        elif resets:
            what = f"lost its set-up {counted(resets, 'time')} and got it again"
            self.running(what, causes.SUPPLY)
        else:
            self.running()

    def _acceleration(self, sample: Sequence[int], now: float) -> Reading:
        values = (value * self._scale.digit for value in sample)
        return Reading(self.name, ACCELERATION, dict(zip(AXES, values, strict=True)), now)
