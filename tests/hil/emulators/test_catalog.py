"""Every emulator of the table as whoever looks for the device sees it."""

import asyncio
from pathlib import Path

import pytest

from drivers import catalog
from hil.emulators.catalog import EMULATORS, make
from hil.emulators.chips.catalog import CHIPS

ROUTE = [{"at": 0, "lat": 45.07, "lon": 7.69}]
STAYS = ("rfid.mfrc522", "sensors.adxl375_spi")
"""Of a board that is pulled, the bus is left."""


def settings(kind, folder):
    if kind == "rfid.llrp":
        return {"listen": "127.0.0.1:0"}
    return {"link": folder / "device"} | ({"route": ROUTE} if kind == "gnss.nmea" else {})


async def is_there(emulator):
    if Path(emulator.where).is_absolute():
        return Path(emulator.where).exists()
    host, _, port = emulator.where.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except ConnectionError:
        return False
    writer.close()
    return True


@pytest.mark.parametrize("kind", EMULATORS)
async def test_every_device_appears_vanishes_and_comes_back(kind, tmp_path):
    emulator = make(kind, settings(kind, tmp_path))
    running = asyncio.ensure_future(emulator.run())
    await asyncio.sleep(0.05)  # some turns of the loop
    assert await is_there(emulator)
    emulator.unplug()
    assert await is_there(emulator) == (kind in STAYS)
    emulator.plug()
    assert await is_there(emulator)
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert not await is_there(emulator)


@pytest.mark.parametrize("kind", CHIPS.values(), ids=CHIPS)
def test_a_chip_sits_where_its_driver_looks_by_itself(kind):
    options = catalog.check_options(kind.driver, {"bus": "/dev/i2c-1", **kind.options})
    assert options["address"] == kind.address


def test_a_kind_that_there_is_not_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match="no kind of device 'toaster', only ") as caught:
        make("toaster", {})
    assert [kind for kind in EMULATORS if kind not in str(caught.value)] == []
