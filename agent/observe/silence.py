"""Silence is data: a device that says nothing for too long opens a gap, and its return closes it.

Pure: moments are arguments, in seconds of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from evidence.leaf import Record
from foundation.dataclass import dataclass

MISSED_INTERVALS = 2.5  # DESIGN: two readings may be lost before silence means something
LATENESS = 10.0  # s; a poll that times out and is repeated is late, not silent


@dataclass(frozen=True, slots=True)
class Opened:
    """A gap begins: no data since `since`, `limit` seconds are over."""

    device: str
    since: float
    limit: float


@dataclass(frozen=True, slots=True)
class Closed:
    """A gap ends. For one that an earlier run opened `since` is None and `from_ms` as recorded."""

    device: str
    since: float | None
    until: float
    from_ms: int | None


@dataclass(slots=True)
class _Watch:
    limit: float
    last: float
    open: bool = False
    inherited: bool = False
    from_ms: int | None = None


def deadline(interval: float, limit: float) -> float:
    """Return the seconds of silence that open a gap, for an interval and an EN 12830 limit.

    Where the limit leaves little more than one interval, a reading may still be a little late.
    """
    if MISSED_INTERVALS * interval <= limit:
        return MISSED_INTERVALS * interval
    return max(limit, interval + LATENESS)


class Silence:
    """Watches the devices whose silence means something."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._watches: dict[str, _Watch] = {}

    def expect(self, device: str, interval: float, now: float) -> None:
        """Watch `device`, which reads every `interval` seconds, from `now` on."""
        self._watches[device] = _Watch(deadline(interval, self._limit), now)

    def reopen(self, device: str, from_ms: int | None) -> None:
        """Take over a gap that an earlier run opened and nobody has closed."""
        watch = self._watches.get(device)
        if watch is not None and not watch.open:
            watch.open, watch.inherited, watch.from_ms = True, True, from_ms

    def silent(self, device: str) -> bool:
        """Whether a gap is open for `device`."""
        watch = self._watches.get(device)
        return watch is not None and watch.open

    def seen(self, device: str, moment: float) -> Closed | None:
        """Note data of `moment`; return the gap that ends with it."""
        watch = self._watches.get(device)
        if watch is None:
            return None
        since, watch.last = watch.last, moment
        if not watch.open:
            return None
        closed = Closed(device, None if watch.inherited else since, moment, watch.from_ms)
        watch.open, watch.inherited, watch.from_ms = False, False, None
        return closed

    def check(self, now: float) -> list[Opened]:
        """Return the gaps that open now."""
        opened = []
        for device, watch in self._watches.items():
            if not watch.open and now - watch.last > watch.limit:
                watch.open = True
                opened.append(Opened(device, watch.last, watch.limit))
        return opened


def open_gaps(records: Sequence[Record]) -> dict[str, int | None]:
    """Return the devices whose last gap is open, with the time of their last data before it."""
    gaps: dict[str, int | None] = {}
    for record in records:
        if record.kind != "gap":
            continue
        if record.values.get("state") == "open":
            since = record.values.get("from_ms")
            gaps[record.device] = since if isinstance(since, int) else None
        else:
            gaps.pop(record.device, None)
    return gaps
