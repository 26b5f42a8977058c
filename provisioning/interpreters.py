"""The Python of the devices, as this machine has it: its byte code must be the devices' own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from saying import CANNOT, Trouble
from wheelhouse import PYTHON_VERSION


class CannotBuild(Trouble):
    """Something on this machine is missing; the text says what to do."""

    code = CANNOT


def find_python(given: str = "") -> str:
    """Return an interpreter of the version that the devices have: `given`, or the first found."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    names = [f"python{PYTHON_VERSION}", "python3"]
    places = [path for name in names if (path := shutil.which(name))]
    places += sorted(map(str, pyenv.glob(f"{PYTHON_VERSION}.*/bin/python3")))
    for place in [given] if given else places:
        if _version(place) == PYTHON_VERSION:
            return place
    if given:
        raise CannotBuild(
            f"{given} is no Python {PYTHON_VERSION}", advice="name another with PYTHON313="
        )
    raise CannotBuild(
        f"there is no Python {PYTHON_VERSION} here",
        advice="sudo apt install python3 on Debian 13; elsewhere .venv/bin/python -m pip install uv"
        f" && .venv/bin/uv python install {PYTHON_VERSION}, then make package"
        f' PYTHON313="$(.venv/bin/uv python find {PYTHON_VERSION})"',
    )


def _version(place: str) -> str:
    """Return what an interpreter says of itself, or "" where it says nothing."""
    ask = [place, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def pip_of(python: str) -> Sequence[str]:
    """Return a pip, at best of the devices' Python: it reads the lock's conditions as they do."""
    for place in (python, sys.executable):
        command = [place, "-m", "pip"]
        if (
            subprocess.run([*command, "--version"], capture_output=True, check=False).returncode
            == 0
        ):
            return command
    raise CannotBuild(
        "there is no pip here", advice="sudo apt install python3-pip, or run make setup"
    )
