"""What is unusual about an LLRP reader, in the words that its health shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.cause import DeviceCause
from drivers.driver import State
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import causes
from drivers.rfid.llrp.configuration import Configured
from drivers.rfid.llrp.reader_clock import ReaderClock

WARNED = 60.0  # s that a passing trouble stays in the health
MOST_DIFFERENCES = 3  # told; the rest comes with the same cause

Told = tuple[State, str, DeviceCause | None]
"""State, detail and the row of what is wrong, if anything."""


@dataclass(slots=True)
class Condition:
    """The state of one connection's reader, empty until it is configured.

    `antennas` are those whose cable is off, `discards`, what could not be read. `differs` is what
    the reader did not take over. `warning` is a passing trouble, noted at `warned` (monotonic).
    """

    read_points: Mapping[int, str]
    discards: Discards
    title: str = ""
    antennas: set[int] = field(default_factory=set)
    differs: tuple[str, ...] = ()
    warning: str = ""
    warned: float = 0.0

    def configured(self, found: Configured) -> None:
        """Note what the reader is and what is amiss with it."""
        self.title, self.differs = found.title, found.differs
        self.antennas |= found.without_cable

    def warn(self, text: str, now: float) -> None:
        """Note a passing trouble."""
        self.warning, self.warned = text, now

    def told(self, now: float, clock: ReaderClock) -> Told | None:
        """Return what to tell now; None while the reader is being set up."""
        if not self.title:
            return None
        if self.warning and now - self.warned > WARNED:
            self.warning = ""
        faults = [self._without_cable(antenna) for antenna in sorted(self.antennas)]
        cause = causes.ANTENNA_OFF if faults else None
        if lost := self.discards.fault(now):
            faults.append(lost)
            cause = cause or causes.UNREADABLE
        faults += [self.warning] if self.warning else []
        if faults:
            return State.FAULTY, "; ".join(faults), cause
        return State.RUNNING, *self._remarks(now, clock)

    def _remarks(self, now: float, clock: ReaderClock) -> tuple[str, DeviceCause | None]:
        """Return detail and row of a reader that works."""
        remarks: list[str] = [self.title]
        cause: DeviceCause | None = None
        if skipped := self.discards.remark(now):
            remarks.append(skipped)
            cause = causes.PARTS_SKIPPED
        if clock.utc is not None and not clock.is_set:
            remarks.append(f"its clock says {clock.utc:%Y-%m-%d}: ours is used")
            cause = causes.READER_CLOCK
        if self.differs:
            remarks.append("not effective: " + "; ".join(self.differs[:MOST_DIFFERENCES]))
            cause = causes.NOT_EFFECTIVE
        return ", ".join(remarks), cause

    def _without_cable(self, antenna: int) -> str:
        place = self.read_points.get(antenna)
        return f"antenna {antenna}{f' ({place})' if place else ''} is disconnected"
