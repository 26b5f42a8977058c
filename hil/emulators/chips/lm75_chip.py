"""An LM75 or TMP105 at register level (LM75B and TMP105 datasheets).

Temperature and configuration; the thermostat's limits are kept, its output is not modelled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from hil.emulators.chips.i2c_chip import ChipKind, Clock, Fault, I2cChip, Nack
from hil.emulators.chips.weather import ABOUT, HIGH, LOW, PERIOD, drift

TEMPERATURE, CONFIGURATION, LOW_LIMIT, HIGH_LIMIT = range(4)  # TMP105 table 3
LIMITS_AT_RESET = {LOW_LIMIT: 0x4B00, HIGH_LIMIT: 0x5000}  # 75 and 80 °C
SHUTDOWN = 0x01
MODELS = {"lm75": "an LM75", "tmp105": "a TMP105"}
WRITABLE = {"lm75": 0x1F, "tmp105": 0x7F}  # an LM75 has no resolution bits
RESOLUTION_SHIFT = 5
SHORTEST_CONVERSION = 0.0375  # s at 9 bits, doubled with each bit (TMP105 table 8)
COARSEST = 9  # bits
STRAY_BITS = 0x0005  # of the lowest four, which are 0 at every resolution

Celsius = Callable[[float], float]  # seconds since start → °C


class Lm75Chip(I2cChip):
    """One sensor; `air` gives its temperature, `chip` is one of WRITABLE."""

    def __init__(self, air: Celsius, clock: Clock = time.monotonic, chip: str = "lm75") -> None:
        self._air = air
        self._clock = clock
        self._start = clock()
        self.model = MODELS[chip]
        self._writable = WRITABLE[chip]
        self._stray = 0  # bits set in the next temperature
        self.power_on()

    def power_on(self) -> None:
        """Take the state after reset: 9 bits, continuous, pointing at the temperature."""
        self._pointer = TEMPERATURE
        self._configuration = 0
        self._limits = dict(LIMITS_AT_RESET)
        self._value = 0
        self._converted = self._clock()

    def faults(self) -> dict[str, Fault]:
        """`bits`: the next temperature has bits set that the chip never sets."""
        return super().faults() | {"bits": self._stray_bits}

    def _stray_bits(self) -> None:
        self._stray = STRAY_BITS

    def write(self, data: bytes) -> None:
        """Take the pointer and, behind it, the register's new value."""
        if not data:
            return
        self._pointer = data[0] & 0x03
        if len(data) == 1:
            return
        if self._pointer == TEMPERATURE:
            raise Nack
        if self._pointer == CONFIGURATION:
            self._convert()
            self._configuration = data[1] & self._writable
        else:
            self._limits[self._pointer] = int.from_bytes(data[1:3], "big")

    def read(self, count: int) -> bytes:
        """Return the register that the pointer names, over and over."""
        if self._pointer == TEMPERATURE:
            self._convert()
            word = (self._value | self._stray).to_bytes(2, "big")
            self._stray = 0
        elif self._pointer == CONFIGURATION:
            word = bytes([self._configuration])
        else:
            word = self._limits[self._pointer].to_bytes(2, "big")
        return (word * count)[:count]

    def _convert(self) -> None:
        """Measure if a conversion has ended since the last one."""
        extra = self._configuration >> RESOLUTION_SHIFT & 0x03
        now = self._clock()
        if self._configuration & SHUTDOWN or now - self._converted < SHORTEST_CONVERSION * 2**extra:
            return
        self._converted = now
        steps = round(self._air(now - self._start) * 2 ** (1 + extra))
        lowest, highest = -(1 << COARSEST - 1 + extra), (1 << COARSEST - 1 + extra) - 1
        clipped = min(highest, max(lowest, steps))
        self._value = clipped << 16 - COARSEST - extra & 0xFFFF


def sensor(
    chip: str,
    seed: int,
    clock: Clock,
    *,
    low: float = LOW,
    high: float = HIGH,
    period: float = PERIOD,
    noise: float = 0.0,
) -> Lm75Chip:
    """Return a sensor; its settings are those of `drift`."""
    weather = drift(low, high, period, noise, seed)
    return Lm75Chip(lambda seconds: weather(seconds)[0], clock, chip)


LM75 = ChipKind(
    name="lm75",
    about=f"An LM75 or a TMP105, as `chip` says: temperature.\n\n{ABOUT}",
    address=0x48,  # pins A2 to A0 low
    make=partial(sensor, "lm75"),
    driver="sensors.lm75",
)
TMP105 = replace(LM75, name="tmp105", make=partial(sensor, "tmp105"), options={"chip": "tmp105"})
