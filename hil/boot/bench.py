"""A card on the bench: its machine, the parts at its USB ports, and a consortium beside it."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.boot.card import Card, tool
from hil.boot.console import GuestSilent
from hil.boot.machine import HOST, Boot, Machine
from hil.boot.usb_cable import UsbCable
from hil.consortium import Consortium
from hil.processes import Processes

RIG = Path(__file__).parents[1] / "rigs" / "card.toml"
PROFILE, ROLES = (Path(__file__).with_name(name) for name in ("card.toml", "card.roles"))
SERIALS = ("gnss", "uhf")
CONFIRM_TIMEOUT_S = 300.0
"""From power on to the first confirmed record: under a minute on an idle machine."""

POLL_S = 1.0


@dataclass(slots=True)
class CardBench:
    """Everything of it lies in `folder`."""

    folder: Path
    processes: Processes
    consortium: Consortium
    cables: dict[str, UsbCable] = field(default_factory=dict)
    _adapter: str = field(default="", init=False)

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

    def machine(self, card: str, boot: Boot, **more: Any) -> Machine:
        """Return a machine with this card and a port for each part; it is off."""
        return Machine(self.folder, card, boot, SERIALS, i2c=True, **more)

    def connect(self, machine: Machine) -> None:
        """Plug every part's cable in; the machine must have its ports."""
        for name in SERIALS:
            self.cables[name] = UsbCable(self.rig / name, machine.path(name))
            self.cables[name].plug()
        self._adapter = "adapter"
        argv = [sys.executable, "-m", "hil.emulators.i2c_tiny_usb"]
        argv += [str(machine.path("i2c")), str(self.rig / "i2c")]
        self.processes.start(self._adapter, argv)

    def pull(self) -> None:
        """Pull every cable."""
        for cable in self.cables.values():
            cable.pull()
        self.cables.clear()
        if self._adapter:
            self.processes.stop(self._adapter)
            self._adapter = ""


def status(machine: Machine) -> dict[str, Any] | None:
    """Return what `tallyman status --json` says in the guest; None while no agent answers."""
    done = machine.console.run("tallyman status --json 2>/dev/null", timeout=60)
    if done.status != 0:
        return None
    return dict(json.loads(done.output))


def shown(machine: Machine, since: int) -> dict[int, str]:
    """Return the records from number `since` on, as a person in the guest is shown them."""
    done = machine.console.run(f"tallyman journal --json --since {since} 2>/dev/null", timeout=120)
    lines = [line for line in done.output.splitlines() if line.startswith("{")]
    return {int(json.loads(line)["n"]): line for line in lines}


def await_confirmed(machine: Machine, records: int, timeout: float = CONFIRM_TIMEOUT_S) -> float:
    """Return the seconds until over `records` records were confirmed."""
    start = time.monotonic()
    last: dict[str, Any] | None = None
    while time.monotonic() - start < timeout:
        last = status(machine) or last
        if last is not None and last["journal"]["confirmed_upto"] > records:
            return time.monotonic() - start
        time.sleep(POLL_S)
    raise GuestSilent(f"{records} records were not confirmed in {timeout:g} s: {last}")


def build_card(root: Path, out: Path) -> Card:
    """Build packages and card with the bench's own profile; only from a base that is cached."""
    for argv in (
        [str(root / "provisioning/build-deb"), "--arch", "arm64", "--out", str(out)],
        [
            str(root / "provisioning/build-image"), "--profile", str(PROFILE), "--roles",
            str(ROLES), "--packages", str(out), "--out", str(out / "card.img"), "--only-cached",
        ],
    ):  # fmt: skip
        tool(*argv)
    return Card(out / "card.img")
