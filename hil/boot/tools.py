"""The programs of this machine that a boot needs."""

from __future__ import annotations

import re
import shutil
import subprocess

from hil.boot.boards import Qemu

FOR_CARDS = ("mcopy", "mkfs.vfat", "sfdisk")
PACKAGES_FOR_CARDS = "mtools dosfstools fdisk e2fsprogs"
QEMU_OF_BOOKWORM = 7


class ToolFailed(Exception):
    """A program that a boot needs failed; the text has its words."""


def tool(*argv: str, data: str = "") -> str:
    """Run a program of this machine to its end; return what it printed, ToolFailed otherwise."""
    done = subprocess.run(argv, check=False, input=data, text=True, capture_output=True)  # noqa: S603  our own command lines
    if done.returncode != 0:
        raise ToolFailed(f"{' '.join(argv[:2])} … ended with {done.returncode}: {done.stderr}")
    return done.stdout


def tools_missing(qemu: Qemu) -> list[str]:
    """Return the programs that a boot needs and that are not here."""
    missing = [each for each in (qemu.program, *FOR_CARDS) if shutil.which(each) is None]
    if qemu.program in missing:
        return missing
    ask = [qemu.program, "--version"]
    said = subprocess.run(ask, capture_output=True, text=True, check=False)  # noqa: S603  a program of the system
    found = re.search(r"version (\d+)", said.stdout)
    old = found is None or int(found[1]) < qemu.version
    return [*missing, f"QEMU {qemu.version} or newer"] if old else missing


def how_they_come(qemu: Qemu) -> list[str]:
    """Return the lines that tell how these programs are installed on Debian."""
    lines = [f"  sudo apt install {qemu.packages} {PACKAGES_FOR_CARDS}"]
    if qemu.version > QEMU_OF_BOOKWORM:
        lines.append(
            f"  QEMU {qemu.version} is in Debian 13; on 12: -t bookworm-backports {qemu.packages}"
        )
    return lines
