"""LM75, TMP75 and TMP105 on I2C: temperature."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.driver import Host
from drivers.errors import WrongDevice
from drivers.reading import Quality, Reading
from drivers.sensors import lm75_codec as codec
from drivers.sensors.climate import KIND, ClimateSensor, bus_option, interval_option
from foundation.options import OptionValue, option, options_of, settings_of

KINDS = (KIND,)
ADDRESSES = tuple(range(0x48, 0x50))  # pins A2 to A0


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one sensor."""

    bus: str = bus_option()
    address: int = option(
        int, "0x48 to 0x4f, by the pins A0 to A2", 0x48, choices=ADDRESSES, hexadecimal=True
    )
    chip: codec.Chip = option(
        str,
        "lm75 (steps of 0.5 °C) or tmp105 (TMP75, TMP105: steps of 0.0625 °C)",
        "lm75",
        choices=codec.CHIPS,
        parse=codec.CHIPS.__getitem__,
    )
    interval: float = interval_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Lm75:
    """Make the driver; opens nothing."""
    return Lm75(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    return settings_of(Settings, options).interval


class Lm75(ClimateSensor):
    """One sensor, which has neither an identity nor a checksum.

    What its configuration register gives back is compared before each value, which also finds a
    chip that lost its supply in between.
    """

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        super().__init__(name, settings, host)
        self._chip = settings.chip

    async def start(self) -> None:
        """Set resolution and continuous mode, and wait for a value that was made with them."""
        command = bytes([codec.CONFIGURATION, self._chip.configuration])
        await self._bus.write(self._address, command)
        if not codec.accepted(self._chip, got := await self._configuration()):
            raise WrongDevice(
                f"the chip at {self.place} gives back {got:#04x} as its configuration instead of "
                f"{self._chip.configuration:#04x}",
                advice="check the options `chip` and `address`: another chip may sit there",
            )
        await self.timing.sleep(codec.SETTLING)

    async def _configuration(self) -> int:
        pointer = bytes([codec.CONFIGURATION])
        answer = await self._bus.write_read(self._address, pointer, codec.CONFIGURATION_LENGTH)
        return answer[0]

    async def measure(self) -> Reading:
        """Read the newest value; configure the chip anew where it forgot."""
        if not codec.accepted(self._chip, await self._configuration()):
            self.health.count("resets")  # a dip of the supply: values were of another resolution
            await self.start()
        data = await self._bus.write_read(
            self._address, codec.TEMPERATURE, codec.TEMPERATURE_LENGTH
        )
        celsius = codec.temperature(self._chip, data)
        fields: dict[str, float | None] = {"temperature": celsius}
        if not codec.intact(self._chip, data):
            self.note_corrupt(
                f"{data.hex(' ')} from {self.place} is not a temperature: it has bits that none has"
            )
            return self.reading(fields, Quality.CORRUPT)
        self.running()
        good = codec.in_range(celsius)
        return self.reading(fields, Quality.OK if good else Quality.OUT_OF_RANGE)
