import pytest

from drivers.sensors import sensirion_words
from hil.emulators.chips import sensirion_words as chips


def test_crc_of_the_datasheets_example():
    assert sensirion_words.crc8(bytes.fromhex("BEEF")) == 0x92
    assert chips.word(0xBEEF) == bytes.fromhex("BEEF92")


def test_temperature():
    assert sensirion_words.temperature(0x6666) == pytest.approx(25.000, abs=0.001)
    ends = sensirion_words.temperature(0), sensirion_words.temperature(0xFFFF)
    assert ends == (-45.0, 130.0)


def test_a_converter_stays_at_its_ends():
    assert [chips.scaled(value, 0.0, 100.0) for value in (-1.0, 0.0, 100.0, 121.0)] == [
        0,
        0,
        0xFFFF,
        0xFFFF,
    ]
