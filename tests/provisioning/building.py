"""The real packages, built for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from contents import ROOT

ARCHES = ("amd64", "arm64")
EPOCH = "1790000000"
CANNOT = 3
"""Exit status of build-deb where pip or the network is missing: no fault of the packages."""


def build(arch: str, out: Path, python: str = sys.executable) -> list[Path]:
    """Return the packages of an architecture; skip where they cannot be built."""
    command = [python, ROOT / "provisioning/build-deb", "--arch", arch, "--out", out]
    environ = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    if done.returncode == CANNOT:
        pytest.skip(f"the packages cannot be built here: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
    return list(out.iterdir())


def python313() -> str | None:
    """Return a Python of the devices' version, where this machine has one."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [path for name in ("python3.13", "python3") if (path := shutil.which(name))]
    for place in [*places, *map(str, sorted(pyenv.glob("3.13.*/bin/python3")))]:
        ask = [place, "-c", "import sys; print(sys.version_info[:2] == (3, 13))"]
        said = subprocess.run(ask, capture_output=True, text=True, check=False)
        if said.stdout.strip() == "True":
            return place
    return None
