import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sensors import sht3x_codec as codec
from drivers.sensors.sensirion_words import temperature as celsius
from hil.emulators.chips.sensirion_words import word

WORDS = st.integers(0, 0xFFFF)


def test_humidity():
    assert codec.humidity(0x8000) == pytest.approx(50.0008, abs=0.0001)
    assert (codec.humidity(0), codec.humidity(0xFFFF)) == (0.0, 100.0)


def test_a_word_with_its_checksum():
    assert codec.word(bytes.fromhex("BEEF92")) == 0xBEEF


@given(WORDS, st.integers(0, 23))
def test_every_flipped_bit_of_a_word_is_found(value, bit):
    sent = int.from_bytes(word(value), "big")
    received = (sent ^ 1 << bit).to_bytes(3, "big")
    with pytest.raises(codec.ChecksumError):
        codec.word(received)
    assert not codec.measurement(received + word(value)).intact
    assert not codec.measurement(word(value) + received).intact


@given(WORDS, WORDS)
def test_an_intact_measurement(temperature, humidity):
    data = word(temperature) + word(humidity)
    got = codec.measurement(data)
    assert got.intact
    assert got.temperature == celsius(temperature)
    assert got.humidity == codec.humidity(humidity)
    assert got.in_range == (-40.0 <= got.temperature <= 125.0)


def test_a_corrupt_measurement_keeps_what_was_received():
    got = codec.measurement(bytes.fromhex("666600") + bytes.fromhex("8000A2"))
    assert not got.intact
    assert got.temperature == pytest.approx(25.0, abs=0.001)


def test_reserved_bits_make_another_chip():
    assert codec.is_status(0x8010)
    assert codec.is_status(0x0000)
    assert not codec.is_status(0xFFFF)
    assert not codec.is_status(0x4010)
