"""One line of time through clock changes and reboots, in ms. Pure.

Within a boot it follows the monotonic clock, so a clock that is set moves nothing. From boot to
boot it follows UTC, where somebody vouches for it on both sides.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from evidence.leaf import Record


@dataclass(frozen=True, slots=True)
class TimeLine:
    """`newest` is the latest moment so far; `wall_ms` is what UTC was then."""

    boot: int | None = None
    began: int = 0  # the monotonic clock at the start of the line's part in this boot
    offset: int = 0  # of the line there
    newest: int = 0
    wall_ms: int = 0
    vouched: bool = False

    def of_boot(self, monotonic_ms: int) -> int:
        """Return a moment of the present boot."""
        return self.offset + monotonic_ms - self.began

    def wall(self, moment: int) -> int:
        """Return a moment as UTC, as it is believed by now."""
        return self.wall_ms + moment - self.newest

    def after(self, record: Record) -> TimeLine:
        """Return the line with a record on it."""
        line = self if record.boot == self.boot else self._rebooted(record)
        moment = line.of_boot(record.monotonic_ms)
        if moment < line.newest:
            return line
        vouched = record.clock_bound_ms is not None
        return replace(line, newest=moment, wall_ms=record.wall_ms, vouched=vouched)

    def bridged(self, record: Record) -> bool:
        """Tell whether it is known how much time passed between the newest record and this one."""
        known = self.vouched and record.clock_bound_ms is not None
        return record.boot == self.boot or (known and record.wall_ms >= self.wall_ms)

    def _rebooted(self, record: Record) -> TimeLine:
        passed = 0
        if self.boot is None:
            passed = record.wall_ms
        elif self.bridged(record):
            passed = record.wall_ms - self.wall_ms
        return replace(
            self,
            boot=record.boot,
            began=record.monotonic_ms,
            offset=self.newest + passed,
            newest=self.newest + passed,
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as a flat object."""
        return asdict(self)
