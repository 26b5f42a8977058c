import asyncio

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.reading import Quality
from drivers.rfid import m100
from hil.emulators.faults import Faults
from hil.emulators.serial.gnss_receiver import GnssReceiver
from hil.emulators.serial.m100_module import M100Module
from tests.drivers.pty_bench import DEADLINE, PtyBench

SGTIN = "3074257BF7194E4000001A85"
OTHER = "E20010710000529B0940B402"


class Bench(PtyBench):
    """An emulated module and its driver."""

    def __init__(self, tmp_path, *, options=None, emulator=None, **emulated):
        path = tmp_path / "rfid"
        settings = {"tags": [{"epc": SGTIN}], "rounds": 50.0, "read_rate": 1.0} | emulated
        given = {"port": str(path), "report_interval": 0.2} | (options or {})
        driver = catalog.build("rfid.m100", "dock2", given, Host())
        super().__init__(emulator(path) if emulator else M100Module(link=path, **settings), driver)


async def test_a_tag_once_per_interval_with_all_its_reads(tmp_path):
    async with Bench(tmp_path, noise=3.0) as bench:
        await bench.next()
        readings = [await bench.next() for _ in range(3)]
        assert bench.driver.health.state is State.RUNNING
        assert "M100 26dBm V1.0, 20 dBm" in bench.driver.health.detail
    for reading in readings:
        fields = reading.fields
        assert (reading.device, reading.kind) == ("dock2", "tag")
        assert reading.quality is Quality.OK
        assert fields["epc"] == SGTIN
        assert fields["uri"] == "urn:epc:id:sgtin:0614141.812345.6789"
        assert fields["pc"] == 0x3000
        assert fields["antenna"] == 1
        assert 4 <= fields["count"] <= 12  # 10 rounds in 0.2 s
        assert -60 < fields["rssi"] < -45
        assert 0 < fields["first_seen"] <= 300
    moments = [reading.monotonic for reading in readings]
    assert moments[2] - moments[0] == pytest.approx(0.4, abs=0.15)


async def test_two_tags_are_two_readings_and_a_foreign_one_has_no_uri(tmp_path):
    tags = [{"epc": SGTIN}, {"epc": OTHER, "rssi": -43}]
    async with Bench(tmp_path, tags=tags) as bench:
        readings = [await bench.next() for _ in range(4)]
    uris = {reading.fields["epc"]: reading.fields["uri"] for reading in readings}
    assert uris == {SGTIN: "urn:epc:id:sgtin:0614141.812345.6789", OTHER: None}


async def test_a_tag_of_another_family_is_not_decoded_as_an_epc(tmp_path):
    async with Bench(tmp_path, tags=[{"epc": SGTIN, "pc": 0x31A1}]) as bench:
        assert (await bench.next()).fields["uri"] is None


async def test_tags_enter_and_leave(tmp_path):
    tags = [{"epc": SGTIN, "leave": 0.7}, {"epc": OTHER, "enter": 1.0}]
    async with Bench(tmp_path, tags=tags) as bench:
        readings = []
        while not readings or readings[-1].fields["epc"] != OTHER:
            readings.append(await bench.next())
        assert bench.driver.health.counters["empty rounds"] > 0
    assert {reading.fields["epc"] for reading in readings[:-1]} == {SGTIN}


async def test_a_damaged_tag_is_kept_and_marked(tmp_path):
    async with Bench(tmp_path, corrupt=1.0) as bench:
        reading = await bench.next()
        assert bench.driver.health.counters["corrupt reads"] > 0
        assert "reads" not in bench.driver.health.counters
    assert reading.quality is Quality.CORRUPT
    assert reading.fields["uri"] is None


async def test_split_bytes_and_garbage_between_frames(tmp_path):
    async with Bench(tmp_path, rounds=20.0) as bench:
        bench.emulator.port.through(Faults(seed=2, split=True, garbage=0.5).around)
        for _ in range(4):
            reading = await bench.next()
            assert reading.fields["epc"] == SGTIN
            assert reading.quality is Quality.OK
        assert bench.driver.health.counters["skipped bytes"] > 0


async def test_damage_on_the_wire_never_becomes_a_tag(tmp_path):
    async with Bench(tmp_path) as bench:
        bench.emulator.port.through(Faults(seed=4, flip=0.01, drop=0.01).around)
        for _ in range(8):
            reading = await bench.next()
            assert reading.fields["epc"] == SGTIN or reading.quality is Quality.CORRUPT


