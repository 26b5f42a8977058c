"""LIS3DH on I2C: vibration to 200 Hz, shocks up to ±16 g.

A part for handling and driving. A parcel that falls takes more than it can measure, in less time
than its 400 samples a second resolve: such shocks are marked `saturated` or `undersampled`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.driver import Host
from drivers.errors import WrongDevice
from drivers.links.causes import chip_at_another_address
from drivers.sensors import causes
from drivers.sensors import lis3dh_codec as codec
from drivers.sensors.accelerometer import (
    KINDS,
    POLL_SAMPLES,
    Accelerometer,
    interval_option,
    keep_option,
)
from drivers.sensors.climate import bus_option
from drivers.sensors.sample_stream import Fetched
from foundation.options import OptionValue, option, options_of, settings_of

__all__ = ["CAUSES", "KINDS", "OPTIONS", "build", "interval"]

ADDRESSES = (0x18, 0x19)
CAUSES = (chip_at_another_address(ADDRESSES), *causes.CAUSES)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one accelerometer."""

    bus: str = bus_option()
    address: int = option(
        int, "0x18 (pin SA0 low) or 0x19 (high)", 0x18, choices=ADDRESSES, hexadecimal=True
    )
    rate: int = option(int, "samples a second", 400, choices=tuple(codec.RATE_CODES), unit="Hz")
    # Gravity counts, and a truck on the road makes 1 g and more beside it.
    threshold_g: float = option(float, "acceleration that makes a shock", 6.0, 2.0, 15.0, "g")
    interval: float = interval_option()
    keep: float = keep_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Lis3dh:
    """Make the driver; opens nothing."""
    return Lis3dh(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between two records of vibration."""
    return settings_of(Settings, options).interval


class Lis3dh(Accelerometer):
    """One accelerometer; its FIFO is read in one burst."""

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        super().__init__(name, settings, host, codec.SCALE)
        self._bus = host.i2c(settings.bus)
        self._address = settings.address
        self.set_up = codec.setup(settings.rate)

    @property
    def place(self) -> str:
        """Where the chip is, for people."""
        return f"the chip at {self._address:#04x} on {self._bus.path}"

    async def start(self) -> None:
        """See Accelerometer."""
        await self._bus.claim(self._address)
        identity = (await self._registers(codec.WHO_AM_I, 1))[0]
        if identity != codec.WHO_AM_I_VALUE:
            raise WrongDevice(
                f"{self.place} is no LIS3DH: its WHO_AM_I is {identity:#04x}",
                cause=causes.OTHER_CHIP,
            )
        for register, value in self.set_up:
            await self._bus.write(self._address, bytes([register, value]))
        await self.check()
        self.running()

    async def read_back(self, registers: Sequence[int]) -> Sequence[int]:
        """See Accelerometer."""
        return [(await self._registers(register, 1))[0] for register in registers]

    async def fetch(self, seconds: float) -> Sequence[Fetched] | None:
        """See Accelerometer."""
        await self.pause(min(POLL_SAMPLES / self._rate, seconds))
        state = codec.FifoState.parse(await self._registers(codec.FIFO_CTRL, 2))
        now = self.timing.monotonic()
        if state.control != codec.STREAM:
            return None
        if not state.unread:
            return []
        data = await self._registers(codec.OUT_X_L, state.unread * codec.SAMPLE_LENGTH)
        values = codec.samples(data)
        if not codec.intact(values):
            self.health.count("bad frames")
            return [Fetched((), lost=True, at=now)]
        return [Fetched(values, state.full, now)]

    async def _registers(self, register: int, count: int) -> bytes:
        many = codec.MANY if count > 1 else 0
        return await self._bus.write_read(self._address, bytes([register | many]), count)
