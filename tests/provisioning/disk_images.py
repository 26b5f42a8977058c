"""Small images of cards for tests, made by the programs that make real ones."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

MIB = 1 << 20
SIZE = 16 * MIB
FAT_MIB = 8
TABLE = """label: dos
label-id: 0x0a11ca4d
start=1MiB, size=8MiB, type=c, bootable
start=9MiB, size=2MiB, type=83
start=11MiB, size=3MiB, type=83
"""


def needs(*programs: str) -> None:
    """Skip where a program is missing; fail under CI."""
    for program in programs:
        if shutil.which(program) is None:
            assert os.environ.get("CI") != "true", f"{program} is missing"
            pytest.skip(f"{program} is missing: apt install dosfstools mtools fdisk")


def make_card(image: Path, files: Sequence[Path] = ()) -> Path:
    """Return an image with three partitions; the first is a FAT with these files."""
    needs("mcopy", "mkfs.vfat", "sfdisk")
    image.write_bytes(bytes(SIZE))
    subprocess.run(["sfdisk", "-q", image], input=TABLE, text=True, check=True)
    fat = ["mkfs.vfat", "--offset", str(MIB // 512), image, str(FAT_MIB * 1024)]
    subprocess.run(fat, check=True, capture_output=True)
    if files:
        subprocess.run(["mcopy", "-i", fat_of(image), *files, "::"], check=True)
    return image


def fat_of(image: Path) -> str:
    """Return how mtools name the first partition."""
    return f"{image}@@{MIB}"
