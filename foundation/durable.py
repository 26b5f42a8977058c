"""The one module that writes files durably.

`write_file` makes these system calls, in this order:

1. open(folder/.name.tmp, O_CREAT | O_TRUNC), fchmod, write …    the new content, beside the old
2. fsync(tmp)                                                    content before name
3. rename(tmp, name)                                             atomic: old or new, never a mix
4. fsync(folder)                                                 the name itself survives

A power cut before 4 leaves the old or the new file, both whole. A failure in 1 to 3 leaves the old
file. A failure in 4 leaves the new file in place, perhaps not yet durable: the caller must not act
on it before a later `write_file` succeeded. After a failed fsync the pages are never flushed again
in place (Linux marks them clean): a retry writes a new temporary file.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from foundation.cause import Cause
from foundation.errors import Fatal, Retry

_RIGHTS = "do it as the user whose files these are (sudo -u tallyman …), or give the right"
_NO_FOLDER = "a file stands where a folder is wanted: move it, or correct the path"
_ADVICE = {
    errno.ENOSPC: "free space on this disk: tallyman status shows what fills it",
    errno.EDQUOT: "free space on this disk: tallyman status shows what fills it",
    errno.EFBIG: "raise the size limit of this process (ulimit -f, LimitFSIZE)",
    errno.EROFS: "the disk is read-only, often after errors: look at dmesg, then replace the card",
    errno.EIO: "the card or disk fails: look at dmesg and replace it soon",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
    errno.ENOENT: "create the folder, or correct its path",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "the path has links in a circle: correct it",
}

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_PLACE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG)


SECOND = Cause[Any](
    "agent.second",
    symptom="a start is refused",
    sentence="a second agent was started on the same state folder",
    next="stop that process first, or give this one another folder",
    command="systemctl status tallyman; pgrep -af 'tallyman run'",
    unproven="who started it",
)


class WriteFailed(Retry):
    """A durable write did not succeed; what it replaces is as whole as before."""


class DiskFull(WriteFailed):
    """There is no space left for it."""


class NoPlace(WriteFailed):
    """No file can be written under this name: its folder is missing, or it is no file."""


class AlreadyLocked(Fatal):
    """Another process holds the lock; `pid` is its process, where known."""

    exit_code = Retry.exit_code  # it may end

    def __init__(self, path: Path, pid: int | None) -> None:
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(f"{path} is locked: {holder} already runs here", cause=SECOND)
        self.pid = pid


def advice_for(number: int | None) -> str:
    """Return the next step for an I/O error with this errno."""
    return _ADVICE.get(number or 0, "look at dmesg and at the disk's health")


class Disk:
    """The system calls of a durable write; a test replaces them to let one fail."""

    def write(self, fd: int, data: bytes) -> int:
        """Write some of `data`; return how many bytes."""
        return os.write(fd, data)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Write some of `data` at `offset`; return how many bytes."""
        return os.pwrite(fd, data, offset)

    def fsync(self, fd: int) -> None:
        """Flush file or folder to the device."""
        os.fsync(fd)

    def fdatasync(self, fd: int) -> None:
        """Flush a file's data, and its metadata only where the data could not be found without."""
        os.fdatasync(fd)

    def replace(self, source: Path, target: Path) -> None:
        """Rename over `target`, atomically."""
        source.replace(target)


SYSTEM_DISK = Disk()

LOCK_NAME = "lock"
"""The file in a state folder that its one user holds with `lock_file`."""


def write_file(path: Path, data: bytes, mode: int = 0o600, *, disk: Disk = SYSTEM_DISK) -> None:
    """Replace `path` by `data`; on return it survives a power cut. Raises WriteFailed.

    Only a file is replaced: a rename over `/dev/null` would take it from the whole machine.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        try:
            _refuse_special(path)
            _write_new(temporary, data, mode, disk)
            disk.replace(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent, disk=disk)
    except OSError as error:
        raise _write_failed(path, error) from error


def swap_file(path: Path, data: bytes, mode: int = 0o644, *, disk: Disk = SYSTEM_DISK) -> None:
    """Replace `path` by `data` in one step, so that nobody reads a mixture; raises WriteFailed.

    Not durable: for what is worth nothing after a power cut, and is not worth wearing a card.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        _refuse_special(path)
        _write_new(temporary, data, mode, disk, durably=False)
        disk.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise _write_failed(path, error) from error


