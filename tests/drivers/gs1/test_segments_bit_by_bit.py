"""Coding methods of TDS 2.3, each on its own: the bits by hand, and the first value too many."""

from __future__ import annotations

import pytest

from drivers.gs1.bits import BitReader, BitWriter
from drivers.gs1.characters import DIGITS, UPPER, check_characters, escaped, unescaped
from drivers.gs1.company_prefix import prefix_digits
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.plus_segments import (
    Alphanumeric,
    Date,
    Delimited,
    Digits,
    PrioritisedDate,
    VariableDigits,
    best_method,
)
from drivers.gs1.segments import (
    Cage,
    FixedWidth,
    Integer,
    NumericString,
    SixBitString,
    String,
    check_length,
    number,
    padded,
)


def written(segment, *values):
    bits = BitWriter()
    segment.write(values, bits)
    length = bits.length
    return f"{int.from_bytes(bits.to_bytes()) >> -length % 16:0{length}b}"


def read(segment, text):
    """Read a segment from bits as text, which are filled up behind it."""
    text = text.replace(" ", "")
    data = int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8))
    return segment.read(BitReader(data))


@pytest.mark.parametrize(
    ("segment", "values", "bits"),
    [
        (Integer("serial", 5), ("17",), "10001"),
        (Integer("serial", 5), ("0",), "00000"),
        (Integer("serial", 5), ("31",), "11111"),
        (FixedWidth("item", 7, 2), ("05",), "0000101"),
        (FixedWidth("item", 7, 2), ("99",), "1100011"),
        (NumericString("serial", 10, 2), ("07",), "0001101011"),  # 107
        (String("serial", 16, 2), ("A",), "1000001 0000000 00"),
        (String("serial", 16, 2), ("AB",), "1000001 1000010 00"),
        (SixBitString("part", 1, 3, UPPER | DIGITS), ("A1",), "000001 110001 000000"),
        (SixBitString("serial", 0, 3, UPPER), ("",), "000000"),
        (SixBitString("serial", 1, 3, UPPER, "#"), ("#A",), "100011 000001 000000"),
        (Cage("cage", 6), ("1AB2C",), "100000 110001 000001 000010 110010 000011"),
        (Cage("cage", 8), ("CA0FE1",),
         "01000011 01000001 00110000 01000110 01000101 00110001"),
        (Digits("01", 3), ("907",), "1001 0000 0111"),
        (VariableDigits("30", 8), ("7",), "0001 0111"),
        (VariableDigits("30", 8), ("100",), "0011 0001100100"),
        (Date("17"), ("261031",), "0011010 1010 11111"),
        (PrioritisedDate(), ("11", "261031"), "0000 0011010 1010 11111"),
        (PrioritisedDate(), ("7007", "261031"), "0110 0011010 1010 11111"),
        (Alphanumeric("21", 20), ("12",), "000 00010 0001100"),
        (Alphanumeric("21", 20), ("1F",), "001 00010 0001 1111"),
        (Alphanumeric("21", 20), ("1f",), "010 00010 0001 1111"),
        (Alphanumeric("21", 20), ("aZ_",), "011 00011 011010 011001 111111"),
        (Alphanumeric("21", 20), ("a!",), "100 00010 1100001 0100001"),
        (Alphanumeric("21", 20), ("XYZ",), "101 00011 1001101000000011"),
        (Alphanumeric("21", 20, length_bits=4), ("1",), "000 0001 0001"),
        (Delimited("253", 17), ("12",), "0001 0010 1111"),
        (Delimited("253", 17), ("1A",), "0001 1110 001 00001 1010"),
    ],
)  # fmt: skip
def test_bits_there_and_back(segment, values, bits):
    assert written(segment, *values) == bits.replace(" ", "")
    assert read(segment, bits) == values


def test_code_40_by_hand():
    """X, Y, Z are 24, 25, 26: 1600 × 24 + 40 × 25 + 26 + 1 = 39,427."""
    assert int("1001101000000011", 2) == 39_427


