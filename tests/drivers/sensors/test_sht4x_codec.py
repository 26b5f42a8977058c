import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sensors import sht4x_codec as codec
from hil.emulators.chips.sensirion_words import word

WORDS = st.integers(0, 0xFFFF)


@pytest.mark.parametrize(
    ("raw", "percent", "cropped"),
    [(0x8000, 56.501, 56.501), (0, -6.0, 0.0), (0xFFFF, 119.0, 100.0)],
)
def test_humidity_of_sensirions_own_driver(raw, percent, cropped):
    assert codec.humidity(raw) == pytest.approx(percent, abs=0.001)
    got = codec.measurement(word(0x6666) + word(raw))
    assert (got.intact, got.humidity) == (True, pytest.approx(cropped, abs=0.001))


@given(WORDS, WORDS, st.integers(0, 47))
def test_every_flipped_bit_is_found(temperature, humidity, bit):
    sent = word(temperature) + word(humidity)
    received = (int.from_bytes(sent, "big") ^ 1 << bit).to_bytes(6, "big")
    assert codec.measurement(sent).intact
    assert not codec.measurement(received).intact


@given(WORDS, WORDS)
def test_what_the_sensor_is_specified_for(temperature, humidity):
    got = codec.measurement(word(temperature) + word(humidity))
    assert 0.0 <= got.humidity <= 100.0
    specified = -40.0 <= got.temperature <= 125.0 and got.uncropped <= 106.0
    assert got.in_range == specified
