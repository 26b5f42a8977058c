import pytest

from hil.emulators.chips import bme280_chip as chips
from hil.emulators.chips.bme280_chip import Bme280Chip


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def chip(clock):
    chip = Bme280Chip(lambda _: (25.0, 50.0), clock=clock)
    clock.now += 1.0
    return chip


def get(chip, register, count=1):
    chip.write(bytes([register]))
    return chip.read(count)


def test_the_formulas_give_boschs_worked_example():
    """BST-BMP280-DS001, §3.12; humidity as Bosch's BME280_SensorAPI gives it."""
    fine = chips.fine_temperature(519888)
    assert fine / 5120 == pytest.approx(25.08, abs=0.005)
    assert chips.pascals(415148, fine) == pytest.approx(100653.26, abs=0.01)
    assert chips.percent(30000, fine) == pytest.approx(50.448569, abs=1e-4)


def test_registers_at_reset(chip):
    assert get(chip, chips.CHIP_ID) == b"\x60"
    assert get(chip, chips.CTRL_HUM, 4) == bytes(4)
    assert get(chip, chips.DATA, 8).hex() == "8000008000008000"
    assert get(chip, chips.CALIBRATION_LOW, 2) == (27504).to_bytes(2, "little")


def test_it_loads_its_calibration_for_two_milliseconds(chip, clock):
    chip.write(bytes([chips.RESET, chips.SOFT_RESET]))
    assert get(chip, chips.STATUS) == b"\x01"
    clock.now += 0.0021
    assert get(chip, chips.STATUS) == b"\x00"


def test_a_forced_measurement_takes_its_time_and_ends_in_sleep(chip, clock):
    chip.write(bytes([chips.CTRL_HUM, 0x01, chips.CTRL_MEAS, 0x25]))
    clock.now += 0.0092
    assert get(chip, chips.STATUS) == b"\x08"
    clock.now += 0.0002
    assert get(chip, chips.STATUS) == b"\x00"
    assert get(chip, chips.CTRL_MEAS) == b"\x24"
    data = get(chip, chips.DATA, 8)
    assert (data[2], data[5]) == (0, 0)  # sixteen bits at oversampling × 1
    # From the worked example (519888 is 25.0825 °C), 3173 steps to 1 °C.
    assert int.from_bytes(data[3:6], "big") >> 4 == pytest.approx(519626, abs=16)


def test_humidity_waits_for_the_next_write_to_ctrl_meas(chip, clock):
    chip.write(bytes([chips.CTRL_MEAS, 0x25]))
    chip.write(bytes([chips.CTRL_HUM, 0x01]))
    clock.now += 0.02
    assert get(chip, chips.DATA + 6, 2) == b"\x80\x00"
    chip.write(bytes([chips.CTRL_MEAS, 0x25]))
    clock.now += 0.02
    assert get(chip, chips.DATA + 6, 2) != b"\x80\x00"
