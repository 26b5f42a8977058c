"""The emulated LIS3DH against its data sheet (DocID17530 rev. 2) and application note AN3308."""

import random

import pytest

from hil.emulators.chips.lis3dh_chip import Lis3dhChip
from hil.emulators.chips.motion import Motion

CTRL_REG1, CTRL_REG4, CTRL_REG5, FIFO_CTRL, FIFO_SRC = 0x20, 0x23, 0x24, 0x2E, 0x2F
MANY, OUT = 0x80, 0x28


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def make(clock, gravity=(0.0, 0.0, 1.0)):
    return Lis3dhChip(Motion(gravity=gravity), random.Random(3), clock, noise=0.0)


def get(chip, register, count=1):
    chip.write(bytes([register]))
    return chip.read(count)


def put(chip, *pairs):
    for register, value in pairs:
        chip.write(bytes([register, value]))


def test_registers_at_reset(clock):
    chip = make(clock)
    assert get(chip, 0x0F) == b"\x33"  # WHO_AM_I
    assert get(chip, CTRL_REG1) == b"\x07"
    assert get(chip, FIFO_SRC) == b"\x20"  # empty


def test_a_burst_needs_the_highest_bit_of_the_sub_address(clock):
    chip = make(clock)
    chip.write(bytes([CTRL_REG4 | MANY, 0xB8, 0x40]))
    assert get(chip, CTRL_REG4 | MANY, 2) == b"\xb8\x40"
    assert get(chip, CTRL_REG4, 2) == b"\xb8\xb8"  # the same one again


@pytest.mark.parametrize(
    ("control", "gravity", "word"),
    [
        (0x88, 0.350, "e015"),  # AN3308: 350 mg at ±2 g in high resolution
        (0x88, 1.024, "0040"),
        (0x88, -1.024, "00c0"),
        (0xB8, 12.288, "0040"),  # ±16 g: 12 mg/digit
        (0x80, 1.024, "0040"),  # normal mode: ten bits of 4 mg
    ],
)
def test_what_a_word_is(clock, control, gravity, word):
    chip = make(clock, (0.0, 0.0, gravity))
    put(chip, (CTRL_REG4, control), (CTRL_REG1, 0x77))
    clock.now += 0.01
    assert get(chip, 0x2C | MANY, 2).hex() == word


def test_the_fifo_is_read_in_one_burst_and_says_when_it_is_full(clock):
    chip = make(clock)
    put(chip, (CTRL_REG4, 0xB8), (CTRL_REG5, 0x40), (FIFO_CTRL, 0x80), (CTRL_REG1, 0x77))
    clock.now += 5.5 / 400
    assert get(chip, FIFO_SRC) == b"\x05"
    data = get(chip, OUT | MANY, 30)
    assert data == bytes.fromhex("00000000 4005") * 5  # 21 steps of 48 mg: ten bits
    assert get(chip, FIFO_SRC) == b"\x20"
    clock.now += 40 / 400
    assert get(chip, FIFO_SRC) == b"\x5f"  # 31 and one more
    put(chip, (FIFO_CTRL, 0x00))
    assert get(chip, FIFO_SRC) == b"\x20"


def test_it_gives_nothing_while_powered_down(clock):
    chip = make(clock)
    put(chip, (CTRL_REG5, 0x40), (FIFO_CTRL, 0x80))
    clock.now += 1.0
    assert get(chip, FIFO_SRC) == b"\x20"
