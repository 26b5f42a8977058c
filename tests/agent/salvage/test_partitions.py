"""Of an image each ext4 file system is mounted where its table says, read-only and unreplayed."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from agent.salvage.card import NothingFound, salvage
from tests.agent.salvage.dead_gateway import die

SECTOR = 512
MAGIC_AT = 1024 + 0x38  # of ext4's superblock, which lies at 1024


class Image:
    """A sparse image, and what is mounted of it: the state of a dead gateway."""

    def __init__(self, folder) -> None:
        self.path, self.mounted = folder / "image", []
        self.dead = die(folder / "state", sealed=2, loose=3)
        self.put(4 << 20, b"")

    def put(self, offset: int, data: bytes) -> None:
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.truncate(max(offset + len(data), self.path.stat().st_size))
            file.seek(offset)
            file.write(data)

    def ext4(self, *sectors: int) -> None:
        for sector in sectors:
            self.put(sector * SECTOR + MAGIC_AT, b"\x53\xef")

    def mbr(self, index: int, begin: int, sectors: int) -> None:
        entry = bytes(8) + begin.to_bytes(4, "little") + sectors.to_bytes(4, "little")
        self.put(446 + 16 * index, entry)

    def gpt(self, count: int, entries: dict[int, tuple[int, int]], size: int = 128) -> None:
        """A header in sector 1 (UEFI 2.10, 5.3.2), entries from sector 2 on (5.3.3)."""
        place = (2).to_bytes(8, "little") + count.to_bytes(4, "little") + size.to_bytes(4, "little")
        self.put(SECTOR, b"EFI PART" + bytes(64) + place)
        for index, (begin, last) in entries.items():
            places = begin.to_bytes(8, "little") + last.to_bytes(8, "little")
            self.put(2 * SECTOR + index * size, bytes([7] * 32) + places)

    def run(self, argv, *, check, capture_output):
        assert check
        assert capture_output
        if argv[0] == "mount":
            shutil.copytree(self.dead.folder, argv[-1], dirs_exist_ok=True)
            self.mounted.append(argv[1:-1])
        else:
            assert argv[0] == "umount"


@pytest.fixture
def image(tmp_path, monkeypatch):
    image = Image(tmp_path)
    monkeypatch.setattr(subprocess, "run", image.run)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return image


def mounts(image: Image, *places: tuple[int, int]):
    return [
        ["-t", "ext4", "-o", f"ro,noload,loop,offset={at},sizelimit={size}", str(image.path)]
        for at, size in places
    ]


def test_a_file_system_without_a_table_is_the_whole_of_it(image):
    image.ext4(0)
    (life,) = salvage(image.path, ()).archive.lives
    assert len(life.batches) == 2
    assert image.mounted == mounts(image, (0, 4 << 20))


def test_partitions_of_an_mbr_are_its_four(image):
    image.mbr(0, 1024, 512)  # fat, as the boot partition is
    image.mbr(3, 2048, 1024)
    image.ext4(2048)
    salvage(image.path, ())
    assert image.mounted == mounts(image, (2048 * SECTOR, 1024 * SECTOR))


def test_partitions_of_a_gpt_end_with_their_last_sector(image):
    image.gpt(4, {0: (1024, 1535), 2: (2048, 4095), 4: (5000, 5999)})
    image.mbr(0, 1, 8191)  # what protects a GPT from who knows only MBRs
    image.ext4(1, 2048, 5000)
    salvage(image.path, ())
    assert image.mounted == mounts(image, (2048 * SECTOR, 2048 * SECTOR))


@pytest.mark.parametrize("size", [128, 256])
def test_of_a_gpt_as_many_entries_are_read_as_there_usually_are(image, size):
    image.gpt(200, {127: (2048, 4095), 128: (5000, 5999)}, size)
    image.ext4(2048, 5000)
    salvage(image.path, ())
    assert image.mounted == mounts(image, (2048 * SECTOR, 2048 * SECTOR))


def test_who_is_not_root_mounts_nothing(image, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    image.ext4(0)
    with pytest.raises(NothingFound):
        salvage(image.path, ())
    assert image.mounted == []


def test_a_file_system_that_does_not_mount_is_read_block_by_block(image, monkeypatch):
    def refuse(argv, **_):
        raise subprocess.CalledProcessError(32, argv)

    monkeypatch.setattr(subprocess, "run", refuse)
    image.ext4(0)
    image.put(1 << 20, image.dead.ring.read_bytes()[: 64 * 4096])
    (life,) = salvage(image.path, ()).archive.lives
    assert set(life.records) >= {128, 129, 130}


def test_unreadable_blocks_of_a_medium_are_listed_with_it(image, monkeypatch):
    def pread(fd: int, length: int, offset: int) -> bytes:
        if offset < 4096 * 11 and offset + length > 4096 * 10:
            raise OSError(5, "Input/output error")
        return os.pread(fd, length, offset)

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    image.put(1 << 20, image.dead.ring.read_bytes()[: 64 * 4096])
    found = salvage(image.path, (), pread)
    assert found.bad == ((str(image.path), 40960),)
    assert found.archive.lives
