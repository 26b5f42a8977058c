"""An LM75 or one of its kin at register level (LM75B, TMP105 and TMP102 data sheets).

Temperature and configuration; the thermostat's limits are kept, its output is not modelled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from hil.emulators.chips.i2c_chip import ChipKind, Clock, Fault, I2cChip, Nack
from hil.emulators.chips.weather import ABOUT, HIGH, LOW, PERIOD, drift

TEMPERATURE, CONFIGURATION, LOW_LIMIT, HIGH_LIMIT = range(4)  # TMP105 table 3
LIMITS_AT_RESET = {LOW_LIMIT: 0x4B00, HIGH_LIMIT: 0x5000}  # 75 and 80 °C
SHUTDOWN = 0x01
RESOLUTION_SHIFT = 5
SHORTEST_CONVERSION = 0.0375  # s at 9 bits, doubled with each bit (TMP105 table 8)
COARSEST = 9  # bits
STRAY_BITS = 0x0005  # of the lowest four, which are 0 at every resolution
EXTENDED = 0x10  # EM, of a TMP102's second byte: 13 bits, shifted by one
FLOATING = b"\xff"  # a line that nobody pulls down

Celsius = Callable[[float], float]  # seconds since start → °C


@dataclass(frozen=True, slots=True)
class Model:
    """What differs. `bits` None: two bits of the configuration say how many there are."""

    about: str
    at_reset: bytes
    writable: bytes
    bits: int | None
    conversion: float


MODELS = {
    "lm75": Model("an LM75", b"\x00", b"\x1f", 9, 0.1),
    "lm75b": Model("an LM75B", b"\x00", b"\x1f", 11, 0.1),  # LM75B tables 5 and 7
    "tmp105": Model("a TMP105", b"\x00", b"\x7f", None, SHORTEST_CONVERSION),
    "tmp102": Model("a TMP102", b"\x60\xa0", b"\x1f\xd0", 12, 0.026),  # TMP102 tables 6 to 11
}


class Lm75Chip(I2cChip):
    """One sensor; `air` gives its temperature, `chip` is one of MODELS."""

    def __init__(self, air: Celsius, clock: Clock = time.monotonic, chip: str = "lm75") -> None:
        self._air = air
        self._clock = clock
        self._start = clock()
        self._model = MODELS[chip]
        self.model = self._model.about
        self._stray = 0  # bits set in the next temperature
        self._floats = 0  # reads of the temperature that nobody will answer
        self.power_on()

    def power_on(self) -> None:
        """Take the state after reset: continuous, nothing measured, pointing at the temperature."""
        self._pointer = TEMPERATURE
        self._configuration = self._model.at_reset
        self._limits = dict(LIMITS_AT_RESET)
        self._value = 0
        self._converted = self._clock()

    def faults(self) -> dict[str, Fault]:
        """`bits`: the next temperature has bits set that the chip never sets. `float`: it is read
        off a bus that nobody drives; `float-twice`: and once more.
        """
        return super().faults() | {
            "bits": self._stray_bits,
            "float": partial(self._float, 1),
            "float-twice": partial(self._float, 2),
        }

    def _stray_bits(self) -> None:
        self._stray = STRAY_BITS

    def _float(self, times: int) -> None:
        self._floats = times

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
            self._configure(data[1:])
        else:
            self._limits[self._pointer] = int.from_bytes(data[1:3], "big")

    def _configure(self, told: bytes) -> None:
        """Take what can be written; bytes that do not come stay as they are."""
        kept, masks = self._configuration, self._model.writable
        taken = [
            old & ~mask | new & mask for old, new, mask in zip(kept, told, masks, strict=False)
        ]
        self._configuration = bytes(taken) + kept[len(taken) :]

    def read(self, count: int) -> bytes:
        """Return the register that the pointer names, over and over."""
        if self._pointer == TEMPERATURE:
            if self._floats:
                self._floats -= 1
                return FLOATING * count
            self._convert()
            word = (self._value | self._stray).to_bytes(2, "big")
            self._stray = 0
        elif self._pointer == CONFIGURATION:
            word = self._configuration
        else:
            word = self._limits[self._pointer].to_bytes(2, "big")
        return (word * count)[:count]

    def _bits(self) -> int:
        if self._model.bits is None:
            return COARSEST + (self._configuration[0] >> RESOLUTION_SHIFT & 0x03)
        return self._model.bits

    def _convert(self) -> None:
        """Measure if a conversion has ended since the last one."""
        bits = self._bits()
        coarser = 0 if self._model.bits else bits - COARSEST
        now = self._clock()
        lasts = self._model.conversion * 2**coarser
        if self._configuration[0] & SHUTDOWN or now - self._converted < lasts:
            return
        self._converted = now
        steps = round(self._air(now - self._start) * 2 ** (bits - 8))
        lowest, highest = -(1 << bits - 1), (1 << bits - 1) - 1
        clipped = min(highest, max(lowest, steps))
        extended = len(self._configuration) > 1 and bool(self._configuration[1] & EXTENDED)
        self._value = clipped << 16 - bits - extended & 0xFFFF | extended


def sensor(
    chip: str,
    seed: int,
    clock: Clock,
    *,
    low: float = LOW,
    high: float = HIGH,
    period: float = PERIOD,
    noise: float = 0.0,
    heating: float = 0.0,
) -> Lm75Chip:
    """Return a sensor; its settings are those of `drift`."""
    weather = drift(low, high, period, noise, seed, heating)
    return Lm75Chip(lambda seconds: weather(seconds)[0], clock, chip)


LM75 = ChipKind(
    name="lm75",
    about=f"An LM75, LM75B, TMP102 or TMP105, as `chip` says: temperature.\n\n{ABOUT}",
    address=0x48,  # pins A2 to A0 low
    make=partial(sensor, "lm75"),
    driver="sensors.lm75",
)
LM75B, TMP102, TMP105 = (
    replace(LM75, name=name, make=partial(sensor, name), options={"chip": name})
    for name in ("lm75b", "tmp102", "tmp105")
)
