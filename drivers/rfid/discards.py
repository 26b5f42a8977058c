"""What a reader sent that could not be read, and what its health says of that. Pure.

A reader whose every report is thrown away looks like one without a tag in its field. So whatever is
thrown away is noted here, and as long as nothing else can be read, the reader counts as faulty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LOST_WITHIN = 5.0  # s in which reports were lost and none was read: it is no passing disturbance
REMEMBERED = 60.0  # s that what was thrown away stays in the health
MOST_TOLD = 20  # different things that are counted apart


@dataclass(slots=True)
class Discards:
    """What was thrown away lately; `now` is always monotonic seconds."""

    _lost: int = 0  # reports since one could be read
    _first: float = 0.0  # when the first of them was lost
    _lately: int = 0  # reports and parts of them, none long after the one before
    _newest: str = ""
    _last: float = 0.0
    _often: dict[str, int] = field(default_factory=dict)

    @property
    def often(self) -> Mapping[str, int]:
        """How often each thing was thrown away since the start; the first MOST_TOLD of them."""
        return self._often

    def lose(self, what: str, now: float) -> None:
        """Note that a whole report was thrown away; `what` is the report, and why."""
        self.skip(what, now)
        if not self._lost:
            self._first = now
        self._lost += 1

    def skip(self, what: str, now: float) -> None:
        """Note that a part of a report was thrown away, and the rest could be read."""
        if now - self._last > REMEMBERED:
            self._lost = self._lately = 0
        self._lately += 1
        self._newest, self._last = what, now
        if what in self._often or len(self._often) < MOST_TOLD:
            self._often[what] = self._often.get(what, 0) + 1

    def read(self) -> None:
        """Note that a report could be read."""
        self._lost = 0

    def fault(self, now: float) -> str:
        """Return what is wrong where all reports are lost, and long enough; else nothing."""
        if not self._lost or not self._recent(now) or now - self._first < LOST_WITHIN:
            return ""
        if self._lost == 1:
            return f"the last report could not be read: {self._newest}"
        return f"none of the last {self._lost} reports could be read: {self._newest}"

    def remark(self, now: float) -> str:
        """Return what was thrown away lately, in one phrase; nothing where nothing was."""
        if not self._lately or not self._recent(now):
            return ""
        often = f", {self._lately} such lately" if self._lately > 1 else ""
        return f"not read: {self._newest}{often}"

    def _recent(self, now: float) -> bool:
        return now - self._last <= REMEMBERED
