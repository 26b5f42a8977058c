"""A gateway's card as a file: what is on its first partition, and the seed that is put there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.boot.boards import Board
from hil.boot.machine import Boot
from hil.boot.tools import tool

SEED = "tallyman-seed.toml"
SECTOR = 512
QEMU_SIZE = "4G"
"""QEMU's SD card wants a power of two; the first boot grows the data partition to it."""


CONFIG = "config.txt"
NAMES = {"kernel=": "{}", "initramfs ": "{}", "dtoverlay=": "overlays/{}.dtbo"}
"""Lines of config.txt that name a file."""

FIRMWARE = (
    "bootcode.bin", "start.elf", "fixup.dat", "start4.elf", "fixup4.dat", "cmdline.txt",
    "bcm2837-rpi-3-b.dtb", "bcm2837-rpi-3-b-plus.dtb", "bcm2711-rpi-4-b.dtb",
)  # fmt: skip
"""What Pi 3 and Pi 4 load without being told."""


@dataclass(frozen=True, slots=True)
class Card:
    """The raw image of a card."""

    image: Path

    def copy(self, image: Path) -> Card:
        """Return a copy as large as a small real card; holes stay holes."""
        tool("cp", "--sparse=always", str(self.image), str(image))
        tool("truncate", "-s", QEMU_SIZE, str(image))
        return Card(image)

    def put_seed(self, seed: str) -> None:
        """Write the seed of one gateway."""
        self._mtools("mcopy", "-o", "-", f"::{SEED}", data=seed)

    def boot(self, folder: Path, board: Board) -> Boot:
        """Take kernel and initramfs out, as QEMU has no firmware of a Pi."""
        names = ("vmlinuz", "initrd.img", *([board.dtb] if board.dtb else []))
        for name in names:
            (folder / name).unlink(missing_ok=True)
            self._mtools("mcopy", f"::{name}", str(folder / name))
        kernel, initrd, *dtb = (folder / name for name in names)
        return Boot(kernel, initrd, f"{self._table()['id'][2:]}-02", *dtb)

    def missing_files(self) -> list[str]:
        """Return what a Pi's firmware would look for on the first partition in vain."""
        config = self._mtools("mtype", f"::{CONFIG}").splitlines()
        named = [NAMES[key].format(line[len(key) :].split()[0]) for line in config for key in NAMES
                 if line.startswith(key)]  # fmt: skip
        there = self._mtools("mdir", "-/", "-b", "::").splitlines()
        return [name for name in (*FIRMWARE, *named) if f"::/{name}" not in there]

    def remove_partition(self, number: int) -> str:
        """Take a partition out of the table; return the line that brings it back (sfdisk(8))."""
        entry = self._table()["partitions"][number - 1]
        tool("sfdisk", "-q", "--delete", str(self.image), str(number))
        return f"start={entry['start']}, size={entry['size']}, type={entry['type']}"

    def _table(self) -> dict[str, Any]:
        return dict(json.loads(tool("sfdisk", "--json", str(self.image)))["partitiontable"])

    def _mtools(self, program: str, *words: str, data: str = "") -> str:
        start = self._table()["partitions"][0]["start"] * SECTOR
        return tool(program, "-i", f"{self.image}@@{start}", *words, data=data)
