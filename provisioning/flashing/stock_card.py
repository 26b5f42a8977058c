"""The first partition of a stock Raspberry Pi OS card, or of an image of one, through mtools."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from flashing.errors import CardBad, TargetRefused

SECTOR = 512
TOOLS = {"mcopy": "mtools", "sfdisk": "fdisk", "lsblk": "util-linux"}
FAT_TYPES = ("b", "c")  # of an MBR: FAT32, by CHS and by LBA
_WRITE = "write the Raspberry Pi OS image first: 64 bit, trixie"
CLUSTER = 64 * 1024
"""The largest of FAT32: what a file may take beyond its bytes."""


class StockCard:
    """Raspberry Pi OS of trixie, as its images are; CardBad or TargetRefused where it is not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
        if missing:
            text = (
                f"this machine has no {', '.join(tool for tool in TOOLS if not shutil.which(tool))}"
            )
            raise TargetRefused(text, advice=f"sudo apt install {' '.join(missing)}")
        if _said("lsblk", "-nro", "MOUNTPOINTS", path).strip():
            raise TargetRefused(f"something of {path} is mounted", advice="unmount it first")
        self._fat = f"{path}@@{_first_fat(path) * SECTOR}"
        if not {"user-data", "config.txt"} <= set(self._names()):
            text = f"{path} is no Raspberry Pi OS of trixie: its first partition has no user-data"
            raise CardBad(text, advice=_WRITE)

    def read(self, name: str) -> str:
        """Return a text file."""
        return self._run("mtype", "-i", self._fat, f"::{name}")

    def make_room(self, files: list[Path]) -> None:
        """See that these files fit; CardBad where they do not, and nothing was written then."""
        wanted = sum(path.stat().st_size + CLUSTER for path in files)
        there = self._free() + sum(self._bytes_of(path.name) for path in files)
        if wanted > there:
            raise CardBad(
                f"the first partition of {self.path} has {there // 1024} kB free, the package and"
                f" seed need {wanted // 1024}",
                advice="remove other files from it, or write the image anew",
            )

    def put(self, path: Path, name: str) -> None:
        """Write a file, over one of that name."""
        self._run("mcopy", "-o", "-i", self._fat, str(path), f"::{name}")

    def drop_other_packages(self, kept: str) -> None:
        """Remove packages of an earlier run: the first boot installs one."""
        for name in self._names():
            if re.fullmatch(r"tallyman_.*\.deb", name) and name != kept:
                self._run("mdel", "-i", self._fat, f"::{name}")

    def _names(self) -> list[str]:
        listed = _said("mdir", "-b", "-i", self._fat, "::").decode(errors="replace")
        return [line.removeprefix("::/") for line in listed.splitlines()]

    def _free(self) -> int:
        match = re.search(r"([\d ]+) bytes free", self._run("mdir", "-i", self._fat, "::"))
        if match is None:
            raise CardBad(f"{self.path}: its FAT partition does not say how much is free")
        return int(match[1].replace(" ", ""))

    def _bytes_of(self, name: str) -> int:
        """Return how long a file is that will be written over; 0 where there is none."""
        return len(_said("mtype", "-i", self._fat, f"::{name}"))

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CardBad(f"{self.path} cannot be used: {' '.join(done.stderr.split())}")
        return done.stdout


def _first_fat(path: Path) -> int:
    """Return the first sector of the first FAT partition."""
    try:
        table = json.loads(_said("sfdisk", "--json", path))["partitiontable"]["partitions"]
        return next(int(part["start"]) for part in table if part["type"] in FAT_TYPES)
    except (ValueError, KeyError, StopIteration):
        raise CardBad(f"{path} has no FAT partition", advice=_WRITE) from None


def _said(*command: str | Path) -> bytes:
    """Return what a program printed; nothing where it failed."""
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""
