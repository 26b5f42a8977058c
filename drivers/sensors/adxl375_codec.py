"""The registers of an Analog Devices ADXL375 (datasheet rev. B), pure.

The ADXL345 (rev. G) has the same map, and the same bits of DATA_FORMAT make it measure ±16 g in
full resolution. Nothing tells the two apart.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from drivers.sensors.shock_reading import Raw, Scale

DEVID = 0x00
DEVID_VALUE = 0xE5  # the ADXL345's too: register map and identity are the same
OFSX, OFSY, OFSZ = 0x1E, 0x1F, 0x20  # added to each sample, 1.56 g a digit
THRESH_ACT = 0x24
ACT_INACT_CTL = 0x27
BW_RATE = 0x2C
POWER_CTL = 0x2D
INT_ENABLE = 0x2E
INT_MAP = 0x2F
INT_SOURCE = 0x30
DATA_FORMAT = 0x31
DATAX0 = 0x32
FIFO_CTL = 0x38  # FIFO_STATUS follows it, and is read in one burst with it

RATE_CODES = {
    100: 0x0A,
    200: 0x0B,
    400: 0x0C,
    800: 0x0D,
    1600: 0x0E,
    3200: 0x0F,
}  # BW_RATE, table 7
RATE_800_HZ = RATE_CODES[800]  # the most a bus of 400 kHz carries
RATE = 800.0  # Hz
FORMAT = 0x0B  # DATA_FORMAT: D3, D1 and D0 must be set; right-justified, no self-test
STANDBY, MEASURE = 0x00, 0x08  # POWER_CTL D3
ACTIVITY = 0x10  # INT_ENABLE, INT_MAP and INT_SOURCE D4
ACTIVITY_ON_XYZ = 0x70  # ACT_INACT_CTL: DC-coupled, all axes
FIFO_BYPASS = 0x00  # FIFO_CTL D7:D6
FIFO_STREAM = 0x80
FIFO_TRIGGER = 0xC0
FIFO_TRIGGERED = 0x80  # FIFO_STATUS D7
FIFO_ENTRIES = 0x3F
FIFO_DEPTH = 32
LARGEST = 4096  # digits

SPI_READ, SPI_MANY = 0x80, 0x40  # of the first byte on SPI (figures 33 to 35)
SPI_MODE, SPI_SPEED = 3, 2_000_000  # Hz: 3,200 samples a second need as much; 5 MHz is the most

SAMPLE = struct.Struct("<hhh")
SAMPLE_LENGTH = SAMPLE.size
WAVEFORM_SAMPLE = struct.Struct(">hhh")


class Part(NamedTuple):
    """What differs: what a sample's digits mean, and g per digit of THRESH_ACT."""

    name: str
    scale: Scale
    threshold_lsb: float


ADXL375 = Part("an ADXL375", Scale(0.049, 200.0), 0.78)  # 20.5 LSB/g
ADXL345 = Part("an ADXL345", Scale(0.0039, 16.0), 0.0625)  # 256 LSB/g in full resolution

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class FifoState:
    """FIFO_CTL and FIFO_STATUS, read in one burst."""

    control: int
    triggered: bool
    entries: int

    @classmethod
    def parse(cls, data: bytes) -> FifoState:
        """Read the two registers."""
        return cls(data[0], bool(data[1] & FIFO_TRIGGERED), data[1] & FIFO_ENTRIES)


def threshold_code(g: float, part: Part = ADXL375) -> int:
    """Return THRESH_ACT for `g`, to the nearest digit."""
    return round(g / part.threshold_lsb)


def fifo_control(pre_samples: int) -> int:
    """Return FIFO_CTL for trigger mode on INT1 that keeps `pre_samples` from before the trigger."""
    return FIFO_TRIGGER | pre_samples


def setup(threshold: int) -> list[tuple[int, int]]:
    """Return the (register, value) pairs that let the chip measure, in order, not yet armed.

    The activity event, not the single-shock event, is the trigger: it comes with the first sample
    above the threshold and has no upper limit of duration, so the whole pulse lies in the FIFO.
    """
    return [
        (POWER_CTL, STANDBY),
        (INT_ENABLE, 0),
        (INT_MAP, 0),
        (OFSX, 0),
        (OFSY, 0),
        (OFSZ, 0),
        (DATA_FORMAT, FORMAT),
        (BW_RATE, RATE_800_HZ),
        (THRESH_ACT, threshold),
        (ACT_INACT_CTL, ACTIVITY_ON_XYZ),
        (POWER_CTL, MEASURE),
    ]


def streaming(rate: int) -> list[tuple[int, int]]:
    """Return the (register, value) pairs that let the chip measure into its FIFO, in order."""
    return [
        (POWER_CTL, STANDBY),
        (INT_ENABLE, 0),
        (OFSX, 0),
        (OFSY, 0),
        (OFSZ, 0),
        (DATA_FORMAT, FORMAT),
        (BW_RATE, RATE_CODES[rate]),
        (FIFO_CTL, FIFO_BYPASS),
        (FIFO_CTL, FIFO_STREAM),
        (POWER_CTL, MEASURE),
    ]


def spi_read(register: int, count: int) -> bytes:
    """Return what is sent to read `count` registers; their values come behind its first byte."""
    many = SPI_MANY if count > 1 else 0
    return bytes([SPI_READ | many | register]) + bytes(count)


def spi_write(register: int, value: int) -> bytes:
    """Return what is sent to set a register."""
    return bytes([register, value])


def sample(data: bytes) -> Raw:
    """Return the digits in the six data registers."""
    x, y, z = SAMPLE.unpack(data)
    return x, y, z


def undriven(entry: bytes) -> bool:
    """Whether these may be bytes that nobody sent: a bus that floats, or one that is held low.

    A chip at rest feels 1 g on some axis, and has noise.
    """
    return entry in (b"\xff" * SAMPLE_LENGTH, bytes(SAMPLE_LENGTH))


def samples(entries: Iterable[bytes]) -> Sequence[int]:
    """Return the digits of FIFO entries: x, y and z of each."""
    data = b"".join(entries)
    return struct.unpack(f"<{len(data) // 2}h", data)


def intact(values: Sequence[int]) -> bool:
    """Whether these can be samples: they have 13 bits, and the sign above them."""
    return all(-LARGEST <= value < LARGEST for value in values)


def to_g(raw: Raw, part: Part = ADXL375) -> Vector:
    """Return digits as g."""
    x, y, z = raw
    digit = part.scale.digit
    return x * digit, y * digit, z * digit


def pack_waveform(samples: Iterable[Raw]) -> bytes:
    """Return samples as a record keeps them: big-endian int16 digits, x y z interleaved."""
    return b"".join(WAVEFORM_SAMPLE.pack(*raw) for raw in samples)
