"""The space kept back for a start on a full disk."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from agent.machine import spare

MIB = 1 << 20


def test_it_is_set_aside_once_and_given_up_when_the_disk_is_full(tmp_path, monkeypatch):
    free = spare.PLENTY
    monkeypatch.setattr(spare, "free_bytes", lambda _: free)
    assert spare.keep(tmp_path)
    file = tmp_path / spare.FILE_NAME
    assert file.stat().st_size == spare.BYTES
    assert file.stat().st_blocks * 512 >= spare.BYTES, "set aside, not just named"
    assert not spare.keep(tmp_path)
    assert not spare.give_up_if_full(tmp_path)
    free = 0
    assert spare.give_up_if_full(tmp_path)
    assert not file.exists()
    assert not spare.give_up_if_full(tmp_path)
    assert not spare.keep(tmp_path), "not while space is scarce"


def test_a_disk_that_takes_no_file_is_no_error(tmp_path):
    assert not spare.keep(tmp_path / "none")
    assert not spare.give_up_if_full(tmp_path / "none")


@pytest.mark.parametrize(
    ("free", "kept", "given_up"),
    [
        (8 * MIB, True, False),
        (8 * MIB - 1, False, False),
        (MIB, False, False),
        (MIB - 1, False, True),
    ],
)
def test_it_takes_four_of_eight_free_mebibytes_and_goes_below_one(
    tmp_path, monkeypatch, free, kept, given_up
):
    monkeypatch.setattr(spare, "free_bytes", lambda _: free)
    assert spare.keep(tmp_path) is kept
    file = tmp_path / "spare"
    if kept:
        assert (file.stat().st_size, stat.S_IMODE(file.stat().st_mode)) == (4 * MIB, 0o600)
    file.touch()
    assert spare.give_up_if_full(tmp_path) is given_up
    assert file.exists() is not given_up


def test_what_may_still_be_written_is_what_this_user_may(tmp_path):
    found = os.statvfs(tmp_path)
    free = found.f_bavail * found.f_frsize
    assert spare.free_bytes(tmp_path) == pytest.approx(free, abs=1 << 30)
    assert 4 * spare.free_bytes(tmp_path) > free


def test_a_disk_that_has_no_room_after_all_keeps_no_half_of_it(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spare, "free_bytes", lambda _: 1 << 40)
    monkeypatch.setattr(os, "posix_fallocate", full)
    assert not spare.keep(tmp_path)
    assert list(tmp_path.iterdir()) == []
