import asyncio
import json
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.config.settings import parse
from drivers import catalog
from hil.__main__ import main
from hil.emulators.catalog import make
from hil.emulators.chips.catalog import CHIPS
from hil.rig.rig import RigError, load_rig
from hil.rig.running import RunningRig
from hil.rig.up import commands
from hil.site.gateway import tables
from hil.site.ports import free_ports
from tests.hil.conftest import driver_of

ROOT = Path(__file__).parents[3]
TRUCK = ROOT / "hil" / "rigs" / "truck.toml"
WAREHOUSE = ROOT / "hil" / "rigs" / "warehouse.toml"
PATIENCE = 60.0  # s

SMALL = """
[[device]]
name = "bus"
kind = "i2c.bus"
path = "/dev/i2c-9"

[[device.chips]]
name = "cargo"
kind = "sht3x"
address = 0x44
driver = { interval = 0.5 }

[[device.chips]]
name = "pallet"
kind = "adxl375"
address = 0x53
"""


@pytest.fixture
def rig_file(tmp_path):
    def write(text):
        path = tmp_path / "small.toml"
        path.write_text(text)
        return path

    return write


def test_the_trucks_devices_are_ones_that_the_drivers_know(tmp_path):
    devices = load_rig(TRUCK).devices(tmp_path)
    assert [(device["name"], device["kind"]) for device in devices] == [
        ("position", "gnss.nmea"),
        ("modem", "modem.at"),
        ("load", "rfid.m100"),
        ("cargo", "sensors.sht3x"),
        ("pallet", "sensors.adxl375"),
    ]
    for device in devices:
        common = {"name", "kind", "read_point", "profile"}
        options = {k: device[k] for k in device if k not in common}
        assert catalog.check_options(device["kind"], options)


def test_the_warehouse_is_a_configuration_that_the_agent_takes(tmp_path):
    rig = load_rig(WAREHOUSE)
    text = tables(rig.devices(tmp_path)) + "\n" + tables(rig.read_points, "read_point")
    config = parse(text.encode(), tmp_path / "t.toml", catalog, lambda: "host")
    assert [point.name for point in config.read_points] == [
        "door 2",
        "door 3",
        "shelf A",
        "shelf B",
    ]
    door = config.read_points[0]
    assert set(door.beams) == {"door-2:1", "door-2:2"}
    assert door.sides[("door-2", 3)] == "inner"


async def test_groups_of_tags_come_and_go_by_command(tmp_path):
    text = WAREHOUSE.read_text().replace(":15084", ":0").replace(":15085", ":0")
    path = tmp_path / "warehouse.toml"
    path.write_text(text.replace(":15086", ":0"))
    running = RunningRig(load_rig(path), tmp_path, print)
    door = running._parts["door-2"]._inventory.field
    everywhere = frozenset(range(1, 5))
    assert list(door.rounds(100, 0.0, everywhere)) == []
    assert running.command("bring door-2 pallet 1 2") == "ok"
    heard = list(door.rounds(200, 0.0, everywhere))
    assert {one.antenna for one in heard} == {1, 2}
    assert len({one.tag.epc for one in heard}) == 6
    assert running.command("take door-2 pallet") == "ok"
    assert list(door.rounds(100, 0.0, everywhere)) == []
    assert running.command("scan scanner 4012345678901") == "ok"
    for line in (
        "bring door-2 nobody 1",
        "bring door-2 pallet x",
        "bring scanner pallet 1",
        "take",
    ):
        assert running.command(line).startswith("error: "), line


def test_the_trucks_tags_are_items_of_one_company():
    (load,) = [table for table in load_rig(TRUCK).tables if table["name"] == "load"]
    for tag in load["tags"]:
        epc = int(tag["epc"], 16)
        header, partition, company = epc >> 88, epc >> 82 & 0b111, epc >> 58 & 0xFFFFFF
        assert (header, partition, company) == (0x30, 5, 614141)


ONE_CHIP = """
[[device]]
name = "bus"
kind = "i2c.bus"
path = "/dev/i2c-9"

[[device.chips]]
name = "one"
kind = "{kind}"
{settings}
"""
WEATHER = "low = 4.3125\nhigh = 4.3125"
MEASURED = {
    "lm75": 4.5,
    "lm75b": 4.25,
    "tmp102": 4.3125,
    "tmp105": 4.3125,
    "sht3x": pytest.approx(4.3125, abs=0.002),
}
"""Of air of 4.3125 °C: steps of 0.5 °C, 0.125, 0.0625 twice, and 175/65535."""


@pytest.mark.parametrize("kind", CHIPS)
async def test_every_chip_of_the_table_is_read_through_a_rig_by_its_driver(
    shim, rig_file, tmp_path, kind
):
    settings = WEATHER if kind in MEASURED else ""
    rig = load_rig(rig_file(ONE_CHIP.format(kind=kind, settings=settings)))
    (device,) = rig.devices(tmp_path)
    config = parse(tables([device]).encode(), tmp_path / "t.toml", catalog, lambda: "host")
    assert [one.name for one in config.devices] == ["one"]
    rig_up = asyncio.ensure_future(RunningRig(rig, tmp_path, print).run(lambda: None))
    async with driver_of(device, rig.environment(tmp_path)) as output:
        if kind in MEASURED:
            found = await output.until(kind="temperature", quality="ok")
            assert found["temperature"] == MEASURED[kind]
        else:
            await output.until(state="running")
    rig_up.cancel()
    await asyncio.wait([rig_up])


