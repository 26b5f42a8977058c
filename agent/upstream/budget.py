"""Bytes a day on a metered link: what is spent, and what is held back when it runs out."""

from __future__ import annotations

import logging
from enum import Enum
from pathlib import Path

from agent.clock.clock import Clock
from agent.journal.journal import Rank
from foundation.durable import WriteFailed, write_file

_log = logging.getLogger(__name__)

FILE_NAME = "uplink-spent"

MS_PER_DAY = 86_400_000

MESSAGE_BYTES = 42 + 2 * 40
"""Around a message: ZMTP with CURVE, the headers of TCP/IP, and those of its acknowledgement."""

HANDSHAKE_BYTES = 868 + 8 * 40
"""A connection with CURVE, in eight segments."""

WRITES_PER_DAY = 64
"""So often at most the file is written: what a crash may count too much is a budget's 64th."""


class Share(Enum):
    """What part of the day's budget may be spent when something is sent; alarms always go."""

    BACKLOG = 0.7
    NEWEST = 0.9
    STATEMENTS = 1.0


SHARE = {Rank.BACKLOG: Share.BACKLOG, Rank.NEWEST: Share.NEWEST}


class ByteBudget:
    """Counts the bytes of a UTC day, over all links. `per_day` 0: everything may go.

    The count survives a restart: the file is written ahead of what is spent. A clock that nobody
    vouches for can begin a later day, never an earlier one.
    """

    def __init__(self, per_day: int, folder: Path, clock: Clock) -> None:
        self.per_day = per_day
        self._path = folder / FILE_NAME
        self._clock = clock
        self._day, self._spent = _load(self._path) if per_day else (0, 0)
        self._stored = self._spent

    @property
    def spent(self) -> int:
        """Bytes spent today."""
        self._roll()
        return self._spent

    def spend(self, count: int) -> None:
        """Count bytes that went over the link, either way."""
        self._roll()
        self._spent += count

    def allows(self, share: Share) -> bool:
        """Tell whether something of this share may go now."""
        return not self.per_day or self.spent < share.value * self.per_day

    @property
    def due(self) -> bool:
        """Whether `save` should be called."""
        return bool(self.per_day) and self._spent > self._stored

    def save(self) -> None:
        """Store what is spent, with some of what will be; blocks on the disk.

        A disk that refuses is no reason to stop sending: the count goes on in memory.
        """
        ahead = self._spent + max(1, self.per_day // WRITES_PER_DAY)
        try:
            write_file(self._path, f"{self._day} {ahead}\n".encode())
        except WriteFailed as error:
            _log.warning("bytes spent on the uplink are not kept: %s (%s)", error, error.advice)
            return
        self._stored = ahead

    def _roll(self) -> None:
        now = self._clock.now()
        today = now.wall_ms // MS_PER_DAY
        if today > self._day or (today < self._day and now.bound_ms is not None):
            self._day, self._spent, self._stored = today, 0, 0


def _load(path: Path) -> tuple[int, int]:
    """Return day and bytes; nothing where the file is missing or makes no sense."""
    try:
        day, spent = path.read_text().split()
        return int(day), int(spent)
    except (OSError, ValueError):
        return 0, 0
