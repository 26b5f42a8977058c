"""A Sensirion SHT3x humidity and temperature sensor at command level (SHT3x-DIS datasheet, v7).

Single-shot measurement without clock stretching, status register, soft reset. Periodic modes, the
alert limits and the heater's warmth are not modelled.
"""

from __future__ import annotations

import time

from hil.emulators.chips.converter import Converter
from hil.emulators.chips.i2c_chip import ChipKind, Clock, Fault, I2cChip, Nack
from hil.emulators.chips.sensirion_words import (
    LOWEST_TEMPERATURE,
    TEMPERATURE_SPAN,
    scaled,
    word,
)
from hil.emulators.chips.weather import ABOUT, HIGH, LOW, PERIOD, Weather, drift

MEASURE = {0x2400: 0.015, 0x240B: 0.006, 0x2416: 0.004}  # s, §2.2 table 4: longest at repeatability
READ_STATUS = 0xF32D  # §4.11
CLEAR_STATUS = 0x3041
SOFT_RESET = 0x30A2  # §4.9
BREAK = 0x3093  # §4.8: ends a periodic measurement, allowed when idle
HEATER_ON = 0x306D  # §4.10
HEATER_OFF = 0x3066
RESET_TIME = 0.0015  # s, §2.2 table 4: longest time from a reset to idle
STATUS_AT_RESET = 0x8010  # §4.11 table 18: alert pending, reset detected
STATUS_CLEARABLE = 0x8C10  # alert pending, RH alert, T alert, reset detected
STATUS_HEATER = 0x2000


class Sht3xChip(I2cChip):
    """One sensor in `weather`."""

    model = "an SHT3x"

    def __init__(self, weather: Weather, clock: Clock = time.monotonic) -> None:
        self._weather = weather
        self._clock = clock
        self._start = clock()
        self._bad_crc = False
        self._converter = Converter()
        self._warmer, self._warmer_until = 0.0, 0.0
        self.power_on()

    def power_on(self) -> None:
        """Take the state after reset."""
        self._status = STATUS_AT_RESET
        self._ready_at = self._clock() + RESET_TIME
        self._answer = b""
        self._answer_at = 0.0

    def faults(self) -> dict[str, Fault]:
        """`crc`: a wrong checksum in the next measurement. `freeze`: its values move no more."""
        return super().faults() | {"crc": self._spoil, "freeze": self._freeze}

    def warm(self, kelvin: float, seconds: float) -> None:
        """Let air come in that is warmer by so much, as through an open door."""
        self._warmer, self._warmer_until = kelvin, self._clock() + seconds

    def _freeze(self) -> None:
        self._converter.freeze()

    def _spoil(self) -> None:
        self._bad_crc = True

    def write(self, data: bytes) -> None:
        """Take a command of two bytes; an unknown one is not acknowledged."""
        if self._clock() < self._ready_at:
            raise Nack
        if len(data) == 0:
            return
        if len(data) != 2:  # noqa: PLR2004  commands are 16 bits wide (§4.1)
            raise Nack
        self._answer = b""
        self._command(int.from_bytes(data, "big"))

    def _command(self, command: int) -> None:
        if command in MEASURE:
            self._measure(MEASURE[command])
        elif command == READ_STATUS:
            self._answer, self._answer_at = word(self._status), self._clock()
        elif command == CLEAR_STATUS:
            self._status &= ~STATUS_CLEARABLE
        elif command == SOFT_RESET:
            self.power_on()
        elif command == HEATER_ON:
            self._status |= STATUS_HEATER
        elif command == HEATER_OFF:
            self._status &= ~STATUS_HEATER
        elif command != BREAK:
            raise Nack

    def _measure(self, duration: float) -> None:
        temperature, humidity = self._weather(self._clock() - self._start)
        temperature += self._warmer if self._clock() < self._warmer_until else 0.0
        celsius = scaled(temperature, LOWEST_TEMPERATURE, TEMPERATURE_SPAN)
        percent = scaled(humidity, 0.0, 100.0)
        answer = b"".join(map(word, self._converter.words((celsius, percent))))
        if self._bad_crc:
            self._bad_crc = False
            answer = answer[:2] + bytes([answer[2] ^ 0x01]) + answer[3:]
        self._answer, self._answer_at = answer, self._clock() + duration
        self._ready_at = self._answer_at

    def read(self, count: int) -> bytes:
        """Return the answer to the last command; not acknowledged before it is ready (§4.4)."""
        if not self._answer or self._clock() < self._answer_at:
            raise Nack
        answer = self._answer[:count]
        self._answer = b""
        return answer.ljust(count, b"\xff")  # nobody pulls the line down after the last byte


def sensor(
    seed: int,
    clock: Clock,
    *,
    low: float = LOW,
    high: float = HIGH,
    period: float = PERIOD,
    noise: float = 0.0,
    heating: float = 0.0,
) -> Sht3xChip:
    """Return a sensor; its settings are those of `drift`."""
    return Sht3xChip(drift(low, high, period, noise, seed, heating), clock)


SHT3X = ChipKind(
    name="sht3x",
    about=f"A Sensirion SHT3x: temperature and humidity.\n\n{ABOUT}",
    address=0x44,  # pin ADDR low
    make=sensor,
    driver="sensors.sht3x",
)
