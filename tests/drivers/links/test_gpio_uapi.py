"""The structures of linux/gpio.h, field by field at the offsets of its C declarations."""

from __future__ import annotations

import struct

import pytest

from drivers.errors import BadFrame
from drivers.links import gpio_uapi
from drivers.links.gpio_uapi import Edge


def ioctl_number(direction, number, size):
    """Return _IOC(direction, 0xB4, number, size) of asm-generic/ioctl.h."""
    return direction << 30 | size << 16 | 0xB4 << 8 | number


def test_numbers_of_the_header():
    both = 3
    assert ioctl_number(both, 0x05, 256) == gpio_uapi.GET_LINE_INFO
    assert ioctl_number(both, 0x07, 592) == gpio_uapi.GET_LINE
    assert ioctl_number(both, 0x0E, 16) == gpio_uapi.GET_VALUES
    assert ioctl_number(both, 0x0F, 16) == gpio_uapi.SET_VALUES
    assert (gpio_uapi.INPUT, gpio_uapi.OUTPUT) == (0x4, 0x8)
    assert (gpio_uapi.EDGE_RISING, gpio_uapi.EDGE_FALLING) == (0x10, 0x20)
    assert (gpio_uapi.BIAS_UP, gpio_uapi.BIAS_DOWN, gpio_uapi.BIAS_OFF) == (0x100, 0x200, 0x400)
    assert (gpio_uapi.OUTPUT_VALUES, gpio_uapi.DEBOUNCE) == (2, 3)


def test_a_request_for_one_line_and_one_attribute():
    request = bytes(gpio_uapi.request(17, "tallyman", 0x114, (3, 5000)))
    offsets, rest = request[:256], request[256:]
    assert offsets == struct.pack("<I", 17) + bytes(252)
    consumer, rest = rest[:32], rest[32:]
    assert consumer == b"tallyman".ljust(32, b"\0")
    flags, attributes = struct.unpack_from("<QI", rest)
    assert (flags, attributes) == (0x114, 1)
    first = rest[32 : 32 + 24]  # behind five words of padding: id, padding, value, mask
    assert first == struct.pack("<IIQQ", 3, 0, 5000, 1)
    assert rest[56 : 32 + 240] == bytes(9 * 24)
    lines, buffer = struct.unpack_from("<II", rest, 272)
    assert (lines, buffer) == (1, 0)
    assert struct.unpack("<i", rest[-4:]) == (-1,)  # where the kernel puts the file
    assert len(request) == 592


def test_a_request_without_an_attribute_counts_none():
    request = bytes(gpio_uapi.request(0, "tallyman", 8, None))
    assert struct.unpack_from("<QI", request, 288) == (8, 0)
    assert request[320:560] == bytes(240)


def test_a_consumers_name_leaves_room_for_its_end():
    request = bytes(gpio_uapi.request(0, "a" * 40, 8, None))
    assert request[256:288] == b"a" * 31 + b"\0"


def test_the_kernels_answers():
    request = bytearray(gpio_uapi.request(17, "tallyman", 4, None))
    request[-4:] = struct.pack("<i", 23)
    assert gpio_uapi.file_of(bytes(request)) == 23
    asked = bytes(gpio_uapi.info_request(17))
    assert (len(asked), asked[:64], asked[64:68]) == (256, bytes(64), struct.pack("<I", 17))
    assert asked[68:] == bytes(188)
    answer = b"GPIO17".ljust(32, b"\0") + b"w1 bus\0junk".ljust(32, b"\0") + bytes(192)
    assert gpio_uapi.user_of(answer) == "w1 bus"


@pytest.mark.parametrize("level", [0, 1])
def test_levels_are_the_bit_of_our_only_line(level):
    assert bytes(gpio_uapi.values(level)) == struct.pack("<QQ", level, 1)
    assert gpio_uapi.level_of(struct.pack("<QQ", level, 1)) == level
    assert gpio_uapi.level_of(struct.pack("<QQ", 0xF0 | level, 1)) == level


def test_what_asks_for_a_level_sets_none():
    assert bytes(gpio_uapi.values()) == struct.pack("<QQ", 0, 1)


def event(at_ns, what, serial):
    return struct.pack("<QIIII", at_ns, what, 17, 99, serial) + bytes(24)


def test_edges_with_their_moments_and_their_own_numbers():
    data = event(1_500_000_000, 1, 7) + event(1_750_000_000, 2, 8)
    assert list(gpio_uapi.edges(data)) == [Edge(1.5, 1, 7), Edge(1.75, 0, 8)]
    assert list(gpio_uapi.edges(b"")) == []


@pytest.mark.parametrize("what", [0, 3])
def test_what_is_neither_a_rise_nor_a_fall_is_refused(what):
    with pytest.raises(BadFrame, match=f"{what} is no edge"):
        list(gpio_uapi.edges(event(0, what, 1)))


@pytest.mark.parametrize("data", [b"x", event(0, 1, 1)[:-1], event(0, 1, 1) + b"x"])
def test_events_that_are_cut_are_refused(data):
    with pytest.raises(BadFrame, match=f"{len(data)} bytes are no whole events"):
        list(gpio_uapi.edges(data))
