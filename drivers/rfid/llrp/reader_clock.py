"""A reader's clock seen from the host's: when, by our clock, it heard a tag. Pure.

The reader's own idea of the date is never believed, only the time that passed on its clock. The
way of its fastest message is taken for no delay at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from drivers.rfid.llrp.reports import Scale, Stamp
from foundation.release import RELEASED

MICROSECONDS = 1e6  # in a second
DRIFT = 1e-4  # s/s; a quartz of a reader is good for 50 ppm, and so is ours
LATEST = 60.0  # s; no report of a working connection is so late: the reader's clock was set back
HELD_UNTIL = 30.0  # s after connecting, in which a reader may bring reports it held for long
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class ReaderClock:
    """Offsets from a reader's clocks to ours, learnt from its messages; times in seconds.

    `steps` counts how often a clock was set while we listened. `utc` is what the reader said last.
    """

    utc: datetime | None = None
    steps: int = 0
    _offsets: dict[Scale, float] = field(default_factory=dict)
    _learnt: dict[Scale, float] = field(default_factory=dict)
    _connected: float = 0.0

    @property
    def is_set(self) -> bool:
        """Whether the reader's UTC may be right; True while it has said none."""
        return self.utc is None or self.utc >= RELEASED

    def connect(self, stamp: Stamp | None, now: float) -> None:
        """Begin anew with the moment a connection was opened."""
        self._offsets.clear()
        self._connected = now
        if stamp is not None:
            self._anchor(stamp, now)

    def learn(self, stamp: Stamp, arrival: float) -> bool:
        """Note that a message of this `stamp` came at `arrival`; False when the clock was set."""
        known = self._offsets.get(stamp.scale)
        offset = arrival - stamp.microseconds / MICROSECONDS
        if known is None:
            self._anchor(stamp, arrival)
            return True
        known += DRIFT * (arrival - self._learnt[stamp.scale])
        if offset - known > LATEST and arrival - self._connected > HELD_UNTIL:
            self._stepped(stamp, arrival)
            return False
        if known - offset > LATEST:  # set forward: nothing arrives before it was sent
            self._stepped(stamp, arrival)
            return False
        if offset <= known:
            self._anchor(stamp, arrival)
        return True

    def monotonic(self, stamp: Stamp, arrival: float) -> float:
        """Return `stamp` on our clock, never after `arrival`; `arrival` while nothing is known."""
        offset = self._offsets.get(stamp.scale)
        if offset is None:
            return arrival
        return min(arrival, stamp.microseconds / MICROSECONDS + offset)

    def _stepped(self, stamp: Stamp, arrival: float) -> None:
        self.steps += 1
        self._anchor(stamp, arrival)

    def _anchor(self, stamp: Stamp, arrival: float) -> None:
        self._offsets[stamp.scale] = arrival - stamp.microseconds / MICROSECONDS
        self._learnt[stamp.scale] = arrival
        if stamp.scale is Scale.UTC:
            self.utc = utc(stamp)


def utc(stamp: Stamp) -> datetime | None:
    """Return what date a UTC stamp claims; None for one beyond the calendar."""
    try:
        return EPOCH + timedelta(microseconds=stamp.microseconds)
    except OverflowError:
        return None
