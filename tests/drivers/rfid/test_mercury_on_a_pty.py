from drivers import catalog
from drivers.driver import Host, State
from drivers.reading import Quality
from hil.emulators.faults import Faults
from hil.emulators.serial.gnss_receiver import GnssReceiver
from hil.emulators.serial.mercury_module import MercuryModule
from tests.drivers.pty_bench import PtyBench

SGTIN = "3074257BF7194E4000001A85"
OTHER = "E20010710000529B0940B402"


class Bench(PtyBench):
    """An emulated module and its driver."""

    def __init__(self, tmp_path, *, options=None, emulator=None, **emulated):
        path = tmp_path / "uhf"
        settings = {"tags": [{"epc": SGTIN}], "read_rate": 1.0} | emulated
        given = {"port": str(path), "report_interval": 0.2, "search_ms": 60} | (options or {})
        driver = catalog.build("rfid.mercury", "shelf", given, Host())
        super().__init__(
            emulator(path) if emulator else MercuryModule(link=path, **settings), driver
        )


async def test_a_tag_with_its_metadata(tmp_path):
    async with Bench(tmp_path, noise=0.0) as bench:
        reading = await bench.next()
        assert bench.driver.health.state is State.RUNNING
        assert "ThingMagic M6e, firmware 01.15.02.12, 20 dBm" in bench.driver.health.detail
    fields = reading.fields
    assert (reading.kind, reading.quality) == ("tag", Quality.OK)
    assert fields["epc"] == SGTIN
    assert fields["uri"] == "urn:epc:id:sgtin:0614141.812345.6789"
    assert (fields["pc"], fields["antenna"], fields["rssi"]) == (0x3000, 1, -55)
    assert 6 <= fields["count"] <= 15  # three tries a search


async def test_antennas_are_told_apart_and_only_the_chosen_ones_read(tmp_path):
    tags = [{"epc": SGTIN}, {"epc": SGTIN, "antenna": 2}, {"epc": OTHER, "antenna": 3}]
    options = {"antennas": "1, 2"}
    async with Bench(tmp_path, tags=tags, options=options) as bench:
        readings = [await bench.next() for _ in range(4)]
    assert {(r.fields["epc"], r.fields["antenna"]) for r in readings} == {(SGTIN, 1), (SGTIN, 2)}


async def test_more_tags_than_one_answer_holds(tmp_path):
    tags = [{"epc": f"3074257BF7194E4000{number:06X}"} for number in range(40)]
    async with Bench(tmp_path, tags=tags) as bench:
        readings = [await bench.next() for _ in range(40)]
        assert bench.driver.health.counters.get("bad frames", 0) == 0
    assert len({reading.fields["epc"] for reading in readings}) == 40


async def test_a_module_in_its_boot_loader_is_started(tmp_path):
    async with Bench(tmp_path, boot=True) as bench:
        await bench.next()
        assert bench.emulator.booted
        assert bench.driver.health.counters["boots"] == 1


async def test_a_continuous_reading_left_running_is_stopped(tmp_path):
    async with Bench(tmp_path) as bench:
        bench.emulator.streaming = True
        await bench.next()
        assert not bench.emulator.streaming
        assert bench.driver.health.counters.get("reopens", 0) == 0


async def test_power_region_and_protocol_are_set(tmp_path):
    async with Bench(tmp_path, options={"power_dbm": 27.0, "region": "eu"}) as bench:
        await bench.next()
        module = bench.emulator
        assert (module.power, module.region, module.protocol) == (2700, 0x08, 0x0005)


async def test_faults_are_told_in_words(tmp_path):
    async with Bench(tmp_path, options={"antennas": "1,4"}) as bench:
        await bench.until(lambda: bench.driver.health.state is State.FAULTY)
        assert "the antenna is not connected (status 0x0503)" in bench.driver.health.detail
        assert "option antennas" in bench.driver.health.advice


async def test_a_damaged_tag_is_kept_and_marked(tmp_path):
    async with Bench(tmp_path, corrupt=1.0) as bench:
        reading = await bench.next()
    assert reading.quality is Quality.CORRUPT
    assert reading.fields["uri"] is None


async def test_damage_on_the_wire_never_becomes_a_tag(tmp_path):
    async with Bench(tmp_path) as bench:
        await bench.next()
        bench.emulator.port.through(Faults(seed=3, flip=0.004, split=True).around)
        for _ in range(6):
            assert (await bench.next()).fields["epc"] == SGTIN


async def test_unplugged_and_replugged(tmp_path):
    async with Bench(tmp_path, boot=True) as bench:
        await bench.next()
        bench.emulator.unplug()
        await bench.until(lambda: bench.driver.health.state is State.MISSING)
        bench.emulator.plug()
        assert (await bench.next()).fields["epc"] == SGTIN


async def test_another_device_on_the_port_is_named(tmp_path):
    route = [{"at": 0, "lat": 48.1, "lon": 11.5}]

    def receiver(path):
        return GnssReceiver(link=path, baudrate=115200, route=route, rate=20.0)

    async with Bench(tmp_path, emulator=receiver) as bench:
        await bench.until(lambda: bench.driver.health.state is State.WRONG_DEVICE)
        assert "not a ThingMagic module" in bench.driver.health.detail


async def test_read_once_with_and_without_a_tag(tmp_path):
    async with Bench(tmp_path) as bench:
        assert (await bench.driver.read_once()).fields["epc"] == SGTIN
    async with Bench(tmp_path, tags=[]) as bench:
        assert (await bench.driver.read_once()).quality is Quality.NO_ANSWER
