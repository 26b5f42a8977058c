import random

import pytest

from hil.emulators.bus.adxl375_board import SpiFace
from hil.emulators.chips import adxl375_chip as chips
from hil.emulators.chips.adxl375_chip import Adxl375Chip, Shock


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def make(clock, *shocks, noise=0.0):
    return Adxl375Chip(shocks, random.Random(3), clock, noise=noise)


def get(chip, register, count=1):
    chip.write(bytes([register]))
    return chip.read(count)


def start(chip, fifo=0x00, rate=0x0D):
    for register, value in [(chips.BW_RATE, rate), (chips.FIFO_CTL, fifo), (chips.POWER_CTL, 8)]:
        chip.write(bytes([register, value]))


def test_registers_at_reset(clock):
    chip = make(clock)
    assert get(chip, 0x00) == b"\xe5"
    assert get(chip, chips.BW_RATE) == b"\x0a"
    assert get(chip, chips.POWER_CTL) == b"\x00"


def test_bursts_advance_the_register(clock):
    chip = make(clock)
    chip.write(bytes([chips.THRESH_SHOCK, 1, 2, 3, 4]))
    assert get(chip, chips.THRESH_SHOCK, 4) == bytes([1, 2, 3, 4])


def test_read_only_registers_stay(clock):
    chip = make(clock)
    chip.write(bytes([chips.DEVID, 0x00]))
    chip.write(bytes([chips.FIFO_STATUS, 0xFF]))
    assert get(chip, chips.DEVID) == b"\xe5"
    assert get(chip, chips.FIFO_STATUS) == b"\x00"


def test_standby_takes_no_samples(clock):
    chip = make(clock)
    chip.write(bytes([chips.FIFO_CTL, 0x80]))
    clock.now = 1.0
    assert get(chip, chips.FIFO_STATUS) == b"\x00"


@pytest.mark.parametrize(("code", "rate"), [(0x0F, 3200), (0x0D, 800), (0x0A, 100)])
def test_samples_come_at_the_configured_rate(clock, code, rate):
    chip = make(clock)
    start(chip, fifo=0x80, rate=code)
    clock.now = 10.5 / rate
    assert get(chip, chips.FIFO_STATUS)[0] == 10


def test_gravity_in_the_data_registers(clock):
    chip = make(clock)
    start(chip)
    clock.now = 0.1
    assert get(chip, chips.DATAX0, 6) == bytes([0, 0, 0, 0, 20, 0])


def test_stream_mode_keeps_the_newest(clock):
    chip = make(clock, Shock(0.5, 100.0, 20.0))
    start(chip, fifo=0x80)
    clock.now = 0.53
    assert get(chip, chips.FIFO_STATUS)[0] == 32
    z = [int.from_bytes(get(chip, chips.DATAX0, 6)[4:], "little", signed=True) for _ in range(32)]
    assert max(z) * Adxl375Chip.lsb == pytest.approx(101.0, abs=1.0)
    assert get(chip, chips.FIFO_STATUS)[0] == 0


def test_trigger_mode_keeps_pre_samples_and_stops_when_full(clock):
    chip = make(clock, Shock(0.5, 100.0, 20.0))
    chip.write(
        bytes(
            [
                chips.THRESH_ACT,
                26,
            ]
        )
    )
    chip.write(bytes([chips.ACT_INACT_CTL, 0x70]))
    chip.write(bytes([chips.INT_ENABLE, chips.ACTIVITY]))
    start(chip, fifo=0xC5)
    clock.now = 0.49
    assert get(chip, chips.FIFO_STATUS)[0] == 32
    clock.now = 0.506
    assert get(chip, chips.FIFO_STATUS)[0] & 0x80
    assert get(chip, chips.FIFO_STATUS)[0] & 0x3F < 32
    clock.now = 5.0
    assert get(chip, chips.FIFO_STATUS)[0] == 0x80 | 32
    z = [int.from_bytes(get(chip, chips.DATAX0, 6)[4:], "little", signed=True) for _ in range(32)]
    above = [index for index, value in enumerate(z) if value * Adxl375Chip.lsb > 26 * 0.78]
    assert above[0] == 4  # the fifth of five kept samples is the one that triggered


def test_no_second_trigger_without_bypass_and_a_cleared_event(clock):
    chip = make(clock, Shock(0.5, 100.0, 20.0), Shock(1.0, 100.0, 20.0), Shock(2.0, 100.0, 20.0))
    chip.write(bytes([chips.THRESH_ACT, 26]))
    chip.write(bytes([chips.ACT_INACT_CTL, 0x70]))
    chip.write(bytes([chips.INT_ENABLE, chips.ACTIVITY]))
    start(chip, fifo=0xC5)
    clock.now = 0.9
    chip.write(bytes([chips.FIFO_CTL, 0x00]))
    chip.write(bytes([chips.FIFO_CTL, 0xC5]))
    clock.now = 1.5
    assert not get(chip, chips.FIFO_STATUS)[0] & 0x80  # the event still stands: no new edge
    assert get(chip, chips.INT_SOURCE)[0] & chips.ACTIVITY
    clock.now = 2.5
    assert get(chip, chips.FIFO_STATUS)[0] & 0x80


@pytest.mark.parametrize(("dur", "event"), [(0, 0), (16, 0), (48, chips.SINGLE_SHOCK)])
def test_single_shock_needs_an_end_within_dur(clock, dur, event):
    chip = make(clock, Shock(0.5, 100.0, 20.0))
    for register, value in [
        (chips.THRESH_SHOCK, 26),
        (chips.DUR, dur),
        (chips.SHOCK_AXES, 0x07),
        (chips.INT_ENABLE, chips.SINGLE_SHOCK),
    ]:
        chip.write(bytes([register, value]))
    start(chip)
    clock.now = 1.0
    assert get(chip, chips.INT_SOURCE)[0] & chips.SINGLE_SHOCK == event


def test_the_same_seed_gives_the_same_noise(clock):
    first, second = make(clock, noise=0.1), make(clock, noise=0.1)
    for chip in (first, second):
        start(chip, fifo=0x80)
    clock.now = 0.2
    assert get(first, chips.DATAX0, 6) == get(second, chips.DATAX0, 6)


def test_shock_axis_is_checked():
    with pytest.raises(ValueError, match="axis"):
        Shock(0.0, 1.0, 1.0, "w")


def test_on_spi_a_first_byte_says_read_how_many_and_where(clock):
    face = SpiFace(make(clock))
    assert face.transfer(bytes.fromhex("8000")) == b"\x00\xe5"
    face.transfer(bytes.fromhex("5e010203"))  # several: OFSX, OFSY, OFSZ
    assert face.transfer(bytes.fromhex("de000000")) == b"\x00\x01\x02\x03"
    assert face.transfer(bytes.fromhex("9e0000")) == b"\x00\x01\x01"  # the same one again
