"""LM75, TMP75, TMP105: temperature over I2C, on many carrier boards and in every emulator."""

from __future__ import annotations

from drivers.driver import Host, Option, OptionValue
from drivers.errors import WrongDevice
from drivers.reading import Quality, Reading
from drivers.sensors import lm75_codec as codec
from drivers.sensors.thermometer import KIND, Thermometer, interval

__all__ = ["KINDS", "OPTIONS", "build", "interval"]

KINDS = (KIND,)
ADDRESSES = tuple(range(0x48, 0x50))  # pins A2 to A0
OPTIONS = (
    Option("bus", str, "the I2C bus, such as /dev/i2c-1"),
    Option(
        "address",
        int,
        "0x48 to 0x4f, by the pins A0 to A2",
        0x48,
        choices=ADDRESSES,
        hexadecimal=True,
    ),
    Option(
        "chip",
        str,
        "lm75 (steps of 0.5 °C) or tmp105 (TMP75, TMP105: steps of 0.0625 °C)",
        "lm75",
        choices=tuple(codec.CHIPS),
    ),
    Option("interval", float, "time between measurements", 10.0, 0.5, 3600.0, "s"),
)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Lm75:
    """Make the driver; opens nothing."""
    address, interval = options["address"], options["interval"]
    assert isinstance(address, int)
    assert isinstance(interval, float)
    chip = codec.CHIPS[str(options["chip"])]
    return Lm75(name, host, bus=str(options["bus"]), address=address, chip=chip, interval=interval)


class Lm75(Thermometer):
    """One sensor, which has neither an identity nor a checksum.

    What its configuration register gives back is compared before each value, which also finds a
    chip that lost its supply in between.
    """

    def __init__(
        self, name: str, host: Host, *, bus: str, address: int, chip: codec.Chip, interval: float
    ) -> None:
        super().__init__(name, host, bus=bus, address=address, interval=interval)
        self._chip = chip

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
                f"{data.hex(' ')} from {self.place} is no temperature: bits are set that never are"
            )
            return self.reading(fields, Quality.CORRUPT)
        self.running()
        good = codec.in_range(celsius)
        return self.reading(fields, Quality.OK if good else Quality.OUT_OF_RANGE)
