"""Readings that could not be kept, counted by device until a `gap` record declares them. Pure."""

from __future__ import annotations

from enum import StrEnum

from foundation.dataclass import dataclass


class Cause(StrEnum):
    """Why telemetry is refused; the text goes into the `gap` record."""

    MEMORY = "the disk takes no records, and memory for waiting ones is full"
    JOURNAL = "the journal is full: batches cannot be stored"
    ARCHIVE = "the archive has reached its limit, and nothing in it may go"


@dataclass(slots=True)
class Refused:
    """What was refused of one device; moments are monotonic seconds."""

    since: float
    until: float
    count: int = 1


class Refusals:
    """Who was refused what, and why."""

    def __init__(self) -> None:
        self._causes: set[Cause] = set()
        self._refused: dict[str, Refused] = {}
        self.count = 0

    @property
    def refusing(self) -> bool:
        """Whether telemetry is refused now."""
        return bool(self._causes)

    @property
    def reason(self) -> str:
        """Why; empty while nothing is refused."""
        return "; ".join(sorted(self._causes))

    def has(self, cause: Cause) -> bool:
        """Tell whether this is one of the causes now."""
        return cause in self._causes

    def begin(self, cause: Cause) -> bool:
        """Refuse from now on; tell whether that is new."""
        new = cause not in self._causes
        self._causes.add(cause)
        return new

    def end(self, cause: Cause) -> bool:
        """Note that a cause is gone; tell whether it was the last one."""
        known = cause in self._causes
        self._causes.discard(cause)
        return known and not self._causes

    def add(self, device: str, moment: float) -> bool:
        """Count a reading of `moment`; tell whether it is the device's first."""
        self.count += 1
        refused = self._refused.get(device)
        if refused is None:
            self._refused[device] = Refused(moment, moment)
            return True
        refused.until, refused.count = max(refused.until, moment), refused.count + 1
        return False

    def take(self) -> dict[str, Refused]:
        """Return what was refused since the last time, by device; from now on it is declared."""
        taken, self._refused, self.count = self._refused, {}, 0
        return taken
