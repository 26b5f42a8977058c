"""Structures of the GPIO character device, version 2 (linux/gpio.h), to and from bytes. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from drivers.errors import BadFrame

GET_LINE_INFO = 0xC100B405  # _IOWR(0xB4, 0x05, struct gpio_v2_line_info)
GET_LINE = 0xC250B407  # _IOWR(0xB4, 0x07, struct gpio_v2_line_request)
GET_VALUES = 0xC010B40E  # _IOWR(0xB4, 0x0E, struct gpio_v2_line_values)
SET_VALUES = 0xC010B40F  # _IOWR(0xB4, 0x0F, struct gpio_v2_line_values)

# enum gpio_v2_line_flag
INPUT, OUTPUT = 1 << 2, 1 << 3
EDGE_RISING, EDGE_FALLING = 1 << 4, 1 << 5
BIAS_UP, BIAS_DOWN, BIAS_OFF = 1 << 8, 1 << 9, 1 << 10

# enum gpio_v2_line_attr_id
OUTPUT_VALUES, DEBOUNCE = 2, 3

RISING, FALLING = 1, 2  # enum gpio_v2_line_event_id

LINES_MAX = 64
LONGEST_NAME = 31  # bytes of a name, less the closing zero
_INFO = struct.Struct("=32s32sII")  # what we read of struct gpio_v2_line_info; the rest is padding
_INFO_SIZE = 256
_REQUEST = struct.Struct("=64I32sQI20s240sII20si")
_ATTRIBUTE = struct.Struct("=IIQQ")  # struct gpio_v2_line_config_attribute
_VALUES = struct.Struct("=QQ")  # bits, mask
EVENT = struct.Struct("=QIIII24s")  # struct gpio_v2_line_event

ONLY = 1
"""Bit mask of the one line that a request of ours has."""


class Edge(NamedTuple):
    """One change of a line; `at` is monotonic seconds, `serial` counts the line's own from 1."""

    at: float
    level: int
    serial: int


def request(line: int, consumer: str, flags: int, attribute: tuple[int, int] | None) -> bytearray:
    """Return a request for one line; `attribute` is the id and value of one, such as DEBOUNCE."""
    attributes = b"" if attribute is None else _ATTRIBUTE.pack(attribute[0], 0, attribute[1], ONLY)
    offsets = [line, *[0] * (LINES_MAX - 1)]
    name = consumer.encode("ascii", "replace")[:LONGEST_NAME]
    count = int(attribute is not None)
    return bytearray(_REQUEST.pack(*offsets, name, flags, count, b"", attributes, 1, 0, b"", -1))


def file_of(answer: bytes) -> int:
    """Return the file descriptor that the kernel wrote into a request."""
    return int(_REQUEST.unpack(answer)[-1])


def info_request(line: int) -> bytearray:
    """Return what asks for a line's name and user."""
    return bytearray(_INFO.pack(b"", b"", line, 0).ljust(_INFO_SIZE, b"\0"))


def user_of(answer: bytes) -> str:
    """Return who uses a line, by the kernel's word; empty where it says nothing."""
    _, consumer, *_ = _INFO.unpack_from(answer)
    return str(consumer.split(b"\0")[0].decode("utf-8", "replace"))


def values(level: int = 0) -> bytearray:
    """Return what asks for our line's level, or sets it."""
    return bytearray(_VALUES.pack(level, ONLY))


def level_of(answer: bytes) -> int:
    """Return our line's level."""
    bits, _ = _VALUES.unpack(answer)
    return int(bits & ONLY)


def edges(data: bytes) -> Iterator[Edge]:
    """Yield the events that a read gave; BadFrame for what is none."""
    if len(data) % EVENT.size:
        raise BadFrame(f"{len(data)} bytes are no whole events of a GPIO line")
    for at_ns, what, _, _, serial, _ in EVENT.iter_unpack(data):
        if what not in (RISING, FALLING):
            raise BadFrame(f"{what} is no edge of a GPIO line")
        yield Edge(at_ns / 1e9, int(what == RISING), serial)
