"""Frames of Silicon Labs' EmberZNet Serial Protocol, version 8 (UG100)."""

from __future__ import annotations

import struct

PROTOCOL = 8
STACK_TYPE, STACK_VERSION = 2, 0x6A20  # mesh; EmberZNet 6.10.2
NO_CALLBACK, IS_CALLBACK = 0x80, 0x90  # frame control of answers: low byte
FORMAT = 0x01  # frame control: high byte of version 8

VERSION, ADD_ENDPOINT, NOP, GET_TOKEN, SET_TOKEN = 0x00, 0x02, 0x05, 0x0B, 0x0C
SET_CONCENTRATOR, SET_MAKER, NETWORK_INIT, NETWORK_STATE, STATUS = 0x10, 0x15, 0x17, 0x18, 0x19
FORM, LEAVE, PERMIT, JOINED, GET_IEEE, GET_ADDRESS, GET_PARAMETERS = (
    0x1E, 0x20, 0x22, 0x24, 0x26, 0x27, 0x28
)  # fmt: skip
SEND_UNICAST, SEND_BROADCAST, SEND_MULTICAST, SENT, INCOMING = 0x34, 0x36, 0x38, 0x3F, 0x45
GET_CHILD, GET_CONFIG, SET_CONFIG, SET_POLICY, REFUSED, SOURCE_ROUTES = (
    0x4A, 0x52, 0x53, 0x55, 0x58, 0x5A
)  # fmt: skip
REMOTE_IEEE, REMOTE_ADDRESS, ADDRESS_OF, IEEE_OF = 0x5E, 0x5F, 0x60, 0x61
GET_MULTICAST, SET_MULTICAST, CLEAR_COUNTERS, ADD_KEY, SET_SECURITY = 0x63, 0x64, 0x65, 0x66, 0x68
GET_SECURITY, GET_KEY, KEY_AT, FIND_KEY, ERASE_KEY = 0x69, 0x6A, 0x71, 0x75, 0x76
SET_PATIENCE, GET_PATIENCE, REPLACE_ADDRESS, SET_POWER = 0x7E, 0x7F, 0x82, 0x99
GET_VALUE, SET_VALUE, TRANSIENT_KEY, CLEAR_KEYS, CLEAR_SINKS, GET_COUNTERS = (
    0xAA, 0xAB, 0xAF, 0xB1, 0xE2, 0xF1
)  # fmt: skip

OK, NOT_JOINED, UP, DOWN = 0x00, 0x93, 0x90, 0x91  # EmberStatus
NOT_DELIVERED, NOT_NOW, NO_INDEX, EMPTY_ROW, TABLE_FULL = 0x66, 0x70, 0xB1, 0xB6, 0xB4
NOT_SET, NOT_KNOWN, NOT_VALID = 0x30, 0x31, 0x36  # EzspStatus
NETWORK_NONE, NETWORK_JOINED = 0x00, 0x02  # EmberNetworkStatus
NOBODY = 0xFFFF  # a network address
LINK_KEY, NETWORK_KEY, APPLICATION_KEY = 1, 3, 5  # EmberKeyType
MASKS = {LINK_KEY: 0x0A, NETWORK_KEY: 0x03, APPLICATION_KEY: 0x08}
"""Which fields of an EmberKeyStruct count: 1 sequence, 2 counter that is sent, 8 partner."""

STACK_BUILD = b"\x00\x00\x06\x0a\x02\x00\xaa"  # getValue(versionInfo): build, 6.10.2.0, type


def answer(number: int, command: int, data: bytes) -> bytes:
    """Return the frame that answers the command with that sequence number."""
    return struct.pack("<BBBH", number, NO_CALLBACK, FORMAT, command) + data


def callback(number: int, command: int, data: bytes) -> bytes:
    """Return a frame that nobody asked for; it has the number of the last answer."""
    return struct.pack("<BBBH", number, IS_CALLBACK, FORMAT, command) + data


def aps(profile: int, cluster: int, endpoint: int, own: int, sequence: int) -> bytes:
    """Return an EmberApsFrame of a message: from `endpoint` to `own`."""
    return struct.pack("<HHBBHHB", profile, cluster, endpoint, own, 0x0140, 0, sequence)


def incoming(kind: int, head: bytes, lqi: int, rssi: int, sender: int, message: bytes) -> bytes:
    """Return the data of incomingMessageHandler; no binding, no entry of the address table."""
    where = struct.pack("<BbHBB", lqi, rssi, sender, 0xFF, 0xFF)
    return bytes([kind]) + head + where + bytes([len(message)]) + message


def key(kind: int, value: bytes, counter: int, sequence: int, partner: bytes) -> bytes:
    """Return an EmberKeyStruct; its mask tells which fields have a meaning."""
    return struct.pack("<HB16sIIB8s", MASKS[kind], kind, value, counter, 0, sequence, partner)
