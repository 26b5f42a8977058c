"""To the ends of what a sensor is specified for: at each limit it is good, beyond it marked."""

import pytest

from drivers.sensors import bme280_codec as bme280
from drivers.sensors import ds18b20_codec as ds18b20
from drivers.sensors import lm75_codec as lm75
from drivers.sensors import sht3x_codec as sht3x
from drivers.sensors import sht4x_codec as sht4x

WORDS = (0, 0)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("temperature", -40.0, 85.0), ("pressure", 300.0, 1100.0), ("humidity", 0.0, 100.0)],
)
def test_a_bme280(name, least, most):
    """BST-BME280-DS001, tables 1 to 3."""

    def good(value):
        values = {"temperature": 20.0, "pressure": 1000.0, "humidity": 50.0} | {name: value}
        return bme280.Measurement(**values, intact=True, skipped=False, words=WORDS).in_range

    assert [good(each) for each in (least, most, least - 0.01, most + 0.01)] == [
        True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("codec", [sht3x, sht4x])
@pytest.mark.parametrize(
    ("celsius", "good"), [(-40.0, True), (-40.01, False), (125.0, True), (125.01, False)]
)
def test_a_sensirion_s_temperature(codec, celsius, good):
    assert codec.Measurement(celsius, 50.0, True, WORDS).in_range is good


@pytest.mark.parametrize(
    ("percent", "shown", "good"),
    [
        (-6.0, 0.0, True), (-6.01, 0.0, False), (-0.1, 0.0, True), (0.5, 0.5, True),
        (99.5, 99.5, True), (100.1, 100.0, True), (106.0, 100.0, True), (106.01, 100.0, False),
    ],
)  # fmt: skip
def test_an_sht4x_s_humidity_is_cropped_and_far_outside_it_is_marked(percent, shown, good):
    found = sht4x.Measurement(20.0, percent, True, WORDS)
    assert (found.humidity, found.in_range) == (shown, good)


@pytest.mark.parametrize(
    ("raw", "celsius", "of_sht3x", "of_sht4x"),
    [(0, -45.0, 0.0, -6.0), (0xFFFF, 130.0, 100.0, 119.0), (0x3333, -10.0, 20.0, 19.0)],
)
def test_a_sensirion_s_words(raw, celsius, of_sht3x, of_sht4x):
    """-45 + 175 S / 65535; 100 S / 65535 or, of an SHT4x, -6 + 125 S / 65535."""
    word = raw.to_bytes(2, "big") + bytes([sht3x.crc8(raw.to_bytes(2, "big"))])
    for codec, percent in ((sht3x, of_sht3x), (sht4x, of_sht4x)):
        found = codec.measurement(word + word)
        assert (found.temperature, found.intact) == (pytest.approx(celsius), True)
        uncropped = getattr(found, "uncropped", found.humidity)
        assert uncropped == pytest.approx(percent)
        assert found.words == (raw, raw)


@pytest.mark.parametrize(
    ("status", "own"),
    [(0x8010, True), (0xAFF3, True), (0x4000, False), (0x1000, False), (0x0008, False),
     (0x0004, False)],
)  # fmt: skip
def test_an_sht3x_by_the_bits_of_its_status_that_are_always_zero(status, own):
    """§4.11, table 18: 14, 12, 3 and 2."""
    assert sht3x.is_status(status) is own


@pytest.mark.parametrize(
    ("celsius", "good"), [(-55.0, True), (-55.1, False), (125.0, True), (125.1, False)]
)
def test_an_lm75_and_a_ds18b20(celsius, good):
    assert lm75.in_range(celsius) is good
    assert ds18b20.Scratchpad(celsius, True, True, True).in_range is good


@pytest.mark.parametrize(
    ("chip", "data", "celsius", "intact"),
    [
        # the last bit that counts, and all below it
        ("lm75", "00 80", 0.5, True), ("lm75", "00 7f", 0.0, True), ("lm75", "ff 80", -0.5, True),
        ("lm75b", "00 20", 0.125, True), ("lm75b", "00 1f", 0.0, True),
        ("lm75b", "e7 00", -25.0, True), ("lm75b", "7d 00", 125.0, True),
        ("tmp105", "00 10", 0.0625, True), ("tmp105", "00 0f", 0.0, False),
        ("tmp105", "00 01", 0.0, False), ("tmp105", "00 08", 0.0, False),
        ("tmp102", "ff f0", -0.0625, True), ("tmp102", "ff f1", -0.0625, False),
        ("tmp75", "64 00", 100.0, True), ("tmp112", "80 00", -128.0, True),
        ("tmp1075", "7f f0", 127.9375, True),
    ],
)  # fmt: skip
def test_an_lm75_s_word_by_the_bits_that_its_chip_has(chip, data, celsius, intact):
    data = bytes.fromhex(data)
    assert lm75.temperature(lm75.CHIPS[chip], data) == celsius
    assert lm75.intact(lm75.CHIPS[chip], data) is intact


@pytest.mark.parametrize(
    ("chip", "told", "accepted", "refused"),
    [
        ("lm75", "18", ("18",), ("00", "08", "10", "19", "38", "58", "98")),
        ("lm75b", "18", ("18", "1e"), ("00", "19", "98")),
        ("tmp105", "78", ("78", "f8"), ("60", "18", "38", "58", "79")),
        ("tmp1075", "78", ("78",), ("60",)),
        ("tmp102", "78 80", ("78 80", "78 a0", "f8 c0"), ("60 80", "78 90", "79 80")),
        ("tmp112", "78 80", ("78 80",), ("60 80",)),
    ],
)
def test_an_lm75_keeps_its_mark_and_its_resolution_or_was_reset(chip, told, accepted, refused):
    row = lm75.CHIPS[chip]
    assert row.configuration.hex(" ") == told
    assert all(lm75.accepted(row, bytes.fromhex(each)) for each in accepted)
    assert not any(lm75.accepted(row, bytes.fromhex(each)) for each in refused)


def pad(raw, configuration=0x7F, sixth=0x0C):
    """A DS18B20's scratchpad with Maxim's check by another way than the driver's."""
    data = raw.to_bytes(2, "little", signed=True) + bytes([75, 70, configuration, 255, sixth, 16])
    value = 0
    for byte in data:  # bits turned, polynomial 0x31 from the high end
        value ^= int(f"{byte:08b}"[::-1], 2)
        for _ in range(8):
            value = (value << 1 ^ (0x31 if value & 0x80 else 0)) & 0xFF
    return data + bytes([int(f"{value:08b}"[::-1], 2)])


@pytest.mark.parametrize(
    ("raw", "configuration", "celsius"),
    [
        # figure 4 and table 1; table 2: bits that are undefined below twelve
        (0x07D0, 0x7F, 125.0), (0x0191, 0x7F, 25.0625), (-0x0008, 0x7F, -0.5),
        (-0x0370, 0x7F, -55.0), (0x0191, 0x5F, 25.0), (0x0193, 0x5F, 25.125),
        (0x0193, 0x3F, 25.0), (0x0197, 0x1F, 25.0), (-0x0001, 0x1F, -0.5),
    ],
)  # fmt: skip
def test_a_ds18b20_s_value_by_its_resolution(raw, configuration, celsius):
    found = ds18b20.scratchpad(pad(raw, configuration))
    assert found == ds18b20.Scratchpad(celsius, intact=True, converted=True, own=True)


@pytest.mark.parametrize(
    ("raw", "sixth", "converted"),
    [
        (0x0550, 0x0C, False), (0x0550, 0x10, True),  # 85 °C as it comes up, and measured
        (0x07FF, 0x0C, False), (0x0551, 0x0C, True),
    ],
)  # fmt: skip
def test_a_ds18b20_that_did_not_measure(raw, sixth, converted):
    assert ds18b20.scratchpad(pad(raw, sixth=sixth)).converted is converted


@pytest.mark.parametrize(
    ("configuration", "own"),
    [(0x1F, True), (0x7F, True), (0xFF, False), (0x7E, False), (0x0F, False)],
)
def test_a_ds18b20_by_its_configuration(configuration, own):
    assert ds18b20.scratchpad(pad(0, configuration)).own is own


def test_a_scratchpad_of_zeros_is_a_line_held_low():
    assert not ds18b20.scratchpad(bytes(9)).intact
    hurt = bytearray(pad(0x0191))
    hurt[0] ^= 1
    assert not ds18b20.scratchpad(bytes(hurt)).intact
