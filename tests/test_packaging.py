"""The guards that plain package names need: who owns them, and that each is shipped."""

from __future__ import annotations

import importlib.metadata
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("agent", "drivers", "evidence", "foundation", "ledger")
"""What the wheel and the packages bring; each of these names is ours on a device."""


@pytest.mark.parametrize("package", OURS)
def test_no_other_distribution_owns_our_names(package):
    # An editable installation names no owner at all; a wheel names its own.
    owners = importlib.metadata.packages_distributions().get(package, [])
    assert set(owners) <= {"tallyman-gateway"}


def test_the_wheel_brings_all_of_them():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(OURS)


def test_the_packages_bring_all_of_them():
    assert f"OURS = {OURS}".replace("'", '"') in (ROOT / "provisioning/contents.py").read_text()


@pytest.mark.parametrize("folder", ["provisioning", "systemd", "tests"])
def test_folders_that_are_no_packages(folder):
    """An __init__.py in systemd/ would shadow the systemd bindings."""
    assert not (ROOT / folder / "__init__.py").exists()
