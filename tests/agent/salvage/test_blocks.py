"""What a medium refuses is zeros and listed; all around it is read."""

from __future__ import annotations

import errno
import os

import pytest

from agent.salvage.blocks import Blocks

BLOCK = 4096
CONTENT = bytes(at // BLOCK + 1 for at in range(3 * BLOCK + 100))
"""Ones, twos, threes, and a hundred fours."""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "medium"
    path.write_bytes(CONTENT)
    return path


def refusing(*blocks: int):
    """Read as a device does whose blocks of these numbers are bad."""

    def pread(fd: int, length: int, offset: int) -> bytes:
        if any(offset < (each + 1) * BLOCK and each * BLOCK < offset + length for each in blocks):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.pread(fd, length, offset)

    return pread


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 10), (BLOCK - 1, 2), (3 * BLOCK, 500), (len(CONTENT), 1), (5, 0)]
)
def test_a_sound_medium_gives_what_is_there(path, offset, length):
    with Blocks(path) as medium:
        assert medium.size == len(CONTENT)
        assert medium.read(offset, length) == CONTENT[offset : offset + length]
        assert medium.read(len(CONTENT) + 5, 3) == b""
        assert medium.bad == set()


def test_a_bad_block_is_zeros_and_its_neighbours_are_whole(path):
    with Blocks(path, refusing(1)) as medium:
        expected = CONTENT[:BLOCK] + bytes(BLOCK) + CONTENT[2 * BLOCK :]
        assert medium.read(0, 10 * BLOCK) == expected
        assert medium.read(BLOCK - 3, 6) == b"\x01\x01\x01\0\0\0"
        assert medium.read(2 * BLOCK - 3, 6) == b"\0\0\0\x03\x03\x03"
        assert medium.bad == {BLOCK}


def test_a_device_that_gives_less_than_asked_for_is_filled_up(path):
    with Blocks(path, lambda fd, length, at: os.pread(fd, length // 2, at)) as medium:
        assert medium.read(0, 8) == b"\x01" * 4 + bytes(4)


def test_it_is_gone_through_in_pieces_that_show_a_little_of_the_next(tmp_path):
    path = tmp_path / "large"
    data = bytes(range(256)) * (2 * BLOCK + 1)
    path.write_bytes(data)
    step = 256 * BLOCK
    with Blocks(path) as medium:
        assert list(medium.chunks(overlap=10)) == [
            (0, data[: step + 10]),
            (step, data[step : 2 * step + 10]),
            (2 * step, data[2 * step :]),
        ]
        assert [data for _, data in medium.chunks()] == [
            data[:step], data[step : 2 * step], data[2 * step :]
        ]  # fmt: skip


def test_it_is_closed_behind_its_use(path):
    with Blocks(path) as medium:
        pass
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(medium._fd)
