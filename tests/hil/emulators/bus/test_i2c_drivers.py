"""The production drivers over unmodified smbus2, the shim and emulated chips."""

import asyncio
import json
import threading

import pytest

from drivers.errors import LinkLost
from drivers.links.i2c import I2cBus
from tests.hil.conftest import Output


@pytest.fixture
def drive(i2c_bench):
    async def start(kind, **options):
        text = json.dumps({"bus": "/dev/i2c-9"} | options)
        return Output(await i2c_bench.start("tests/hil/driver_process.py", kind, text))

    return start


async def test_sht3x_through_everything_that_can_happen_to_it(i2c_bench, drive):
    chip = i2c_bench.bus.parts["cargo"]
    output = await drive("sensors.sht3x", interval=0.5)
    first = await output.until(kind="temperature", quality="ok")
    assert first["temperature"] == pytest.approx(4.0, abs=0.01)

    chip.fault("crc")
    corrupt = await output.until(quality="corrupt")
    assert corrupt["temperature"] == pytest.approx(4.0, abs=0.01)
    await output.until(kind="temperature", quality="ok", state="running")

    chip.unplug()
    await output.until(quality="no-answer", temperature=None)
    missing = await output.until(state="missing")
    assert "0x44 on /dev/i2c-9" in missing["detail"]
    await asyncio.sleep(1.5)
    chip.plug()
    await output.until(kind="temperature", quality="ok", state="running")
    assert [line.get("quality") for line in output.seen].count("no-answer") == 1

    i2c_bench.bus.unplug()
    await output.until(quality="no-answer")
    gone = await output.until(state="missing", detail="/dev/i2c-9: no such bus")
    assert "dtparam=i2c_arm=on" in gone["advice"]
    i2c_bench.bus.plug()
    await output.until(kind="temperature", quality="ok", state="running")
    await output.finish()


async def test_sht3x_on_a_stuck_bus(i2c_bench, drive):
    output = await drive("sensors.sht3x", interval=0.5)
    await output.until(kind="temperature", quality="ok")
    i2c_bench.bus.fault("stuck")
    await output.until(quality="no-answer")
    stuck = await output.until(state="missing")
    assert "stuck" in stuck["detail"]
    i2c_bench.bus.fault("clear")
    await output.until(kind="temperature", quality="ok", state="running")
    await output.finish()


async def test_a_transfer_that_hangs_in_the_kernel_does_not_stop_the_process(i2c_bench, drive):
    output = await drive("sensors.sht3x", interval=0.5)
    await output.until(kind="temperature", quality="ok")
    i2c_bench.bus.fault("hang")
    await output.until(quality="no-answer")
    hanging = await output.until(state="missing")
    assert "did not end within 3 s" in hanging["detail"]
    i2c_bench.bus.fault("clear")
    await output.until(kind="temperature", quality="ok", state="running")
    i2c_bench.bus.fault("hang")
    await output.until(quality="no-answer")
    await output.finish()


async def test_another_chip_at_the_address(i2c_bench, drive):
    output = await drive("sensors.adxl375", address=0x1D)
    missing = await output.until(state="missing")
    assert "0x1d on /dev/i2c-9" in missing["detail"]
    await output.finish()


async def test_a_chip_that_a_kernel_driver_holds(i2c_bench, drive):
    i2c_bench.bus.parts["cargo"].fault("busy")
    output = await drive("sensors.sht3x")
    fault = await output.until(state="faulty")
    assert "dtoverlay" in fault["advice"]
    i2c_bench.bus.parts["cargo"].fault("free")
    await output.until(kind="temperature", quality="ok")
    await output.finish()


async def test_adxl375_shocks(i2c_bench, drive):
    chip = i2c_bench.bus.parts["pallet"]
    output = await drive("sensors.adxl375", threshold_g=12.0)
    await output.until(state="running")
    for peak, ms, quality, tolerance in [
        (50.0, 20.0, "ok", 0.02),
        (150.0, 6.0, "undersampled", 0.06),
        (230.0, 20.0, "saturated", 0.16),
    ]:
        chip.shock(peak, ms)
        shock = await output.until(kind="shock")
        assert shock["quality"] == quality
        assert shock["peak"] == pytest.approx(peak, rel=tolerance)
        assert len(bytes.fromhex(shock["waveform"])) == 32 * 6
        await asyncio.sleep(0.2)  # armed again
    chip.unplug()
    await output.until(state="missing")
    chip.plug()
    await output.until(state="running")
    chip.shock(60.0, 20.0)
    assert (await output.until(kind="shock"))["peak"] == pytest.approx(60.0, rel=0.02)
    await output.finish()


async def test_both_chips_share_one_bus_thread(i2c_bench):
    out = await i2c_bench.python("""
        import asyncio, threading
        from drivers import catalog
        from drivers.driver import Host
        async def main():
            host = Host()
            cargo = catalog.build("sensors.sht3x", "cargo", {"bus": "/dev/i2c-9"}, host)
            pallet = catalog.build("sensors.adxl375", "pallet", {"bus": "/dev/i2c-9"}, host)
            readings = await asyncio.gather(cargo.read_once(), pallet.read_once())
            names = [t.name for t in threading.enumerate() if t.name.startswith("i2c")]
            print([r.kind for r in readings], names)
            host.close()
        asyncio.run(main())
    """)
    assert out == "['temperature', 'acceleration'] ['i2c /dev/i2c-9']\n"


async def test_the_event_loop_goes_on_while_a_transfer_hangs(monkeypatch):
    ends = threading.Event()

    def hang():
        ends.wait(60)
        raise LinkLost("too late for anybody")

    bus = I2cBus("/dev/i2c-none", timeout=0.2)
    monkeypatch.setattr(bus, "_open", hang)
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    with pytest.raises(LinkLost, match="did not end within"):
        await bus.read(0x44, 1)
    assert ticks > 1
    with pytest.raises(LinkLost, match="still hangs"):
        await bus.read(0x44, 1)
    ends.set()
    ticking.cancel()
    bus.close()
