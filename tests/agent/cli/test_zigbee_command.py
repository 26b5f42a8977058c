"""`tallyman zigbee`: the command, the agent's socket, the driver and an emulated process."""

import asyncio
import contextlib
import json

import pytest

from agent.cli.main import main
from agent.config.devices import Device
from agent.desks.control import ControlServer
from agent.desks.zigbee import ZigbeeDesk
from agent.intake.collector import Collector
from agent.intake.health_board import HealthBoard
from drivers import catalog
from drivers.driver import Host
from hil.emulators.catalog import make

CONFIG = """\
[gateway]
name = "bench"
state_dir = "{folder}"
control = "{folder}/c.sock"
"""


@contextlib.asynccontextmanager
async def bench(folder, capsys, names=("radio-1",)):
    """What runs `tallyman zigbee …` on a gateway with these radios, and returns exit code and words."""
    emulator = make("zigbee.radio", {"link": folder / "socket"})
    host = Host()
    options = {"port": "/dev/ttyUSB0", "stack": str(folder / "socket"), "channel": 15}

    def collector(name):
        device = Device(name, "zigbee.radio", "", options, None)
        make_driver = lambda: catalog.build(device.kind, name, options, host)  # noqa: E731
        return Collector(device, make_driver, None, HealthBoard(), None, None, None)

    collectors = [collector(name) for name in names]
    server = ControlServer(folder / "c.sock", ZigbeeDesk(collectors).verbs())
    file = folder / "tallyman.toml"
    file.write_text(CONFIG.format(folder=folder))
    jobs = [emulator.run(), server.run(), *(_drain(each) for each in collectors)]
    tasks = [asyncio.ensure_future(job) for job in jobs]

    async def run(*words):
        code = await asyncio.to_thread(main, ["zigbee", *words, "--config", str(file)])
        said = capsys.readouterr()
        return code, said.out, said.err

    try:
        async with asyncio.timeout(60):
            while not (folder / "c.sock").exists() or any(
                each.health.state != "running" for each in collectors
            ):
                await asyncio.sleep(0.01)
        yield run
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _drain(collector):
    async with collector._driver as driver:
        async for _ in driver.readings():
            pass


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["permit"], "nodes may join for 120 s; each one is on record"),
        (["permit", "--for", "60", "--via", "hall"], "nodes may join for 60 s through hall"),
        (
            ["permit", "00158d0000000002", "--code", "83FED3407A939723A5C639B26916D505C3B5"],
            "00158d0000000002 may join for 120 s, by its install code\n  next: switch the node",
        ),
        (["close"], "no node may join any more"),
        (["check"], "the coordinator's table lacks 1 of 2 routers:\n  hall-plug\n  next: "),
        (["rename", "00158d0000000004", "hall plug"], "00158d0000000004 is called hall plug"),
        (["remove", "cold-1"], "cold-1 was told to leave, and is forgotten"),
        (["remove", "00158d0000000002"], "did not hear that it is to leave\n  next: reset it"),
        (
            ["restore", "--yes"],
            "the kept network is on the stick: PAN 78473bc403ec143f, channel 15",
        ),
    ],
)
async def test_what_is_done_is_said_in_a_sentence(tmp_path, capsys, words, said):
    async with bench(tmp_path, capsys) as run:
        code, out, err = await run(*words)
        assert (code, err) == (0, "")
        assert said in out


async def test_the_nodes_and_the_map_on_a_console(tmp_path, capsys):
    async with bench(tmp_path, capsys) as run:
        _, listed, _ = await run("list")
        assert (
            listed
            == """\
hall-plug: ACME PL-1, router under coordinator
  heard 3 s ago, LQI 200
  00158d0000000004
cold-1: ACME TH-1, node under hall-plug
  heard 12 s ago, LQI 180, battery 2.9 V
  00158d0000000001
00158d0000000002: unknown model, node
  not heard since the network was started
  next: no [[device]] names it, so its values are not kept
"""
        )
        _, tree, _ = await run("map")
        assert (
            tree
            == """\
coordinator
  child hall-plug, LQI 200
hall-plug
  does not answer
"""
        )
        _, out, _ = await run("list", "--json")
        assert [row["name"] for row in json.loads(out)][:2] == ["hall-plug", "cold-1"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["form"], 1, "not done: what is on the stick is lost"),
        (["rename", "cold-1"], 2, "rename takes 2 words more, not 1"),
        (["permit", "--code", "83FE"], 2, "say: tallyman zigbee permit NODE --code CODE"),
        (["permit", "cold-1"], 2, "permit takes no words more, not 1"),
        (["list", "cold-1"], 2, "list takes no words more, not 1"),
        (["remove"], 2, "remove takes 1 word more, not 0"),
        (["dance"], 2, "'dance' is none of permit"),
        (["list", "--radio", "radio-2"], 2, "there is no radio 'radio-2'"),
    ],
)
async def test_what_cannot_be_is_refused(tmp_path, capsys, words, code, said):
    async with bench(tmp_path, capsys) as run:
        found, out, err = await run(*words)
        assert (found, out) == (code, "")
        assert said in err


async def test_which_radio_must_be_said_where_there_are_several_and_one_where_there_is_none(
    tmp_path, capsys
):
    async with bench(tmp_path, capsys, ("radio-1", "radio-2")) as run:
        code, _, err = await run("close")
        assert code == 2
        assert "radio-1, radio-2" in err
        assert (await run("close", "--radio", "radio-2"))[0] == 0
    async with bench(tmp_path, capsys, ()) as run:
        code, _, err = await run("list")
        assert code == 2
        assert "no Zigbee radio is configured" in err