async def test_unplugged_and_replugged(tmp_path):
    async with Bench(tmp_path) as bench:
        await bench.next()
        bench.emulator.unplug()
        await bench.until(lambda: bench.driver.health.state is State.MISSING)
        bench.emulator.plug()
        assert (await bench.next()).fields["epc"] == SGTIN


async def test_tags_seen_before_the_plug_was_pulled_are_reported(tmp_path):
    async with Bench(tmp_path, options={"report_interval": 60.0}) as bench:
        reading = asyncio.ensure_future(anext(bench.stream))
        while not bench.driver.health.counters.get("reads"):
            await asyncio.sleep(0.01)
        bench.emulator.unplug()
        assert (await asyncio.wait_for(reading, DEADLINE)).fields["epc"] == SGTIN


async def test_leaving_turns_the_radio_off(tmp_path):
    async with Bench(tmp_path) as bench:
        await bench.next()
        assert bench.emulator.scanning
        await bench.driver.__aexit__(None, None, None)
        await asyncio.sleep(0.05)
        assert not bench.emulator.scanning


async def test_an_inventory_left_running_does_not_disturb_the_start(tmp_path):
    async with Bench(tmp_path) as bench:
        await asyncio.sleep(0)
        bench.emulator.answers(0x27, bytes.fromhex("22FFFF"))
        await bench.next()
        assert bench.driver.health.counters.get("reopens", 0) == 0


async def test_rounds_that_are_over_are_started_again(tmp_path, monkeypatch):
    monkeypatch.setattr(m100, "SILENT", 0.6)  # twice that is a reopening
    monkeypatch.setattr(m100.commands, "MOST_ROUNDS", 3)
    monkeypatch.setattr(m100.commands.multi_inventory, "__defaults__", (3,))
    async with Bench(tmp_path) as bench:
        for _ in range(3):
            await bench.next()
        assert bench.driver.health.counters["restarts"] >= 2
        assert bench.driver.health.counters.get("reopens", 0) == 0


async def test_a_module_that_freezes_is_reopened(tmp_path, monkeypatch):
    monkeypatch.setattr(m100, "SILENT", 0.3)
    async with Bench(tmp_path) as bench:
        await bench.next()

        async def nothing(data):
            pass

        bench.emulator.port.write = nothing
        await bench.until(lambda: bench.driver.health.state is State.MISSING)


async def test_power_and_region_are_set_and_what_was_not_done_is_said(tmp_path):
    async with Bench(tmp_path, options={"power_dbm": 30.0, "region": "eu"}) as bench:
        await bench.next()
        assert (bench.emulator.power, bench.emulator.region) == (2600, 3)
        assert "26 dBm (30 asked)" in bench.driver.health.detail


async def test_another_device_on_the_port_is_named(tmp_path):
    route = [{"at": 0, "lat": 48.1, "lon": 11.5}]

    def receiver(path):
        return GnssReceiver(link=path, baudrate=115200, route=route, rate=20.0)

    async with Bench(tmp_path, emulator=receiver) as bench:
        await bench.until(lambda: bench.driver.health.state is State.WRONG_DEVICE)
        assert "not an M100 module" in bench.driver.health.detail
        assert "115200 baud" in bench.driver.health.advice


async def test_a_port_without_any_answer(tmp_path):
    def mute(path):
        return GnssReceiver(link=path, baudrate=115200, capture="/dev/null")

    async with Bench(tmp_path, emulator=mute) as bench:
        await bench.until(lambda: bench.driver.health.state is State.MISSING)
        assert "no answer to the command version" in bench.driver.health.detail


async def test_read_once_is_a_round(tmp_path):
    async with Bench(tmp_path) as bench:
        reading = await bench.driver.read_once()
        assert reading.fields["epc"] == SGTIN
        assert not bench.emulator.scanning


async def test_read_once_without_a_tag_says_so(tmp_path):
    async with Bench(tmp_path, tags=[]) as bench:
        reading = await bench.driver.read_once()
        assert reading.quality is Quality.NO_ANSWER
        assert reading.fields["epc"] is None
        following = asyncio.ensure_future(anext(bench.stream))
        while not bench.emulator.scanning:
            await asyncio.sleep(0.01)
        assert (await bench.driver.read_once()).quality is Quality.NO_ANSWER
        assert not following.done()
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following


async def test_silence_means_nothing_to_a_reader():
    options = catalog.check_options("rfid.m100", {"port": "/dev/x"})
    assert catalog.module("rfid.m100").interval(options) is None
