"""ADXL375 on SPI: shocks up to ±200 g at 3,200 samples a second, and vibration.

It is read without a break, so that a pulse of 6 ms has 19 samples and seconds around it are kept.
That costs a processor: 270 looks a second. On I2C the same chip waits for shocks by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.driver import Host
from drivers.errors import DeviceMissing, WrongDevice
from drivers.links.spi import PATH, Look, SpiChip
from drivers.sensors import adxl375_codec as codec
from drivers.sensors import causes
from drivers.sensors.accelerometer import (
    KINDS,
    POLL_SAMPLES,
    Accelerometer,
    interval_option,
    keep_option,
)
from drivers.sensors.sample_stream import Fetched
from foundation.options import OptionValue, option, options_of, settings_of

__all__ = ["CAUSES", "KINDS", "OPTIONS", "build", "interval"]

CAUSES = causes.ON_SPI
LONGEST_LOOK = 0.05  # s in which the bus's thread looks by itself
LOOK = codec.spi_read(codec.FIFO_CTL, 2)
ENTRY = codec.spi_read(codec.DATAX0, codec.SAMPLE_LENGTH)
ABSENT = frozenset({0x00, 0xFF})  # what a line that nobody drives reads as


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one accelerometer."""

    bus: str = option(str, "a chip select on SPI, such as /dev/spidev0.0", form=PATH.pattern)
    rate: int = option(int, "samples a second", 3200, choices=tuple(codec.RATE_CODES), unit="Hz")
    # Gravity and the part's zero-g offset count, so it needs some room.
    threshold_g: float = option(float, "acceleration that makes a shock", 10.0, 7.0, 190.0, "g")
    interval: float = interval_option()
    keep: float = keep_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> Adxl375Spi:
    """Make the driver; opens nothing."""
    chosen = settings_of(Settings, options)
    return Adxl375Spi(name, chosen, host, host.spi(chosen.bus, codec.SPI_SPEED, codec.SPI_MODE))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between two records of vibration."""
    return settings_of(Settings, options).interval


def entries_wanted(answer: bytes) -> Sequence[bytes]:
    """Return what is sent for the entries of the FIFO, whose state a look gave."""
    state = codec.FifoState.parse(answer[1:])
    if state.control != codec.FIFO_STREAM:
        return ()
    return [ENTRY] * min(state.entries, codec.FIFO_DEPTH)


class Adxl375Spi(Accelerometer):
    """One accelerometer; each entry of its FIFO is read with the chip selected anew."""

    noisy = True  # table 1: 5 mg/√Hz, steps of 49 mg; at 100 samples a second 0.7 steps

    def __init__(self, name: str, settings: Settings, host: Host, bus: SpiChip) -> None:
        super().__init__(name, settings, host, codec.ADXL375.scale)
        self._bus = bus
        self.set_up = codec.streaming(settings.rate)

    @property
    def place(self) -> str:
        """Where the chip is, for people."""
        return f"the chip at {self._bus.path}"

    async def start(self) -> None:
        """See Accelerometer."""
        identity = (await self._registers(codec.DEVID, 1))[0]
        if identity in ABSENT:
            raise DeviceMissing(f"no chip answers at {self._bus.path}", cause=causes.ON_SPI_SILENT)
        if identity != codec.DEVID_VALUE:
            raise WrongDevice(
                f"{self.place} is no ADXL375: its DEVID is {identity:#04x}",
                cause=causes.OTHER_CHIP,
            )
        await self._bus.exchange(*(codec.spi_write(*pair) for pair in self.set_up))
        await self.check()
        self.running()

    async def read_back(self, registers: Sequence[int]) -> Sequence[int]:
        """See Accelerometer."""
        answers = await self._bus.exchange(*(codec.spi_read(each, 1) for each in registers))
        return [answer[1] for answer in answers]

    async def fetch(self, seconds: float) -> Sequence[Fetched] | None:
        """See Accelerometer.

        Between two entries the FIFO needs 5 µs: a first byte takes 4, and spidev lets the chip
        select rest for longer than one (spi.c of the kernel: 10 µs unless told otherwise).
        """
        every = min(POLL_SAMPLES / self._rate, seconds)
        if every > LONGEST_LOOK:  # others may use the bus meanwhile
            await self.pause(every)
            every = 0.0
        times = max(1, int(min(LONGEST_LOOK, seconds) / every)) if every else 1
        looks = await self._bus.polled(LOOK, entries_wanted, every, times)
        for look in looks:
            control = codec.FifoState.parse(look.answer[1:]).control
            if control != codec.FIFO_STREAM:
                await self._look_who_answers(control)
                return None
        return [self._samples(look) for look in looks if look.others]

    async def _look_who_answers(self, control: int) -> None:
        """Raise where nobody does any more; else the chip lost its set-up."""
        if control in ABSENT and (await self._registers(codec.DEVID, 1))[0] in ABSENT:
            raise DeviceMissing(
                f"the chip at {self._bus.path} fell silent", cause=causes.ON_SPI_SILENT
            )

    def _samples(self, look: Look) -> Fetched:
        values = codec.samples(entry[1:] for entry in look.others)
        if codec.intact(values):
            return Fetched(values, len(look.others) == codec.FIFO_DEPTH, look.at)
        self.health.count("bad frames")
        return Fetched((), lost=True, at=look.at)

    async def _registers(self, register: int, count: int) -> bytes:
        (answer,) = await self._bus.exchange(codec.spi_read(register, count))
        return answer[1:]
