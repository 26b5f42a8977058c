"""DS18B20 on one-wire: a temperature probe, through the kernel's w1_therm.

The kernel measures while the file is read, which takes 0.75 s. It reads again by itself where the
checksum is wrong, and says nothing at all where no sensor answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from drivers.driver import Host, State
from drivers.errors import BadFrame, CommandTimeout, DeviceFault, DeviceMissing, WrongDevice
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from drivers.sensors import causes
from drivers.sensors import ds18b20_codec as codec
from drivers.sensors.climate import KIND
from foundation.options import OptionValue, option, options_of, settings_of

KINDS = (KIND,)
CAUSES = causes.ONE_WIRE
FILE = "w1_slave"


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one probe."""

    port: str = option(
        str, "the probe's folder, such as /sys/bus/w1/devices/28-0316a2795c6f: each has its own"
    )
    interval: float = option(float, "time between measurements", 10.0, 1.0, 3600.0, "s")


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Ds18b20:
    """Make the driver; opens nothing."""
    return Ds18b20(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    return settings_of(Settings, options).interval


class Ds18b20(ReopeningDriver):
    """One probe; its value has a checksum."""

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        super().__init__(name, host)
        self._folder = Path(settings.port)
        self._interval = settings.interval

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Measure for as long as the probe answers."""
        due = self.timing.monotonic()
        while True:
            yield await self._measure()
            due = max(due + self._interval, self.timing.monotonic())
            await self.pause(due - self.timing.monotonic())

    def no_answer(self) -> Reading:
        """Return a reading without a value."""
        return self._reading(None, Quality.NO_ANSWER)

    async def _measure(self) -> Reading:
        text = await asyncio.to_thread(self._text)
        if not text:
            raise CommandTimeout(f"no probe answers for {self._folder}", cause=causes.PROBE_SILENT)
        try:
            data = codec.scratchpad_bytes(text)
        except BadFrame as error:
            return self._corrupt(None, str(error))
        got = codec.scratchpad(data)
        if not got.intact:
            return self._corrupt(got.temperature, f"wrong checksum in {data.hex(' ')}")
        self._check(got, data)
        self.running()
        return self._reading(got.temperature, Quality.OK if got.in_range else Quality.OUT_OF_RANGE)

    def _text(self) -> bytes:
        """Return the kernel's file; it is there as long as the kernel knows the probe."""
        try:
            return (self._folder / FILE).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise DeviceMissing(
                f"there is no probe at {self._folder}", cause=causes.NO_PROBE
            ) from None
        except PermissionError:
            raise DeviceMissing(
                f"no permission to read {self._folder / FILE}", cause=causes.NO_PROBE
            ) from None
        except OSError as error:
            raise CommandTimeout(
                f"{self._folder}: {error.strerror}", cause=causes.PROBE_SILENT
            ) from None

    def _check(self, got: codec.Scratchpad, data: bytes) -> None:
        """Raise where the bytes are sound and no measurement of a DS18B20."""
        if not got.own:
            raise WrongDevice(
                f"the sensor at {self._folder} is no DS18B20: {data.hex(' ')}",
                cause=causes.OTHER_PROBE,
            )
        if not got.converted:
            raise DeviceFault(
                f"the probe at {self._folder} did not measure: {got.temperature:g} °C is what it "
                "says after power-up",
                cause=causes.PROBE_SUPPLY,
            )

    def _corrupt(self, temperature: float | None, what: str) -> Reading:
        self.health.count("bad frames")
        now = self.timing.monotonic()
        self.health.enter(State.FAULTY, now, f"{what} from {self._folder}", causes.ONE_WIRE_NOISE)
        return self._reading(temperature, Quality.CORRUPT)

    def _reading(self, temperature: float | None, quality: Quality) -> Reading:
        now = self.timing.monotonic()
        return Reading(self.name, KIND, {"temperature": temperature}, now, quality)
