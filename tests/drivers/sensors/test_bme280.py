from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.driver import State
from drivers.errors import BadFrame, DeviceFault, WrongDevice
from drivers.reading import Quality
from drivers.sensors import bme280_codec as codec
from hil.emulators.chips.bme280_chip import Bme280Chip
from hil.emulators.chips.script import scripted

ADDRESS = 0x76

# BST-BMP280-DS001, §3.12: T1 27504, T2 26435, T3 -1000; P1 36477, P2 -10685, P3 3024, P4 2855,
# P5 140, P6 -7, P7 15500, P8 -14600, P9 6000, little-endian. Then a free byte, and H1 75.
LOW = bytes.fromhex("706B 4367 18FC 7D8E 43D6 D00B 270B 8C00 F9FF 8C3C F8C6 7017 00 4B")
# H2 360, H3 0, H4 325 = 0x145, H5 50 = 0x032, H6 30: E4 14, E5 25 (H5's low digit, H4's), E6 03.
HIGH = bytes.fromhex("6801 00 14 25 03 1E")
BOSCH = codec.Calibration.parse(LOW, HIGH)
# UP 415148 = 0x655AC and UT 519888 = 0x7EED0, both with four zeros behind them; UH 30000 = 0x7530.
DATA = bytes.fromhex("655AC0 7EED00 7530")


