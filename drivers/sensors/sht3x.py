"""SHT30, SHT31 and SHT35 on I2C: temperature and humidity."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass

from drivers.driver import Host
from drivers.errors import WrongDevice
from drivers.links.causes import chip_at_another_address
from drivers.reading import Quality, Reading
from drivers.sensors import causes
from drivers.sensors import sht3x_codec as codec
from drivers.sensors.climate import KIND, ClimateSensor, bus_option, interval_option
from foundation.options import OptionValue, option, options_of, settings_of

KINDS = (KIND,)
ADDRESSES = (0x44, 0x45)
CAUSES = (chip_at_another_address(ADDRESSES), *causes.CAUSES, causes.STANDS_STILL)
MEASURING = 0.016  # s, table 4: at most 15.5 ms at the lowest supply; reading earlier is a NACK
BREAKING = 0.001  # s, §4.8
RESETTING = 0.002  # s, table 4: at most 1.5 ms
STATUS_TRIES = 3  # one disturbed answer does not make another chip of it
COOLING = 60.0  # s; table 4: 8 s to 63 % in moving air, and the board beneath it is warm, too


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one sensor."""

    bus: str = bus_option()
    address: int = option(
        int, "0x44 (pin ADDR low) or 0x45 (high)", 0x44, choices=ADDRESSES, hexadecimal=True
    )
    interval: float = interval_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Sht3x:
    """Make the driver; opens nothing."""
    return Sht3x(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    return settings_of(Settings, options).interval


class Sht3x(ClimateSensor):
    """One sensor with its humidity; both values have a checksum of their own.

    Its status is read with each measurement: another program may have switched its heater on, and
    a chip that lost its supply says so.
    """

    fields = ("temperature", "humidity")

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        super().__init__(name, settings, host)
        self._warm_until = -math.inf  # monotonic moment up to which its heater may still warm it

    async def start(self) -> None:
        """Bring the chip to a known state; WrongDevice when it does not behave as an SHT3x.

        A reset sets the status's reset bit and stops the heater, and clearing takes the bit back:
        a chip that does so is no other chip that happens to sit at this address.
        """
        self._look_at_heater(await self._own_status())
        await self._command(codec.BREAK, BREAKING)
        await self._command(codec.SOFT_RESET, RESETTING)
        after_reset = await self._own_status()
        await self._command(codec.CLEAR_STATUS, 0.0)
        after_clear = await self._own_status()
        if not after_reset & codec.STATUS_RESET or after_clear & codec.STATUS_RESET:
            raise WrongDevice(
                f"the chip at {self.place} ignores the reset command of an SHT3x",
                cause=causes.OTHER_CHIP,
            )
        self.running()

    def _look_at_heater(self, status: int) -> bool:
        """Note whether the heater is on."""
        heated = bool(status & codec.STATUS_HEATER)
        if heated:
            self.health.count("heated")
            self._warm_until = self.timing.monotonic() + COOLING
        return heated

    async def _command(self, command: bytes, takes: float) -> None:
        await self._bus.write(self._address, command)
        await self.timing.sleep(takes)

    async def _own_status(self) -> int:
        status, answer = await self._status()
        if status is None:
            raise WrongDevice(
                f"the chip at {self.place} is not an SHT3x: "
                f"it answers {answer.hex(' ')} for its status",
                cause=causes.OTHER_CHIP,
            )
        return status

    async def _status(self) -> tuple[int | None, bytes]:
        """Return the status, None where each answer was disturbed or another chip's; the answer."""
        answer = b""
        for _ in range(STATUS_TRIES):
            answer = await self._bus.write_read(
                self._address, codec.READ_STATUS, codec.STATUS_LENGTH
            )
            with contextlib.suppress(codec.ChecksumError):
                status = codec.word(answer)
                if codec.is_status(status):
                    return status, answer
            self.health.count("bad frames")
        return None, answer

    async def measure(self) -> Reading:
        """Measure once with high repeatability, then look how the chip is."""
        await self._command(codec.MEASURE, MEASURING)
        data = await self._bus.read(self._address, codec.MEASUREMENT_LENGTH)
        status, _ = await self._status()
        if status is not None:
            await self._put_right(status)
        got = codec.measurement(data)
        quality = self._quality(got, data, known=status is not None)
        return self.reading({"temperature": got.temperature, "humidity": got.humidity}, quality)

    async def _put_right(self, status: int) -> None:
        """Stop a heater that somebody switched on; note that the chip lost its supply."""
        if self._look_at_heater(status):
            await self._command(codec.HEATER_OFF, 0.0)
        if status & codec.STATUS_RESET:
            self.health.count("resets")
            await self._command(codec.CLEAR_STATUS, 0.0)

    def _quality(self, got: codec.Measurement, data: bytes, *, known: bool) -> Quality:
        """Return what a measurement is worth; `known`: whether the chip's status is."""
        if not got.intact:
            self.note_corrupt(f"wrong checksum in {data.hex(' ')} from {self.place}")
            return Quality.CORRUPT
        if not known:
            self.note_corrupt(f"the status of {self.place} cannot be read: its heater may be on")
            return Quality.SUSPECT
        if self.timing.monotonic() < self._warm_until:
            self.running(
                f"the heater of {self.place} was on and is off again: its values are too warm yet",
                causes.HEATED,
            )
            return Quality.SUSPECT
        if self.stands_still(got.words):
            return Quality.STUCK
        self.running()
        return Quality.OK if got.in_range else Quality.OUT_OF_RANGE