def test_a_chip_of_no_table_is_refused_with_the_rigs_file(rig_file):
    with pytest.raises(RigError, match=r"small\.toml: no chip 'bme999', only .*sht3x"):
        load_rig(rig_file(ONE_CHIP.format(kind="bme999", settings="")))


def test_environment_names_each_bus(rig_file, tmp_path):
    rig = load_rig(rig_file(SMALL))
    environment = rig.environment(tmp_path)
    assert environment["LD_PRELOAD"].endswith("build/i2c_shim.so")
    assert environment["TALLYMAN_SHIM_SOCKETS"] == f"/dev/i2c-9={tmp_path}/bus"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "needs devices"),
        ("[[device]]\nname = 'a'\n", "lacks 'kind'"),
        (SMALL + "\n[[device]]\nname = 'cargo'\nkind = 'gnss.nmea'\n", "a name of its own"),
        (SMALL + "\n[[event]]\nwhen = 3\n", "when"),
        ("[[device]\n", "small.toml"),
    ],
)
def test_a_wrong_rig_is_refused_by_its_file(rig_file, text, complaint):
    with pytest.raises(RigError, match=complaint):
        load_rig(rig_file(text))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[device]]\nname = 'a'\nkind = 'toaster'\n", "toaster"),
        ("[[device]]\nname = 'a'\nkind = 'gnss.nmea'\n", "capture or a route"),
        (SMALL + "melt = 3\n", "melt"),
        (SMALL.replace("0x53", "0x44"), "two chips at 0x44"),
        (SMALL + "\n[[event]]\nat = 1\ncommand = 'shock nobody 3 4'\n", "no nobody"),
        (SMALL + "\n[[event]]\nat = 1\ncommand = 'explode cargo'\n", "explode"),
    ],
)
def test_a_rig_that_cannot_be_built_is_refused(rig_file, tmp_path, text, complaint):
    with pytest.raises(RigError, match=complaint):
        RunningRig(load_rig(rig_file(text)), tmp_path, print)


async def test_a_path_too_long_for_a_socket_is_refused(rig_file, tmp_path):
    with pytest.raises(RigError, match="too long"):
        RunningRig(load_rig(rig_file(SMALL)), tmp_path / ("x" * 100), print)


async def test_commands(rig_file, tmp_path):
    running = RunningRig(load_rig(rig_file(SMALL)), tmp_path, print)
    assert running.command("list") == "ok bus=i2c.bus cargo=sht3x pallet=adxl375"
    for line in ("unplug cargo", "plug cargo", "fault cargo crc", "shock pallet 50 11 x"):
        assert running.command(line) == "ok"
    for line in (
        "",
        "dance",
        "unplug",
        "unplug nobody",
        "unplug cargo now",
        "fault cargo melt",
        "shock cargo 50 11",
        "shock pallet",
        "shock pallet hard 11",
        "shock pallet 50 11 w",
    ):
        assert running.command(line).startswith("error: "), line


class Up:
    """`python -m hil up` as a process, and its control socket."""

    def __init__(self, process, folder):
        self.process = process
        self.folder = folder

    async def ask(self, line):
        reader, writer = await asyncio.open_unix_connection(self.folder / "control.sock")
        writer.write(f"{line}\n".encode())
        answer = (await reader.readline()).decode().strip()
        writer.close()
        await writer.wait_closed()
        return answer


@pytest.fixture
async def up(shim, tmp_path):
    started = []

    async def start(rig):
        folder = tmp_path / "up"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hil", "up", str(rig), "--dir", str(folder),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        async with asyncio.timeout(PATIENCE):
            while not (folder / "env").exists():
                assert process.returncode is None, (await process.stderr.read()).decode()
                await asyncio.sleep(0.05)
        return Up(process, folder)

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_up_makes_paths_and_takes_them_away(up, number):
    truck = await up(TRUCK)
    assert {path.name for path in truck.folder.iterdir()} == {
        "position", "modem", "load", "bus", "control.sock", "tallyman.toml", "env",
    }  # fmt: skip
    assert (await truck.ask("list")).startswith(
        "ok position=gnss.nmea modem=modem.at load=rfid.m100 bus="
    )
    assert await truck.ask("unplug position") == "ok"
    assert not (truck.folder / "position").exists()
    assert await truck.ask("plug position") == "ok"
    assert (truck.folder / "position").exists()
    truck.process.send_signal(number)
    async with asyncio.timeout(PATIENCE):
        out, err = await truck.process.communicate()
    assert (truck.process.returncode, err.decode()) == (0, "")
    lines = [line.split() for line in out.decode().splitlines()]
    assert ["cargo", "sht3x", "/dev/i2c-9", "0x44"] in lines
    assert ["load", "rfid.m100", str(truck.folder / "load")] in lines
    assert list(truck.folder.iterdir()) == []


