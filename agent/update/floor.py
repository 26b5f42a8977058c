"""The release below which a gateway never goes back: the newest that it kept, or its package's.

What runs may be older than that: the package's own version, where the system brought another
Python, or a card's data were lost. An old release with a known hole must not come in by this door.
"""

from __future__ import annotations

from pathlib import Path

from agent.update.package import UpdateRefused
from foundation.durable import SYSTEM_DISK, Disk, write_file

FLOOR = "floor"
PACKAGE = Path("/opt/tallyman/share/sequence")
"""What `build-deb --sequence` says of the release that the package is of."""


def packaged_sequence(path: Path = PACKAGE) -> int:
    """Return the sequence of the package's release; 0 where it was built without one."""
    return _number(path, "install the package again")


def kept_sequence(folder: Path) -> int:
    """Return the highest sequence that was ever kept here; 0 where none was."""
    return _number(folder / FLOOR, "write into it the sequence of the newest release that ran here")


def keep_sequence(folder: Path, sequence: int, disk: Disk = SYSTEM_DISK) -> None:
    """Note durably that a release is kept; a lower one than before changes nothing.

    A note that cannot be read is written anew: it must not hinder a trial from ending well.
    """
    try:
        known = kept_sequence(folder)
    except UpdateRefused:
        known = 0
    if sequence > known:
        write_file(folder / FLOOR, f"{sequence}\n".encode(), 0o644, disk=disk)


def _number(path: Path, advice: str) -> int:
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise UpdateRefused(f"{path} cannot be read: {error}", advice=advice) from error
    if not text.isdigit():
        raise UpdateRefused(f"{path} holds no number", advice=advice)
    return int(text)
