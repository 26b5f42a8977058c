"""What a node answers: to questions of the device profile (ZDO) and of its clusters (ZCL)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hil.emulators.zigbee.node import MAIN, REDUCED, Node

NODE_DESC, SIMPLE_DESC, ENDPOINTS, BIND, UNBIND = 0x0002, 0x0004, 0x0005, 0x0021, 0x0022
NEIGHBOURS, LEAVE, PERMIT, SCAN = 0x0031, 0x0034, 0x0036, 0x0038
DONE, NO_SUCH = b"\0", b"\x84"
READ, WRITE, CONFIGURE, READ_CONFIGURATION, DEFAULT_RESPONSE = 0x00, 0x02, 0x06, 0x08, 0x0B
UNSUPPORTED, UNKNOWN_COMMAND = 0x86, 0x81
ANALOG = {**{0x20 + n: n + 1 for n in range(8)}, **{0x28 + n: n + 1 for n in range(8)}}
"""Types whose change can be told, with their sizes (ZCL §2.5.7.1.6)."""


def zdo(node: Node, cluster: int, data: bytes) -> bytes:
    """Return the answer to a ZDO question, without its transaction number."""
    address = struct.pack("<H", node.address)
    match cluster:
        case 0x0002:
            kind = bytes([MAIN if node.router else REDUCED, 0x40, 0x8E if node.router else 0x80])
            rest = b"\x5f\x11\x52\x52\0\0\0\x52\0\0"
            return DONE + address + kind + (rest[:-1] if node.short_descriptor else rest)
        case 0x0005:
            return DONE + address + b"\x01\x01"
        case 0x0004:
            described = simple_descriptor(1, 0x0104, 0x0302, node.clusters, [])
            return DONE + address + bytes([len(described)]) + described
        case 0x0021:
            node.bound.add(int.from_bytes(data[9:11], "little"))
            return DONE
        case 0x0022 | 0x0034 | 0x0036:
            return DONE
    return NO_SUCH


def simple_descriptor(
    endpoint: int, profile: int, device: int, inputs: list[int], outputs: list[int]
) -> bytes:
    """Return the descriptor of an endpoint (Zigbee R22 §2.3.2.5)."""
    listed = [
        bytes([len(each)]) + struct.pack(f"<{len(each)}H", *each) for each in (inputs, outputs)
    ]
    return bytes([endpoint]) + struct.pack("<HHB", profile, device, 0) + b"".join(listed)


def zcl(node: Node, cluster: int, data: bytes) -> bytes | None:
    """Return the ZCL frame that answers one; None where nothing is to be said."""
    control, (tsn, command, *_) = data[0], data[3:5] if data[0] & 4 else data[1:3]
    payload = data[5:] if control & 4 else data[3:]
    if control & 3:
        return _default(tsn, command)
    match command:
        case 0x00:
            body = b"\x01" + b"".join(_read(node, cluster, payload))
        case 0x02:
            node.attributes[cluster, int.from_bytes(payload[:2], "little")] = (
                payload[2],
                payload[3:],
            )
            body = b"\x04\0"
        case 0x06:
            body = b"\x07" + (b"".join(_configure(node, cluster, payload)) or DONE)
        case 0x08 if not node.tells_setup:
            return _default(tsn, command, UNKNOWN_COMMAND)
        case 0x08:
            body = b"\x09" + b"".join(_configured(node, cluster, payload))
        case 0x0B:
            return None
        case _:
            return _default(tsn, command)
    return bytes([0x18, tsn]) + body


def _default(tsn: int, command: int, status: int = 0) -> bytes:
    return bytes([0x18, tsn, DEFAULT_RESPONSE, command, status])


def _read(node: Node, cluster: int, payload: bytes) -> Iterator[bytes]:
    for (number,) in struct.iter_unpack("<H", payload):
        known = node.attributes.get((cluster, number))
        if known is None:
            yield struct.pack("<HB", number, UNSUPPORTED)
        else:
            yield struct.pack("<HBB", number, 0, known[0]) + known[1]


def _configure(node: Node, cluster: int, payload: bytes) -> Iterator[bytes]:
    """Note what is to be reported; yield a status for each attribute that cannot be."""
    while payload:
        direction, number, kind, least, most = struct.unpack_from("<BHBHH", payload)
        size = ANALOG.get(kind, 0)
        change, payload = payload[8 : 8 + size], payload[8 + size :]
        known = node.attributes.get((cluster, number))
        if known is None or known[0] != kind:
            yield struct.pack("<BBH", UNSUPPORTED if known is None else 0x8D, direction, number)
        else:
            node.reporting[cluster, number] = (least, most, change)


def _configured(node: Node, cluster: int, payload: bytes) -> Iterator[bytes]:
    for direction, number in struct.iter_unpack("<BH", payload):
        known = node.reporting.get((cluster, number))
        if known is None:
            yield struct.pack("<BBH", 0x8B, direction, number)
        else:
            least, most, change = known
            kind = node.attributes[cluster, number][0]
            yield struct.pack("<BBHBHH", 0, direction, number, kind, least, most) + change
