"""The package through dpkg's round trips: installed, upgraded, removed, purged, and back again.

The units and scripts are the real ones. dpkg works on a folder instead of the machine
(`--force-script-chrootless`), with this machine's deb-systemd-helper and systemctl.
"""

from __future__ import annotations

import os
import shutil

import pytest
from contents import ROOT

from tests.provisioning.dpkg_machine import (
    ORDERS,
    STARTED_AT_BOOT,
    SWITCHED_ON_BY_SOMEBODY,
    WISHES,
    Machine,
    round_trip,
)

TOOLS = ("dpkg", "deb-systemd-helper", "systemctl", "systemd-sysusers", "systemd-tmpfiles")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs Debian's {', '.join(MISSING)}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may run dpkg"),
]


@pytest.fixture
def machine(tmp_path):
    root = tmp_path / "root"
    for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc", "opt", "usr/lib", "tmp"):
        (root / name).mkdir(parents=True)
    for name in ("status", "available"):
        (root / "var/lib/dpkg" / name).touch()
    dpkg = ["dpkg", f"--root={root}", "--force-script-chrootless"]
    return Machine(root, dpkg, ["systemctl", f"--root={root}"], str(tmp_path), tmp_path)


@pytest.mark.parametrize("steps", ORDERS, ids=" ".join)
@pytest.mark.parametrize("wish", WISHES)
def test_units_end_as_the_administrator_left_them(machine, wish, steps):
    round_trip(machine, wish, steps)


def test_every_unit_that_can_be_enabled_is_one_or_the_other():
    units = [
        path for path in (ROOT / "systemd").glob("*.service") if "[Install]" in path.read_text()
    ]
    assert {path.stem for path in units} == {*STARTED_AT_BOOT, *SWITCHED_ON_BY_SOMEBODY}


def test_what_somebody_switched_on_stays_on_until_a_purge(machine):
    machine.take("1")
    assert set(machine.states(SWITCHED_ON_BY_SOMEBODY).values()) == {"disabled"}
    for unit in SWITCHED_ON_BY_SOMEBODY:
        machine.systemctl("enable", f"{unit}.service")
    for step in ("2", "remove", "2"):
        machine.take(step)
    assert set(machine.states(SWITCHED_ON_BY_SOMEBODY).values()) == {"enabled"}
    machine.take("purge")
    assert [path.name for path in machine.root.rglob("etc/systemd/**/tallyman*")] == []
    machine.take("1")
    assert set(machine.states(SWITCHED_ON_BY_SOMEBODY).values()) == {"disabled"}


def test_byte_code_ends_with_the_sources_that_it_was_made_of(machine):
    cache = machine.root / "opt/tallyman/lib/agent/__pycache__"
    machine.take("1")
    for step in ("2", "remove"):
        cache.mkdir(parents=True)
        (cache / "old.cpython-313.pyc").touch()
        machine.take(step)
        assert not cache.exists()
    assert (machine.root / "opt").is_dir(), "the system's own folder"


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
