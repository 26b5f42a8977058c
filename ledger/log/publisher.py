"""Writing the log's tiles where a web server finds them: all durable before the checkpoint."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from evidence.checkpoint import parse_checkpoint
from foundation.durable import WriteFailed, advice_for, sync_folder, write_file
from ledger.base.node_files import PUBLIC_MODE
from ledger.log import tiles
from ledger.log.tiles import Tile
from ledger.store.store import Kept, Slot, Store
from ledger.store.store_thread import StoreThread

MAX_TILES = 256
"""Tiles read from the store at once: 17 MB at most, and statements wait for that long."""

_log = logging.getLogger(__name__)


class Publisher:
    """Publishes a log's cosigned checkpoints into a folder that nobody else writes."""

    def __init__(self, folder: Path, origin: str, store: StoreThread) -> None:
        self._folder = folder
        self._origin = origin
        self._store = store
        self._published: Kept | None = None
        self.fault = ""

    async def publish(self) -> None:
        """Publish the served checkpoint unless that was done; a failed write is tried again."""
        kept = await self._store(lambda store: store.kept(Slot.COSIGNED, self._origin))
        if kept is None or kept == self._published:
            return
        try:
            await self._publish(kept)
        except WriteFailed as error:
            if not self.fault:
                _log.error("the log is not published: %s (%s)", error, error.advice)
            self.fault = str(error)
        else:
            self.fault = ""
            self._published = kept

    async def _publish(self, kept: Kept) -> None:
        wanted = list(tiles.new_tiles(self._size_there(), kept.size))
        for start in range(0, len(wanted), MAX_TILES):
            some = wanted[start : start + MAX_TILES]
            read = await self._store(functools.partial(_read, some))
            await asyncio.to_thread(self._write, read)
        await asyncio.to_thread(write_file, self._folder / tiles.CHECKPOINT, kept.note, PUBLIC_MODE)

    def _size_there(self) -> int:
        """Return the size of the checkpoint in the folder: its tiles were durable before it."""
        path = self._folder / tiles.CHECKPOINT
        return parse_checkpoint(path.read_bytes()).checkpoint.size if path.exists() else 0

    def _write(self, read: Mapping[Tile, bytes]) -> None:
        for tile, data in read.items():
            path = self._folder / tile.path
            _make_folder(path.parent)
            write_file(path, data, PUBLIC_MODE)
            if tile.width == tiles.WIDTH:  # whoever wanted a part of it finds it whole
                shutil.rmtree(self._folder / f"{tile.full_path}.p", ignore_errors=True)


def _read(some: list[Tile], store: Store) -> dict[Tile, bytes]:
    def entry(index: int) -> bytes:
        found = store.entry(index)
        assert found is not None, "an entry under a cosigned checkpoint"
        return found

    return {tile: tiles.contents(tile, store.node, entry) for tile in some}


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)
    except OSError as error:
        raise WriteFailed(
            f"cannot make {folder}: {os.strerror(error.errno or 0)}",
            advice=advice_for(error.errno),
        ) from error
