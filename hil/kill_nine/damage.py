"""What cards, backups and people do to the two stores of a journal between two starts."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

RING, ARCHIVE = "journal.ring", "journal.sqlite"
ARCHIVE_FILES = (ARCHIVE, f"{ARCHIVE}-wal", f"{ARCHIVE}-shm")
STORES = (RING, *ARCHIVE_FILES)

_BLOCK = 4096  # docs/PROTOCOL.md, "Journal on disk"


@dataclass(frozen=True, slots=True)
class Place:
    """A state folder, an older copy of its stores, and another gateway's folder."""

    state: Path
    older: Path
    foreign: Path
    rng: random.Random


Damage = Callable[[Place], None]


def copy_stores(source: Path, target: Path, names: tuple[str, ...] = STORES) -> None:
    """Make these stores of `target` those of `source`; what is not there goes."""
    target.mkdir(exist_ok=True)
    for name in names:
        (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)


def _remove(place: Place, *names: str) -> None:
    for name in names:
        (place.state / name).unlink(missing_ok=True)


def _zero(place: Place, first: int) -> None:
    path = place.state / RING
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(first)
        file.write(bytes(size - first))


def _cut(place: Place) -> None:
    path = place.state / RING
    # Half of the cuts fall among the first blocks, where a young ring has all it holds.
    most = path.stat().st_size if place.rng.random() < 1 / 2 else 64 * _BLOCK
    _truncate(place, place.rng.randrange(most))


def _truncate(place: Place, size: int) -> None:
    with (place.state / RING).open("r+b") as file:
        file.truncate(size)


def _emptied_archive(place: Place) -> None:
    _remove(place, *ARCHIVE_FILES)
    (place.state / ARCHIVE).touch()


DAMAGE: Mapping[str, Damage] = {
    "ring gone": lambda place: _remove(place, RING),
    "ring emptied": lambda place: _truncate(place, 0),
    "ring zeroed": lambda place: _zero(place, 0),
    "ring zeroed behind its first block": lambda place: _zero(place, _BLOCK),
    "ring cut": _cut,
    "archive gone": lambda place: _remove(place, *ARCHIVE_FILES),
    "archive emptied": _emptied_archive,
    "both gone": lambda place: _remove(place, *STORES),
    "ring older": lambda place: copy_stores(place.older, place.state, (RING,)),
    "archive older": lambda place: copy_stores(place.older, place.state, ARCHIVE_FILES),
    "both another gateway's": lambda place: copy_stores(place.foreign, place.state),
}
