"""The machine as tests of causes see it: only looked at, each look bounded in time."""

from __future__ import annotations

import os
import pwd
import re
import socket
import stat
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.why.patience import LOOK_WITHIN, within

if TYPE_CHECKING:
    from smbus2 import SMBus, i2c_msg

BUSES = ("/dev/i2c-", "/dev/spidev")
READ_WRITE = 6  # of an octal digit of a file's mode

_NUMBERED = re.compile(r"(.*/\D+)\d+")


class LocalMachine:
    """This machine; `user` is who runs the agent, None where that is not known."""

    def __init__(self, user: int | None, proc: Path = Path("/proc")) -> None:
        self._user = user
        self._proc = proc

    def there(self, path: str) -> bool | None:
        """See `drivers.cause.Machine`."""
        try:
            Path(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return _opens(path) if path.startswith(BUSES) else False
        except (OSError, ValueError):
            return None
        return True

    def may_open(self, path: str) -> bool | None:
        """See `drivers.cause.Machine`."""
        try:
            found = Path(path).stat()
        except (OSError, ValueError):
            return None
        if not self._user:
            return None  # root may what its capabilities say
        try:
            entry = pwd.getpwuid(self._user)
        except KeyError:
            return None
        groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
        return allows(found, self._user, groups)

    def holders(self, path: str) -> Sequence[str] | None:
        """See `drivers.cause.Machine`: what a user may not look into stays unknown."""
        return within(LOOK_WITHIN, lambda: self._holders(path))

    def _holders(self, path: str) -> Sequence[str] | None:
        real, unseen, found = os.path.realpath(path), False, []
        if not Path(real).exists():
            return None
        for process in self._proc.glob("[0-9]*"):
            try:
                fds = list((process / "fd").iterdir())
                held = any(str(each.readlink()) == real for each in fds)
            except FileNotFoundError:
                continue  # it ended, or closed it
            except OSError:
                unseen = True
                continue
            if held and not self._is_agent(process):
                found.append(self._named(process))
        return found or (None if unseen else [])

    def _is_agent(self, process: Path) -> bool:
        words = (process / "cmdline").read_bytes().split(b"\0")
        return any(word.endswith(b"tallyman") for word in words[:3]) and b"run" in words

    def _named(self, process: Path) -> str:
        try:
            name = (process / "comm").read_text("utf-8", "replace").strip()
        except OSError:
            name = "a program"
        return f"{name} (process {process.name})"

    def unused(self, path: str, taken: Collection[str]) -> Sequence[str]:
        """See `drivers.cause.Machine`."""
        known = {os.path.realpath(each) for each in (path, *taken)}
        return [each for each in _of_its_kind(path) if os.path.realpath(each) not in known]

    def answers(self, bus: str, address: int) -> bool | None:
        """See `drivers.cause.Machine`: nothing is written, one byte read, no register named."""
        return within(LOOK_WITHIN, lambda: _acknowledges(bus, address))

    def listens(self, host: str, port: int) -> bool | None:
        """See `drivers.cause.Machine`."""
        try:
            socket.create_connection((host, port), LOOK_WITHIN).close()
        except OSError:
            return False
        return True


def allows(found: os.stat_result, user: int, groups: Collection[int]) -> bool:
    """Tell whether a file's mode lets a user read and write it."""
    if found.st_uid == user:
        digit = found.st_mode >> 6
    elif found.st_gid in groups:
        digit = found.st_mode >> 3
    else:
        digit = found.st_mode
    return digit & READ_WRITE == READ_WRITE


def _of_its_kind(path: str) -> list[str]:
    """Return ports that are named as this one is, or lie in its folder."""
    numbered = _NUMBERED.fullmatch(path)
    parent = Path(path).parent
    try:
        names = sorted(str(each) for each in parent.iterdir())
    except OSError:
        return []
    if parent == Path("/dev"):
        names = [each for each in names if numbered and each.startswith(numbered[1])]
    return [each for each in names if _is_terminal(each)]


def _is_terminal(path: str) -> bool:
    try:
        return stat.S_ISCHR(Path(path).stat().st_mode)
    except OSError:
        return False


def _opens(path: str) -> bool | None:
    """Tell whether a bus can be opened that no folder shows."""
    try:
        os.close(os.open(path, os.O_RDWR))
    except FileNotFoundError:
        return False
    except OSError:
        return None
    return True


def _acknowledges(bus: str, address: int) -> bool | None:
    from smbus2 import SMBus, i2c_msg  # noqa: PLC0415  only a chip that is silent needs it

    opened = SMBus()
    try:
        opened.open(bus)
    except OSError:
        return None
    # A chip may acknowledge its address for writing alone: an SHT3x that has nothing to tell.
    looks = (i2c_msg.write(address, []), i2c_msg.read(address, 1))
    try:
        return any(_taken(opened, each) for each in looks)
    finally:
        opened.close()


def _taken(bus: SMBus, message: i2c_msg) -> bool:
    try:
        bus.i2c_rdwr(message)
    except OSError:
        return False
    return True
