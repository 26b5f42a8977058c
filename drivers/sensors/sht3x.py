"""SHT30, SHT31 and SHT35 on I2C: temperature and humidity."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.driver import Host
from drivers.errors import WrongDevice
from drivers.reading import Quality, Reading
from drivers.sensors import sht3x_codec as codec
from drivers.sensors.climate import KIND, ClimateSensor, bus_option, interval_option
from foundation.options import OptionValue, option, options_of, settings_of

KINDS = (KIND,)
MEASURING = 0.016  # s, table 4: at most 15.5 ms at the lowest supply; reading earlier is a NACK
BREAKING = 0.001  # s, §4.8
RESETTING = 0.002  # s, table 4: at most 1.5 ms
STATUS_TRIES = 3  # one disturbed answer does not make another chip of it


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one sensor."""

    bus: str = bus_option()
    address: int = option(
        int, "0x44 (pin ADDR low) or 0x45 (high)", 0x44, choices=(0x44, 0x45), hexadecimal=True
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
    """One sensor with its humidity; both values have a checksum of their own."""

    fields = ("temperature", "humidity")

    async def start(self) -> None:
        """Bring the chip to a known state; WrongDevice when it does not behave as an SHT3x.

        A reset sets the status's reset bit and stops the heater, and clearing takes the bit back:
        a chip that does so is no other chip that happens to sit at this address.
        """
        await self._status()
        await self._command(codec.BREAK, BREAKING)
        await self._command(codec.SOFT_RESET, RESETTING)
        after_reset = await self._status()
        await self._command(codec.CLEAR_STATUS, 0.0)
        after_clear = await self._status()
        if not after_reset & codec.STATUS_RESET or after_clear & codec.STATUS_RESET:
            raise WrongDevice(f"the chip at {self.place} ignores the reset command of an SHT3x")
        self.running()

    async def _command(self, command: bytes, takes: float) -> None:
        await self._bus.write(self._address, command)
        await self.timing.sleep(takes)

    async def _status(self) -> int:
        answer = b""
        for _ in range(STATUS_TRIES):
            answer = await self._bus.write_read(
                self._address, codec.READ_STATUS, codec.STATUS_LENGTH
            )
            try:
                status = codec.word(answer)
            except codec.ChecksumError:
                continue
            if codec.is_status(status):
                return status
        raise WrongDevice(
            f"the chip at {self.place} is not an SHT3x: it answers {answer.hex(' ')} for its status"
        )

    async def measure(self) -> Reading:
        """Measure once with high repeatability."""
        await self._command(codec.MEASURE, MEASURING)
        data = await self._bus.read(self._address, codec.MEASUREMENT_LENGTH)
        got = codec.measurement(data)
        if not got.intact:
            self.note_corrupt(f"wrong checksum in {data.hex(' ')} from {self.place}")
            quality = Quality.CORRUPT
        else:
            self.running()
            quality = Quality.OK if got.in_range else Quality.OUT_OF_RANGE
        return self.reading({"temperature": got.temperature, "humidity": got.humidity}, quality)
