"""An ADXL375 on SPI, behind an emulated `/dev/spidevB.D`: mode 3, up to 5 MHz."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.bus.spi_board import SpiBoard
from hil.emulators.chips.adxl375_chip import AT_RESET, DEVID, NOISE, Adxl375Chip, accelerometer
from hil.emulators.chips.i2c_chip import Clock
from hil.emulators.chips.motion import AT_REST, Acceleration

READ, MANY, REGISTER = 0x80, 0x40, 0x3F  # of the first byte (data sheet figures 33 to 35)


class SpiFace:
    """The chip's registers as SPI shows them."""

    mode = 3
    fastest = 5_000_000  # Hz

    def __init__(self, chip: Adxl375Chip) -> None:
        self._chip = chip

    def transfer(self, data: bytes) -> bytes:
        """Take what comes on MOSI while selected; see SpiChip."""
        command, rest = data[0], data[1:]
        register = command & REGISTER
        if not command & READ:
            self._chip.write(bytes([register]) + (rest if command & MANY else rest[:1]))
            return bytes(len(data))
        self._chip.write(bytes([register]))
        if command & MANY:
            return b"\0" + self._chip.read(len(rest))
        return b"\0" + self._chip.read(1) * len(rest)


class Adxl375Board(SpiBoard):
    """An ADXL375 on SPI: shocks up to 200 g.

    `shocks` are tables of `at` (seconds since the start), `g`, `ms` and perhaps `axis` (x, y or z);
    `vibrations` of `at`, `seconds`, `g` (the peak), `hz`, and perhaps `to_hz`, to which it sweeps
    logarithmically, and `axis`. At rest it measures `gravity`, in g on x, y and z, with `noise`, in
    g rms, drawn from `seed`. Another `devid` makes another chip of it.
    """

    model = "an ADXL375"

    def __init__(
        self,
        *,
        link: str | Path,
        shocks: Iterable[Mapping[str, Any]] = (),
        vibrations: Iterable[Mapping[str, Any]] = (),
        noise: float = NOISE,
        gravity: Acceleration = AT_REST,
        devid: int = AT_RESET[DEVID],
        seed: int = 0,
        clock: Clock = time.monotonic,
    ) -> None:
        self.sensor = accelerometer(
            seed,
            clock,
            shocks=shocks,
            vibrations=vibrations,
            noise=noise,
            gravity=gravity,
            devid=devid,
        )
        self.chip = SpiFace(self.sensor)
        super().__init__(link, self.chip, self.sensor)

    def shock(self, peak: float, milliseconds: float, axis: str = "z") -> None:
        """Hit the chip now."""
        self.sensor.shock(peak, milliseconds, axis)
