"""A machine as dpkg sees it: a folder or a root of trixie, and packages with our units and scripts."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from contents import ROOT, units
from debian_archive import PROGRAM_MODE, Entry, package

STARTED_AT_BOOT = (
    "tallyman", "tallyman-firstboot", "tallyman-enrol", "tallyman-notify", "tallyman-update",
)  # fmt: skip
SWITCHED_ON_BY_SOMEBODY = ("tallyman-ledger", "tallyman-zigbee")
CHOSEN = "tallyman-enrol"
"""The unit that the administrator does not want."""

VERSIONS = ("1", "2")
ALL = dict.fromkeys(STARTED_AT_BOOT, "enabled")
KEPT = {"disable": "disabled", "mask": "masked"}
ORDERS = (("2",), ("remove", "1"), ("purge", "1"), ("2", "remove", "2", "purge", "1"))
WISHES = ("nothing", *KEPT)


class Machine:
    """`dpkg` and `systemctl` are what begins their command lines; `place` is where dpkg finds
    packages, `folder` what that is here.
    """

    def __init__(
        self, root: Path, dpkg: Sequence[str], systemctl: Sequence[str], place: str, folder: Path
    ) -> None:
        self.root = root
        self._dpkg, self._systemctl = dpkg, systemctl
        self.packages = {version: f"{place}/tallyman_{version}_all.deb" for version in VERSIONS}
        for version, path in self.packages.items():
            (folder / Path(path).name).write_bytes(built(version))

    def dpkg(self, *words):
        command = [*self._dpkg, "--log=/dev/null", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "error" not in done.stderr
        return done.stdout

    def systemctl(self, *words):
        command = [*self._systemctl, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()

    def take(self, step):
        """Install a version, or remove or purge what is installed."""
        if step in self.packages:
            self.dpkg("--install", self.packages[step])
        else:
            self.dpkg(f"--{step}", "tallyman")

    def states(self, names=STARTED_AT_BOOT):
        units = [f"{name}.service" for name in names]
        return dict(zip(names, self.systemctl("is-enabled", *units), strict=True))


def built(version: str) -> bytes:
    """Return a package of units and maintainer scripts, the real ones, and of nothing else."""
    control = (
        f"Package: tallyman\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: Tallyman <tallyman@packages.invalid>\nDescription: units and scripts\n"
    )
    scripts = {
        path.name: Entry(path.read_bytes(), PROGRAM_MODE)
        for path in (ROOT / "provisioning/maintainer").iterdir()
    }
    return package({"control": Entry(control.encode()), **scripts}, dict(units()), 1_790_000_000)


def round_trip(machine: Machine, wish: str, steps: Sequence[str]) -> None:
    """Install, let the administrator wish, take the steps; units must be as they were wished."""
    machine.take("1")
    assert machine.states() == ALL
    if wish != "nothing":
        machine.systemctl(wish, f"{CHOSEN}.service")
        assert machine.states()[CHOSEN] == KEPT[wish]
    for step in steps:
        machine.take(step)
    # A purge forgets what was disabled. A mask is a file of the administrator's own.
    forgotten = wish == "nothing" or (wish == "disable" and "purge" in steps)
    assert machine.states() == (ALL if forgotten else {**ALL, CHOSEN: KEPT[wish]})
