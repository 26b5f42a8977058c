"""The ADXL375 on SPI: bytes on the wire, and shocks at 3,200 samples a second."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.driver import Host
from drivers.errors import DeviceMissing, WrongDevice
from drivers.reading import Quality
from drivers.sensors import adxl375_codec as codec
from hil.emulators.bus.adxl375_board import Adxl375Board
from hil.emulators.chips.motion import Shock
from tests.drivers.rfid.nfc_bench import PATH, DirectSpi


@pytest.fixture
def board(timing):
    board = Adxl375Board(link="/nowhere", clock=timing.monotonic, seed=7)
    board.supply()
    return board


@pytest.fixture
def driver(timing, board):
    return driver_of(timing, board)


def driver_of(timing, board, **options):
    host = Host(timing)
    host.spi = lambda path, speed, mode=0: DirectSpi(board, timing)
    return catalog.build("sensors.adxl375_spi", "pallet", {"bus": PATH} | options, host)


async def first(driver, kind):
    async with driver, aclosing(driver.readings()) as readings:
        async for reading in readings:
            if reading.kind == kind:
                return reading
    raise AssertionError("the readings ended")


def test_bytes_on_the_wire():
    # data sheet figures 33 to 35: read bit, multiple-byte bit, six bits of address
    assert codec.spi_read(codec.DEVID, 1).hex() == "8000"
    assert codec.spi_read(codec.DATAX0, 6).hex() == "f2000000000000"
    assert codec.spi_write(codec.POWER_CTL, 0x08).hex() == "2d08"


@pytest.mark.parametrize(
    ("peak", "ms"),
    [(150.0, 6.0), (50.0, 11.0), (100.0, 11.0)],
    ids=["T.4 small", "T.4 large", "fall"],
)
async def test_half_sines_are_within_two_per_cent(board, driver, peak, ms):
    board.sensor._motion.hit(Shock(1.0, peak, ms))
    shock = await first(driver, "shock")
    assert shock.quality is Quality.OK
    assert shock.fields["peak"] == pytest.approx(peak, rel=0.02)
    assert shock.fields["fit_peak"] == pytest.approx(peak, rel=0.02)
    assert shock.fields["fit_duration"] == pytest.approx(ms, rel=0.02)
    assert shock.fields["delta_v"] == pytest.approx(
        2 * peak * 9.80665 * ms / 1000 / 3.14159, rel=0.02
    )
    assert shock.fields["rate"] == pytest.approx(3200.0, rel=0.01)


async def test_nobody_on_the_line_is_missing_and_named(timing, board, driver):
    board.unplug()
    async with driver:
        with pytest.raises(DeviceMissing, match=r"no chip answers at /dev/spidev0\.0"):
            await driver.read_once()
        assert driver.health.cause.id == "sensor.no-answer"


async def test_another_identity_is_not_read(timing):
    board = Adxl375Board(link="/nowhere", clock=timing.monotonic, devid=0x33)
    board.supply()
    async with driver_of(timing, board) as driver:
        with pytest.raises(WrongDevice, match="0x33"):
            await driver.read_once()


async def test_a_dip_of_the_supply_is_told_from_a_pulled_plug(timing, board):
    driver = driver_of(timing, board, rate=400, interval=10.0)
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        board.fault("reset")
        vibration = await anext(readings)
        assert vibration.fields["gaps"] == 1
        assert driver.health.counters["resets"] == 1
        board.unplug()
        silent = await anext(readings)
    assert silent.quality is Quality.NO_ANSWER
    assert driver.health.counters.get("reopens", 0) == 0


async def test_a_chip_that_froze_feels_nothing_any_more_and_is_stuck(timing):
    board = Adxl375Board(link="/nowhere", clock=timing.monotonic, noise=0.0)
    board.supply()
    driver = driver_of(timing, board, rate=400, interval=10.0)
    async with driver, aclosing(driver.readings()) as readings:
        vibration = await anext(readings)
        assert vibration.quality is Quality.STUCK
        pending = asyncio.ensure_future(anext(readings))
        await asyncio.sleep(0.01)
        assert driver.health.cause.id == "sensor.stuck"
        assert (await pending).quality is Quality.STUCK
