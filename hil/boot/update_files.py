"""Updates for a guest: built from this source as releases are, with a fault planted or without."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

from hil.boot.card_bench import ROOT
from hil.boot.tools import tool

BESIDE_PACKAGES = ("provisioning", "requirements", "pyproject.toml")
"""What building an update reads besides the packages that it ships."""

ENTRY = "agent/cli/run.py"
FAULT = 'raise SystemExit("a fault that was planted for a drill")\n'
STICK_KIB = 64 * 1024
STICK_LABEL = "UPDATES"


def build_update(folder: Path, arch: str, sequence: int, *, faulty: bool = False) -> Path:
    """Return an update of that sequence; a faulty one's agent ends at each start.

    `folder` keeps it, and the signing key; update.keys there is what a gateway must be given.
    """
    if built := list(folder.glob(f"tallyman_{sequence:08}-*.update")):
        return built[0]
    source = faulty_source(folder / "faulty") if faulty else ROOT
    said = tool(
        sys.executable, str(source / "provisioning/update/build-update"), "--arch", arch,
        "--key", str(folder / "update.pem"), "--sequence", str(sequence), "--out", str(folder),
    )  # fmt: skip
    return Path(said.splitlines()[-1])


def make_stick(image: Path, files: list[Path]) -> Path:
    """Return `image`, a USB stick with these files."""
    image.unlink(missing_ok=True)
    tool("mkfs.vfat", "-n", STICK_LABEL, "-C", str(image), str(STICK_KIB))
    tool("mcopy", "-i", str(image), *map(str, files), "::")
    return image


def faulty_source(copy: Path) -> Path:
    """Return `copy`, which differs from this source in an agent that ends at each start."""
    shutil.rmtree(copy, ignore_errors=True)
    for name in (*_packages(), *BESIDE_PACKAGES):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    (copy / "build").mkdir()
    (copy / "build/wheels").symlink_to(ROOT / "build/wheels")
    (copy / ENTRY).write_text(FAULT)
    return copy


def _packages() -> list[str]:
    """Return the packages of this source that are shipped."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return list(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
