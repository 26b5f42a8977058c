"""What each part is told when it is started, byte by byte, and how long it is given.

Registers, commands and times are those of the data sheets; a run of the emulated part has them in
order: bytes that are written, `?n` for n that are read, seconds in between.
"""

import pytest

from drivers import catalog
from drivers.errors import DeviceFault
from hil.emulators.chips.catalog import CHIPS

BME280 = [
    "d0", "?1",  # §5.4.1: who it is
    "e0 b6", 0.002,  # §5.4.2: reset; table 1: start-up time
    "f3", "?1",  # §5.4.4: the calibration is loaded
    *["88", "?26", "e1", "?7"] * 2,  # §4.2.2: twice, as it has no checksum
    "f5 00", "f2 01",  # §5.4.6: no filter; §5.4.3: humidity once
    *(MEASURED := ["f4 25", 0.0093, "f3", "?1", "f7", "?8"]),  # §5.4.5; §9.1; §4
    "f2", "?4", *MEASURED,  # it kept its set-up, and measures
]  # fmt: skip
SHT3X = [
    "f3 2d", "?3",  # §4.11: its status
    "30 93", 0.001, "30 a2", 0.002,  # §4.8: break; §4.9: reset, at most 1.5 ms
    "f3 2d", "?3", "30 41", 0.0, "f3 2d", "?3",  # the reset bit is there, and is taken back
    "24 00", 0.016, "?6",  # §4.3: once with high repeatability, at most 15.5 ms
    "f3 2d", "?3",
]  # fmt: skip
SHT4X = ["94", 0.002, "89", 0.01, "?6", "fd", 0.009, "?6"]  # at most 1 ms, none told, 8.3 ms
LM75 = ["01 18", "01", "?1", 0.4, "00", "?2", "01", "?1"]
LIS3DH = [
    "0f", "?1",  # WHO_AM_I
    "20 00", "21 00", "22 00", "23 b8", "25 00", "24 40",  # ±16 g in high resolution, FIFO on
    "2e 00", "2e 80", "20 77",  # the FIFO empty, then a stream at 400 Hz
    *(byte for each in ("20", "21", "22", "23", "25", "24", "2e") for byte in (each, "?1")),
    0.005, "ae", "?2", "a8", "?6",  # two samples of time: FIFO_CTRL and FIFO_SRC, and a sample
]  # fmt: skip


def adxl(threshold):
    """An ADXL375 or ADXL345, by its THRESH_ACT."""
    back = ("2d", "2e", "2f", "1e", "1f", "20", "31", "2c", "24", "27")
    return [
        "00", "?1", "2d 00", "2e 00", "2f 00", "1e 00", "1f 00", "20 00", "31 0b", "2c 0d",
        f"24 {threshold}", "27 70", "2d 08",
        "2e 00", "38 00", "30", "?1", "38 c8", 0.0125, "2e 10",  # armed
        *(byte for each in back for byte in (each, "?1")), "32", "?6",
    ]  # fmt: skip


@pytest.fixture
def read(host, bus, timing, told):
    """What reads a new part of some kind once, and what is told it then."""

    async def read(part, **options):
        bus.chips[CHIPS[part].address] = CHIPS[part].make(1, timing.monotonic)
        timing.now += 1.0
        driver = catalog.build(f"sensors.{part}", "x", {"bus": bus.path} | options, host)
        async with driver:
            return await driver.read_once(), told

    return read


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ("bme280", BME280), ("sht3x", SHT3X), ("sht4x", SHT4X), ("lm75", LM75), ("lis3dh", LIS3DH),
        ("adxl375", adxl("0d")),  # 10 g in steps of 0.78 g
        ("adxl345", adxl("60")),  # 6 g in steps of 0.0625 g
    ],
)  # fmt: skip
async def test_a_part_is_told_what_its_data_sheet_says(read, part, wanted):
    _, told = await read(part)
    assert told == wanted


@pytest.mark.parametrize(("rate", "code"), [(100, "57"), (200, "67"), (400, "77")])
async def test_a_lis3dh_samples_as_often_as_it_is_told(read, rate, code):
    """Table 31."""
    _, told = await read("lis3dh", rate=rate)
    assert f"20 {code}" in told


@pytest.mark.parametrize("part", ["bme280", "sht3x", "sht4x", "lm75", "lis3dh", "adxl375"])
async def test_where_a_part_is_that_does_not_answer(host, bus, part):
    driver = catalog.build(f"sensors.{part}", "x", {"bus": bus.path}, host)
    async with driver:
        with pytest.raises(Exception, match=f"0x{CHIPS[part].address:02x} on /dev/i2c-1"):
            await driver.read_once()


@pytest.mark.parametrize(
    "part", ["bme280", "sht3x", "sht4x", "lm75", "lis3dh", "adxl375", "adxl345"]
)
async def test_a_part_that_a_driver_of_the_kernel_has_is_told_nothing(host, bus, told, part):
    bus.taken.add(CHIPS[part].address)
    driver = catalog.build(f"sensors.{part}", "x", {"bus": bus.path}, host)
    async with driver:
        with pytest.raises(DeviceFault, match="a driver of the kernel has taken it"):
            await driver.read_once()
    assert told == []
