"""The traced day as the agent would record it: its own clock, its own conversion."""

from __future__ import annotations

from dataclasses import dataclass

from agent.clock.belief import Source
from agent.clock.clock import Clock
from agent.intake.receiver_time import LATE_MS
from agent.records.convert import from_reading
from evidence.leaf import Record
from hil.traces.truck_day import STARTED, UP_S, truck_day

FIRST_BOOT = 1


@dataclass(slots=True)
class TracedSystem:
    """A machine without network or battery-backed clock, at the moment `now` of the trace."""

    now: float = UP_S

    def monotonic(self) -> float:
        """See `SystemClock`."""
        return self.now

    def wall_offset_ms(self) -> int:
        """Return the true offset: what a good `fake-hwclock` saved."""
        return round((STARTED.timestamp() - UP_S) * 1000)

    def ntp_bound_ms(self) -> int | None:
        """See `SystemClock`."""
        return None

    def has_rtc(self) -> bool:
        """See `SystemClock`."""
        return False


def truck_records(seed: int) -> list[Record]:
    """Return the records of `truck_day(seed)`, numbered from 0."""
    system = TracedSystem()
    clock = Clock(system, FIRST_BOOT)
    records = []
    for number, reading in enumerate(truck_day(seed)):
        system.now = max(system.now, reading.monotonic)
        if reading.utc is not None:
            clock.offer(Source.GNSS, reading.utc, reading.monotonic, LATE_MS)
        records.append(from_reading(reading, number, clock.stamp(reading.monotonic)))
    return records
