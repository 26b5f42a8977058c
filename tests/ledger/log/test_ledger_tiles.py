"""The published files: paths of the specification, and a log rebuilt from the files alone."""

from __future__ import annotations

import asyncio
import hashlib
import re

import pytest

from evidence.checkpoint import parse_checkpoint
from evidence.statement import parse_statement
from evidence.wire import Type
from ledger.log.tiles import Tile, new_tiles
from ledger.store.chain import Submission
from ledger.store.sqlite_store import SqliteStore
from tests.ledger.support import asker, make_cluster, naive_root, read_note, running


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067, 256), "tile/0/x001/x234/067"),
        (Tile(0, 0, 1), "tile/0/000.p/1"),
        (Tile(None, 999, 256), "tile/entries/999"),
        (Tile(None, 1000, 17), "tile/entries/x001/000.p/17"),
        (Tile(1, 5, 255), "tile/1/005.p/255"),
    ],
)
def test_paths(tile, path):
    assert tile.path == path


@pytest.mark.parametrize(
    ("old", "size", "paths"),
    [
        (0, 0, []),
        (0, 1, ["entries/000.p/1", "0/000.p/1"]),
        (1, 1, []),
        (5, 7, ["entries/000.p/7", "0/000.p/7"]),
        (255, 256, ["entries/000", "0/000", "1/000.p/1"]),
        (256, 257, ["entries/001.p/1", "0/001.p/1"]),
        # The specification's own example: 70,000 entries.
        (69_888, 70_000, ["entries/273.p/112", "0/273.p/112"]),
        (65_535, 65_536, ["entries/255", "0/255", "1/000", "2/000.p/1"]),
    ],
)
def test_a_tree_that_grew_needs_these_files(old, size, paths):
    assert [tile.path.removeprefix("tile/") for tile in new_tiles(old, size)] == paths


def rebuild(folder):
    """Read size, root and entries with nothing but the specification."""
    origin, size, root, _, _ = read_note((folder / "checkpoint").read_bytes())

    def read(row, number, width):
        path = folder / "tile" / row / f"{number:03}"
        return (
            path.read_bytes()
            if width == 256
            else (path.parent / f"{path.name}.p" / str(width)).read_bytes()
        )

    entries, hashes = [], b""
    for number in range(0, size, 256):
        width = min(256, size - number)
        data = read("entries", number // 256, width)
        hashes += read("0", number // 256, width)
        while data:
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
    assert hashes == b"".join(hashlib.sha256(b"\0" + entry).digest() for entry in entries)
    for number in range(size // 256):
        width = min(256, size // 256 - number // 256 * 256)
        upper = read("1", number // 256, width)
        at = number % 256 * 32
        assert upper[at : at + 32] == naive_root(entries[number * 256 : (number + 1) * 256])
    return origin, size, root, entries


async def test_a_log_is_rebuilt_from_its_files_alone(tmp_path, gateway):
    cluster = make_cluster(tmp_path, witnesses=1, settings='publish = "public"\n')
    cluster.admit(gateway)
    folder = cluster.sequencer.folder / "public"
    sizes = (3, 200, 254, 300)  # within a tile, to its end, beyond it
    async with running(cluster.witnesses[0]):
        for size in sizes:
            new = [gateway.extend()[0] for _ in range(size - len(gateway.chain))]
            store = SqliteStore(cluster.sequencer.store)
            store.register([Submission(parse_statement(text)) for text in new], 0)
            store.close()
            async with running(cluster.sequencer):
                async with asyncio.timeout(60):
                    while published_size(folder) <= size:
                        await asyncio.sleep(0.02)
            origin, there, root, entries = rebuild(folder)
            assert (origin, there) == ("example.org/log", size + 1)
            assert entries[1:] == [text for text, _ in gateway.chain]
            assert naive_root(entries) == root
            cluster.policy.check(parse_checkpoint((folder / "checkpoint").read_bytes()))
    parts = [path for path in folder.rglob("*.p") if path.is_dir()]
    assert {re.sub(r".*/tile/", "", str(path)) for path in parts} == {
        "0/001.p", "entries/001.p", "1/000.p",
    }, "parts of a full tile are gone"  # fmt: skip


def published_size(folder):
    path = folder / "checkpoint"
    return parse_checkpoint(path.read_bytes()).checkpoint.size if path.exists() else 0


async def test_folder_that_cannot_be_written_stops_nothing(tmp_path, gateway, caplog):
    cluster = make_cluster(tmp_path, witnesses=0, settings='publish = "public"\n')
    cluster.admit(gateway)
    blocker = cluster.sequencer.folder / "public"
    blocker.write_text("a file, not a folder")
    async with running(cluster.sequencer), asker(cluster.sequencer, gateway) as node:
        assert (await node.register(gateway.extend())).type is Type.ACCEPTED
        await node.receipts(gateway, [0])
        async with asyncio.timeout(60):
            while "not published" not in caplog.text:
                await asyncio.sleep(0.02)
        blocker.unlink()
        async with asyncio.timeout(60):
            while published_size(blocker) < 2:
                await asyncio.sleep(0.02)
