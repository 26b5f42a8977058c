"""A warehouse's Zigbee network under load, from the air to the journal of a whole gateway.

`python -m tests.scenarios.zigbee_load` lets a coordinator, four routers and 40 sensors do what they
do in ten minutes, in some seconds, for each type of stick: 2,400 reports, each of which must be one
record. Then a new stick takes the network over from the book, is pulled, and hangs.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.drivers.zigbee.conftest import PYTHON, ROOT
from tests.drivers.zigbee.gateway import Gateway

ROUTERS = [f"00158d00000000{n:02x}" for n in range(0xA0, 0xA4)]
SENSORS = [f"00158d00000000{n:02x}" for n in range(40)]
TABLES = [
    *({"ieee": each, "router": True, "measures": ["switch"]} for each in ROUTERS),
    *({"ieee": each, "measures": ["temperature"], "every": 3600.0} for each in SENSORS),
]
DEVICES = [(f"sensor-{n:02}", each, "interval = 300.0") for n, each in enumerate(SENSORS)]
REPORTS = 60  # of each sensor: ten minutes, at one in 10 s

MOST_MEMORY = 75.0  # MB, of the process with 45 nodes
FORM_WITHIN = {"znp": 3.0, "ezsp": 8.0}  # s
START_WITHIN = {"znp": 1.5, "ezsp": 8.0}  # s, from the first byte to the stick
BACK_WITHIN, FROZEN_WITHIN = 10.0, 50.0  # s

BARE = """
[gateway]
name = "bare"
state_dir = "state"
control = "control.sock"
"""

IDENTITIES = {"znp": "00124b0000000077", "ezsp": "000b57fffe000077"}  # of the second stick


class Report:
    """Says figures, and remembers what is beyond its bound."""

    def __init__(self, type_):
        self._type = type_
        self.failed = False

    def says(self, what, *, holds):
        print(f"{self._type}: {what}{'' if holds else '   <-- not as promised'}", flush=True)
        self.failed |= not holds

    def within(self, what, seconds, most):
        self.says(f"{what} {seconds:.2f} s (at most {most:g})", holds=seconds <= most)


def resident(pid):
    """The process's resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return kib * 1024 / 1_000_000


async def starts(gateway):
    """The moments at which the network was started, by the machine's monotonic clock."""
    records = await gateway.records("zigbee-radio")
    return [each["monotonic_ms"] / 1000 for each in records if each["state"] == "running"]


async def until_started(gateway, count):
    """Wait for so many starts; return the moment of the last."""
    while len(moments := await starts(gateway)) < count:
        await asyncio.sleep(0.2)
    return moments[-1]


async def first_command(stick):
    """When the stick heard the first of a host."""
    while not stick.counts:
        await asyncio.sleep(0.005)
    return time.monotonic()


async def beside_an_agent_without(gateway, report):
    """What Zigbee costs the agent: the memory of an agent that has no device, and of this one."""
    folder = gateway.folder / "bare"
    folder.mkdir()
    bare = Gateway(PYTHON, folder, [], [], gateway.type)
    bare.file.write_text(BARE)
    agent = await bare.start_agent()
    await bare.says("bare", "status")
    await gateway.says("radio-1", "status")
    without, with_it = resident(agent.pid), resident(gateway.agent.pid)
    agent.terminate()
    await agent.wait()
    report.says(
        f"memory of an agent that has just started: {without:.1f} MB without a device, "
        f"{with_it:.1f} MB with a radio and {len(DEVICES)} nodes",
        holds=True,
    )


async def formed(gateway, report):
    await gateway.says("tallyman zigbee form --yes", "devices")
    began = time.monotonic()
    await gateway.tallyman("zigbee", "form", "--yes")
    report.within("formed in", time.monotonic() - began, FORM_WITHIN[gateway.type])
    await gateway.says("radio-1: zigbee.radio\n  running", "devices")


async def all_join(gateway, report):
    await gateway.tallyman("zigbee", "permit", "--for", "3600")
    began = time.monotonic()
    nodes = gateway.stick.mesh.nodes
    for router in ROUTERS:
        assert gateway.stick.join(nodes[router], "")
        await asyncio.sleep(0.3)
    await gateway.tallyman("zigbee", "permit", "--for", "3600")  # the routers were not there yet
    for index, sensor in enumerate(SENSORS):
        assert gateway.stick.join(nodes[sensor], ROUTERS[index % 4])
        await asyncio.sleep(0.3)
    while not all(nodes[each].reporting for each in SENSORS):
        await asyncio.sleep(0.1)
    await gateway.tallyman("zigbee", "close")
    seconds = time.monotonic() - began
    report.says(f"45 nodes with the coordinator, joined and set up in {seconds:.1f} s", holds=True)


async def values(gateway):
    """How often each value of each sensor is in the journal."""
    records = await gateway.records("temperature")
    return Counter(
        (each["device"], each["temperature"]) for each in records if each["quality"] == "ok"
    )


