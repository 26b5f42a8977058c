"""The launcher starts an update that is there for this Python, else what the package brought."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LAUNCHERS = Path(__file__).parents[2] / "provisioning/launchers"
MODULES = {
    "tallyman": "agent/cli/main.py",
    "tallyman-clock": "agent/clock/teller.py",
    "tallyman-notify": "agent/notify/main.py",
    "tallyman-zigbee": "drivers/zigbee/host/main.py",
}


def library(folder: Path, name: str) -> None:
    for module in {*MODULES.values()}:
        path = folder / module
        path.parent.mkdir(parents=True, exist_ok=True)
        for package in path.relative_to(folder).parents[:-1]:
            (folder / package / "__init__.py").touch()
        path.write_text(f"def main():\n    print({name!r})\n    return 0\n")


@pytest.mark.parametrize("launcher", MODULES)
def test_which_version_is_started(tmp_path, launcher):
    text = (LAUNCHERS / launcher).read_text()
    assert text.startswith("#!/usr/bin/python3 -I\n")
    for path in ("/opt/tallyman/lib", "/var/lib/tallyman-update"):
        assert path in text
        text = text.replace(path, str(tmp_path) + path)
    program = tmp_path / launcher
    program.write_text(text)

    def started() -> str:
        command = [sys.executable, "-I", program]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    library(tmp_path / "opt/tallyman/lib", "packaged")
    assert started() == "packaged"
    update = tmp_path / "var/lib/tallyman-update"
    python = "lib-{}.{}".format(*sys.version_info[:2])
    library(update / "versions/2-b" / python, "updated")
    assert started() == "packaged"
    (update / "current").symlink_to("versions/2-b")
    assert started() == "updated"
    (update / "versions/2-b" / python).rename(update / "versions/2-b/lib-2.7")
    assert started() == "packaged", "another Python cannot use its modules"
    (update / "current").unlink()
    (update / "current").symlink_to("versions/none")
    assert started() == "packaged"
