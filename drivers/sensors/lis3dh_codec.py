"""The registers of an ST LIS3DH (data sheet DocID17530 rev. 2), pure.

Samples come left-justified. At ±16 g a digit of the 12 that high resolution has is 12 mg; the FIFO
keeps ten of them (§3.8).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.sensors.shock_reading import Scale

WHO_AM_I, WHO_AM_I_VALUE = 0x0F, 0x33
CTRL_REG1, CTRL_REG2, CTRL_REG3, CTRL_REG4 = 0x20, 0x21, 0x22, 0x23
CTRL_REG5, CTRL_REG6 = 0x24, 0x25
OUT_X_L = 0x28
FIFO_CTRL = 0x2E  # FIFO_SRC follows it, and is read in one burst with it
MANY = 0x80  # of a sub-address: several registers, one behind another (§6.1.1)

ALL_AXES = 0x07  # CTRL_REG1 2:0
RATE_CODES = {100: 0x50, 200: 0x60, 400: 0x70}  # CTRL_REG1 7:4, table 31: normal, high resolution
HIGH_RESOLUTION_16_G = 0xB8  # CTRL_REG4: block data update, ±16 g, high resolution
FIFO_ON = 0x40  # CTRL_REG5 6
BYPASS, STREAM = 0x00, 0x80  # FIFO_CTRL 7:6
OVERRUN, UNREAD = 0x40, 0x1F  # FIFO_SRC: full, and the next sample replaced one
FIFO_DEPTH = 32
SAMPLE_LENGTH = 6
NEVER_SET = 0x003F  # of a word from the FIFO: it has ten bits

SCALE = Scale(0.012 / 16, 16.0)  # table 4: 12 mg/digit of 12 bits, four below them


@dataclass(frozen=True, slots=True)
class FifoState:
    """FIFO_CTRL and FIFO_SRC, read in one burst; `full`: some samples may be lost."""

    control: int
    full: bool
    unread: int

    @classmethod
    def parse(cls, data: bytes) -> FifoState:
        """Read the two registers; a full FIFO has one more than its five bits can say."""
        control, source = data
        full = bool(source & OVERRUN)
        return cls(control, full, FIFO_DEPTH if full else source & UNREAD)


def setup(rate: int) -> list[tuple[int, int]]:
    """Return the (register, value) pairs that let the chip measure, in order, the FIFO empty."""
    return [
        (CTRL_REG1, 0),
        (CTRL_REG2, 0),  # no high-pass filter: gravity tells how it lies
        (CTRL_REG3, 0),
        (CTRL_REG4, HIGH_RESOLUTION_16_G),
        (CTRL_REG6, 0),
        (CTRL_REG5, FIFO_ON),
        (FIFO_CTRL, BYPASS),
        (FIFO_CTRL, STREAM),
        (CTRL_REG1, RATE_CODES[rate] | ALL_AXES),
    ]


def samples(data: bytes) -> Sequence[int]:
    """Return the words of samples: x, y and z of each."""
    return struct.unpack(f"<{len(data) // 2}h", data)


def intact(values: Sequence[int]) -> bool:
    """Whether these can come from the FIFO: bits that it never sets are none."""
    return not any(value & NEVER_SET for value in values)