async def reported(gateway, report, wait):
    sent = Counter()
    began = time.monotonic()
    for number in range(REPORTS):
        for index, sensor in enumerate(SENSORS):
            value = round(number / 10 + index / 100, 2)
            gateway.stick.tell("set", sensor, "temperature", str(value))
            sent[f"sensor-{index:02}", value] += 1
            await asyncio.sleep(wait)
    seconds = time.monotonic() - began
    deadline = time.monotonic() + 30
    while (kept := await values(gateway)) != sent and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    lost, twice = sent - kept, kept - sent
    report.says(
        f"{sum(sent.values())} reports in {seconds:.1f} s ({600 / seconds:.0f} times as fast): "
        f"{len(sent) - len(lost)} recorded once, {sum(twice.values())} twice, "
        f"{sum(lost.values())} lost",
        holds=kept == sent,
    )
    memory = resident(gateway.zigbee.pid)
    told = f"{memory:.1f} MB with 45 nodes (at most {MOST_MEMORY:g})"
    report.says(f"memory of the process {told}", holds=memory <= MOST_MEMORY)
    report.says(f"memory of the agent {resident(gateway.agent.pid):.1f} MB", holds=True)


async def started_again(gateway, report):
    """A start of the process with a formed stick, from its first byte on."""
    gateway.zigbee.terminate()
    await gateway.zigbee.wait()
    gateway.stick.counts.clear()
    before = len(await starts(gateway))
    await gateway.start_zigbee()
    began = await first_command(gateway.stick)
    ended = await until_started(gateway, before + 1)
    report.within("formed start in", ended - began, START_WITHIN[gateway.type])


async def replaced(gateway, report):
    """A new stick from the book: every node is heard again, and none joins."""
    counters = {name: node.counter for name, node in gateway.stick.mesh.nodes.items()}
    joined = len(await gateway.records("zigbee-node"))
    ieee = bytes.fromhex(IDENTITIES[gateway.type])
    await gateway.swap("second", ieee=ieee)
    await gateway.says("no network on the stick, but one in the book", "devices")
    burn = ["--burn"] if gateway.type == "ezsp" else []
    began = time.monotonic()
    before = len(await starts(gateway))
    await gateway.tallyman("zigbee", "restore", "--yes", *burn)
    await until_started(gateway, before + 1)
    for index, sensor in enumerate(SENSORS):
        gateway.stick.tell("set", sensor, "temperature", str(-20 - index / 100))
        await asyncio.sleep(0.01)
    wanted = {(f"sensor-{n:02}", round(-20 - n / 100, 2)) for n in range(len(SENSORS))}
    deadline = time.monotonic() + 30
    while not wanted <= set(await values(gateway)) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    tree = await gateway.tallyman("zigbee", "map")  # a frame to each router
    heard = wanted <= set(await values(gateway)) and "does not answer" not in tree
    again = (await gateway.records("zigbee-node"))[joined:]
    rejoined = [each for each in again if each["state"] in {"joined", "rejoined"}]
    higher = all(gateway.stick.mesh.nodes[each].counter > counters[each] + 9000 for each in ROUTERS)
    report.says(
        f"a new stick from the book: all nodes heard again after {time.monotonic() - began:.1f} s, "
        f"{len(rejoined)} joined anew, counters {'' if higher else 'NOT '}above the last",
        holds=heard and higher and not rejoined,
    )


async def pulled_and_hung(gateway, report, away):
    before = len(await starts(gateway))
    gateway.stick.unplug()
    await gateway.says("there is no stick at", "devices")
    await asyncio.sleep(away)
    gateway.stick.plug()  # the link leads to another pty
    began = time.monotonic()
    ended = await until_started(gateway, before + 1)
    what = f"pulled, and back under another name after {away:g} s: runs after"
    report.within(what, ended - began, BACK_WITHIN)
    gateway.stick.frozen = True
    began = time.monotonic()
    while "says nothing any more" not in await gateway.tallyman("devices"):
        await asyncio.sleep(0.5)
        if time.monotonic() - began > 2 * FROZEN_WITHIN:
            break
    report.within("hung: told after", time.monotonic() - began, FROZEN_WITHIN)


async def run(type_, wait, away):
    report = Report(type_)
    with tempfile.TemporaryDirectory() as folder:
        async with Gateway(PYTHON, Path(folder), TABLES, DEVICES, type_) as gateway:
            await beside_an_agent_without(gateway, report)
            await formed(gateway, report)
            await all_join(gateway, report)
            await reported(gateway, report, wait)
            await started_again(gateway, report)
            await replaced(gateway, report)
            await pulled_and_hung(gateway, report, away)
    return report.failed


def main():
    parser = argparse.ArgumentParser(prog="tests.scenarios.zigbee_load", description=__doc__)
    parser.add_argument("--type", choices=FORM_WITHIN, help="one type of stick (default: each)")
    parser.add_argument("--wait", type=float, default=0.004, help="s between two reports")
    parser.add_argument("--away", type=float, default=1.0, help="s that the stick is pulled")
    args = parser.parse_args()
    subprocess.run(["make", "zigbee"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    types = [args.type] if args.type else list(FORM_WITHIN)
    failed = [each for each in types if asyncio.run(run(each, args.wait, args.away))]
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