@pytest.mark.parametrize(
    ("segment", "values", "fault"),
    [
        (Integer("serial", 5), ("32",), Fault.RANGE),
        (Integer("serial", 5), ("017",), Fault.RANGE),
        (Integer("serial", 5), ("",), Fault.CHARACTER),
        (Integer("serial", 5), ("1A",), Fault.CHARACTER),
        (FixedWidth("item", 7, 2), ("5",), Fault.LENGTH),
        (FixedWidth("item", 7, 2), ("100",), Fault.LENGTH),
        (NumericString("serial", 10, 2), ("",), Fault.LENGTH),
        (NumericString("serial", 10, 2), ("123",), Fault.LENGTH),
        (NumericString("serial", 10, 2), ("1x",), Fault.CHARACTER),
        (String("serial", 16, 2), ("",), Fault.LENGTH),
        (String("serial", 16, 2), ("ABC",), Fault.LENGTH),
        (String("serial", 16, 2), ("A#",), Fault.CHARACTER),
        (SixBitString("part", 1, 3, UPPER), ("",), Fault.LENGTH),
        (SixBitString("part", 1, 3, UPPER), ("ABCD",), Fault.LENGTH),
        (SixBitString("part", 1, 3, UPPER), ("A1",), Fault.CHARACTER),
        (SixBitString("serial", 1, 3, UPPER, "#"), ("#",), Fault.LENGTH),
        (Cage("cage", 6), ("1AB2",), Fault.LENGTH),
        (Cage("cage", 6), ("1AB2CDE",), Fault.LENGTH),
        (Cage("cage", 6), ("1AB2I",), Fault.CHARACTER),
        (Digits("01", 3), ("90",), Fault.LENGTH),
        (Digits("01", 3), ("9000",), Fault.LENGTH),
        (Digits("01", 3), ("9A0",), Fault.CHARACTER),
        (VariableDigits("30", 8), ("",), Fault.LENGTH),
        (VariableDigits("30", 8), ("123456789",), Fault.LENGTH),
        (VariableDigits("30", 8), ("1A",), Fault.CHARACTER),
        (Date("17"), ("261032",), Fault.DATE),
        (PrioritisedDate(), ("12", "261031"), Fault.DATE),
        (PrioritisedDate(), ("11", "261301"), Fault.DATE),
        (Alphanumeric("21", 3), ("",), Fault.LENGTH),
        (Alphanumeric("21", 3), ("ABCD",), Fault.LENGTH),
        (Alphanumeric("21", 3), ("A#",), Fault.CHARACTER),
        (Delimited("253", 3), ("A",), Fault.CHARACTER),
        (Delimited("253", 3), ("1234",), Fault.LENGTH),
        (Delimited("253", 3), ("1#",), Fault.CHARACTER),
    ],
)
def test_what_is_not_written(segment, values, fault):
    with pytest.raises(Gs1Error) as caught:
        segment.write(values, BitWriter())
    assert caught.value.fault is fault


@pytest.mark.parametrize(
    ("segment", "bits", "fault"),
    [
        (Integer("serial", 9), "11111111", Fault.LENGTH),  # the bits end before it
        (FixedWidth("item", 7, 2), "1100100", Fault.RANGE),  # 100
        (NumericString("serial", 10, 2), "0000000001", Fault.ENCODING),  # the mark alone
        (NumericString("serial", 10, 2), "0011001001", Fault.ENCODING),  # 201
        (NumericString("serial", 12, 2), "010000000000", Fault.LENGTH),  # 1024: three digits
        (String("serial", 16, 2), "0000000 0000000 00", Fault.LENGTH),
        (String("serial", 16, 2), "1000001 0000000 01", Fault.PADDING),
        (String("serial", 16, 2), "0000000 1000001 00", Fault.CHARACTER),
        (String("serial", 16, 1), "1000001 1000001 00", Fault.LENGTH),
        (SixBitString("part", 1, 3, UPPER), "000000", Fault.LENGTH),
        (SixBitString("part", 1, 2, UPPER), "000001 000001 000001 000000", Fault.LENGTH),
        (SixBitString("part", 1, 3, UPPER), "110001 000000", Fault.CHARACTER),
        (Cage("cage", 6), "100000 100000 000001 000010 110010 000011", Fault.CHARACTER),
        (Digits("01", 3), "1001 1010 0111", Fault.CHARACTER),
        (VariableDigits("30", 8), "0000 0111", Fault.LENGTH),
        (VariableDigits("30", 8), "1001 000000000000000000000000000000", Fault.LENGTH),
        (VariableDigits("30", 8), "0001 1010", Fault.RANGE),  # ten, in one digit
        (Date("17"), "0011010 1101 00001", Fault.DATE),
        (PrioritisedDate(), "0111 0011010 1010 11111", Fault.ENCODING),
        (Alphanumeric("21", 20), "110 00001 0000000", Fault.ENCODING),
        (Alphanumeric("21", 3), "000 00000", Fault.LENGTH),
        (Alphanumeric("21", 3), "000 00100 00000000000000", Fault.LENGTH),
        (Alphanumeric("21", 20), "100 00001 0100011", Fault.CHARACTER),  # #
        (Alphanumeric("21", 20), "101 00011 0000000000000000", Fault.ENCODING),  # group 0
        (Alphanumeric("21", 20), "101 00011 1111101000000001", Fault.ENCODING),  # group 64,001
        (Alphanumeric("21", 20), "101 00011 1111111111111111", Fault.ENCODING),  # group 65,535
        (Alphanumeric("21", 20), "101 00010 1001101000000011", Fault.PADDING),  # Z behind its end
        (Alphanumeric("21", 20), "101 00011 1001100111101001", Fault.PADDING),  # X, Y and a pad
        (Delimited("253", 17), "1111", Fault.LENGTH),
        (Delimited("253", 17), "0001 1010", Fault.CHARACTER),
        (Delimited("253", 17), "0001 1110 000 00001 0001", Fault.ENCODING),
        (Delimited("253", 17), "1110 001 00001 1010", Fault.CHARACTER),
        (Delimited("253", 2), "0001 0010 0011 1111", Fault.LENGTH),
    ],
)
def test_what_is_not_read(segment, bits, fault):
    with pytest.raises(Gs1Error) as caught:
        read(segment, bits)
    assert caught.value.fault is fault


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("123", 0),
        ("12AB", 1),
        ("12ab", 2),
        ("aB_-", 3),
        ("a b", 4),
        ("XYZ", 5),
        ("XY", 3),
        ("A", 1),
    ],
)
def test_the_method_with_the_fewest_bits(text, method):
    assert best_method(text) == method


