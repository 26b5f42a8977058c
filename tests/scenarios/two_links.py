"""A whole gateway with two links to a whole node, between network namespaces, at a gateway's pace.

`unshare -rn python -m tests.scenarios.two_links` (six minutes) pulls the cable, plugs it in, has its
far side swallow everything, and reboots the node. It prints when data flows again, and holds the
node's store against what was acknowledged: nothing lost, each statement once.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hil.site import ports
from hil.site.consortium import Consortium
from hil.site.gateway import Gateway, tables
from hil.site.processes import Processes
from tests.scenarios.outage import DEVICES, ROOT, Field, check

NODE = "10.77.0.1"
LINKS = {"cable": 1, "radio": 2}
RATE = 20  # readings a second
LEFT_S, LEFT_METERED_S, BACK_S = 60.0, 90.0, 240.0  # bounds: ways.HOLD is 120 s, and then a probe
SETTLED_S = 10.0


def ip(*words: str) -> None:
    """Run ip(8) here, where the node is."""
    subprocess.run(["ip", *words], check=True)


class Truck:
    """The other namespace, in which the agent runs, and its links to here."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(["unshare", "-n", "sleep", "3600"])
        time.sleep(0.5)  # until it has a namespace of its own
        ip("link", "set", "lo", "up")
        ip("addr", "add", f"{NODE}/32", "dev", "lo")
        # Only who has an address answers for it, as routers do: without a route nothing arrives.
        Path("/proc/sys/net/ipv4/conf/all/arp_ignore").write_text("1")
        for name, number in LINKS.items():
            ip("link", "add", f"far-{name}", "type", "veth", "peer", "name", name)
            ip("link", "set", name, "netns", str(self.process.pid))
            ip("addr", "add", f"10.77.{number}.1/24", "dev", f"far-{name}")
            ip("link", "set", f"far-{name}", "up")
            self.ip("addr", "add", f"10.77.{number}.2/24", "dev", name)
            self.up(name)
        self.ip("link", "set", "lo", "up")

    def inside(self, *words: str) -> list[str]:
        """Return a command that runs there."""
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net", *words]

    def ip(self, *words: str) -> None:
        """Run ip(8) there."""
        subprocess.run(self.inside("ip", *words), check=True)

    def up(self, name: str) -> None:
        """Plug a link in."""
        number = LINKS[name]
        self.ip("link", "set", name, "up")
        via = ("via", f"10.77.{number}.1", "dev", name, "metric", str(100 * number))
        self.ip("route", "replace", "default", *via)

    def down(self, name: str) -> None:
        """Pull a link."""
        self.ip("link", "set", name, "down")

    def silence(self, name: str, verb: str) -> None:
        """Have the far side of a link swallow everything (`add`), or no more (`del`)."""
        ip("route", verb, "blackhole", f"10.77.{LINKS[name]}.2/32")


@contextmanager
def field(folder: Path) -> Iterator[tuple[Field, Truck]]:
    """Set node, links and agent up."""
    for name in ("log", "acknowledged"):
        (folder / name).mkdir()
    truck = Truck()
    ports.HERE = NODE
    try:
        with Processes(folder / "log") as processes:
            consortium = Consortium(folder / "ledger", processes, ("one",), quorum=1)
            consortium.found()
            consortium.start()
            gateway = Gateway(
                folder / "gw", processes, seal_records=64, seal_seconds=2,
                interfaces="cable, radio:metered",
            )  # fmt: skip
            gateway.enrol(consortium, [])
            kept = str(folder / "acknowledged")
            devices = [
                {"name": name, "kind": "test.counter", "rate": RATE / 2, "folder": kept}
                for name in DEVICES
            ]
            gateway.config.write_text(gateway.config.read_text() + tables(devices))
            agent = truck.inside(sys.executable, "-m", "tests.scenarios.counting_agent")
            processes.start(gateway.name, [*agent, str(gateway.config)], {"PYTHONPATH": str(ROOT)})
            processes.await_path(gateway.control)
            yield Field(folder, processes, consortium, gateway, None), truck
    finally:
        truck.process.kill()
        truck.process.wait()


def entries(world: Field) -> int:
    """Return how many statements the node has."""
    ((count,),) = world.query("SELECT count(*) FROM entries")
    return int(str(count))


def until(what: str, within: float, condition: Callable[[], bool]) -> float:
    """Return the seconds until `condition` holds; AssertionError where it takes too long."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, f"{what}: not within {within:g} s"
        time.sleep(0.2)
    return time.monotonic() - began


def used(world: Field) -> str:
    """Return the way in use."""
    return next(str(way["interface"]) for way in world.gateway.status()["ways"] if way["used"])


def flows(world: Field, through: str, within: float, what: str) -> None:
    """Print when data flows through a link."""
    before = entries(world)
    moved = until(f"{what}: {through} in use", within, lambda: used(world) == through)
    until(f"{what}: data", within, lambda: entries(world) > before + 1)
    print(f"{what}: {through} in use after {moved:.0f} s, and data flows", flush=True)


def run(folder: Path) -> None:
    """Do all of it."""
    with field(folder) as (world, truck):
        until("data at first", 60.0, lambda: entries(world) > 2 and used(world) == "cable")
        time.sleep(SETTLED_S)
        truck.down("cable")
        flows(world, "radio", LEFT_S, "cable pulled")
        truck.up("cable")
        flows(world, "cable", BACK_S, "cable plugged in")
        truck.silence("cable", "add")
        flows(world, "radio", LEFT_S, "silent with carrier")
        world.processes.kill("one")
        world.consortium.start_node("one")
        flows(world, "radio", LEFT_METERED_S, "node rebooted")
        for way in world.gateway.status()["ways"]:
            print(f"  {way['interface']}: {way['trouble'] or 'well'}")
        world.stop_reading()
        world.delivered()
        check(world, runs=1)
        print(f"{entries(world)} statements at the node, each once; no reading lost")
        print(world.gateway.tallyman("uplink"))


def main() -> int:
    """Run it in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
