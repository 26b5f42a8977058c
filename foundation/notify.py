"""Telling systemd how it goes (sd_notify(3)); the watchdog is fed by progress, not by a timer."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping

from foundation.dataclass import dataclass
from foundation.words import one_line

log = logging.getLogger(__name__)


class Notifier:
    """Sends states to the service manager; does nothing where there is none."""

    def __init__(self, address: str | None) -> None:
        self._address = address

    def send(self, *lines: str) -> bool:
        """Send one datagram of assignments; False when nobody took it."""
        if not self._address:
            return False
        # A leading @ stands for the zero byte of Linux's abstract sockets.
        target = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(0)
                sender.sendto("\n".join(lines).encode(), target)
        except OSError as error:
            log.debug("service manager did not take %s: %s", lines, error)
            return False
        return True

    def ready(self, status: str) -> bool:
        """Say that the service does its work now."""
        return self.send("READY=1", _status(status))

    def status(self, status: str) -> bool:
        """Say in one line how it goes, for `systemctl status`."""
        return self.send(_status(status))

    def stopping(self) -> bool:
        """Say that the service ends."""
        return self.send("STOPPING=1")

    def watchdog(self) -> bool:
        """Say that the service is alive."""
        return self.send("WATCHDOG=1")


def _status(text: str) -> str:
    """Return the assignment; a line end in it would begin another."""
    return f"STATUS={one_line(' '.join(text.split()))}"


def from_environment(environ: Mapping[str, str]) -> Notifier:
    """Return the notifier that $NOTIFY_SOCKET asks for."""
    return Notifier(environ.get("NOTIFY_SOCKET"))


def watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    """Return the watchdog's limit when systemd set one for this process."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdigit() and int(microseconds) else None


@dataclass(slots=True)
class _Mark:
    limit: float
    since: float
    resting: bool


class Progress:
    """Named marks: each necessary task renews its own within its limit, or rests."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._marks: dict[str, _Mark] = {}

    def expect(self, name: str, limit: float) -> None:
        """Watch `name` from now on: it must be marked at least every `limit` seconds."""
        self._marks[name] = _Mark(limit, self._monotonic(), resting=False)

    def mark(self, name: str) -> None:
        """Note that `name` got on; ends a rest."""
        mark = self._marks[name]
        mark.since, mark.resting = self._monotonic(), False

    def rest(self, name: str) -> None:
        """Note that `name` has nothing to do until its next mark."""
        self._marks[name].resting = True

    def forget(self, name: str) -> None:
        """Watch `name` no longer."""
        self._marks.pop(name, None)

    def late(self) -> list[str]:
        """Return the names that did not get on within their limits."""
        now = self._monotonic()
        return [
            name
            for name, mark in self._marks.items()
            if not mark.resting and now - mark.since > mark.limit
        ]


async def feed_watchdog(
    notifier: Notifier,
    progress: Progress,
    limit: float,
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """Feed the watchdog twice per `limit` seconds while nothing is late; runs for ever."""
    reported: list[str] = []
    while True:
        late = progress.late()
        if not late:
            notifier.watchdog()
        elif late != reported:
            log.error("no progress in %s: the watchdog is not fed", ", ".join(late))
        reported = late
        await sleep(limit / 2)