@pytest.mark.parametrize(
    ("keys", "digits"),
    [
        ({"01": "80614141123458"}, 7),
        ({"00": "106141412345678908"}, 7),
        ({"414": "0614141123452"}, 7),
        ({"10": "LOT", "01": "80614141123458"}, 7),
        ({"01": "00000096385074"}, None),  # GTIN-8
        ({"01": "00000096385074", "414": "0614141123452"}, 7),
        ({"10": "0614141123452"}, None),
        ({}, None),
    ],
)
def test_how_long_the_company_prefix_of_a_key_is(keys, digits):
    """0614141 is the prefix in the examples of TDS 2.3, appendix E."""
    assert prefix_digits(keys) == digits


def test_lengths_and_leading_zeros_are_told():
    assert number("serial_number", "0") == 0
    assert number("serial_number", "007", padded=True) == 7
    assert padded("item", 7, 3) == "007"
    assert padded("item", 0, 0) == ""
    for call, told in (
        (lambda: number("serial_number", "007"), "serial number 007 would lose its leading zeros"),
        (lambda: number("serial_number", "x"), "serial number 'x' is not made of digits"),
        (lambda: padded("item", 1000, 3), "item 1000 has more than 3 digits"),
        (lambda: padded("item", 1, 0), "item 1 has more than 0 digits"),
        (lambda: check_length("serial_number", "", 1, 3), "without a serial number"),
        (lambda: check_length("item", "1234", 1, 3), "item has 4 characters, not 1 to 3"),
        (lambda: check_length("item", "1", 2, 2), "item has 1 characters, not 2"),
        (lambda: check_characters("part", "a", UPPER), "character 'a' may not be in a part"),
    ):
        with pytest.raises(Gs1Error) as caught:
            call()
        assert str(caught.value) == told
    check_length("item", "", 0, 3)


def test_escapes_of_uris():
    assert escaped('a"#%&/<>?z') == "a%22%23%25%26%2F%3C%3E%3Fz"
    assert unescaped("a%22%23%25%26%2f%3C%3E%3Fz") == 'a"#%&/<>?z'
    for wrong in ("%", "%2", "%zz", "a%2Fb%"):
        with pytest.raises(Gs1Error, match="without two hexadecimal digits"):
            unescaped(wrong)


def test_bits_at_their_ends():
    bits = BitReader(b"\xab\xcd")
    assert (bits.take(4), bits.left, bits.hex(), bits.blank) == (0xA, 12, "BCD", False)
    assert bits.copy().take(12) == 0xBCD
    assert bits.take(5) == 0b10111
    assert (bits.hex(), bits.left) == ("9A", 7)  # 1001101, filled up
    assert bits.take(7) == 0b1001101
    assert (bits.take(0), bits.hex(), bits.blank) == (0, "", True)
    with pytest.raises(Gs1Error, match=r"^ends 3 bits too early$"):
        bits.take(3)
    assert BitReader(bytes(2)).blank
