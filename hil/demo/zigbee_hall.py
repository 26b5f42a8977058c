"""The warehouse's Zigbee network, where zigpy is set up: formed, joined, and one router dies."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.demo.table import Screen
from hil.rig.rig import RADIO
from hil.site.gateway import Gateway
from hil.site.processes import Processes, ProcessFailed

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "build/zigbee/bin/python"
PROCESS = "zigbee"
WITHIN = 30.0  # s for what takes three on a free machine

DOOR_PLUG, HALL_PLUG = "00158d0000000001", "00158d0000000002"
JOINS = (  # node, and the router through which it comes
    (DOOR_PLUG, "coordinator"),
    (HALL_PLUG, "coordinator"),
    ("00158d0000000011", DOOR_PLUG),
    ("00158d0000000012", HALL_PLUG),
    ("00158d0000000013", HALL_PLUG),
    ("00158d0000000014", DOOR_PLUG),
)
ORPHAN, SHELF = "cold-store", "00158d0000000014"
ON_THE_SHELF = " ".join(f"3074257BF7194E40000002{n:02X}" for n in range(12))


def is_set_up() -> bool:
    """Whether this machine has zigpy, in its environment of its own."""
    return PYTHON.exists()


@dataclass(slots=True)
class ZigbeeHall:
    """The network of a gateway that runs; `tell_rig` gives the rig a command."""

    folder: Path
    processes: Processes
    gateway: Gateway
    screen: Screen
    tell_rig: Callable[[str], None]

    def bring_up(self) -> None:
        """Start the process, form the network, and let every node join."""
        argv = [str(PYTHON), "-m", "drivers.zigbee.host.main", "--config", str(self.gateway.config)]
        state = ["--state", str(self.folder / PROCESS)]
        self.processes.start(PROCESS, argv + state, {"PYTHONPATH": str(ROOT)})
        self._await(lambda each: each["kind"] == RADIO and each["state"] == "wrong-device")
        formed = self.gateway.tallyman("zigbee", "form", "--yes").splitlines()[0]
        self.screen.say(f"-> Zigbee: {formed}")
        self._await(lambda each: each["kind"] == RADIO and each["state"] == "running")
        self.gateway.tallyman("zigbee", "permit", "--for", "60")
        for node, router in JOINS:
            self.tell_rig(f"tell radio-1 join {node} via={router}")
            self._await_joined(node)
        self.gateway.tallyman("zigbee", "close")
        self.screen.say("-> two routers and four nodes have joined; joining is closed again")

    def _await_joined(self, node: str) -> None:
        deadline = time.monotonic() + WITHIN
        while node not in self.gateway.tallyman("zigbee", "list", "--json"):
            if time.monotonic() > deadline:
                raise ProcessFailed(f"node {node} did not join within {WITHIN:g} s")
            time.sleep(0.1)

    def fill_shelf(self) -> None:
        """Let the shelf's node send what lies there."""
        self.tell_rig(f"tell radio-1 shelf {SHELF} {ON_THE_SHELF}")
        self.screen.say("-> a shelf's node sends the EPCs of 12 items, five a frame")

    def lose_router(self) -> None:
        """Let a router die, and show whom that silences."""
        self.tell_rig(f"tell radio-1 kill {HALL_PLUG}")
        self.screen.say(f"-> the router {HALL_PLUG} loses its power; one child moves, one stays")
        silent = self._await(
            lambda each: each["name"] == ORPHAN and "does not answer, either" in each["detail"]
        )
        self.screen.say(f"   {ORPHAN}: {silent['state']}\n   next: {silent['advice']}")

    def _await(self, found: Callable[[Any], bool]) -> Any:
        """Return the status of the device that is as it should be, as soon as there is one."""
        deadline = time.monotonic() + WITHIN
        while True:
            self.processes.check()
            devices = self.gateway.status()["devices"]
            for each in filter(found, devices):
                return each
            if time.monotonic() > deadline:
                raise ProcessFailed(f"the Zigbee network did not come up: {devices}")
            time.sleep(0.2)