async def test_an_agents_process_reads_the_rig_through_its_env_file(up):
    """A shell reads `env`, as an operator would; control and script reach the same chips."""
    truck = await up(TRUCK)
    script = f". {truck.folder}/env && exec {sys.executable} tests/hil/driver_process.py"
    options = json.dumps({"bus": "/dev/i2c-9", "interval": 0.5})
    reader = await asyncio.create_subprocess_exec(
        "sh", "-c", f"{script} sensors.sht3x '{options}'",
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip

    async def until(**wanted):
        async with asyncio.timeout(PATIENCE):
            async for line in reader.stdout:
                found = json.loads(line)
                if wanted.items() <= found.items():
                    return found
        raise AssertionError("the process ended")

    try:
        first = await until(kind="temperature", quality="ok")
        assert 1.5 < first["temperature"] < 8.5
        assert await truck.ask("unplug cargo") == "ok"
        await until(quality="no-answer")
        assert await truck.ask("plug cargo") == "ok"
        await until(kind="temperature", quality="ok")
    finally:
        reader.terminate()
        await reader.wait()


async def test_a_rig_comes_with_an_agents_configuration_and_takes_commands(up, tmp_path, capsys):
    rig = tmp_path / "warehouse.toml"
    text = WAREHOUSE.read_text()
    for port, free in zip(("15084", "15085", "15086"), free_ports(3), strict=True):
        text = text.replace(port, str(free))
    rig.write_text(text)
    warehouse = await up(rig)
    config = warehouse.folder / "tallyman.toml"
    assert (warehouse.folder / "env").read_text() == f"export TALLYMAN_CONFIG={config}\n"
    found = parse(config.read_bytes(), config, catalog)
    assert [device.name for device in found.devices] == ["door-2", "door-3", "shelves", "scanner"]
    assert [p.name for p in found.read_points] == ["door 2", "door 3", "shelf A", "shelf B"]
    tell = ["tell", str(warehouse.folder)]
    assert await asyncio.to_thread(main, [*tell, "bring", "door-2", "pallet", "1", "2"]) == 0
    assert capsys.readouterr().out == "ok\n"
    assert await asyncio.to_thread(main, [*tell, "bring", "door-9", "pallet"]) == 2
    assert "there is no door-9" in capsys.readouterr().err
    warehouse.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        out, _ = await warehouse.process.communicate()
    assert f"python -m hil tell {warehouse.folder} bring door-2 pallet 1\n" in out.decode()
    assert await asyncio.to_thread(main, [*tell, "list"]) == 2
    assert "nothing listens at" in capsys.readouterr().err


async def test_events_happen_by_the_clock_and_are_told(up, rig_file):
    events = """
[[event]]
at = 0.2
command = "unplug cargo"

[[event]]
at = 0.4
every = 0.2
command = "shock pallet 30 18"
"""
    small = await up(rig_file(SMALL + events))
    async with asyncio.timeout(PATIENCE):
        out = [(await small.process.stdout.readline()).decode() for _ in range(6)]
    assert out[3:] == ["unplug cargo: ok\n", "shock pallet 30 18: ok\n", "shock pallet 30 18: ok\n"]


async def test_a_rig_that_cannot_start_says_why_and_exits_2(tmp_path):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hil", "up", str(tmp_path / "none.toml"), "--dir", str(tmp_path),
        cwd=ROOT, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await process.communicate()
    assert process.returncode == 2
    assert "none.toml" in err.decode()
    assert "Traceback" not in err.decode()


def test_a_chip_on_spi_is_found_under_its_bus(tmp_path):
    path = tmp_path / "desk.toml"
    path.write_text(
        '[[device]]\nname = "desk"\nkind = "rfid.mfrc522"\npath = "/dev/spidev0.0"\n'
        'cards = [{ uid = "DEADBEEF", kind = "classic1k" }]\ndriver = { gain_db = 33 }\n'
    )
    rig = load_rig(path)
    folder = tmp_path / "run"
    (device,) = rig.devices(folder)
    kind = "rfid.mfrc522"
    assert device == {"name": "desk", "kind": kind, "bus": "/dev/spidev0.0", "gain_db": 33}
    sockets = rig.environment(folder)["TALLYMAN_SHIM_SOCKETS"]
    assert sockets == f"/dev/spidev0.0={folder}/desk"
    (part,) = rig.parts(folder)
    assert part.place == "/dev/spidev0.0"
    board = make(kind, rig.settings(rig.tables[0], folder))
    assert board.where == str(folder / "desk")


def test_a_reader_with_a_number_of_tags_needs_no_command():
    table = {"name": "door-2", "kind": "rfid.llrp", "tags": 40}
    assert list(commands(SimpleNamespace(tables=[table]))) == []
