"""The ADXL375 on SPI: bytes on the wire, and shocks at 3,200 samples a second."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import DeviceMissing, WrongDevice
from drivers.links.spi import Look
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
    def spi(path, speed, mode):
        """CPOL and CPHA are 1 (data sheet, figures 33 to 35), and 3,200 samples/s need 2 MHz."""
        assert (path, speed, mode) == (PATH, 2_000_000, 3)
        return DirectSpi(board, timing)

    host = Host(timing)
    host.spi = spi
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


class Wire:
    """A chip select whose messages are noted; looks are answered by a script."""

    path = PATH

    def __init__(self, timing, devid=0xE5):
        self.timing, self.registers, self.sent, self.asked = timing, {0: devid}, [], []
        self.looks = []

    async def exchange(self, *accesses):
        self.sent += [each.hex(" ") for each in accesses]
        found = []
        for each in accesses:
            register = each[0] & 0x3F
            if not each[0] & 0x80:
                self.registers[register] = each[1]
            found.append(bytes([0, *(self.registers.get(register, 0) for _ in each[1:])]))
        return found

    async def polled(self, look, then, every, times):
        self.asked.append((look.hex(" "), every, times))
        await self.timing.sleep(every * times or 0.001)
        found = []
        for answer, entries in self.looks:
            wanted = then(answer)
            found.append(Look(self.timing.now, answer, entries[: len(wanted)]))
        return found


def on_wire(timing, wire, **options):
    host = Host(timing)
    host.spi = lambda path, speed, mode=0: wire
    return catalog.build("sensors.adxl375_spi", "pallet", {"bus": PATH} | options, host)


ENTRY = bytes([0]) + bytes.fromhex("0100 0200 1400")  # x 1, y 2 and z 20 digits
STREAM, STANDBY = 0x80, 0x00


def look(entries, control=STREAM):
    return bytes([0, control, entries]), [ENTRY] * entries


async def test_it_is_set_up_as_its_data_sheet_says(timing):
    wire = Wire(timing)
    wire.looks = [look(1)]
    async with on_wire(timing, wire) as driver:
        reading = await driver.read_once()
    assert dict(reading.fields) == pytest.approx({"x": 0.049, "y": 0.098, "z": 0.98})
    assert wire.sent == [
        "80 00",  # DEVID
        "2d 00", "2e 00", "1e 00", "1f 00", "20 00", "31 0b", "2c 0f", "38 00", "38 80", "2d 08",
        *(f"{register} 00" for register in ("ad", "ae", "9e", "9f", "a0", "b1", "ac", "b8")),
    ]  # fmt: skip
    assert wire.asked == [("f8 00 00", 2 / 3200, 1)]  # FIFO_CTL and FIFO_STATUS


@pytest.mark.parametrize(
    ("rate", "code"), [(100, "0a"), (200, "0b"), (400, "0c"), (800, "0d"), (1600, "0e")]
)
async def test_it_samples_as_often_as_it_is_told(timing, rate, code):
    """Table 7."""
    wire = Wire(timing)
    wire.looks = [look(1)]
    async with on_wire(timing, wire, rate=rate) as driver:
        await driver.read_once()
    assert f"2c {code}" in wire.sent


@pytest.mark.parametrize(
    ("rate", "every", "times"), [(3200, 12 / 3200, 13), (400, 0.03, 1), (200, 0.0, 1)]
)
async def test_it_is_looked_at_after_twelve_samples_and_for_a_twentieth_of_a_second(
    timing, rate, every, times
):
    """What takes longer waits beside the bus, which others may use meanwhile."""
    wire = Wire(timing)
    wire.looks = [look(12)]
    driver = on_wire(timing, wire, rate=rate, interval=10.0)
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        assert wire.asked[0][1:] == (pytest.approx(every), times)
        assert driver.health.state is State.RUNNING


@pytest.mark.parametrize(
    ("entries", "samples", "gaps"), [(31, 31, None), (32, 32, 1), (33, 32, 1), (63, 32, 1)]
)
async def test_a_full_fifo_may_have_lost_samples(timing, entries, samples, gaps):
    wire = Wire(timing)
    wire.looks = [look(entries)]
    driver = on_wire(timing, wire, rate=100, interval=10.0)
    async with driver, aclosing(driver.readings()) as readings:
        found = await anext(readings)
    looks = len(wire.asked)
    assert found.fields["samples"] == samples * looks
    assert found.fields.get("gaps") == (gaps and gaps * looks)


async def test_digits_that_cannot_be_are_a_gap_and_counted(timing):
    wire = Wire(timing)
    wire.looks = [look(12), (bytes([0, STREAM, 1]), [bytes([0]) + bytes.fromhex("0010 0000 0000")])]
    driver = on_wire(timing, wire, rate=100, interval=10.0)
    async with driver, aclosing(driver.readings()) as readings:
        found = await anext(readings)
    assert found.fields["gaps"] == driver.health.counters["bad frames"] == len(wire.asked)


@pytest.mark.parametrize(
    ("control", "devid", "words"),
    [
        (0x00, 0x00, "the chip at /dev/spidev0.0 fell silent"),
        (0xFF, 0xFF, "the chip at /dev/spidev0.0 fell silent"),
        (0x00, 0xE5, None), (0xC8, 0x00, None), (0x40, 0xE5, None),
    ],
)  # fmt: skip
async def test_a_fifo_that_is_off_is_a_chip_that_forgot_or_nobody(timing, control, devid, words):
    wire = Wire(timing)
    wire.looks = [look(12)]
    driver = on_wire(timing, wire, rate=400, interval=10.0)
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        polled = wire.polled

        async def once(*given):
            wire.registers[0], wire.polled = devid, polled
            found = [Look(timing.now, bytes([0, control, 0]), [])]
            if words is None:
                wire.registers[0] = 0xE5
            return found

        wire.polled = once
        second = await anext(readings)
        if words is None:
            assert driver.health.counters["resets"] == 1
            assert second.fields["gaps"] == 1
        else:
            assert second.quality is Quality.NO_ANSWER
            assert driver.health.detail == words
            assert driver.health.cause.id == "sensor.no-answer"


@pytest.mark.parametrize(("devid", "error"), [(0x00, "no chip answers"), (0xFF, "no chip answers"),
                                              (0xE4, "no ADXL375: its DEVID is 0xe4")])  # fmt: skip
async def test_who_answers_at_the_chip_select(timing, devid, error):
    async with on_wire(timing, Wire(timing, devid)) as driver:
        with pytest.raises((DeviceMissing, WrongDevice), match=error):
            await driver.read_once()