def test_the_calibration_of_the_datasheet():
    assert BOSCH.temperature == (27504, 26435, -1000)
    assert BOSCH.pressure == (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
    assert BOSCH.humidity == (75, 360, 0, 325, 50, 30)
    assert BOSCH.plausible


def test_negative_words_that_share_a_byte():
    # H4 -2 = 0xFFE and H5 -1 = 0xFFF: E4 FF, E5 FE, E6 FF; H6 -3.
    assert codec.Calibration.parse(LOW, bytes.fromhex("6801 02 FF FE FF FD")).humidity == (
        (75, 360, 2, -2, -1, -3)
    )


def test_the_worked_example_of_the_datasheet():
    fine = codec.fine_temperature(BOSCH, 519888)
    assert fine == 128422
    assert codec.celsius(fine) == 25.08
    assert codec.hectopascals(BOSCH, 415148, fine) == pytest.approx(1006.5327, abs=0.0005)
    got = codec.measurement(BOSCH, DATA)
    assert (got.temperature, got.intact, got.skipped) == (25.08, True, False)
    assert got.in_range


@pytest.mark.parametrize(
    ("raw", "percent"),
    [
        # Bosch's BME280_SensorAPI in floating point: 50.448569, and unclipped 132.505, -5.385
        (30000, 51656 / 1024),
        (45000, 135681 / 1024),
        (20000, -5518 / 1024),
    ],
)
def test_humidity_as_boschs_own_program_has_it_but_not_clipped(raw, percent):
    assert codec.percent(BOSCH, raw, 128422) == percent


@pytest.mark.parametrize(
    ("calibration", "raw", "fine", "hundredths", "pascals_by_256", "percents_by_1024"),
    [
        (
            (
                (26412, 26024, 50),
                (35588, -10005, 3090, 2640, -102, -9, 9900, -11758, 5469),
                (62, 358, 58, 325, 23, 28),
            ),
            (570301, 401826, 41941), 234672, 4583, 28072749, 123951,
        ),
        (
            (
                (28949, 25300, 50),
                (38962, -10902, 3041, 5912, 21, -8, 15500, -11636, 5952),
                (67, 355, 28, 312, -44, 22),
            ),
            (381343, 286912, 29830), -126370, -2468, 25360851, 48230,
        ),
        (
            (
                (27051, 26877, -23),
                (37900, -10478, 3092, 6186, 125, -8, 9900, -13027, 5013),
                (65, 375, 12, 316, -35, 24),
            ),
            (599309, 351115, 41086), 273075, 5333, 26239501, 131592,
        ),
    ],
)  # fmt: skip
def test_other_chips_by_the_data_sheet_s_own_program(
    calibration, raw, fine, hundredths, pascals_by_256, percents_by_1024
):
    """§4.2.3 in C, without its limits of the humidity; all words of a calibration count."""
    chip = codec.Calibration(*calibration)
    temperature, pressure, humidity = raw
    assert codec.fine_temperature(chip, temperature) == fine
    assert codec.celsius(fine) == hundredths / 100
    assert codec.hectopascals(chip, pressure, fine) == pascals_by_256 / 256 / 100
    assert codec.percent(chip, humidity, fine) == percents_by_1024 / 1024


@pytest.mark.parametrize(
    ("register", "intact"), [(2, False), (5, False), (0, True), (1, True), (7, True)]
)
def test_four_bits_of_pressure_and_temperature_are_always_zero(register, intact):
    """§5.4.7 and §5.4.8."""
    for bit in range(4):
        data = bytearray(DATA)
        data[register] ^= 1 << bit
        assert codec.measurement(BOSCH, bytes(data)).intact is intact


@pytest.mark.parametrize(
    ("settings", "kept"),
    [("01 00 00 00", True), ("01 08 27 00", True), ("00 00 00 00", False), ("01 00 00 10", False)],
)
def test_a_set_up_that_was_lost_shows_in_humidity_or_filter(settings, kept):
    assert codec.set_up(bytes.fromhex(settings)) is kept


@pytest.mark.parametrize(
    ("at", "word"),
    [(0, "0000"), (0, "ffff"), (2, "0000"), (2, "ffff"), (6, "0000"), (6, "ffff")],
)
def test_a_blank_word_of_a_calibration_is_none(at, word):
    """T1, T2 and P1."""
    low = LOW[:at] + bytes.fromhex(word) + LOW[at + 2 :]
    assert not codec.Calibration.parse(low, HIGH).plausible
    assert not codec.Calibration.parse(LOW, bytes(2) + HIGH[2:]).plausible  # H2
    assert codec.Calibration.parse(LOW, b"\1\0" + HIGH[2:]).plausible


@pytest.mark.parametrize(
    "data",
    ["800000 7EED00 7530", "655AC0 800000 7530", "655AC0 7EED00 8000"],
)
def test_what_was_not_measured_is_told(data):
    assert codec.measurement(BOSCH, bytes.fromhex(data)).skipped


@pytest.mark.parametrize("block", [bytes(33), b"\xff" * 33])
def test_no_chip_has_an_empty_calibration(block):
    assert not codec.Calibration.parse(block[:26], block[26:]).plausible


def test_a_calibration_that_divides_by_zero_gives_no_pressure():
    """P2 -2¹⁵ and t_fine 128000 + 2²⁰ take away all of the 2⁴⁷ that the formula begins with."""
    spoilt = codec.Calibration(BOSCH.temperature, (36477, -32768, 0, *[0] * 6), BOSCH.humidity)
    with pytest.raises(BadFrame, match="no pressure"):
        codec.hectopascals(spoilt, 415148, 128_000 + (1 << 20))


@pytest.fixture
def air():
    return {"temperature": 4.0, "humidity": 60.0}


@pytest.fixture
def chip(timing, bus, air):
    chip = Bme280Chip(
        lambda _: (air["temperature"], air["humidity"]), 987.6, clock=timing.monotonic
    )
    bus.chips[ADDRESS] = chip
    timing.now += 1.0
    return chip


@pytest.fixture
def driver(host):
    return catalog.build("sensors.bme280", "cargo", {"bus": "/dev/i2c-1"}, host)


async def test_all_three_values(driver, chip):
    async with driver:
        reading = await driver.read_once()
    assert (reading.kind, reading.quality) == ("temperature", Quality.OK)
    assert reading.fields["temperature"] == pytest.approx(4.0, abs=0.01)
    assert reading.fields["humidity"] == pytest.approx(60.0, abs=0.02)
    assert reading.fields["pressure"] == pytest.approx(987.6, abs=0.03)  # steps of 2.6 Pa


async def test_what_the_chip_is_told(driver, chip):
    """Data sheet §5.4: reset, no filter, humidity × 1, then one measurement of all three a value."""
    told = []
    chip.write = lambda data, write=chip.write: (
        told.append(data.hex()) if len(data) > 1 else None,
        write(data),
    )
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        await anext(readings)
    assert told == ["e0b6", "f500", "f201", "f425", "f425", "f425"]


async def test_the_first_measurement_after_a_start_is_discarded(driver, bus, timing):
    measured = iter([80.0, 4.0, 5.0])
    bus.chips[ADDRESS] = Bme280Chip(lambda _: (next(measured), 60.0), clock=timing.monotonic)
    async with driver, aclosing(driver.readings()) as readings:
        values = [(await anext(readings)).fields["temperature"] for _ in range(2)]
    assert values == pytest.approx([4.0, 5.0], abs=0.01)


async def test_a_dip_of_the_supply_is_found_before_the_next_value(driver, chip):
    async with driver, aclosing(driver.readings()) as readings:
        first = await anext(readings)
        chip.fault("reset")
        assert dict((await anext(readings)).fields) == dict(first.fields)
    assert driver.health.counters["resets"] == 1


async def test_a_filter_that_another_program_set_is_taken_away(driver, chip):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.write(bytes([codec.CONFIG, 0x10]))  # the filter's longest memory
        await anext(readings)
        chip.write(bytes([codec.CONFIG]))
        assert chip.read(1) == b"\x00"
    assert driver.health.counters["resets"] == 1


def test_a_bus_held_low_is_no_measurement():
    assert not codec.measurement(BOSCH, bytes(8)).intact


async def test_a_supply_lost_while_it_measures_gives_no_value(driver, chip, timing):
    sleep = timing.sleep

    async def lose_it_once(seconds):
        if seconds == codec.LONGEST_MEASUREMENT:
            timing.sleep = sleep
            chip.fault("reset")
        await sleep(seconds)

    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        timing.sleep = lose_it_once
        qualities = [(await anext(readings)).quality for _ in range(2)]
    assert qualities == [Quality.NO_ANSWER, Quality.OK]


@pytest.mark.parametrize(
    ("changes", "humidity"),
    [
        ({"humidity": 103.0}, 103.0),
        ({"humidity": -2.0}, -2.0),
        ({"temperature": 86.0}, 60.0),
        ({"temperature": -41.0}, 60.0),
    ],
)
async def test_outside_the_specified_range_is_kept_and_marked(driver, chip, air, changes, humidity):
    air |= changes
    async with driver:
        reading = await driver.read_once()
    assert reading.quality is Quality.OUT_OF_RANGE
    assert reading.fields["humidity"] == pytest.approx(humidity, abs=0.02)
    assert reading.fields["temperature"] == pytest.approx(air["temperature"], abs=0.01)


async def test_a_pressure_that_no_sensor_is_made_for(driver, bus, timing):
    bus.chips[ADDRESS] = Bme280Chip(lambda _: (4.0, 60.0), 250.0, clock=timing.monotonic)
    async with driver:
        assert (await driver.read_once()).quality is Quality.OUT_OF_RANGE


async def test_impossible_bits_are_kept_and_marked(driver, chip):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.fault("bits")
        corrupt = await anext(readings)
        assert driver.health.state is State.FAULTY
        assert (await anext(readings)).quality is Quality.OK
    assert corrupt.quality is Quality.CORRUPT
    assert corrupt.fields["temperature"] == pytest.approx(4.0, abs=0.01)


class Spoilt:
    """A chip of which some registers read as given, one answer after the other."""

    def __init__(self, chip, register, *answers):
        self.chip, self.register, self.answers = chip, register, list(answers)

    def write(self, data):
        self.pointer = data[0]
        self.chip.write(data)

    def read(self, count):
        if self.pointer == self.register and self.answers:
            return self.answers.pop(0)
        return self.chip.read(count)


@pytest.mark.parametrize(
    ("identity", "what"),
    [
        *(
            (number, f"{number:#04x}, a BMP280, which has no humidity$")
            for number in (0x56, 0x57, 0x58)
        ),
        (0x61, "0x61, a BME680 or BME688$"),
        (0x55, "0x55$"),
        (0x59, "0x59$"),
        (0xE5, "0xe5$"),
    ],
)
async def test_another_chip_is_named(driver, bus, chip, identity, what):
    bus.chips[ADDRESS] = Spoilt(chip, codec.CHIP_ID, bytes([identity]))
    async with driver:
        with pytest.raises(WrongDevice, match=f"0x76 on /dev/i2c-1.*{what}"):
            await driver.read_once()


async def test_a_calibration_that_reads_differently_twice_is_not_used(driver, bus, chip):
    bus.chips[ADDRESS] = Spoilt(chip, codec.CALIBRATION_LOW, LOW[:-2] + b"\0\x4a", LOW)
    async with driver:
        with pytest.raises(BadFrame, match="0x76 on /dev/i2c-1 reads differently"):
            await driver.read_once()
        assert driver.health.state is State.FAULTY


async def test_a_chip_without_calibration_is_not_used(driver, bus, chip):
    bus.chips[ADDRESS] = Spoilt(chip, codec.CALIBRATION_LOW, bytes(26), bytes(26))
    async with driver:
        with pytest.raises(DeviceFault, match="cannot be that of a BME280"):
            await driver.read_once()


async def test_a_chip_that_never_ends_a_measurement_is_told(driver, bus, chip):
    bus.chips[ADDRESS] = Spoilt(chip, codec.STATUS, b"\0", *[b"\x08"] * 20)
    async with driver:
        with pytest.raises(DeviceFault, match="stays busy"):
            await driver.read_once()


async def test_a_script_of_registers_after_rain(driver, bus, timing, tmp_path):
    """A sensor that came on wet: 132.5 % is what its registers mean, and it is kept, marked."""
    script = tmp_path / "rain"
    script.write_text(
        "655AC0 7EED00 7530  # the first measurement after power-up: nobody should see it\n"
        "655AC0 7EED00 AFC8  # 45000\n"
    )
    played = scripted(script.read_text(), 8)
    bus.chips[ADDRESS] = Bme280Chip(lambda _: (4.0, 60.0), clock=timing.monotonic, script=played)
    async with driver, aclosing(driver.readings()) as readings:
        found = [await anext(readings) for _ in range(3)]
    assert {each.quality for each in found} == {Quality.OUT_OF_RANGE}
    assert {each.fields["humidity"] for each in found} == {132.5009765625}
    assert {each.fields["temperature"] for each in found} == {25.08}
