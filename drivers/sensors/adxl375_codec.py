"""The registers of an Analog Devices ADXL375 (datasheet rev. B), pure.

The ADXL345 (rev. G) has the same map, and the same bits of DATA_FORMAT make it measure ±16 g in
full resolution. Nothing tells the two apart.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
FIFO_CTL = 0x38
FIFO_STATUS = 0x39

RATE_800_HZ = 0x0D  # BW_RATE; the most a bus of 400 kHz carries
RATE = 800.0  # Hz
FORMAT = 0x0B  # DATA_FORMAT: D3, D1 and D0 must be set; right-justified, no self-test
STANDBY, MEASURE = 0x00, 0x08  # POWER_CTL D3
ACTIVITY = 0x10  # INT_ENABLE, INT_MAP and INT_SOURCE D4
ACTIVITY_ON_XYZ = 0x70  # ACT_INACT_CTL: DC-coupled, all axes
FIFO_BYPASS = 0x00  # FIFO_CTL D7:D6
FIFO_TRIGGER = 0xC0
FIFO_TRIGGERED = 0x80  # FIFO_STATUS D7
FIFO_ENTRIES = 0x3F
FIFO_DEPTH = 32

SAMPLE = struct.Struct("<hhh")
SAMPLE_LENGTH = SAMPLE.size
WAVEFORM_SAMPLE = struct.Struct(">hhh")


class Part(NamedTuple):
    """What differs: g per digit of a sample and of THRESH_ACT, and the measuring range in g."""

    name: str
    lsb: float
    threshold_lsb: float
    range: float


ADXL375 = Part("an ADXL375", 0.049, 0.78, 200.0)  # 20.5 LSB/g
ADXL345 = Part("an ADXL345", 0.0039, 0.0625, 16.0)  # 256 LSB/g in full resolution

Raw = tuple[int, int, int]
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


def sample(data: bytes) -> Raw:
    """Return the digits in the six data registers."""
    x, y, z = SAMPLE.unpack(data)
    return x, y, z


def undriven(entry: bytes) -> bool:
    """Whether these may be bytes that nobody sent: a bus that floats, or one that is held low.

    A chip at rest feels 1 g on some axis, and has noise.
    """
    return entry in (b"\xff" * SAMPLE_LENGTH, bytes(SAMPLE_LENGTH))


def to_g(raw: Raw, part: Part = ADXL375) -> Vector:
    """Return digits as g."""
    x, y, z = raw
    return x * part.lsb, y * part.lsb, z * part.lsb


def pack_waveform(samples: Iterable[Raw]) -> bytes:
    """Return samples as a record keeps them: big-endian int16 digits, x y z interleaved."""
    return b"".join(WAVEFORM_SAMPLE.pack(*raw) for raw in samples)


def unpack_waveform(data: bytes) -> Sequence[Raw]:
    """Return the samples of `pack_waveform`."""
    return [(x, y, z) for x, y, z in WAVEFORM_SAMPLE.iter_unpack(data)]
