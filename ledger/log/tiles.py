"""A log as static files after C2SP tlog-tiles: the files of a tree of some size, and their bytes.

`checkpoint` beside `tile/<L>/<N>` (256 hashes of level 8L) and `tile/entries/<N>` (256 entries,
each behind its length in two bytes); the last of a row is `….p/<W>` while it holds fewer. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evidence.merkle import NodeAt

HEIGHT = 8
WIDTH = 1 << HEIGHT
CHECKPOINT = "checkpoint"
MAX_ENTRY_BYTES = 0xFFFF
"""An entry's length stands in two bytes."""

_GROUP = 1000
"""N is written in groups of three digits, all but the last behind an x: x001/x234/067."""


@dataclass(frozen=True, slots=True)
class Tile:
    """`width` hashes of a level, or entries where `level` is None, from `index` * 256 on."""

    level: int | None
    index: int
    width: int

    @property
    def path(self) -> str:
        """Return the file's path under the log's folder."""
        return self.full_path + ("" if self.width == WIDTH else f".p/{self.width}")

    @property
    def full_path(self) -> str:
        """Return the path that the tile has once it is full."""
        row = "entries" if self.level is None else str(self.level)
        return f"tile/{row}/{_number(self.index)}"


def new_tiles(old: int, size: int) -> Iterator[Tile]:
    """Yield the tiles of a tree of `size` that a tree of `old` entries does not have."""
    yield from _row(None, old, size)
    level = 0
    while size >> (HEIGHT * level):
        shift = HEIGHT * level
        yield from _row(level, old >> shift, size >> shift)
        level += 1


def contents(tile: Tile, node: NodeAt, entry: Callable[[int], bytes]) -> bytes:
    """Return a tile's bytes."""
    places = range(tile.index * WIDTH, tile.index * WIDTH + tile.width)
    if tile.level is not None:
        level = HEIGHT * tile.level
        return b"".join(node(level, place) for place in places)
    return b"".join(_bundled(entry(place)) for place in places)


def _row(level: int | None, old: int, new: int) -> Iterator[Tile]:
    """Yield the tiles of a row that grew from `old` to `new` members."""
    if new == old:
        return
    for index in range(old // WIDTH, new // WIDTH):
        yield Tile(level, index, WIDTH)
    if new % WIDTH:
        yield Tile(level, new // WIDTH, new % WIDTH)


def _bundled(entry: bytes) -> bytes:
    assert len(entry) <= MAX_ENTRY_BYTES
    return len(entry).to_bytes(2, "big") + entry


def _number(index: int) -> str:
    groups = [f"{index % _GROUP:03}"]
    while index := index // _GROUP:
        groups.append(f"x{index % _GROUP:03}")
    return "/".join(reversed(groups))
