"""SHT40, SHT41, SHT43 and SHT45 on I2C: temperature and humidity."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.driver import Host
from drivers.errors import WrongDevice
from drivers.links.causes import BUS_HANGS, I2C, chip_at_another_address
from drivers.reading import Quality, Reading
from drivers.sensors import causes
from drivers.sensors import sht4x_codec as codec
from drivers.sensors.climate import KIND, ClimateSensor, bus_option, interval_option
from drivers.sensors.sensirion_words import are_intact
from foundation.options import OptionValue, option, options_of, settings_of

ADDRESSES = (0x44, 0x45, 0x46)
KINDS = (KIND,)
CAUSES = (
    chip_at_another_address(ADDRESSES),
    *I2C,
    BUS_HANGS,
    causes.OTHER_CHIP,
    causes.WIRES,
    causes.STANDS_STILL,
)
MEASURING = 0.009  # s, table "Timing": at most 8.3 ms; reading earlier is a NACK
RESETTING = 0.002  # s, the same table: at most 1 ms
READING_SERIAL = 0.010  # s; the data sheet names none, Sensirion's own driver waits so long
SERIAL_TRIES = 3  # one disturbed answer does not make another chip of it


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one sensor."""

    bus: str = bus_option()
    address: int = option(
        int,
        "0x44, 0x45 or 0x46: the letter behind the number on its label, A, B or C",
        0x44,
        choices=ADDRESSES,
        hexadecimal=True,
    )
    interval: float = interval_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Sht4x:
    """Make the driver; opens nothing."""
    return Sht4x(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    return settings_of(Settings, options).interval


class Sht4x(ClimateSensor):
    """One sensor with its humidity; both values have a checksum of their own.

    It has no set-up that a loss of supply could take, and its heater ends by itself.
    """

    fields = ("temperature", "humidity")

    async def start(self) -> None:
        """Reset the chip, which ends a heating; WrongDevice when it has no serial number."""
        await self._command(codec.SOFT_RESET, RESETTING)
        answer = b""
        for _ in range(SERIAL_TRIES):
            await self._command(codec.READ_SERIAL, READING_SERIAL)
            answer = await self._bus.read(self._address, codec.ANSWER_LENGTH)
            if are_intact(answer):
                self.running()
                return
            self.health.count("bad frames")
        raise WrongDevice(
            f"the chip at {self.place} is not an SHT4x: "
            f"it answers {answer.hex(' ')} for its serial number",
            cause=causes.OTHER_CHIP,
        )

    async def _command(self, command: bytes, takes: float) -> None:
        await self._bus.write(self._address, command)
        await self.timing.sleep(takes)

    async def measure(self) -> Reading:
        """Measure once with high precision."""
        await self._command(codec.MEASURE, MEASURING)
        data = await self._bus.read(self._address, codec.ANSWER_LENGTH)
        got = codec.measurement(data)
        fields: dict[str, float | None] = {
            "temperature": got.temperature,
            "humidity": got.humidity,
        }
        return self.reading(fields, self._quality(got, data))

    def _quality(self, got: codec.Measurement, data: bytes) -> Quality:
        if not got.intact:
            self.note_corrupt(f"wrong checksum in {data.hex(' ')} from {self.place}")
            return Quality.CORRUPT
        if self.stands_still(got.words):
            return Quality.STUCK
        self.running()
        return Quality.OK if got.in_range else Quality.OUT_OF_RANGE
