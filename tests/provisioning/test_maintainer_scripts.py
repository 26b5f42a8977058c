"""The package through dpkg's round trips: installed, upgraded, removed, purged, and back again.

The units and scripts are the real ones. dpkg works on a folder instead of the machine
(`--force-script-chrootless`), with this machine's deb-systemd-helper and systemctl.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from contents import ROOT, units
from debian_archive import PROGRAM_MODE, Entry, package

TOOLS = ("dpkg", "deb-systemd-helper", "systemctl", "systemd-sysusers", "systemd-tmpfiles")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs Debian's {', '.join(MISSING)}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may run dpkg"),
]

STARTED_AT_BOOT = (
    "tallyman", "tallyman-firstboot", "tallyman-enrol", "tallyman-notify", "tallyman-update",
)  # fmt: skip
CHOSEN = "tallyman-enrol"
"""The unit that the administrator does not want."""


class Machine:
    """A folder that dpkg takes for a machine."""

    def __init__(self, folder):
        self.root = folder / "root"
        for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc", "opt", "usr/lib", "tmp"):
            (self.root / name).mkdir(parents=True)
        for name in ("status", "available"):
            (self.root / "var/lib/dpkg" / name).touch()
        self.packages = {}
        for version in ("1", "2"):
            self.packages[version] = folder / f"tallyman_{version}_all.deb"
            self.packages[version].write_bytes(built(version))

    def dpkg(self, *words):
        command = ["dpkg", f"--root={self.root}", "--force-script-chrootless", "--log=/dev/null"]
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "error" not in done.stderr

    def systemctl(self, *words):
        command = ["systemctl", f"--root={self.root}", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()

    def take(self, step):
        if step in self.packages:
            self.dpkg("--install", self.packages[step])
        else:
            self.dpkg(f"--{step}", "tallyman")

    def states(self):
        units = [f"{unit}.service" for unit in STARTED_AT_BOOT]
        return dict(zip(STARTED_AT_BOOT, self.systemctl("is-enabled", *units), strict=True))


def built(version: str) -> bytes:
    control = (
        f"Package: tallyman\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: Tallyman <tallyman@packages.invalid>\nDescription: units and scripts\n"
    )
    scripts = {
        path.name: Entry(path.read_bytes(), PROGRAM_MODE)
        for path in (ROOT / "provisioning/maintainer").iterdir()
    }
    return package({"control": Entry(control.encode()), **scripts}, dict(units()), 1_790_000_000)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


ALL = dict.fromkeys(STARTED_AT_BOOT, "enabled")
KEPT = {"disable": "disabled", "mask": "masked"}


@pytest.mark.parametrize(
    "steps",
    [
        ("2",),
        ("remove", "1"),
        ("purge", "1"),
        ("2", "remove", "2", "purge", "1"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("wish", ["nothing", "disable", "mask"])
def test_units_end_as_the_administrator_left_them(machine, wish, steps):
    machine.take("1")
    assert machine.states() == ALL
    if wish != "nothing":
        machine.systemctl(wish, f"{CHOSEN}.service")
        assert machine.states()[CHOSEN] == KEPT[wish]
    for step in steps:
        machine.take(step)
    # A purge forgets what was disabled. A mask is a file of the administrator's own.
    forgotten = wish == "nothing" or (wish == "disable" and "purge" in steps)
    assert machine.states() == ({**ALL} if forgotten else {**ALL, CHOSEN: KEPT[wish]})


def test_keys_and_records_outlast_a_purge_and_nothing_of_the_units_does(machine):
    machine.take("1")
    key = machine.root / "var/lib/tallyman/device.key"
    key.write_text("a key")
    machine.take("purge")
    assert key.read_text() == "a key"
    left = [path.name for path in (machine.root / "var/lib/systemd").rglob("*tallyman*")]
    left += [path.name for path in (machine.root / "etc/systemd").rglob("*tallyman*")]
    assert left == []


def test_what_an_update_put_aside_ends_with_the_next_package(machine):
    machine.take("1")
    current = machine.root / "var/lib/tallyman-update/current"
    current.symlink_to("1.5")
    machine.take("2")
    assert not current.is_symlink()
