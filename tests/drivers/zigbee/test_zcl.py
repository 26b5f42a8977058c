"""Frames of the Zigbee Cluster Library: their header, and a value of each data type."""

import pytest

from drivers.errors import BadFrame
from drivers.zigbee.zcl import Frame, next_attribute, parse, value_of
from drivers.zigbee.zcl_types import TYPES

# Bytes of each type's values, as table 2-11 has them.
SIZES = {
    0x00: 0, 0x10: 1, 0x38: 2, 0x39: 4, 0x3A: 8, 0xE0: 4, 0xE1: 4, 0xE2: 4, 0xE8: 2, 0xE9: 2,
    0xEA: 4, 0xF0: 8, 0xF1: 16, 0xFF: 0, 0x30: 1, 0x31: 2,
    **{0x08 + more: 1 + more for more in range(8)},  # data8 to data64
    **{0x18 + more: 1 + more for more in range(8)},  # map8 to map64
    **{0x20 + more: 1 + more for more in range(8)},  # uint8 to uint64
    **{0x28 + more: 1 + more for more in range(8)},  # int8 to int64
}  # fmt: skip
TEXTS = {0x41: 1, 0x42: 1, 0x43: 2, 0x44: 2}
"""And of the length before a string."""


def test_every_type_of_the_table_is_known_and_no_other():
    assert set(TYPES) == {*SIZES, *TEXTS}


@pytest.mark.parametrize(("code", "size"), SIZES.items())
def test_an_attribute_ends_where_its_type_does(code, size):
    raw = bytes(range(1, size + 1))
    attribute, rest = next_attribute(bytes([0x34, 0x12, code]) + raw + b"next")
    assert (attribute.number, attribute.type, attribute.raw) == (0x1234, code, raw)
    assert rest == b"next"
    if size:
        with pytest.raises(BadFrame, match=f"has {size - 1} of {size} bytes"):
            next_attribute(bytes([0x34, 0x12, code]) + raw[:-1])


@pytest.mark.parametrize(("code", "head"), TEXTS.items())
def test_a_string_ends_where_its_length_says(code, head):
    length = (3).to_bytes(head, "little")
    attribute, rest = next_attribute(bytes([5, 0, code]) + length + b"coldnext")
    assert (attribute.value, rest) == (b"col", b"dnext")
    attribute, rest = next_attribute(bytes([5, 0, code]) + b"\xff" * head + b"next")
    assert (attribute.value, rest) == (b"", b"next")  # invalid, and without bytes
    with pytest.raises(BadFrame, match="attribute 0x0005 has 2 of 3 bytes of"):
        next_attribute(bytes([5, 0, code]) + length + b"co")
    with pytest.raises(BadFrame, match="has 0 of 0 bytes"):
        next_attribute(bytes([5, 0, code]) + bytes(head - 1))


@pytest.mark.parametrize(
    ("code", "raw", "value"),
    [
        (0x10, "01", 1), (0x10, "ff", None),
        (0x08, "ff", 255), (0x19, "ff ff", 0xFFFF),  # all bits may be set: no mark
        (0x20, "fe", 254), (0x20, "ff", None),
        (0x22, "01 02 03", 0x030201), (0x22, "ff ff ff", None), (0x22, "fe ff ff", 0xFFFFFE),
        (0x28, "81", -127), (0x28, "80", None), (0x28, "7f", 127),
        (0x2A, "00 00 80", None), (0x2A, "01 00 80", -0x7FFFFF), (0x2A, "ff ff ff", -1),
        (0x30, "ff", None), (0x31, "ff ff", None), (0x31, "fe ff", 0xFFFE),
        (0x38, "00 3c", 1.0), (0x38, "01 7e", None),
        (0x39, "00 00 c0 bf", -1.5), (0x39, "00 00 c0 7f", None),
        (0x3A, "00 00 00 00 00 00 04 40", 2.5),
        (0xE2, "00 00 00 01", 0x01000000), (0xE2, "ff ff ff ff", None),
        (0xE8, "02 04", 0x0402), (0xE8, "ff ff", None), (0xE9, "ff ff", None),
        (0xE0, "0c 00 00 00", b"\x0c\x00\x00\x00"), (0xF0, "01" * 8, b"\x01" * 8),
    ],
)  # fmt: skip
def test_a_value_is_what_its_type_means(code, raw, value):
    assert value_of(TYPES[code], bytes.fromhex(raw)) == value


@pytest.mark.parametrize(
    ("text", "frame", "of_cluster", "is_report"),
    [
        ("18 07 0a 00 00", Frame(0x18, None, 7, 0x0A, b"\0\0"), False, True),
        ("19 07 0a", Frame(0x19, None, 7, 0x0A, b""), True, False),
        ("18 07 01", Frame(0x18, None, 7, 0x01, b""), False, False),
        ("1c 5f 11 07 0a 2c", Frame(0x1C, 0x115F, 7, 0x0A, b"\x2c"), False, True),
    ],
)
def test_a_header_is_read_and_written(text, frame, of_cluster, is_report):
    found = parse(bytes.fromhex(text))
    assert (found, found.of_cluster, found.is_report) == (frame, of_cluster, is_report)
    assert found.to_bytes() == bytes.fromhex(text)


def test_a_maker_is_named_in_the_control_where_there_is_one():
    assert Frame(0x1C, None, 7, 0, b"").to_bytes().hex() == "180700"
    assert Frame(0x18, 0x115F, 7, 0, b"").to_bytes().hex() == "1c5f110700"


@pytest.mark.parametrize("text", ["", "18", "18 07", "1c 5f 11 07"])
def test_what_ends_in_its_header_is_no_frame(text):
    data = bytes.fromhex(text)
    with pytest.raises(BadFrame, match=f"of {len(data)} bytes is shorter than its header"):
        parse(data)
