"""A bench for cards: parts with cables to a machine's USB ports, and a consortium beside it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from hil.boot.card import Card
from hil.boot.machine import HOST, I2C, Machine
from hil.boot.tools import tool
from hil.boot.usb_cable import UsbCable
from hil.site.consortium import Consortium
from hil.site.processes import Processes

ROOT = Path(__file__).parents[2]
RIG = ROOT / "hil/rigs/card.toml"
PROFILE, ROLES = (Path(__file__).with_name(name) for name in ("card.toml", "card.roles"))
SERIALS = ("gnss", "uhf")
ADAPTER = "adapter"


@dataclass(slots=True)
class CardBench:
    """Everything of it lies in `folder`."""

    folder: Path
    processes: Processes
    consortium: Consortium
    cables: dict[str, UsbCable] = field(default_factory=dict)

    @classmethod
    def set_up(cls, folder: Path, processes: Processes) -> CardBench:
        """Start the consortium and the parts."""
        consortium = Consortium(folder / "ledger", processes, seen_as=HOST)
        consortium.found()
        consortium.start()
        bench = cls(folder, processes, consortium)
        up = [sys.executable, "-m", "hil", "up", str(RIG), "--dir", str(bench.rig)]
        processes.start("rig", up)
        processes.await_path(bench.rig / "env")
        return bench

    @property
    def rig(self) -> Path:
        """Where the parts' ptys and sockets are."""
        return self.folder / "rig"

    def connect(self, machine: Machine) -> None:
        """Plug every part's cable in; the machine must have its ports."""
        for name in SERIALS:
            self.cables[name] = UsbCable(self.rig / name, machine.path(name))
            self.cables[name].plug()
        argv = [sys.executable, "-m", "hil.emulators.bus.i2c_tiny_usb"]
        self.processes.start(ADAPTER, [*argv, str(machine.path(I2C)), str(self.rig / I2C)])

    def pull(self) -> None:
        """Pull every cable; nothing happens to one that is not plugged in."""
        for cable in self.cables.values():
            cable.pull()
        self.cables.clear()
        if ADAPTER in self.processes.running:
            self.processes.stop(ADAPTER)


def build_card(out: Path, arch: str) -> Card:
    """Build packages and card with the bench's own profile; only from a base that is cached."""
    scripts = ROOT / "provisioning"
    tool(str(scripts / "build-deb"), "--arch", arch, "--out", str(out))
    tool(
        str(scripts / "build-image"), "--arch", arch,
        "--profile", str(PROFILE), "--roles", str(ROLES),
        "--packages", str(out), "--out", str(out / "card.img"), "--only-cached",
    )  # fmt: skip
    return Card(out / "card.img")
