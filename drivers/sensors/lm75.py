"""LM75, LM75B, TMP75, TMP102, TMP105, TMP112 and TMP1075 on I2C: temperature."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.driver import Host
from drivers.errors import WrongDevice
from drivers.links.causes import chip_at_another_address
from drivers.reading import Quality, Reading
from drivers.sensors import causes
from drivers.sensors import lm75_codec as codec
from drivers.sensors.climate import KIND, ClimateSensor, bus_option, interval_option
from foundation.options import OptionValue, option, options_of, settings_of

KINDS = (KIND,)
ADDRESSES = tuple(range(0x48, 0x50))  # pins A2 to A0
CAUSES = (chip_at_another_address(ADDRESSES), *causes.CAUSES)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one sensor."""

    bus: str = bus_option()
    address: int = option(
        int, "0x48 to 0x4f, by the pins A0 to A2", 0x48, choices=ADDRESSES, hexadecimal=True
    )
    chip: codec.Chip = option(
        str,
        "lm75 (steps of 0.5 °C), lm75b (0.125 °C), tmp105 and the like (0.0625 °C)",
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

    A mark is left in its configuration register. Where it is still there after a value was read,
    the chip kept its supply, and the value is not what its register came up with.
    """

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        super().__init__(name, settings, host)
        self._chip = settings.chip

    async def start(self) -> None:
        """Set resolution and continuous mode, and wait for a value that was made with them."""
        wanted = self._chip.configuration
        await self._bus.write(self._address, bytes([codec.CONFIGURATION]) + wanted)
        if not codec.accepted(self._chip, got := await self._configuration()):
            raise WrongDevice(
                f"the chip at {self.place} gives back 0x{got.hex()} as its configuration instead "
                f"of 0x{wanted.hex()}",
                cause=causes.OTHER_CHIP,
            )
        await self.timing.sleep(codec.SETTLING)

    async def _configuration(self) -> bytes:
        pointer, length = bytes([codec.CONFIGURATION]), len(self._chip.configuration)
        return await self._bus.write_read(self._address, pointer, length)

    async def _temperature(self) -> bytes:
        return await self._bus.write_read(
            self._address, codec.TEMPERATURE, codec.TEMPERATURE_LENGTH
        )

    async def measure(self) -> Reading:
        """Read the newest value; configure the chip anew where it forgot."""
        data = await self._temperature()
        if not codec.accepted(self._chip, await self._configuration()):
            self.health.count("resets")  # a dip of the supply: the value is none
            await self.start()
            data = await self._temperature()
        if codec.undriven(self._chip, data):
            return await self._again(data)
        return self._judged(data, Quality.OK)

    async def _again(self, data: bytes) -> Reading:
        """Read once more what may come of a bus that nobody drives.

        A chip that sends it again, with other rubbish in the bits that its data sheet leaves
        undefined, means it; else nobody can tell.
        """
        self.health.count("bad frames")
        again = await self._temperature()
        doubtful = codec.undriven(self._chip, again)
        return self._judged(again, Quality.SUSPECT if doubtful else Quality.OK)

    def _judged(self, data: bytes, quality: Quality) -> Reading:
        celsius = codec.temperature(self._chip, data)
        fields: dict[str, float | None] = {"temperature": celsius}
        if not codec.intact(self._chip, data):
            self.note_corrupt(
                f"{data.hex(' ')} from {self.place} is not a temperature: it has bits that none has"
            )
            return self.reading(fields, Quality.CORRUPT)
        if quality is Quality.SUSPECT:
            said = f"{data.hex(' ')} from {self.place} is {celsius:g} °C or a bus nobody drives"
            self.running(said, causes.WIRES)
            return self.reading(fields, quality)
        self.running()
        good = codec.in_range(celsius)
        return self.reading(fields, quality if good else Quality.OUT_OF_RANGE)
