"""The frames of the Zigbee Cluster Library (ZCL, revision 8, §2.4 and §2.5.11). Pure."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from drivers.errors import BadFrame
from drivers.zigbee.zcl_types import TYPES, DataType

CLUSTER_COMMAND = 0x01  # frame control, §2.4.1.1.1: the command is the cluster's own
MANUFACTURER = 0x04

REPORT_ATTRIBUTES = 0x0A  # §2.5, table 2-3

Value = int | float | bytes | None


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: `control` as received; `manufacturer` is None where the frame names none."""

    control: int
    manufacturer: int | None
    tsn: int
    command: int
    payload: bytes

    @property
    def of_cluster(self) -> bool:
        """Whether the command is the cluster's own, not one that all clusters have."""
        return bool(self.control & CLUSTER_COMMAND)

    @property
    def is_report(self) -> bool:
        """Whether it reports attributes."""
        return not self.of_cluster and self.command == REPORT_ATTRIBUTES

    def to_bytes(self) -> bytes:
        """Return the frame as it goes over the air."""
        control = self.control & ~MANUFACTURER
        maker = b""
        if self.manufacturer is not None:
            control |= MANUFACTURER
            maker = struct.pack("<H", self.manufacturer)
        return bytes([control]) + maker + bytes([self.tsn, self.command]) + self.payload


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a report; `value` is None where the type's mark for "invalid" was sent."""

    number: int
    type: int
    raw: bytes
    value: Value


def parse(data: bytes) -> Frame:
    """Return the frame that `data` is; BadFrame when it ends in its own header."""
    named = bool(data) and bool(data[0] & MANUFACTURER)
    header = 5 if named else 3
    if len(data) < header:
        raise BadFrame(f"a ZCL frame of {len(data)} bytes is shorter than its header")
    maker = int.from_bytes(data[1:3], "little") if named else None
    return Frame(data[0], maker, data[header - 2], data[header - 1], data[header:])


def next_attribute(payload: bytes) -> tuple[Attribute, bytes]:
    """Return the first attribute of a report and what follows it; BadFrame where none is whole."""
    if len(payload) < len(b"aat"):
        raise BadFrame(f"a report ends after {payload.hex(' ')}, within an attribute's head")
    number, code = struct.unpack_from("<HB", payload)
    kind = TYPES.get(code)
    if kind is None:
        raise BadFrame(f"attribute {number:#06x} is of type {code:#04x}, whose length is not known")
    raw, rest = _cut(kind, payload[3:], number)
    return Attribute(number, code, raw, value_of(kind, raw)), rest


def _cut(kind: DataType, data: bytes, number: int) -> tuple[bytes, bytes]:
    """Return the bytes of a value, without the length before them, and the rest."""
    head = kind.length_bytes
    size = kind.size
    if head:
        told = int.from_bytes(data[:head], "little")
        size = 0 if told == (1 << 8 * head) - 1 else told  # all ones: invalid, §2.6.2.10
    if len(data) < head + size:
        raise BadFrame(
            f"attribute {number:#06x} has {max(0, len(data) - head)} of {size} bytes of {kind.name}"
        )
    return data[head : head + size], data[head + size :]


def value_of(kind: DataType, raw: bytes) -> Value:
    """Return what the bytes of a value of a type mean; None for the type's invalid mark."""
    if kind.floating:
        (value,) = struct.unpack(kind.floating, raw)
        return None if math.isnan(value) else float(value)
    if not kind.number:
        return raw
    whole = int.from_bytes(raw, "little", signed=kind.signed)
    return None if whole == kind.invalid else whole
