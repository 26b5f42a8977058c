"""The Pythons here that building needs: one with a pip, one with what Tallyman imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from saying import CANNOT, Trouble

OWN = Path(__file__).resolve().parents[1] / ".venv/bin/python"
"""Of `make setup`."""


class CannotBuild(Trouble):
    """Something on this machine is missing; the text says what to do."""

    code = CANNOT


def pip() -> Sequence[str]:
    """Return a pip: this Python's own, or that of `make setup`."""
    for place in (sys.executable, str(OWN)):
        command = [place, "-m", "pip"]
        if _works([*command, "--version"]):
            return command
    advice = "sudo apt install python3-pip, or run make setup"
    raise CannotBuild("there is no pip here", advice=advice)


def python_of_tallyman() -> str:
    """Return a Python that has what Tallyman imports."""
    for place in (str(OWN), sys.executable):
        if _works([place, "-c", "import zmq, cryptography"]):
            return place
    raise CannotBuild("no Python here has what Tallyman imports", advice="make setup")


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
