"""Durable writes: each system call failing, before and after it took effect."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.durable import AlreadyLocked, Disk, WriteFailed, lock_file, swap_file, write_file


class FaultyDisk(Disk):
    """Fails at one call, either without effect or after it."""

    def __init__(self, call: str, nth: int, *, persisted: bool, number: int = errno.EIO) -> None:
        self.fault, self.nth, self.persisted, self.number = call, nth, persisted, number
        self.calls: list[str] = []

    def _do(self, call: str, work):
        self.calls.append(call)
        if call != self.fault or self.calls.count(call) != self.nth:
            return work()
        if self.persisted:
            work()
        raise OSError(self.number, os.strerror(self.number))

    def write(self, fd, data):
        return self._do("write", lambda: super(FaultyDisk, self).write(fd, data))

    def fsync(self, fd):
        return self._do("fsync", lambda: super(FaultyDisk, self).fsync(fd))

    def replace(self, source, target):
        return self._do("replace", lambda: super(FaultyDisk, self).replace(source, target))


class ShortDisk(Disk):
    """Takes three bytes at a time, as a disk nearly full may."""

    def write(self, fd, data):
        return super().write(fd, data[:3])


def test_the_calls_come_in_the_documented_order(tmp_path: Path):
    disk = FaultyDisk("none", 0, persisted=False)
    write_file(tmp_path / "a", b"new", disk=disk)
    assert disk.calls == ["write", "fsync", "replace", "fsync"]
    assert (tmp_path / "a").read_bytes() == b"new"


def test_short_writes_are_continued(tmp_path: Path):
    write_file(tmp_path / "a", b"a longer text", disk=ShortDisk())
    assert (tmp_path / "a").read_bytes() == b"a longer text"


def test_mode_holds_against_umask_and_leftovers(tmp_path: Path):
    leftover = tmp_path / ".key.tmp"
    leftover.write_bytes(b"half a file from before a crash, and longer than the new one")
    leftover.chmod(0o644)
    write_file(tmp_path / "key", b"secret", mode=0o600)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "key").read_bytes() == b"secret"
    assert not leftover.exists()


@pytest.mark.parametrize("persisted", [False, True])
@pytest.mark.parametrize(
    ("call", "nth", "new_in_place"),
    [("write", 1, False), ("fsync", 1, False), ("replace", 1, None), ("fsync", 2, True)],
)
def test_a_failed_call_leaves_a_whole_file(tmp_path, call, nth, new_in_place, persisted):
    path = tmp_path / "state"
    path.write_bytes(b"old")
    with pytest.raises(WriteFailed) as caught:
        write_file(path, b"new", disk=FaultyDisk(call, nth, persisted=persisted))
    assert "cannot write" in str(caught.value)
    assert "replace it soon" in caught.value.advice
    expected_new = persisted if new_in_place is None else new_in_place
    assert path.read_bytes() == (b"new" if expected_new else b"old")
    assert list(tmp_path.glob(".*.tmp")) == []
    write_file(path, b"newer")
    assert path.read_bytes() == b"newer"


def test_a_full_disk_says_so(tmp_path: Path):
    disk = FaultyDisk("write", 1, persisted=False, number=errno.ENOSPC)
    with pytest.raises(WriteFailed) as caught:
        write_file(tmp_path / "a", b"x", disk=disk)
    assert "No space left" in str(caught.value)
    assert "free space" in caught.value.advice


def test_a_missing_folder_says_so(tmp_path: Path):
    with pytest.raises(WriteFailed) as caught:
        write_file(tmp_path / "none" / "a", b"x")
    assert "create the folder" in caught.value.advice


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_only_a_file_is_replaced(tmp_path: Path, make: Callable[[Path], None], linked: bool):
    make(tmp_path / "special")
    path = tmp_path / "special"
    if linked:  # as /dev/stdout is
        path = tmp_path / "link"
        path.symlink_to("special")
    with pytest.raises(WriteFailed, match="it is a") as caught:
        write_file(path, b"new")
    assert caught.value.advice
    assert not (tmp_path / "special").is_file()
    assert path.is_symlink() == linked
    assert list(tmp_path.glob(".*")) == []


def test_second_lock_is_refused_and_names_the_holder(tmp_path: Path):
    with lock_file(tmp_path / "lock"):
        with pytest.raises(AlreadyLocked) as caught:
            lock_file(tmp_path / "lock")
        assert caught.value.pid == os.getpid()
        assert f"process {os.getpid()} already runs" in str(caught.value)
    lock_file(tmp_path / "lock").release()


def test_a_full_disk_keeps_nobody_from_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with lock_file(tmp_path / "lock"), pytest.raises(AlreadyLocked):
        lock_file(tmp_path / "lock")


def test_lock_of_a_dead_process_is_free(tmp_path: Path):
    code = (
        "import os, sys; from pathlib import Path; from foundation.durable import lock_file\n"
        "lock_file(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "lock")], check=False)
    assert (tmp_path / "lock").exists()
    with lock_file(tmp_path / "lock"):
        assert int((tmp_path / "lock").read_text()) == os.getpid()


def test_what_is_kept_is_its_owner_s_and_what_is_swapped_may_be_read_by_all(tmp_path: Path):
    for write, name, mode in ((write_file, "kept", 0o600), (swap_file, "swapped", 0o644)):
        write(tmp_path / name, b"x")
        assert (tmp_path / name).stat().st_mode & 0o777 == mode
        write(tmp_path / name, b"y", 0o640)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o640
