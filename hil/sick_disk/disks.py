"""Disks that get sick and well again under a running program, real ones and one of make-believe."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

SHIM = Path(__file__).parents[2] / "build" / "sick_disk.so"

MEBIBYTE = 1 << 20
REAL_BYTES = 24 * MEBIBYTE
EXT4 = ("-o", "loop,errors=remount-ro")


class SickDisk(Protocol):
    """A folder on a disk; `environment` is for the programs that use it."""

    folder: Path
    environment: Mapping[str, str]

    def sicken(self) -> None:
        """Make the disk sick."""
        ...

    def heal(self) -> None:
        """Make it well."""
        ...


class Shimmed:
    """The shim's disk: fails with an errno, or makes each flush slower by `delay_ms`."""

    def __init__(self, folder: Path, number: int, delay_ms: int = 0) -> None:
        self.folder = folder / "disk"
        self.folder.mkdir()
        self._state = folder / "sick"
        self._text = f"{number} {delay_ms}\n"
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(SHIM),
            "TALLYMAN_SICK_FOLDER": str(self.folder),
            "TALLYMAN_SICK_STATE": str(self._state),
        }

    def sicken(self) -> None:
        """See `SickDisk.sicken`."""
        temporary = self._state.with_suffix(".new")
        temporary.write_text(self._text)
        temporary.rename(self._state)

    def heal(self) -> None:
        """See `SickDisk.heal`."""
        self._state.unlink()


class Filled:
    """A real file system of its own, filled to the last byte. Needs root and its own mounts."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder / "disk"
        self.folder.mkdir()
        self.environment: Mapping[str, str] = {}
        self._filler = self.folder / "filler"
        mount_own(folder, self.folder, kind)

    def sicken(self) -> None:
        """See `SickDisk.sicken`."""
        fill(self._filler)

    def heal(self) -> None:
        """See `SickDisk.heal`."""
        self._filler.unlink()


def mount_own(folder: Path, target: Path, kind: str) -> None:
    """Mount a new file system of REAL_BYTES; ext4 in a file beside, or tmpfs."""
    if kind == "tmpfs":
        run("mount", "-t", "tmpfs", "-o", f"size={REAL_BYTES}", "tmpfs", str(target))
        return
    image = folder / "image"
    with image.open("wb") as file:
        file.truncate(REAL_BYTES)
    run(
        "mkfs.ext4", "-q", "-F", "-b", "4096", str(image)
    )  # as the cards have it, and not as small disks
    run("mount", *EXT4, str(image), str(target))


def mount_again(folder: Path, target: Path) -> None:
    """Do what a person does about an ext4 that made itself read-only: unmount, check, mount."""
    run("umount", str(target))
    subprocess.run(["e2fsck", "-p", str(folder / "image")], check=False, capture_output=True)  # noqa: S603, S607  1: corrected
    run("mount", *EXT4, str(folder / "image"), str(target))


def fill(path: Path) -> None:
    """Write until nothing more fits, down to the last byte."""
    with path.open("ab", buffering=0) as file:
        size = MEBIBYTE
        while size:
            try:
                file.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2
        os.fsync(file.fileno())


def fail_as_ext4_does(folder: Path) -> None:
    """Report an error to the ext4 file system at `folder`, which makes itself read-only."""
    device = folder.stat().st_dev
    node = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve()
    (Path("/sys/fs/ext4") / node.name / "trigger_fs_error").write_text("drill\n")


def run(*argv: str) -> None:
    """Run a program of the system to its end."""
    subprocess.run(argv, check=True, capture_output=True, text=True)  # noqa: S603  fixed words
