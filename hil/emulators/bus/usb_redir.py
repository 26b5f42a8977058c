"""Packets of the usbredir protocol 0.7, pure: a USB device on a socket, as `usb-redir` takes it.

Only what a device with a control endpoint alone needs. All numbers are little-endian; ids have 64
bits once both sides have announced `CAPABILITY_IDS_64`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

HELLO = 0
DEVICE_CONNECT = 1
RESET = 3
INTERFACE_INFO = 4
EP_INFO = 5
SET_CONFIGURATION = 6
GET_CONFIGURATION = 7
CONFIGURATION_STATUS = 8
SET_ALT_SETTING = 9
GET_ALT_SETTING = 10
ALT_SETTING_STATUS = 11
CANCEL_DATA_PACKET = 21
CONTROL_PACKET = 100

CAPABILITY_CONNECT_VERSION = 1
CAPABILITY_MAX_PACKET_SIZE = 4
CAPABILITY_IDS_64 = 5
CAPABILITY_BULK_LENGTH_32 = 6
# What QEMU demands of a device on xhci; without bulk endpoints the last one changes nothing.
CAPABILITIES = (
    1 << CAPABILITY_CONNECT_VERSION
    | 1 << CAPABILITY_MAX_PACKET_SIZE
    | 1 << CAPABILITY_IDS_64
    | 1 << CAPABILITY_BULK_LENGTH_32
)

SUCCESS, CANCELLED, INVALID, IO_ERROR, STALL = range(5)

ENDPOINTS = 32  # 16 out, then 16 in
CONTROL_ENDPOINT, NO_ENDPOINT = 0, 255
MAX_LENGTH = 1 << 16  # of one packet; a control transfer's length has 16 bits

_SHORT = struct.Struct("<III")  # the hello comes before the capabilities are known
_LONG = struct.Struct("<IIQ")
_CONTROL = struct.Struct("<BBBBHHH")
_VERSION_LENGTH = 64


class Malformed(ValueError):
    """The peer does not speak usbredir."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; `body` is what follows the common header."""

    type: int
    id: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Control:
    """A control transfer: the setup packet of USB 2.0 §9.3, and the data of one to the device."""

    endpoint: int
    request: int
    request_type: int
    status: int
    value: int
    index: int
    length: int
    data: bytes = b""


def split(data: bytes, *, greeted: bool) -> tuple[Packet | None, bytes]:
    """Return the first packet and the rest, or None and `data` while it is incomplete."""
    header = _LONG if greeted else _SHORT
    if len(data) < header.size:
        return None, data
    kind, length, number = header.unpack_from(data)
    if length > MAX_LENGTH:
        raise Malformed(f"a packet of {length} bytes")
    end = header.size + length
    if len(data) < end:
        return None, data
    return Packet(kind, number, data[header.size : end]), data[end:]


def hello(name: str) -> bytes:
    """Return the greeting."""
    version = name.encode().ljust(_VERSION_LENGTH, b"\0")
    body = version + struct.pack("<I", CAPABILITIES)
    return _SHORT.pack(HELLO, len(body), 0) + body


def understands_long_ids(body: bytes) -> bool:
    """Whether the peer that sent this hello uses ids of 64 bits."""
    if len(body) < _VERSION_LENGTH + 4:
        return False
    (capabilities,) = struct.unpack_from("<I", body, _VERSION_LENGTH)
    return bool(capabilities >> CAPABILITY_IDS_64 & 1)


def packet(kind: int, number: int, body: bytes) -> bytes:
    """Return a packet for a peer that was greeted."""
    return _LONG.pack(kind, len(body), number) + body


def control(body: bytes) -> Control:
    """Return the control transfer of a packet's body."""
    if len(body) < _CONTROL.size:
        raise Malformed(f"a control packet of {len(body)} bytes")
    endpoint, request, request_type, status, value, index, length = _CONTROL.unpack_from(body)
    data = body[_CONTROL.size :]
    return Control(endpoint, request, request_type, status, value, index, length, data)


def answer(number: int, asked: Control, status: int, data: bytes = b"", taken: int = 0) -> bytes:
    """Return the packet that ends a control transfer: with `data`, or having taken bytes."""
    head = _CONTROL.pack(
        asked.endpoint, asked.request, asked.request_type, status, asked.value, asked.index,
        len(data) or taken,
    )  # fmt: skip
    return packet(CONTROL_PACKET, number, head + data)


def one_control_endpoint(max_packet: int) -> bytes:
    """Return the ep_info of a device that has nothing else."""
    types = bytearray([NO_ENDPOINT] * ENDPOINTS)
    sizes = [0] * ENDPOINTS
    for endpoint in (0, ENDPOINTS // 2):
        types[endpoint], sizes[endpoint] = CONTROL_ENDPOINT, max_packet
    intervals = interfaces = bytes(ENDPOINTS)
    body = bytes(types) + intervals + interfaces + struct.pack(f"<{ENDPOINTS}H", *sizes)
    return packet(EP_INFO, 0, body)


def one_vendor_interface() -> bytes:
    """Return the interface_info of a device with one interface of the vendor's class."""
    classes = b"\xff" + bytes(ENDPOINTS - 1)
    body = struct.pack("<I", 1) + bytes(ENDPOINTS) + classes + bytes(ENDPOINTS) + bytes(ENDPOINTS)
    return packet(INTERFACE_INFO, 0, body)


def connect(speed: int, vendor: int, product: int, version: int) -> bytes:
    """Return the packet that plugs the device in; the class is the interface's."""
    body = struct.pack("<BBBBHHH", speed, 0xFF, 0, 0, vendor, product, version)
    return packet(DEVICE_CONNECT, 0, body)
