"""BME280 on I2C: temperature, humidity and pressure of the air.

The chip sleeps between two measurements, so it does not warm itself: forced mode, oversampling × 1,
as the data sheet advises for weather (§3.5.1).
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.driver import Host
from drivers.errors import BadFrame, DeviceFault, WrongDevice
from drivers.links.causes import chip_at_another_address
from drivers.reading import Quality, Reading
from drivers.sensors import bme280_codec as codec
from drivers.sensors import causes
from drivers.sensors.climate import KIND, ClimateSensor, bus_option, interval_option
from foundation.options import OptionValue, option, options_of, settings_of

KINDS = (KIND,)
ADDRESSES = (0x76, 0x77)
CAUSES = (chip_at_another_address(ADDRESSES), *causes.CAUSES, causes.STANDS_STILL)

LOOK = 0.001  # s between two looks whether the chip is done
MOST_LOOKS = 10  # five times as long as its start-up takes, or twice a measurement


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one sensor."""

    bus: str = bus_option()
    address: int = option(
        int, "0x76 (pin SDO low) or 0x77 (high)", 0x76, choices=ADDRESSES, hexadecimal=True
    )
    interval: float = interval_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Bme280:
    """Make the driver; opens nothing."""
    return Bme280(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    return settings_of(Settings, options).interval


class Bme280(ClimateSensor):
    """One sensor, which has an identity but no checksum: its calibration is read twice.

    What it was told is read back before each measurement, which finds a chip that lost its supply.
    """

    fields = ("temperature", "humidity", "pressure")

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        super().__init__(name, settings, host)
        self._calibration: codec.Calibration | None = None

    async def start(self) -> None:
        """Reset the chip, read its calibration, set it up and discard its first measurement."""
        await self._identify()
        await self._set(codec.RESET, codec.SOFT_RESET)
        await self.timing.sleep(codec.STARTING)
        await self._wait_while(codec.COPYING)
        self._calibration = await self._read_calibration()
        await self._set(codec.CONFIG, codec.NO_FILTER)
        await self._set(codec.CTRL_HUM, codec.HUMIDITY_ONCE)
        await self._cycle()
        self.running()

    async def _identify(self) -> None:
        chip = (await self._registers(codec.CHIP_ID, 1))[0]
        if chip != codec.BME280:
            known = f", {codec.OTHERS[chip]}" if chip in codec.OTHERS else ""
            raise WrongDevice(
                f"the chip at {self.place} is no BME280: its id is {chip:#04x}{known}",
                cause=causes.OTHER_CHIP,
            )

    async def _read_calibration(self) -> codec.Calibration:
        first, second = await self._calibration_bytes(), await self._calibration_bytes()
        if first != second:
            twice = f"the calibration of {self.place} reads differently twice"
            raise BadFrame(twice, cause=causes.WIRES)
        calibration = codec.Calibration.parse(*first)
        if not calibration.plausible:
            raise DeviceFault(
                f"the calibration of {self.place} cannot be that of a BME280: {first[0].hex(' ')}",
                cause=causes.CHIP_HANGS,
            )
        return calibration

    async def _calibration_bytes(self) -> tuple[bytes, bytes]:
        low = await self._registers(codec.CALIBRATION_LOW, codec.CALIBRATION_LOW_LENGTH)
        high = await self._registers(codec.CALIBRATION_HIGH, codec.CALIBRATION_HIGH_LENGTH)
        return low, high

    async def measure(self) -> Reading:
        """Measure once; start the chip anew where it forgot what it was told."""
        if not codec.set_up(await self._registers(codec.CTRL_HUM, codec.SETTINGS_LENGTH)):
            self.health.count("resets")
            await self.start()
        assert self._calibration is not None
        data = await self._cycle()
        got = codec.measurement(self._calibration, data)
        if got.skipped:
            raise DeviceFault(
                f"the chip at {self.place} did not measure: it gave {data.hex(' ')}",
                cause=causes.SUPPLY,
            )
        return self.reading(
            {
                "temperature": got.temperature,
                "humidity": got.humidity,
                "pressure": got.pressure,
            },
            self._quality(got, data),
        )

    def _quality(self, got: codec.Measurement, data: bytes) -> Quality:
        if not got.intact:
            self.note_corrupt(
                f"{data.hex(' ')} from {self.place} is no measurement: bits are set that never are"
            )
            return Quality.CORRUPT
        if self.stands_still(got.words):
            return Quality.STUCK
        self.running()
        return Quality.OK if got.in_range else Quality.OUT_OF_RANGE

    async def _cycle(self) -> bytes:
        """Let the chip measure once; return its data registers, read in one burst."""
        await self._set(codec.CTRL_MEAS, codec.MEASURE)
        await self.timing.sleep(codec.LONGEST_MEASUREMENT)
        await self._wait_while(codec.MEASURING)
        return await self._registers(codec.DATA, codec.DATA_LENGTH)

    async def _wait_while(self, bit: int) -> None:
        for _ in range(MOST_LOOKS):
            if not (await self._registers(codec.STATUS, 1))[0] & bit:
                return
            await self.timing.sleep(LOOK)
        raise DeviceFault(f"the chip at {self.place} stays busy", cause=causes.CHIP_HANGS)

    async def _registers(self, register: int, count: int) -> bytes:
        return await self._bus.write_read(self._address, bytes([register]), count)

    async def _set(self, register: int, value: int) -> None:
        await self._bus.write(self._address, bytes([register, value]))
