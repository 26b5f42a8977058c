"""Which device may be overwritten: a whole, removable, unused card; nothing of this computer."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flashing.errors import TargetRefused

SECTOR = 512
"""What /sys/block/*/size counts, whatever the device's own sectors are."""

SD_CARD = "SD"
"""/sys/block/mmcblk*/device/type: a card in a built-in reader does not call itself removable, and
soldered memory says MMC."""


@dataclass(frozen=True, slots=True)
class Target:
    """A card: where it is, its size in bytes, and what is known of the very piece."""

    path: Path
    size: int
    card: str


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the kernel says what is used for what; a test has folders of its own."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")

    def find(self, path: Path, *, files: bool = False) -> Target:
        """Return the card at `path`; TargetRefused says why it is none.

        `files` lets regular files and loop devices through, for images that are no cards yet.
        """
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise TargetRefused(f"{path}: {error.strerror}; is the card in its slot?") from error
        if stat.S_ISREG(mode) and files:
            return Target(path, path.stat().st_size, f"file {path.name}")
        if not stat.S_ISBLK(mode):
            raise TargetRefused(f"{path} is no disk: name the card's device, as lsblk shows it")
        return self.disk(path, files=files)

    def disk(self, path: Path, *, files: bool = False) -> Target:
        """Judge a block device by what the kernel says of it."""
        name = path.resolve().name
        folder = self.sys / "block" / name
        if not folder.exists():
            part = next(self.sys.glob(f"block/*/{name}"), None)
            whole = f": name the whole disk, /dev/{part.parent.name}" if part else ""
            raise TargetRefused(f"{path} is not a whole disk{whole}")
        for part in (folder, *sorted(folder.glob(f"{name}*"))):
            self._unused(path, part)
        loop = files and name.startswith("loop")
        if not loop and not _is_card(folder):
            raise TargetRefused(f"{path} is not removable: it is a disk of this computer")
        if _word(folder / "ro") == "1":
            raise TargetRefused(f"{path} is write-protected: look at the switch of the card")
        size = int(_word(folder / "size") or 0) * SECTOR
        if not size:
            raise TargetRefused(f"{path} has no card in it")
        return Target(path, size, _card_of(folder))

    def _unused(self, path: Path, part: Path) -> None:
        for mount in self._mounts(part):
            if mount in ("/", "/boot", "/boot/firmware", "/usr"):
                raise TargetRefused(f"{path} is this computer's system disk ({mount} is on it)")
            raise TargetRefused(f"{path} is in use: {mount} is on it; unmount it first")
        if _word(part / "dev") in self._swaps():
            raise TargetRefused(f"{path} is this computer's system disk (it swaps there)")
        holders = sorted(holder.name for holder in (part / "holders").glob("*"))
        if holders:
            raise TargetRefused(f"{path} is in use by {', '.join(holders)} (LVM, RAID or crypt)")

    def _mounts(self, part: Path) -> Iterator[str]:
        """Yield where `part` is mounted: by number, or by name (btrfs has numbers of its own)."""
        number = _word(part / "dev")
        for line in (self.proc / "self/mountinfo").read_text().splitlines():
            head, _, tail = line.partition(" - ")
            fields, source = head.split(), tail.split()[1]
            if fields[2] == number or Path(source).name == part.name:
                yield fields[4].encode().decode("unicode_escape")

    def _swaps(self) -> set[str]:
        """Return the numbers of the devices that are swapped to."""
        lines = (self.proc / "swaps").read_text().splitlines()[1:]
        names = [Path(line.split()[0]).name for line in lines]
        return {_word(dev) for name in names for dev in self.sys.glob(f"class/block/{name}/dev")}


def _is_card(folder: Path) -> bool:
    if folder.name.startswith("mmcblk"):
        return _word(folder / "device/type") == SD_CARD
    return _word(folder / "removable") == "1"


def _card_of(folder: Path) -> str:
    """Return what tells one card from another: its CID, else what its reader says."""
    cid = _word(folder / "device/cid")
    if cid:
        return f"cid {cid}"
    words = (_word(folder / f"device/{name}") for name in ("vendor", "model"))
    return f"reader {' '.join(word for word in words if word) or folder.name}"


def _word(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
