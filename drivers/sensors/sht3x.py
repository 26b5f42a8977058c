"""Sensirion SHT3x (SHT30, SHT31, SHT35): temperature and relative humidity over I2C."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from drivers.driver import Host, Option, OptionValue, State
from drivers.errors import DeviceMissing, DriverError, WrongDevice
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from drivers.sensors import sht3x_codec as codec

KIND = "temperature"
KINDS = (KIND,)
OPTIONS = (
    Option("bus", str, "the I2C bus, such as /dev/i2c-1"),
    Option("address", int, "0x44 (pin ADDR low) or 0x45 (high)", 0x44, choices=(0x44, 0x45)),
    Option("interval", float, "time between measurements", 10.0, 0.5, 3600.0, "s"),
)

MEASURING = 0.016  # s, table 4: at most 15.5 ms at the lowest supply; reading earlier is a NACK
BREAKING = 0.001  # s, §4.8
RESETTING = 0.002  # s, table 4: at most 1.5 ms
STATUS_TRIES = 3  # one disturbed answer does not make another chip of it


def build(name: str, options: dict[str, OptionValue], host: Host) -> Sht3x:
    """Make the driver; opens nothing."""
    address, interval = options["address"], options["interval"]
    assert isinstance(address, int)
    assert isinstance(interval, float)
    return Sht3x(name, host, bus=str(options["bus"]), address=address, interval=interval)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    seconds = options["interval"]
    assert isinstance(seconds, float)
    return seconds


class Sht3x(ReopeningDriver):
    """One sensor, measured every `interval` seconds.

    A measurement whose checksum fails is yielded as `corrupt`. When the sensor stops answering,
    one reading of quality `no-answer` marks the moment; the next one comes when it answers again.
    """

    def __init__(self, name: str, host: Host, *, bus: str, address: int, interval: float) -> None:
        super().__init__(name, host)
        self._bus = host.i2c(bus)
        self._address = address
        self._interval = interval

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Identify the chip, then measure for as long as it answers."""
        await self._start()
        self.running()
        due = self.timing.monotonic()
        while True:
            try:
                reading = await self._measure()
            except DriverError:
                yield self._reading({"temperature": None, "humidity": None}, Quality.NO_ANSWER)
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

    async def _start(self) -> None:
        """Bring the chip to a known state; WrongDevice when it does not behave as an SHT3x.

        A reset sets the status's reset bit and stops the heater, and clearing takes the bit back:
        a chip that does so is no other chip that happens to sit at this address.
        """
        await self._bus.claim(self._address)
        await self._status()
        await self._command(codec.BREAK, BREAKING)
        await self._command(codec.SOFT_RESET, RESETTING)
        after_reset = await self._status()
        await self._command(codec.CLEAR_STATUS, 0.0)
        after_clear = await self._status()
        if not after_reset & codec.STATUS_RESET or after_clear & codec.STATUS_RESET:
            raise WrongDevice(f"the chip at {self._place} ignores the reset command of an SHT3x")

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
            f"the chip at {self._place} is no SHT3x: it answers {answer.hex(' ')} for its status"
        )

    async def _measure(self) -> Reading:
        await self._command(codec.MEASURE, MEASURING)
        data = await self._bus.read(self._address, codec.MEASUREMENT_LENGTH)
        got = codec.measurement(data)
        if not got.intact:
            self._note_corrupt(data)
            quality = Quality.CORRUPT
        else:
            self.running()
            quality = Quality.OK if got.in_range else Quality.OUT_OF_RANGE
        return self._reading({"temperature": got.temperature, "humidity": got.humidity}, quality)

    def _note_corrupt(self, data: bytes) -> None:
        self.health.count("bad frames")
        self.health.enter(
            State.FAULTY,
            self.timing.monotonic(),
            f"wrong checksum in {data.hex(' ')} from {self._place}",
            "shorten the sensor's cable, keep it from motors and check the pull-ups",
        )

    def _reading(self, fields: dict[str, float | None], quality: Quality) -> Reading:
        return Reading(self.name, KIND, fields, self.timing.monotonic(), quality)
