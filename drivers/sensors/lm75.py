"""LM75, TMP75, TMP105: temperature over I2C, on many carrier boards and in every emulator."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from drivers.driver import Host, Option, OptionValue, State
from drivers.errors import DeviceMissing, DriverError, WrongDevice
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from drivers.sensors import lm75_codec as codec

KIND = "temperature"
KINDS = (KIND,)
ADDRESSES = tuple(range(0x48, 0x50))  # pins A2 to A0
OPTIONS = (
    Option("bus", str, "the I2C bus, such as /dev/i2c-1"),
    Option("address", int, "0x48 to 0x4f, by the pins A0 to A2", 0x48, choices=ADDRESSES),
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


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    seconds = options["interval"]
    assert isinstance(seconds, float)
    return seconds


class Lm75(ReopeningDriver):
    """One sensor, read every `interval` seconds.

    The chip has neither an identity nor a checksum: what its configuration register gives back is
    compared before each value, which also finds a chip that lost its supply in between. When the
    sensor stops answering, one reading of quality `no-answer` marks the moment.
    """

    def __init__(
        self, name: str, host: Host, *, bus: str, address: int, chip: codec.Chip, interval: float
    ) -> None:
        super().__init__(name, host)
        self._bus = host.i2c(bus)
        self._address = address
        self._chip = chip
        self._interval = interval

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Configure the chip, then read it for as long as it answers."""
        await self._bus.claim(self._address)
        await self._configure()
        due = self.timing.monotonic()
        while True:
            try:
                reading = await self._measure()
            except DriverError:
                yield self._reading(None, Quality.NO_ANSWER)
                raise
            yield reading
            due = max(due + self._interval, self.timing.monotonic())
            await self.pause(due - self.timing.monotonic())

    async def read_once(self) -> Reading:
        """Return one fresh reading; see `Driver.read_once`."""
        reading = await super().read_once()
        if reading.quality is Quality.NO_ANSWER:
            raise DeviceMissing(f"{self.name} stopped answering at {self._place}")
        return reading

    @property
    def _place(self) -> str:
        return f"{self._address:#04x} on {self._bus.path}"

    async def _configure(self) -> None:
        """Set resolution and continuous mode, and wait for a value that was made with them."""
        command = bytes([codec.CONFIGURATION, self._chip.configuration])
        await self._bus.write(self._address, command)
        if not codec.accepted(self._chip, got := await self._configuration()):
            raise WrongDevice(
                f"the chip at {self._place} gives back {got:#04x} as its configuration instead of "
                f"{self._chip.configuration:#04x}",
                advice="check the options `chip` and `address`: another chip may sit there",
            )
        await self.timing.sleep(codec.SETTLING)

    async def _configuration(self) -> int:
        pointer = bytes([codec.CONFIGURATION])
        answer = await self._bus.write_read(self._address, pointer, codec.CONFIGURATION_LENGTH)
        return answer[0]

    async def _measure(self) -> Reading:
        if not codec.accepted(self._chip, await self._configuration()):
            self.health.count("resets")  # a dip of the supply: values were of another resolution
            await self._configure()
        data = await self._bus.write_read(
            self._address, codec.TEMPERATURE, codec.TEMPERATURE_LENGTH
        )
        celsius = codec.temperature(self._chip, data)
        if not codec.intact(self._chip, data):
            self._note_corrupt(data)
            return self._reading(celsius, Quality.CORRUPT)
        self.running()
        good = codec.in_range(celsius)
        return self._reading(celsius, Quality.OK if good else Quality.OUT_OF_RANGE)

    def _note_corrupt(self, data: bytes) -> None:
        self.health.count("bad frames")
        self.health.enter(
            State.FAULTY,
            self.timing.monotonic(),
            f"{data.hex(' ')} from {self._place} is no temperature: bits are set that never are",
            "shorten the sensor's cable, keep it from motors and check the pull-ups",
        )

    def _reading(self, celsius: float | None, quality: Quality) -> Reading:
        fields = {"temperature": celsius}
        return Reading(self.name, KIND, fields, self.timing.monotonic(), quality)
