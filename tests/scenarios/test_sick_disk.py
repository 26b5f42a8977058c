"""The sick-disk drill in its short form; `python -m tests.scenarios.sick_disk` runs all in full."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hil.sick_disk.disks import SHIM
from tests.scenarios.sick_disk import RESTARTS, apart, may_mount

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
