"""The sick-disk drill in its short form; `python -m tests.scenarios.sick_disk` runs all in full."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import open_reader
from hil.sick_disk.disks import SHIM
from hil.site.processes import Processes
from tests.scenarios.sick_disk import DRILLS, RESTARTS, Field, apart, may_mount

ROOT = Path(__file__).parents[2]


def skip(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must be able to")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def shim() -> None:
    if shutil.which("cc") is None or shutil.which("make") is None:
        skip("the sick disk needs cc and make: sudo apt install gcc libc6-dev make")
    argv = ["make", str(SHIM.relative_to(ROOT))]
    made = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


@pytest.mark.usefixtures("shim")
@pytest.mark.parametrize("name", ["full", "read-only", "failing"])
def test_a_sick_disk_is_a_state_and_heals_without_a_restart(name):
    if name == "full" and not may_mount():
        pytest.skip("a real disk is filled instead")
    drilled(name)


@pytest.mark.parametrize("name", ["full-ext4", *RESTARTS])
def test_a_real_disk_full_to_the_last_byte_or_read_only(name):
    if reason := may_mount():
        pytest.skip(f"real file systems cannot be mounted here: {reason}")
    if shutil.which("mkfs.ext4") is None:
        skip("needs mkfs.ext4: sudo apt install e2fsprogs")
    drilled(name)


def drilled(name: str) -> None:
    done = apart(name, "--rate", "600", "--short")
    assert done.returncode == 0, done.stderr
    assert f"'{name.split('-', maxsplit=1)[0]}" in done.stdout


@pytest.mark.usefixtures("shim")
@pytest.mark.parametrize("name", ["full", "read-only"])
def test_a_start_on_a_sick_disk_shows_readings_and_keeps_them_once_it_is_well(tmp_path, name):
    (tmp_path / "log").mkdir()
    with Processes(tmp_path / "log") as processes:
        world = Field(tmp_path, DRILLS[name], processes, 20, short=True)
        world.start()
        world.until("it records", lambda status: (status["journal"]["sealed"] or 0) > 2)
        assert processes.stop("agent") == 0
        world.disk.sicken()
        (tmp_path / "control.sock").unlink(missing_ok=True)
        world.start()
        seen = world.until("that is seen", lambda status: status["storage"]["state"] == name)
        assert seen["journal"]["records"] is None, "what is in a journal that is shut is unknown"
        world.until("devices run", lambda s: {d["state"] for d in s["devices"]} == {"running"})
        page = world.page()
        assert "NOT DURABLE" in page
        assert "unsent    unknown" in page
        assert "next " in page
        argv = [sys.executable, "-m", "agent.cli.main", "read", "alarm", "--config"]
        assert "alarm" in processes.command([*argv, str(world.config)])
        world.disk.heal()
        world.until("the journal is back", lambda status: (status["journal"]["sealed"] or 0) > 2)
        assert processes.stop("agent") == 0
    reader = open_reader(world.disk.folder / "state" / FILE_NAME)
    records = reader.records(0, reader.count())
    reader.close()
    assert [record.number for record in records] == list(range(len(records)))
    assert sum(record.kind == "boot" for record in records) == 2, "the start without it left none"
