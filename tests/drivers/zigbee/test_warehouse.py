"""A warehouse: one coordinator, four routers and forty sensors, whose reports each count once."""

import asyncio
from pathlib import Path

from drivers.driver import State
from drivers.reading import Quality
from tests.drivers.zigbee.conftest import until

ROUTERS = [f"00158d00000000{n:02x}" for n in range(0xA0, 0xA4)]
SENSORS = [f"00158d00000000{n:02x}" for n in range(40)]
REPORTS = 20  # of each sensor, 100 times as fast as a warehouse's
MOST_MEMORY = 75_000_000 // 1024  # KiB

TABLES = [
    *({"ieee": each, "router": True, "measures": ["switch"]} for each in ROUTERS),
    *({"ieee": each, "measures": ["temperature"], "every": 3600.0} for each in SENSORS),
]


def resident(pid):
    """The process's resident memory in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


async def settled(network):
    """A warehouse that has joined."""
    nodes = {each: network.follow(each, interval=3600.0) for each in SENSORS}
    await network.form()
    await network.order("permit", seconds=120)
    for router in ROUTERS:
        assert network.stick.join(network.node(router), "")
        await asyncio.sleep(0.1)
    for index, sensor in enumerate(SENSORS):
        assert network.stick.join(network.node(sensor), ROUTERS[index % 4])
        await asyncio.sleep(0.1)
    joined = "zigbee-node"
    await until(
        lambda: all(each.said(joined, state="joined") for each in nodes.values()),
        lambda: [name for name, each in nodes.items() if not each.said(joined, state="joined")],
    )
    await until(lambda: all(network.node(each).reporting for each in SENSORS), "their reporting")
    await network.order("close")
    return nodes


async def test_every_report_is_recorded_once_and_a_new_stick_takes_over_all(site):
    async with site(nodes=TABLES) as network:
        nodes = await settled(network)
        for number in range(REPORTS):
            for index, sensor in enumerate(SENSORS):
                value = number + index / 100
                network.stick.story.tell(f"0 set {sensor} temperature {value}")
                await asyncio.sleep(0.002)
        for index, sensor in enumerate(SENSORS):
            heard = nodes[sensor]
            await until(
                lambda heard=heard: len(heard.said("temperature")) >= REPORTS, "its reports"
            )
            values = [each.fields["temperature"] for each in heard.said("temperature")]
            assert values == [round(number + index / 100, 2) for number in range(REPORTS)]
            assert all(each.quality is Quality.OK for each in heard.said("temperature"))
        assert resident(network.process.pid) < MOST_MEMORY
        print("RSS", resident(network.process.pid))
        counters = {name: node.counter for name, node in network.stick.mesh.nodes.items()}
        await network.stop_process()  # so that the book is of an hour ago at most
        runs = network.runs()
        await network.start_process()
        await until(lambda: network.runs() > runs, "its start")
        await network.swap(nvram=network.folder / "new", ieee=bytes.fromhex("00124b0000000077"))
        await network.radio.is_(State.WRONG_DEVICE, "no network on the stick")
        await network.order("restore", yes=True)
        await network.radio.is_(State.RUNNING)
        for index, sensor in enumerate(SENSORS):
            network.stick.story.tell(f"0 set {sensor} temperature {50 + index / 100}")
            await nodes[sensor].says("temperature", temperature=round(50 + index / 100, 2))
        tree = await network.order("map")
        assert len(tree) == 5
        assert all(not row["silent"] for row in tree)
        assert all(network.node(name).counter > counters[name] + 9000 for name in ROUTERS)
