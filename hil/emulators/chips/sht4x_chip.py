"""A Sensirion SHT4x humidity and temperature sensor at command level (SHT4x datasheet, v6).

Its heater takes its time and warms nothing.
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

MEASURE = {0xFD: 0.0083, 0xF6: 0.0045, 0xE0: 0.0016}  # s, longest at each precision
HEAT = {0x39: 1.1, 0x32: 0.11, 0x2F: 1.1, 0x24: 0.11, 0x1E: 1.1, 0x15: 0.11}  # then it measures
READ_SERIAL = 0x89
SOFT_RESET = 0x94
RESET_TIME = 0.001  # s, longest from a reset or power-up to idle
SERIAL_TIME = 0.001  # s; not in the data sheet
LOWEST_HUMIDITY, HUMIDITY_SPAN = -6.0, 125.0  # "Conversion of Signal Output"


class Sht4xChip(I2cChip):
    """One sensor in `weather`."""

    model = "an SHT4x"

    def __init__(self, weather: Weather, serial: int, clock: Clock = time.monotonic) -> None:
        self._weather = weather
        self._serial = serial
        self._clock = clock
        self._start = clock()
        self._bad_crc = False
        self._converter = Converter()
        self.power_on()

    def power_on(self) -> None:
        """Take the state after reset."""
        self._ready_at = self._clock() + RESET_TIME
        self._answer = b""

    def faults(self) -> dict[str, Fault]:
        """`crc`: a wrong checksum in the next measurement. `freeze`: its values move no more."""
        return super().faults() | {"crc": self._spoil, "freeze": self._freeze}

    def _freeze(self) -> None:
        self._converter.freeze()

    def _spoil(self) -> None:
        self._bad_crc = True

    def write(self, data: bytes) -> None:
        """Take a command of one byte; an unknown one is not acknowledged, nor one too early."""
        if self._clock() < self._ready_at:
            raise Nack
        if data:
            self._answer = b""
            self._command(int.from_bytes(data, "big"))

    def _command(self, command: int) -> None:
        takes = MEASURE | HEAT
        if command in takes:
            self._answer_with(self._measured(), takes[command])
        elif command == READ_SERIAL:
            halves = self._serial >> 16, self._serial & 0xFFFF
            self._answer_with(b"".join(map(word, halves)), SERIAL_TIME)
        elif command == SOFT_RESET:
            self.power_on()
        else:
            raise Nack

    def _answer_with(self, answer: bytes, after: float) -> None:
        self._answer, self._ready_at = answer, self._clock() + after

    def _measured(self) -> bytes:
        temperature, humidity = self._weather(self._clock() - self._start)
        celsius = scaled(temperature, LOWEST_TEMPERATURE, TEMPERATURE_SPAN)
        percent = scaled(humidity, LOWEST_HUMIDITY, HUMIDITY_SPAN)
        answer = b"".join(map(word, self._converter.words((celsius, percent))))
        if self._bad_crc:
            self._bad_crc = False
            answer = answer[:2] + bytes([answer[2] ^ 0x01]) + answer[3:]
        return answer

    def read(self, count: int) -> bytes:
        """Return the answer to the last command; not acknowledged before it is ready."""
        if not self._answer or self._clock() < self._ready_at:
            raise Nack
        answer, self._answer = self._answer[:count], b""
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
) -> Sht4xChip:
    """Return a sensor; its settings are those of `drift`."""
    return Sht4xChip(drift(low, high, period, noise, seed, heating), seed, clock)


SHT4X = ChipKind(
    name="sht4x",
    about=f"A Sensirion SHT4x: temperature and humidity.\n\n{ABOUT}",
    address=0x44,  # SHT4x-A
    make=sensor,
    driver="sensors.sht4x",
)