def _refuse_special(path: Path) -> None:
    """Raise NoPlace where what has the name is no file, nor a link to one."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:  # nothing, or a link to nothing
        return
    if stat.S_ISDIR(mode):
        raise NoPlace(f"cannot write {path}: it is a folder", advice="name a file in it")
    if not stat.S_ISREG(mode):
        raise NoPlace(
            f"cannot write {path}: it is a device, a pipe or a socket, and would be replaced",
            advice="write a file, then copy it there",
        )


def _write_failed(path: Path, error: OSError) -> WriteFailed:
    failure: type[WriteFailed] = WriteFailed
    if error.errno in _FULL:
        failure = DiskFull
    elif error.errno in _NO_PLACE:
        failure = NoPlace
    return failure(
        f"cannot write {path}: {os.strerror(error.errno or 0)}", advice=advice_for(error.errno)
    )


def _write_new(path: Path, data: bytes, mode: int, disk: Disk, *, durably: bool = True) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(path, flags, mode)
    try:
        os.fchmod(fd, mode)  # the umask, or a temporary file left by a crash, may differ
        rest = memoryview(data)
        while rest:
            rest = rest[disk.write(fd, bytes(rest)) :]
        if durably:
            disk.fsync(fd)
    finally:
        os.close(fd)


def write_output(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file that a person named, as `write_file` does; NoPlace is then their mistake.

    A link is followed: it stays, and what it names is written.
    """
    try:
        write_file(path.resolve(), data, mode)
    except NoPlace as error:
        error.exit_code = Fatal.exit_code
        raise


def overwrite_file(
    path: Path, data: bytes, room: int, mode: int = 0o600, *, disk: Disk = SYSTEM_DISK
) -> None:
    """Put `data`, and zeros behind it, into a file that has at least `room` bytes; WriteFailed.

    Durable on return. It writes over what is there, so a power cut may leave a mixture: who calls
    it has another copy, and can tell a mixture. A flush then writes no metadata but the time of
    change; a name that is replaced costs a disk ten pages more.
    """
    try:
        fd = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            size = os.fstat(fd).st_size
            if size >= max(room, len(data)):
                if disk.pwrite(fd, data.ljust(size, b"\0"), 0) != size:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                disk.fdatasync(fd)
                return
        finally:
            os.close(fd)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _write_failed(path, error) from error
    write_file(path, data.ljust(-(-len(data) // room) * room, b"\0"), mode, disk=disk)


def sync_folder(folder: Path, *, disk: Disk = SYSTEM_DISK) -> None:
    """Make the names in `folder` durable; OSError passes through."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        disk.fsync(fd)
    finally:
        os.close(fd)


def sync_file(path: Path, *, disk: Disk = SYSTEM_DISK) -> None:
    """Flush a file that somebody else wrote, its size with it; OSError where it cannot be."""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        disk.fsync(fd)
    finally:
        os.close(fd)


def move_file(source: Path, target: Path, *, disk: Disk = SYSTEM_DISK) -> None:
    """Give a file another name, in place of whatever has it; durable on return. WriteFailed."""
    try:
        disk.replace(source, target)
        sync_folder(target.parent, disk=disk)
        if source.parent != target.parent:
            sync_folder(source.parent, disk=disk)
    except OSError as error:
        raise WriteFailed(
            f"cannot move {source} to {target}: {os.strerror(error.errno or 0)}",
            advice=advice_for(error.errno),
        ) from error


class FileLock:
    """An flock(2) held until `release`, or until the process ends in whatever way."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def release(self) -> None:
        """Let others in; calling it again does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def make_state_dir(folder: Path) -> None:
    """Make the folder of keys and journal where the package has not."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WriteFailed(
            f"cannot make {folder}: {os.strerror(error.errno or 0)}",
            advice=advice_for(error.errno),
        ) from error


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # the kernel's lock needs no write


def lock_file(path: Path) -> FileLock:
    """Take the lock that only one process may hold; AlreadyLocked names the holder.

    The file holds the holder's process id for people; the lock itself is the kernel's, so a file
    left by a dead process locks nobody out.
    """
    try:
        fd = _open_lock(path)
    except OSError as error:
        raise WriteFailed(
            f"cannot open {path}: {os.strerror(error.errno or 0)}", advice=advice_for(error.errno)
        ) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(fd, 20).decode("ascii", "replace").strip()
        os.close(fd)
        raise AlreadyLocked(path, int(text) if text.isdigit() else None) from None
    with suppress(OSError):  # a full disk: the lock holds without the number
        os.ftruncate(fd, 0)
        os.write(fd, b"%d\n" % os.getpid())
    return FileLock(fd)
