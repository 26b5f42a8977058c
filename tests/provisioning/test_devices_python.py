"""The tests run on the devices' own Python, too; where there is none, that is said in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CANNOT = 3


@pytest.fixture
def interpreter(tmp_path):
    """Make a program that says it is a Python of a version."""

    def make(name: str, version: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho {version}\n")
        path.chmod(0o755)
        return path

    return make


def found(*given, **environment):
    return subprocess.run(
        [sys.executable, ROOT / "provisioning/devices-python", *given],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_one_that_was_named_is_taken(interpreter):
    mine = interpreter("mine", "3.13")
    assert found(mine).stdout == f"{mine}\n"


@pytest.mark.parametrize("version", ["3.12", "''"])
def test_another_version_is_refused_whatever_else_there_is(interpreter, version):
    other = interpreter("other", version)
    done = found(other)
    assert (done.returncode, done.stdout) == (CANNOT, "")
    assert f"{other} is no Python 3.13" in done.stderr


def test_one_of_the_path_is_found_and_before_it_none_that_only_has_the_name(interpreter, tmp_path):
    interpreter("python3.13", "3.11")  # as pyenv's shims do where another version is chosen
    kept = tmp_path / "versions/3.13.0/bin"
    kept.mkdir(parents=True)
    interpreter("versions/3.13.0/bin/python3", "3.13")
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = found(PATH=path, PYENV_ROOT=str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.strip() != str(tmp_path / "python3.13")


def test_without_one_the_tests_fail_and_say_so_in_one_line():
    command = ["make", "--no-print-directory", "test-313", "PYTHON313=/no/such/python"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    said, *_ = done.stderr.splitlines()
    assert "/no/such/python is no Python 3.13: name one with PYTHON313=FILE" in said


def test_a_new_debian_gets_the_packages_that_readme_names():
    named = [
        line.split()[3:]
        for line in (ROOT / "README.md").read_text().splitlines()
        if line.startswith("    sudo apt install python3-venv ")
    ]
    assert named == [["python3-venv", "make", "gcc", "libc6-dev"]]


def test_a_debian_that_is_none_of_ours_is_refused():
    command = [ROOT / "provisioning/fresh-debian", "sid"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "which Debian? sid" in done.stderr
