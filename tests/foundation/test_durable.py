"""Durable writes: each system call failing, before and after it took effect."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.durable import (
    AlreadyLocked,
    Disk,
    DiskFull,
    NoPlace,
    WriteFailed,
    advice_for,
    lock_file,
    make_state_dir,
    move_file,
    overwrite_file,
    swap_file,
    sync_file,
    write_file,
    write_output,
)


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

    def pwrite(self, fd, data, offset):
        return self._do("pwrite", lambda: super(FaultyDisk, self).pwrite(fd, data, offset))

    def fdatasync(self, fd):
        return self._do("fdatasync", lambda: super(FaultyDisk, self).fdatasync(fd))

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


class NamedDisk(FaultyDisk):
    """Says of each call which file or folder it was for."""

    def __init__(self) -> None:
        super().__init__("none", 0, persisted=False)

    def fsync(self, fd):
        super().fsync(fd)
        self.calls[-1] = f"fsync {Path(f'/proc/self/fd/{fd}').readlink().name}"


def test_the_content_is_flushed_before_its_name(tmp_path: Path):
    disk = NamedDisk()
    write_file(tmp_path / "a", b"new", disk=disk)
    assert disk.calls == ["write", "fsync .a.tmp", "replace", f"fsync {tmp_path.name}"]


def test_what_is_swapped_is_never_flushed_and_leaves_nothing(tmp_path: Path):
    disk = NamedDisk()
    swap_file(tmp_path / "a", b"new", disk=disk)
    assert disk.calls == ["write", "replace"]
    with pytest.raises(DiskFull, match=f"^cannot write {tmp_path}/a: No space left on device$"):
        swap_file(
            tmp_path / "a",
            b"newer",
            disk=FaultyDisk("write", 1, persisted=False, number=errno.ENOSPC),
        )
    with pytest.raises(NoPlace, match="it is a folder"):
        swap_file(tmp_path, b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.ENOENT, NoPlace),
        (errno.ENOTDIR, NoPlace),
        (errno.EISDIR, NoPlace),
        (errno.ELOOP, NoPlace),
        (errno.ENAMETOOLONG, NoPlace),
        (errno.EIO, WriteFailed),
        (errno.EROFS, WriteFailed),
    ],
)
def test_why_a_write_failed_is_told_apart(tmp_path: Path, number: int, kind: type):
    with pytest.raises(WriteFailed) as caught:
        write_file(
            tmp_path / "a", b"x", disk=FaultyDisk("fsync", 1, persisted=False, number=number)
        )
    assert type(caught.value) is kind
    assert str(caught.value) == f"cannot write {tmp_path}/a: {os.strerror(number)}"
    assert caught.value.advice == advice_for(number)


def test_an_error_of_no_known_kind_has_a_next_step_too():
    assert advice_for(None) == advice_for(0) == "look at dmesg and at the disk's health"
    assert advice_for(errno.EACCES) == advice_for(errno.EPERM) != advice_for(None)


def test_a_file_is_written_over_in_place_with_zeros_behind(tmp_path: Path):
    path, disk = tmp_path / "state", FaultyDisk("none", 0, persisted=False)
    overwrite_file(path, b"first", 8, disk=disk)  # nothing there yet: made, and whole blocks of it
    assert disk.calls == ["write", "fsync", "replace", "fsync"]
    assert path.read_bytes() == b"first\0\0\0"
    inode = path.stat().st_ino
    del disk.calls[:]
    overwrite_file(path, b"eightlon", 8, disk=disk)
    overwrite_file(path, b"b", 4, disk=disk)
    assert disk.calls == ["pwrite", "fdatasync"] * 2
    assert path.read_bytes() == b"b" + bytes(7)
    assert path.stat().st_ino == inode
    del disk.calls[:]
    overwrite_file(path, b"nine long", 8, disk=disk)  # no room: another one in its place
    assert disk.calls == ["write", "fsync", "replace", "fsync"]
    assert path.read_bytes() == b"nine long" + bytes(7)
    overwrite_file(path, b"c", 20)  # shorter than what is asked for
    assert path.read_bytes() == b"c" + bytes(19)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
def test_an_overwrite_that_fails_says_so(tmp_path: Path, call: str):
    (tmp_path / "state").write_bytes(b"before")
    with pytest.raises(WriteFailed, match=r"cannot write .*/state: Input/output error"):
        overwrite_file(tmp_path / "state", b"x", 6, disk=FaultyDisk(call, 1, persisted=False))


def test_an_overwrite_that_is_cut_short_is_no_success(tmp_path: Path):
    class Short(Disk):
        def pwrite(self, fd, data, offset):
            return super().pwrite(fd, data[:-1], offset)

    (tmp_path / "state").write_bytes(b"before")
    with pytest.raises(WriteFailed, match="Input/output error"):
        overwrite_file(tmp_path / "state", b"x", 6, disk=Short())


def test_a_link_is_not_written_through(tmp_path: Path):
    (tmp_path / "other").write_bytes(b"before")
    (tmp_path / "link").symlink_to("other")
    with pytest.raises(NoPlace):
        overwrite_file(tmp_path / "link", b"x", 6)
    assert (tmp_path / "other").read_bytes() == b"before"


def test_a_person_s_file_is_written_where_a_link_leads(tmp_path: Path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_output(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o644
    with pytest.raises(NoPlace) as caught:
        write_output(tmp_path / "none" / "a", b"x")
    assert caught.value.exit_code == 2, "another name must be given"


def test_a_move_is_durable_at_both_ends(tmp_path: Path):
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "a").write_bytes(b"x")
    (tmp_path / "from" / "b").write_bytes(b"old")
    disk = NamedDisk()
    move_file(tmp_path / "from" / "a", tmp_path / "from" / "b", disk=disk)
    assert disk.calls == ["replace", "fsync from"]
    del disk.calls[:]
    move_file(tmp_path / "from" / "b", tmp_path / "c", disk=disk)
    assert disk.calls == ["replace", f"fsync {tmp_path.name}", "fsync from"]
    assert (tmp_path / "c").read_bytes() == b"x"
    with pytest.raises(WriteFailed) as caught:
        move_file(tmp_path / "none", tmp_path / "c")
    assert str(caught.value) == (
        f"cannot move {tmp_path}/none to {tmp_path}/c: No such file or directory"
    )
    assert caught.value.advice == advice_for(errno.ENOENT)


def test_what_another_wrote_is_flushed_with_its_size(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"x")
    disk = NamedDisk()
    sync_file(tmp_path / "a", disk=disk)
    assert disk.calls == ["fsync a"]
    with pytest.raises(FileNotFoundError):
        sync_file(tmp_path / "b", disk=disk)


def test_the_state_folder_is_its_owner_s(tmp_path: Path):
    for _ in range(2):
        make_state_dir(tmp_path / "a" / "state")
    assert (tmp_path / "a" / "state").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(
        WriteFailed, match=r"^cannot make .*/file/state: Not a directory$"
    ) as caught:
        make_state_dir(tmp_path / "file" / "state")
    assert caught.value.advice == advice_for(errno.ENOTDIR)


def test_no_descriptor_is_left_open(tmp_path: Path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    (tmp_path / "a").write_bytes(b"before")
    write_file(tmp_path / "a", b"x" * 6)
    overwrite_file(tmp_path / "a", b"y", 6)
    sync_file(tmp_path / "a")
    with lock_file(tmp_path / "lock") as lock:
        with pytest.raises(AlreadyLocked):
            lock_file(tmp_path / "lock")
    lock.release()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_lock_on_a_disk_that_is_read_only_holds_without_a_number(tmp_path: Path, monkeypatch):
    (tmp_path / "lock").write_bytes(b"no number\n")
    real = os.open

    def read_only(path, flags, *mode):
        if flags & os.O_RDWR:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(path, flags, *mode)

    monkeypatch.setattr(os, "open", read_only)
    with lock_file(tmp_path / "lock"), pytest.raises(AlreadyLocked) as caught:
        lock_file(tmp_path / "lock")
    assert (caught.value.pid, caught.value.exit_code) == (None, 1)
    assert str(caught.value).endswith("is locked: another process already runs here")


def test_a_lock_that_cannot_be_had_says_why(tmp_path: Path):
    with pytest.raises(WriteFailed, match=r"cannot open .*/none/lock: No such file") as caught:
        lock_file(tmp_path / "none" / "lock")
    assert caught.value.advice == advice_for(errno.ENOENT)


def test_the_holder_s_number_replaces_a_longer_one(tmp_path: Path):
    (tmp_path / "lock").write_text("12345678901\n")
    with lock_file(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_the_machine_s_disk_is_asked_to_flush(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(os, "fsync", lambda fd: asked.append("fsync"))
    monkeypatch.setattr(os, "fdatasync", lambda fd: asked.append("fdatasync"))
    write_file(tmp_path / "a", b"x" * 4)
    overwrite_file(tmp_path / "a", b"y", 4)
    assert asked == ["fsync", "fsync", "fdatasync"]
