"""The folder of one row: a copy of its rig with free ports, what that names, and tools."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from pathlib import Path

from hil.rig.rig import FILE_SETTINGS
from hil.site.ports import HERE, free_ports

ROOT = Path(__file__).parents[2]
RIG_FILE = "rig.toml"
NAMED_PORT = re.compile(rf"{re.escape(HERE)}:[0-9]+")


def prepare(file: Path, folder: Path) -> None:
    """Make the folder of the row whose rig is `file`."""
    for each in ("log", "sys", "bin"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    text = file.read_text("utf-8")
    _bring_along(text, file.parent, folder)
    (folder / RIG_FILE).write_text(_with_free_ports(text))
    _write_tools(folder / "bin")


def _bring_along(text: str, source: Path, folder: Path) -> None:
    """Copy what the rig names beside its file: a route, a capture."""
    for table in tomllib.loads(text).get("device", ()):
        for key in FILE_SETTINGS:
            name = table.get(key)
            if isinstance(name, str) and (source / name).is_file():
                shutil.copy(source / name, folder / name)


def _with_free_ports(text: str) -> str:
    names = sorted(set(NAMED_PORT.findall(text)))
    ports = dict(zip(names, free_ports(len(names)) if names else (), strict=True))
    return NAMED_PORT.sub(lambda found: f"{HERE}:{ports[found[0]]}", text)


def _write_tools(folder: Path) -> None:
    """Write `rig`, which gives the rig a command."""
    tool = folder / "rig"
    tool.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from hil.site.control import ask_rig\n"
        "rig = pathlib.Path(os.environ['PORTS']) / 'control.sock'\n"
        "print(ask_rig(rig, ' '.join(sys.argv[1:])))\n"
    )
    tool.chmod(0o755)
